"""Runs that go on without their window, and are taken over again, to the bit."""

import json
import sys
import threading
import time
from pathlib import Path

import pytest

from backend import background
from backend.client import SubprocessClient
from backend.messages import Finished, Pause, State, Steps, Stop
from backend.resuming import resuming
from backend.run_folder import RunFolder, RunFolderError, read_run
from backend.runs import being_written
from backend.weight_files import WeightFileError
from backend.weights_apart import shapes_in
from graph import DataSource

sys.path.insert(0, str(Path(__file__).parent))
from worker_runs import CNN, Heard, classifier, linux, start

pytestmark = linux


def wait_for(condition, timeout=40.0):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)


def test_a_run_goes_on_alone_and_is_taken_over_to_the_same_bits(tmp_path):
    project = classifier(*CNN, data=DataSource(kind="digits"), field="image", epochs=25, batch_size=64, seed=2)
    folder = tmp_path / "run"
    with SubprocessClient() as client:
        heard = Heard(client)
        start(heard, tmp_path / "whole", project)
        assert isinstance(heard.over(), Finished)
        start(heard, folder, project)
        heard.until(Steps)
        client.send(Pause())
        heard.until(lambda e: isinstance(e, State) and e.state == "paused")
        assert being_written(folder) and background.continued_by(folder) is None
        client.send(Stop())
        stopped = heard.over().step
        number = background.let_go_on(folder)
        wait_for(lambda: background.continued_by(folder) == number)
        background.take_over(folder)
        assert background.continued_by(folder) is None and not being_written(folder)
        assert not (folder / background.PLACE).exists()
        assert read_run(folder).manifest.outcome in ("stopped", "finished")
        client.send(resuming(folder))
        done = heard.over()
        assert isinstance(done, Finished) and done.step > stopped
    assert (folder / "last.safetensors").read_bytes() == (tmp_path / "whole" / "last.safetensors").read_bytes()


def test_places_that_lie_are_not_believed(tmp_path):
    for content in ("", "[", "{}", '{"pid": "1"}', '{"pid": 0}', json.dumps({"pid": 4_000_000})):
        (tmp_path / background.PLACE).write_text(content)
        assert background.continued_by(tmp_path) is None
    background.take_over(tmp_path)  # nobody is there
    with pytest.raises(RunFolderError, match="no run that can go on"):
        background.let_go_on(tmp_path)


def made_run(folder):
    folder.mkdir(parents=True)
    (folder / "project.netloom").write_text("{}")
    (folder / "start.json").write_text("{}")
    (folder / "events.jsonl").write_text("")
    return folder


def test_nothing_of_the_current_folder_is_ever_run(tmp_path, monkeypatch):
    hostile = tmp_path / "project" / "backend"
    hostile.mkdir(parents=True)
    mark = tmp_path / "it ran"
    (hostile / "__init__.py").write_text(f"open({str(mark)!r}, 'w')")
    monkeypatch.chdir(hostile.parent)
    torch_file = hostile.parent / "weights.pt"
    torch_file.write_bytes(b"no weights")
    with pytest.raises(WeightFileError):
        shapes_in(torch_file)
    folder = made_run(tmp_path / "run")
    background.let_go_on(folder)
    wait_for(lambda: (folder / background.PLACE).exists())
    wait_for(lambda: not (folder / background.PLACE).exists())
    assert not mark.exists()


def test_a_worker_that_dies_before_its_run_begins_leaves_no_process_behind(tmp_path, monkeypatch):
    folder = made_run(tmp_path / "run")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert background.main(folder) == 1
    assert not (folder / background.PLACE).exists()


def test_who_comes_second_leaves_the_first_ones_number_where_it_is(tmp_path):
    folder = made_run(tmp_path / "run")
    written = RunFolder.again(folder)  # as the first one's worker does
    (folder / background.PLACE).write_text('{"pid": 4000000}')
    assert background.main(folder) == 1 and background.continued_by(folder) == 4_000_000
    with pytest.raises(RunFolderError, match="another process is writing"):
        background.let_go_on(folder)
    written.leave()


def test_a_process_that_died_while_it_was_asked_is_not_waited_for(tmp_path, monkeypatch):
    folder = made_run(tmp_path / "run")
    written = RunFolder.again(folder)
    (folder / background.PLACE).write_text('{"pid": 4000000}')
    monkeypatch.setattr(background, "LEAVING", 0.2)
    threading.Timer(0.2, written.leave).start()
    background.take_over(folder)
    assert not (folder / background.ASKED).exists() and not (folder / background.PLACE).exists()
