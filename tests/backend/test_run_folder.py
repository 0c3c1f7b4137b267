"""Run folders: complete when finished, readable when not, never taken from another run."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backend import run_folder
from backend.messages import Epoch, State, Steps
from backend.run_folder import RunFolder, RunFolderError, read_run

PROJECT = '{"format": "netloom", "name": "für β"}\n'
HOME = str(Path(run_folder.__file__).parent.parent)


def steps(*numbers):
    return Steps(epoch=1, steps=numbers, metrics={"loss": (float("nan"),) * len(numbers)}, images_per_second=1.0)


def test_a_finished_run_reads_back_whole(tmp_path):
    folder = RunFolder(tmp_path / "a" / "run", PROJECT)
    folder.write("model.py", b"import torch\n")
    events = [
        State(state="training"),
        Epoch(epoch=1, step=2, train={"loss": 1.0}, validation={}, learning_rate=0.1, seconds=1),
    ]
    for event in events:
        folder.append(event)
    folder.write("last.safetensors", b"old")
    folder.write("last.safetensors", b"new")
    folder.finish("finished", step=2)
    run = read_run(folder.path, verify=True)
    assert run.project == PROJECT and run.source == "import torch\n"
    assert [logged.event for logged in run.events] == events
    assert run.events[0].at <= run.events[1].at
    assert run.manifest.outcome == "finished" and run.manifest.about == {"step": 2}
    assert run.manifest.files["last.safetensors"] == hashlib.sha256(b"new").hexdigest()
    assert set(run.manifest.files) == {"project.netloom", "model.py", "events.jsonl", "last.safetensors"}
    assert run.problems == ()
    assert [p.name for p in folder.path.iterdir() if p.name.startswith(".")] == []


def test_numbers_that_are_not_finite_are_logged_and_read(tmp_path):
    folder = RunFolder(tmp_path / "run", PROJECT)
    folder.append(steps(1))
    [logged] = read_run(folder.path).events
    assert logged.event.metrics["loss"][0] != logged.event.metrics["loss"][0]


def test_a_log_cut_anywhere_reads_up_to_the_cut(tmp_path):
    folder = RunFolder(tmp_path / "run", PROJECT)
    for n in range(1, 4):
        folder.append(steps(n))
    log = folder.path / "events.jsonl"
    whole = log.read_bytes()
    ends = [i for i, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(len(whole)):
        log.write_bytes(whole[:cut])
        run = read_run(folder.path)
        complete = sum(end <= cut for end in ends)  # a line that lacks only its newline is whole
        assert len(run.events) == complete and run.problems == () and run.manifest is None


def test_a_broken_line_in_the_middle_is_told_and_the_rest_read(tmp_path):
    folder = RunFolder(tmp_path / "run", PROJECT)
    folder.append(steps(1))
    os.write(folder._log, b'{"at": 1, "event": {"type": "mystery"}}\n\xff\xfe\n')
    folder.append(steps(2))
    run = read_run(folder.path)
    assert [logged.event.steps for logged in run.events] == [(1,), (2,)]
    assert len(run.problems) == 2 and "line 2" in run.problems[0] and "line 3" in run.problems[1]


def test_changed_or_missing_files_differ_from_the_manifest(tmp_path):
    folder = RunFolder(tmp_path / "run", PROJECT)
    folder.write("best.safetensors", b"weights")
    folder.write("last.safetensors", b"weights")
    folder.finish("finished")
    (folder.path / "best.safetensors").write_bytes(b"wrights")
    (folder.path / "last.safetensors").unlink()
    assert [p.split()[0] for p in read_run(folder.path, verify=True).problems] == [
        "best.safetensors",
        "last.safetensors",
    ]


def test_a_folder_that_holds_a_run_is_refused_and_untouched(tmp_path):
    folder = RunFolder(tmp_path / "run", PROJECT)
    folder.finish("finished")
    before = {p.name: p.read_bytes() for p in folder.path.iterdir()}
    with pytest.raises(RunFolderError, match="another run"):
        RunFolder(tmp_path / "run", "{}")
    assert {p.name: p.read_bytes() for p in folder.path.iterdir()} == before


def test_places_that_cannot_hold_a_run_are_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match=re.escape(str(tmp_path / "file"))):
        RunFolder(tmp_path / "file" / "run", PROJECT)
    with pytest.raises(RunFolderError, match="no run folder"):
        read_run(tmp_path)


def test_a_killed_writer_leaves_a_readable_run(tmp_path):
    code = (
        "import sys, itertools; from pathlib import Path; from backend.run_folder import RunFolder;"
        "from backend.messages import Steps; f = RunFolder(Path(sys.argv[1]), '{}'); print('go', flush=True)\n"
        "for n in itertools.count(1):\n"
        "    f.append(Steps(epoch=1, steps=(n,), metrics={'loss': (1.0,)}, images_per_second=1.0))\n"
        "    f.write('last.safetensors', b'%d' % n * 1000)\n"
    )
    for attempt in range(3):
        path = tmp_path / str(attempt)
        process = subprocess.Popen(
            [sys.executable, "-c", code, path], stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": HOME}
        )
        process.stdout.readline()
        while not (path / "last.safetensors").exists():
            pass
        process.kill()
        process.communicate()
        run = read_run(path)
        assert [logged.event.steps[0] for logged in run.events] == list(range(1, len(run.events) + 1))
        assert run.events and run.problems == () and run.manifest is None
        weights = (path / "last.safetensors").read_bytes()
        assert weights == weights[: len(weights) // 1000] * 1000
