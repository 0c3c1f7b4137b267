"""A run that was killed goes on to the bit: weights, log and figures are those of a run never interrupted."""

import os
import random
import shutil
import sys
from pathlib import Path

import pytest

from backend.client import SubprocessClient
from backend.messages import Epoch, Finished, Pause, Start, State, Steps, Stop
from backend.resuming import resuming
from backend.run_folder import RunFolder, RunFolderError, read_run
from backend.runs import being_written
from graph import DataSource
from graph.schedule import Schedule

sys.path.insert(0, str(Path(__file__).parent))
from worker_runs import CNN, Heard, classifier, start

SEED = int(os.environ.get("NETLOOM_SEED", "7"))
RECIPE = {
    "data": DataSource(kind="digits"),
    "field": "image",
    "epochs": 6,
    "batch_size": 64,
    "seed": 5,
    "checkpoint_every": 7,
    "accumulate": 2,
    "averaging": "ema",
    "schedule": Schedule(kind="cosine", warmup=10),
    "clip_norm": 1.0,
    "augmentation": [{"kind": kind, "p": 0.5} for kind in ("rotation", "gaussian_noise", "blur", "mixup")],
}
STEPS = 6 * 23


@pytest.fixture(scope="module")
def project():
    return classifier(*CNN, **RECIPE)


@pytest.fixture(scope="module")
def whole(project, tmp_path_factory):
    """A run that nothing interrupted; not to be written to."""
    return trained(tmp_path_factory.mktemp("runs") / "whole", project)


@pytest.fixture
def folder(whole, tmp_path):
    """A copy of that run."""
    return Path(shutil.copytree(whole, tmp_path / "run"))


def trained(folder, project):
    with SubprocessClient() as client:
        heard = Heard(client)
        start(heard, folder, project)
        assert isinstance(heard.over(), Finished), heard.failure()
    return folder


def figures(folder):
    """Everything the log says of the training but times."""
    events = [entry.event for entry in read_run(folder).events]
    steps = [
        (n, event.metrics["loss"][i]) for event in events if isinstance(event, Steps) for i, n in enumerate(event.steps)
    ]
    epochs = [(e.epoch, e.step, e.train, e.validation, e.learning_rate, e.best) for e in events if isinstance(e, Epoch)]
    return steps, epochs


def weights(folder, name="last"):
    return (folder / f"{name}.safetensors").read_bytes()


def test_five_kills_and_the_same_weights_to_the_bit(project, whole, tmp_path):
    points = sorted(random.Random(SEED).sample(range(1, STEPS - 1), 5))
    folder = tmp_path / "killed"
    asked = Start(project=project, run_folder=str(folder))
    for point in points:
        with SubprocessClient() as client:
            heard = Heard(client)
            client.send(asked)
            heard.until(lambda e, point=point: isinstance(e, Steps) and e.steps[-1] >= point)
            client.process.kill()
        assert read_run(folder).manifest is None
        asked = resuming(folder)
    with SubprocessClient() as client:
        heard = Heard(client)
        client.send(asked)
        done = heard.over()
        assert isinstance(done, Finished), heard.failure()
    assert any("going on from step" in event.text for event in heard.of(State))
    for name in ("last", "best"):
        assert weights(folder, name) == weights(whole, name)
    assert figures(folder) == figures(whole)
    steps = [n for n, _ in figures(folder)[0]]
    assert steps == list(range(1, STEPS + 1))  # each step stands once in the log
    assert read_run(folder, verify=True).problems == ()


def test_a_stopped_run_goes_on_and_more_epochs_go_on_from_its_end(project, whole, tmp_path):
    folder = tmp_path / "stopped"
    with SubprocessClient() as client:
        heard = Heard(client)
        start(heard, folder, project)
        heard.until(Steps)
        client.send(Pause())
        heard.until(lambda e: isinstance(e, State) and e.state == "paused")
        client.send(Stop())
        assert heard.over().stopped
        client.send(resuming(folder))
        assert not heard.over().stopped
        assert weights(folder) == weights(whole)
        client.send(resuming(folder))
        assert heard.over().state == "failed" and "no more than 138 are asked for" in heard.failure().text
        client.send(resuming(folder, epochs=7))
        assert heard.over().epochs == 7


