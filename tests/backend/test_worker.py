"""The worker as its callers meet it: a real process, real pipes, real kills."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import safetensors.numpy

from backend import shared_arrays
from backend.client import SubprocessClient, WorkerClient
from backend.messages import (
    Epoch,
    Failure,
    Finished,
    Heartbeat,
    Pause,
    Probe,
    Progress,
    Ready,
    Resume,
    SetLearningRate,
    Start,
    State,
    Steps,
    Stop,
    Unwatch,
    Watch,
    decode_event,
    encode,
)
from backend.run_folder import read_run
from graph import DataSource, Document, Network, Recipe
from graph.project_file import to_json

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc and /dev/shm")
FOREVER = 1_000_000


def classifier(*blocks, data=None, field="point", **recipe):
    """A project's text: Input, the blocks in a row, Output, CrossEntropyLoss and Accuracy."""
    net = Network("Net")
    last = net.add("Input", name=field, field=field)
    for kind, name, values in blocks:
        block = net.add(kind, name=name, **values)
        net.connect(last, block)
        last = block
    label = net.add("Target", name="label", field="label")
    net.connect(last, net.add("Output", name="output"))
    for kind, name in (("CrossEntropyLoss", "loss"), ("Accuracy", "accuracy")):
        judge = net.add(kind, name=name)
        net.connect(last, judge, input="input")
        net.connect(label, judge, input="target")
    return to_json(Document(net, Recipe(data=data or DataSource(kind="xor"), device="cpu", **recipe)))


MLP = (("Linear", "fc1", {"out_features": 16}), ("Tanh", "tanh1", {}), ("Linear", "fc2", {"out_features": 2}))
CNN = (
    ("Conv2d", "conv1", {"out_channels": 4, "kernel_size": 3}),
    ("BatchNorm2d", "norm1", {}),
    ("ReLU", "relu1", {}),
    ("Dropout", "drop1", {"p": 0.2}),
    ("Flatten", "flatten1", {}),
    ("Linear", "fc1", {"out_features": 10}),
)


class Heard:
    """A worker and everything it has told so far."""

    def __init__(self, client):
        self.client, self.events = client, []
        self.waiting = []  # taken from the client, not looked at yet

    def until(self, wanted, timeout=60.0):
        """The first event from now on for which `wanted` holds, or of that kind."""
        test = (lambda event: isinstance(event, wanted)) if isinstance(wanted, type) else wanted
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            while self.waiting:
                self.events.append(event := self.waiting.pop(0))
                if test(event):
                    return event
            self.waiting = self.client.take(0.2)
        kinds = [getattr(event, "text", "") or event.type for event in self.events[-8:]]
        raise AssertionError(f"nothing came in {timeout} s; the last were {kinds}")

    def over(self, timeout=60.0):
        """The last event of the run: Finished, or the State that says it failed."""
        return self.until(lambda e: isinstance(e, Finished) or (isinstance(e, State) and e.state == "failed"), timeout)

    def failure(self):
        return next(event for event in reversed(self.events) if isinstance(event, Failure))

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


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


def start(heard, folder, project, **more):
    heard.client.send(Start(project=project, run_folder=str(folder), **more))


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
    same.client.send(Watch(kind="filters", block="b2"))
    same.client.send(Watch(kind="features", block="b4", sample=11))
    start(same, tmp_path / "run", project)
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


# ---- the process


def test_it_speaks_of_itself_and_beats(worker):
    ready = worker.until(Ready)
    assert ready.pid == worker.client.process.pid
    assert ready.devices[-1] == "cpu" and ready.memory > 0 and ready.torch
    beats = [worker.until(Heartbeat), worker.until(Heartbeat)]
    assert all(beat.state == "idle" and beat.stuck_for == 0 for beat in beats)


def test_a_heartbeat_tells_how_long_a_step_has_lasted():
    from backend.worker import pulse

    follower = SimpleNamespace(moved=time.perf_counter() - 42.0, meter=SimpleNamespace(step=7))
    worker = SimpleNamespace(run=SimpleNamespace(follower=follower))
    beat = pulse(worker, "training")
    assert (beat.step, beat.state) == (7, "training") and 42 <= beat.stuck_for < 43
    assert pulse(worker, "finished").stuck_for == 0
    assert pulse(SimpleNamespace(run=None), "idle") == Heartbeat(state="idle", step=0, stuck_for=0.0)


def test_lines_that_are_no_commands_are_answered(worker):
    worker.until(Ready)
    worker.client.process.stdin.write(b"hello\n" + encode(worker.until(Heartbeat)))
    worker.client.process.stdin.flush()
    assert "hello" in worker.until(Failure).text
    assert worker.failure().kind == "command"


