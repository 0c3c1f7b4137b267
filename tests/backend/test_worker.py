"""Runs in the worker as its callers meet it: a real process, real pipes; what goes well and what goes wrong."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from backend import shared_arrays
from backend.client import SubprocessClient
from backend.messages import (
    Epoch,
    Failure,
    Finished,
    Pause,
    Probe,
    Progress,
    Resume,
    SetLearningRate,
    State,
    Steps,
    Stop,
    Unwatch,
    Watch,
)
from backend.run_folder import read_run
from graph import DataSource, Document, Network, Recipe
from graph.project_file import to_json

sys.path.insert(0, str(Path(__file__).parent))
from worker_runs import CNN, FOREVER, MLP, Heard, classifier, start


@pytest.fixture
def worker():
    with SubprocessClient() as client:
        heard = Heard(client)
        yield heard
    assert not Path("/dev/shm").is_dir() or not list(Path("/dev/shm").glob(client.core.prefix + "*"))


@pytest.fixture(scope="module")
def shared_worker():
    with SubprocessClient() as client:
        yield client


@pytest.fixture
def same(shared_worker):
    """A worker that has seen other runs before, as a window's has."""
    shared_worker.take(0.0)
    return Heard(shared_worker)


# ---- runs that go well


def test_a_run_from_start_to_manifest(same, tmp_path):
    start(same, tmp_path / "run", classifier(*MLP, epochs=30, learning_rate=0.02))
    done = same.over()
    assert isinstance(done, Finished) and not done.stopped and done.epochs == 30
    assert [s.state for s in same.of(State) if s.state != "loading"] == ["training", "finished"]
    assert [e.epoch for e in same.of(Epoch)] == list(range(1, 31))
    numbers = [n for event in same.of(Steps) for n in event.steps]
    assert numbers == list(range(1, done.step + 1))
    assert {"loss", "accuracy"} <= same.of(Steps)[0].metrics.keys()
    assert same.of(Progress)[-1].step == done.step
    assert done.best["accuracy"] > 0.9

    run = read_run(tmp_path / "run", verify=True)
    assert run.manifest.outcome == "finished" and run.problems == ()
    assert "class Net(nn.Module)" in run.source
    logged = [entry.event for entry in run.events]
    assert [e for e in logged if isinstance(e, Epoch)] == same.of(Epoch)
    assert logged[-1] == done
    assert [n for e in logged if isinstance(e, Steps) for n in e.steps] == numbers
    weights = safetensors.numpy.load((tmp_path / "run" / "last.safetensors").read_bytes())
    assert set(weights) == {"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"}


def test_epochs_and_device_of_the_command_win(same, tmp_path):
    start(same, tmp_path / "run", classifier(*MLP, epochs=500), epochs=2, device="cpu")
    assert same.over().epochs == 2


def test_pause_resume_learning_rate_and_stop(same, tmp_path):
    start(same, tmp_path / "run", classifier(*MLP, epochs=FOREVER))
    same.until(Steps)
    same.client.send(Pause())
    paused = same.until(lambda e: isinstance(e, State) and e.state == "paused")
    time.sleep(0.3)
    same.client.take(0.0)
    same.waiting.clear()
    same.client.send(SetLearningRate(value=0.0125))
    held = same.until(Progress)
    assert held.learning_rate == 0.0125 and f"{held.step:,}" in paused.text
    same.client.send(Resume())
    assert same.until(Steps).steps[0] == held.step + 1
    begun = time.monotonic()
    same.client.send(Stop())
    done = same.over()
    assert done.stopped and time.monotonic() - begun < 2
    assert read_run(tmp_path / "run", verify=True).manifest.outcome == "stopped"


def test_looking_never_changes_the_run(same, tmp_path):
    """The same weights to the bit with every panel open, pauses and all, and with none."""
    project = classifier(*CNN, data=DataSource(kind="digits"), field="image", epochs=8, batch_size=32, seed=7)
    weights = []
    for name in ("alone", "watched"):
        start(same, tmp_path / name, project)
        if name == "watched":
            same.until(lambda e: isinstance(e, State) and e.state == "training")
            for block in ("b2", "b3", "b5", "b7"):
                same.client.send(Watch(kind="filters", block=block))
                same.client.send(Watch(kind="features", block=block, sample=4))
            same.client.send(Pause())
            same.until(lambda e: isinstance(e, State) and e.state == "paused")
            same.client.send(Resume())
        assert isinstance(same.over(), Finished)
        weights.append((tmp_path / name / "last.safetensors").read_bytes())
    assert weights[0] == weights[1]
    looked = {(probe.kind, probe.block) for probe in same.of(Probe)}
    assert {("filters", "b2"), ("features", "b2"), ("features", "b3"), ("features", "b5")} <= looked
    same.client.send(Unwatch())