def test_what_cannot_go_on_is_said(folder, tmp_path):
    with pytest.raises(RunFolderError, match="no run that can go on: it has no"):
        resuming(tmp_path)
    (folder / "start.json").write_text('{"epochs": "many"}')
    with pytest.raises(RunFolderError, match=r"start\.json: epochs"):
        resuming(folder)
    (folder / "start.json").write_text("[1")
    with pytest.raises(RunFolderError, match="cannot be read"):
        resuming(folder)


def rot(path):
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)


def test_a_rotten_state_is_known_and_the_other_taken_until_both_are(folder):
    states = sorted(folder.glob("state-*.safetensors"))
    assert len(states) == 2
    rot(states[0])
    with SubprocessClient() as client:
        heard = Heard(client)
        client.send(resuming(folder, epochs=8))
        assert heard.over().epochs == 8
        for state in states:
            rot(state)
        client.send(resuming(folder, epochs=9))
        assert heard.over().state == "failed"
    assert "was changed after it was written" in heard.failure().text


def test_a_state_of_another_network_is_refused(folder, tmp_path):
    other = trained(
        tmp_path / "other", classifier(*CNN[:-1], ("Linear", "fc1", {"out_features": 11}), **{**RECIPE, "epochs": 1})
    )
    for state in other.glob("state-*.safetensors"):
        (folder / state.name).write_bytes(state.read_bytes())
    with SubprocessClient() as client:
        heard = Heard(client)
        client.send(resuming(folder, epochs=8))
        assert heard.over().state == "failed"
    assert "its state is of another network or recipe" in heard.failure().text


def test_a_run_that_cannot_go_on_is_left_as_it_was_and_free(folder, tmp_path):
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with SubprocessClient() as client:
        heard = Heard(client)
        client.send(resuming(folder))
        assert heard.over().state == "failed" and "are asked for" in heard.failure().text
        assert not being_written(folder)  # while the process lives
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    assert read_run(folder).manifest.outcome == "finished"


def test_a_folder_from_elsewhere_never_has_files_outside_it_written(folder, tmp_path):
    for name in ("events.jsonl", "last.safetensors", "start.json", "tensorboard"):
        other = tmp_path / f"elsewhere {name}"
        kept = tmp_path / f"kept {name}"
        (folder / name).rename(kept)
        other.mkdir() if kept.is_dir() else other.write_bytes(kept.read_bytes())
        (folder / name).symlink_to(other)
        with pytest.raises(RunFolderError, match=f"{name} is a link"):
            RunFolder.again(folder)
        (folder / name).unlink()
        kept.rename(folder / name)


def test_pipes_in_a_folder_from_elsewhere_hang_nobody(folder):
    for name in ("project.netloom", "start.json"):
        kept = (folder / name).read_bytes()
        (folder / name).unlink()
        os.mkfifo(folder / name)
        with pytest.raises(RunFolderError):
            resuming(folder)
        (folder / name).unlink()
        (folder / name).write_bytes(kept)
    os.mkfifo(folder / "state-3")
    with pytest.raises(RunFolderError, match="state-3 is a link, a pipe"):
        RunFolder.again(folder)


def test_what_a_killed_process_had_half_written_is_swept(folder):
    half = folder / ".state-1.safetensors.123-0123456789abcdef.saving"
    half.write_bytes(b"half")
    RunFolder.again(folder).leave()
    assert not half.exists()


def test_a_run_that_patience_ended_goes_on_when_it_is_asked_to(tmp_path):
    project = classifier(*CNN, **{**RECIPE, "epochs": 40, "patience": 1, "learning_rate": 0.1, "averaging": "none"})
    folder = tmp_path / "run"
    with SubprocessClient() as client:
        heard = Heard(client)
        start(heard, folder, project)
        ended = heard.over()
        assert not ended.stopped and ended.epochs < 40
        client.send(resuming(folder, epochs=50))
        again = heard.over()
        assert isinstance(again, Finished), heard.failure()
        assert again.epochs > ended.epochs