def alive(group):
    """The processes of a group that are no zombies."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(path.parent.name)
    return found


def gone(pid, within=10.0):
    end = time.monotonic() + within
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return not alive(pid)


@linux
def test_kill_9_leaves_a_readable_run_no_orphans_no_memory_and_clear_words(worker, tmp_path):
    start(worker, tmp_path / "run", classifier(*MLP, epochs=FOREVER))
    worker.client.send(Watch(kind="filters", block="b2"))
    worker.until(Probe)
    worker.until(lambda e: isinstance(e, Steps) and e.epoch > 1)
    os.kill(worker.client.process.pid, signal.SIGKILL)
    last = worker.over()
    failure = worker.failure()
    assert last.state == "failed" and failure.kind == "process"
    assert "SIGKILL" in failure.text and str(tmp_path / "run") in failure.text
    assert gone(worker.client.process.pid)
    assert not list(Path("/dev/shm").glob(worker.client.core.prefix + "*"))
    run = read_run(tmp_path / "run")
    assert run.manifest is None and run.problems == ()
    numbers = [n for entry in run.events if isinstance(entry.event, Steps) for n in entry.event.steps]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 0
    assert run.project and run.source


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_sigterm_saves_the_last_weights_and_ends(worker, tmp_path):
    start(worker, tmp_path / "run", classifier(*MLP, epochs=FOREVER))
    worker.until(Epoch)
    os.kill(worker.client.process.pid, signal.SIGTERM)
    done = worker.over()
    assert done.stopped and worker.client.process.wait(10) == 0
    run = read_run(tmp_path / "run", verify=True)
    assert run.manifest.outcome == "stopped" and "last.safetensors" in run.manifest.files


@pytest.mark.parametrize("running", [False, True])
def test_it_ends_by_itself_when_its_input_closes(worker, tmp_path, running):
    worker.until(Ready)
    if running:
        start(worker, tmp_path / "run", classifier(*MLP, epochs=FOREVER))
        worker.until(Epoch)
    worker.client.process.stdin.close()
    assert worker.client.process.wait(5) == 0
    if running:
        assert read_run(tmp_path / "run", verify=True).manifest.outcome == "stopped"


PARENT = """
import sys, time
from backend.client import SubprocessClient
from backend.messages import Start, Watch, Probe, Epoch
client = SubprocessClient()
client.send(Watch(kind="filters", block="b2"))
client.send(Start(project=open(sys.argv[1]).read(), run_folder=sys.argv[2]))
seen = set()
while not {Probe, Epoch} <= seen:
    seen |= {type(event) for event in client.take(1.0)}
print(client.process.pid, client.core.prefix, flush=True)
time.sleep(3600)
"""


@linux
def test_a_window_that_is_killed_leaves_no_orphan_and_no_memory(tmp_path):
    (tmp_path / "net.netloom").write_text(classifier(*MLP, epochs=FOREVER))
    home = WorkerClient().launch().environment["PYTHONPATH"]
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, tmp_path / "net.netloom", tmp_path / "run"],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": home},
    )
    pid, prefix = parent.stdout.readline().split()
    parent.kill()
    parent.communicate()
    assert gone(int(pid))
    assert not list(Path("/dev/shm").glob(prefix.decode() + "*"))
    assert read_run(tmp_path / "run", verify=True).manifest.outcome == "stopped"


def test_what_libraries_print_never_gets_between_the_messages():
    code = (
        "import os, sys, backend.worker as w;"
        "out = w.Outbox(w.reserve_stdout()); print('stray'); os.write(1, b'strays\\n'); os.system('echo stray');"
        "out.put(w.State(state='idle', text='mine')); out.drain(5)"
    )
    home = WorkerClient().launch().environment["PYTHONPATH"]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=os.environ | {"PYTHONPATH": home}, timeout=60
    )
    assert [decode_event(line).text for line in done.stdout.splitlines()] == ["mine"]
    assert done.stderr.count(b"stray") == 3


def test_a_reader_that_sleeps_holds_up_no_step(tmp_path):
    """Nobody reads the pipe for a while; the run goes on, and what must not be lost is there afterwards."""
    core = WorkerClient()
    launch = core.launch()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(launch.arguments, env=os.environ | launch.environment, **pipes)
    try:
        project = classifier(*MLP, epochs=400, data=DataSource(kind="xor"))
        process.stdin.write(core.encode(Start(project=project, run_folder=str(tmp_path / "run"))))
        process.stdin.flush()
        end = time.monotonic() + 60
        while not (tmp_path / "run" / "manifest.json").exists() and time.monotonic() < end:
            time.sleep(0.05)
        assert (tmp_path / "run" / "manifest.json").exists(), "the run waits for its reader"
        process.stdin.close()
        core.feed(process.stdout.read())
        events = core.take()
        assert [e.epoch for e in events if isinstance(e, Epoch)] == list(range(1, 401))
        assert isinstance(events[-1], Finished)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
