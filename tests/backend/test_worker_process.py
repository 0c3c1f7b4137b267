"""The life of the worker's process: heartbeats, kills, ends, prints of libraries, and a reader that sleeps."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from backend.client import SubprocessClient, WorkerClient
from backend.messages import (
    Epoch,
    Failure,
    Finished,
    Heartbeat,
    Probe,
    Ready,
    Start,
    Steps,
    Watch,
    decode_event,
    encode,
)
from backend.run_folder import read_run
from graph import DataSource

sys.path.insert(0, str(Path(__file__).parent))
from worker_runs import FOREVER, MLP, Heard, classifier, linux, start


@pytest.fixture
def worker():
    with SubprocessClient() as client:
        heard = Heard(client)
        yield heard
    assert not Path("/dev/shm").is_dir() or not list(Path("/dev/shm").glob(client.core.prefix + "*"))


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
        told = [event for event in events if not isinstance(event, Heartbeat)]  # the heart beats to the end
        assert isinstance(told[-1], Finished)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