def test_probes_bring_filters_maps_the_image_and_a_prediction(same, tmp_path):
    project = classifier(*CNN, data=DataSource(kind="digits"), field="image", epochs=FOREVER)
    start(same, tmp_path / "run", project)
    same.until(lambda e: isinstance(e, State) and e.state == "training")  # before, the last run is looked at
    same.client.send(Watch(kind="filters", block="b2"))
    same.client.send(Watch(kind="features", block="b4", sample=11))
    filters = same.until(lambda e: isinstance(e, Probe) and e.kind == "filters")
    assert shared_arrays.read(filters.array).shape == (4, 1, 3, 3)
    maps = same.until(lambda e: isinstance(e, Probe) and e.kind == "features" and e.epoch > 5)
    array, image = shared_arrays.read(maps.array), shared_arrays.read(maps.image)
    assert array.shape == (4, 6, 6) and (array >= 0).all() and array.any()
    assert image.shape == (1, 8, 8) and image.any()
    told = maps.prediction
    assert (told.sample, told.samples, len(told.probabilities), told.classes[3]) == (11, 359, 10, "3")
    assert told.predicted == int(np.argmax(told.probabilities)) and 0 <= told.label < 10
    same.client.send(Stop())
    same.over()
    same.client.send(Watch(kind="features", block="b4", sample=12))  # after the run, the network is still there
    assert same.until(lambda e: isinstance(e, Probe) and e.prediction.sample == 12)
    same.client.send(Unwatch())


# ---- runs that do not


def wrong_labels(folder):
    labels = np.array([0, 1, 2, 7, 1, 0] * 5)
    np.savez(folder / "data.npz", point=np.zeros((30, 2), np.float32), label=labels)
    return DataSource(kind="npz", path="data.npz")


FAILURES = {
    "no project": (lambda folder: "{", "project", None, "cannot be read"),
    "foreign project": (lambda folder: '{"layers": []}', "project", None, "cannot be read"),
    "no data": (
        lambda folder: to_json(Document(Network("Net"), Recipe())),
        "data",
        None,
        "choose a data set",
    ),
    "missing file": (
        lambda folder: classifier(*MLP, data=DataSource(kind="npz", path="gone.npz")),
        "data",
        None,
        "gone.npz",
    ),
    "label out of range": (
        lambda folder: classifier(*MLP, data=wrong_labels(folder)),
        "labels",
        "b7",
        'row 2 of the field "label" has the label 2, but the logits have 2 classes',
    ),
    "device": (
        lambda folder: classifier(*MLP).replace('"device": "cpu"', '"device": "cuda:77"'),
        "device",
        None,
        "cuda:77",
    ),
    "diverging": (
        lambda folder: classifier(MLP[0], ("Linear", "deep1", {"out_features": 16}), MLP[2], optimizer="SGD",
                                  learning_rate=1e3, momentum=0.99, epochs=5000),
        "not_finite",
        ...,
        "below 1000",
    ),
    "one sample a batch": (
        lambda folder: classifier(("Linear", "fc1", {"out_features": 4}), ("BatchNorm1d", "norm1", {}), MLP[2],
                                  batch_size=1),
        "network",
        "b3",
        "batch_size of 2 or more",
    ),
    "wrong field": (lambda folder: classifier(*MLP, field="picture"), ..., "b1", "picture"),
    "unfinished": (
        lambda folder: classifier(("Conv2d", "conv1", {"out_channels": 4, "kernel_size": 3}), *MLP),
        "network",
        "b2",
        "conv1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAILURES)
def test_what_is_wrong_is_told_with_its_place(same, tmp_path, case):
    make, kind, block, says = FAILURES[case]
    start(same, tmp_path / "run", make(tmp_path), base=str(tmp_path))
    last = same.over()
    assert isinstance(last, State), f"{last} instead of a failure"
    failure = same.failure()
    assert kind in (..., failure.kind), failure
    assert block in (..., failure.block), failure
    assert says in failure.text
    assert "Traceback" not in failure.text and failure.kind != "internal"


def test_a_worker_goes_on_after_failures(same, tmp_path):
    start(same, tmp_path / "run", "{")
    same.over()
    start(same, tmp_path / "run2", classifier(*MLP, epochs=1))
    assert isinstance(same.over(), Finished)


def test_a_folder_that_holds_a_run_is_kept(same, tmp_path):
    for _ in range(2):
        start(same, tmp_path / "run", classifier(*MLP, epochs=1))
        last = same.over()
    assert last.state == "failed" and same.failure().kind == "run_folder"
    assert read_run(tmp_path / "run", verify=True).manifest.outcome == "finished"


def test_a_diverged_run_keeps_its_last_finite_weights(same, tmp_path):
    start(same, tmp_path / "run", FAILURES["diverging"][0](tmp_path))
    same.over()
    run = read_run(tmp_path / "run", verify=True)
    assert run.manifest.outcome == "failed" and run.problems == ()
    weights = safetensors.numpy.load((tmp_path / "run" / "last.safetensors").read_bytes())
    assert all(np.isfinite(array).all() for array in weights.values())
    assert any(isinstance(entry.event, Failure) for entry in run.events)
