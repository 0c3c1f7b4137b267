"""Runs that go on without their window, and are taken over again, to the bit."""

import json
import sys
import time
from pathlib import Path

import pytest

from backend import background
from backend.client import SubprocessClient
from backend.messages import Finished, Pause, State, Steps, Stop
from backend.resuming import resuming
from backend.run_folder import RunFolderError, read_run
from backend.runs import being_written
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
