"""The torch-free core of the client: bytes cut anywhere, lines that are none, deaths in clear words."""

import numpy as np
import pytest

from backend import shared_arrays
from backend.client import WorkerClient, describe_exit
from backend.messages import (
    MAX_LINE,
    Failure,
    Frame,
    Heartbeat,
    Probe,
    Ready,
    Shutdown,
    Start,
    State,
    Steps,
    decode_command,
    encode,
)

READY = Ready(pid=1, device="cpu", device_name="CPU", memory=8, devices=("cpu",), torch="2")
STEPS = Steps(epoch=1, steps=(1, 2), metrics={"loss": (2.0, 1.0)}, images_per_second=5.0)
TRAINING = State(state="training", text="on cpu")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 10_000])
def test_events_come_out_however_the_bytes_are_cut(size):
    client = WorkerClient()
    data = b"".join(map(encode, (READY, TRAINING, STEPS)))
    for at in range(0, len(data), size):
        client.feed(data[at : at + size])
    assert client.take() == [READY, TRAINING, STEPS]
    assert client.take() == []
    assert (client.ready, client.state, client.step) == (READY, "training", 2)


def test_commands_become_the_lines_the_worker_reads():
    client = WorkerClient()
    start = Start(project="{}", run_folder="/r")
    assert decode_command(client.encode(start)) == start
    assert client.run_folder == "/r"


def test_a_line_that_is_no_message_is_told_and_the_next_is_heard():
    client = WorkerClient()
    client.feed(b"Downloading weights...\n" + encode(STEPS))
    complaint, steps = client.take()
    assert isinstance(complaint, Failure) and "Downloading" in complaint.text
    assert steps == STEPS


def test_a_line_without_end_costs_bounded_memory_and_one_complaint():
    client = WorkerClient()
    for _ in range(70):
        client.feed(b"x" * (MAX_LINE // 32))
    client.feed(b"\n" + encode(STEPS))
    complaint, steps = client.take()
    assert "above" in complaint.text and steps == STEPS
    assert len(client._line) == 0


@pytest.mark.parametrize(("saved", "says"), [(True, "the weights of its last checkpoint"), (False, "no weights yet")])
def test_a_death_during_training_is_told_with_signal_folder_and_step(tmp_path, saved, says):
    client = WorkerClient()
    client.encode(Start(project="{}", run_folder=str(tmp_path)))
    if saved:
        (tmp_path / "last.safetensors").write_bytes(b"")
    for event in (READY, TRAINING, STEPS):
        client.feed(encode(event))
    client.take()
    client.feed_stderr(b"Fatal Python error: Segmentation fault\n")
    client.end(-11)
    failure, state = client.take()
    assert failure.kind == "process" and state.state == "failed"
    for word in ("SIGSEGV", str(tmp_path), "step 2", "Start", says):
        assert word in failure.text
    assert "Segmentation fault" in failure.detail
    assert client.ready is None


def test_leaving_when_asked_is_no_failure():
    client = WorkerClient()
    client.feed(encode(READY))
    client.take()
    client.encode(Shutdown())
    client.end(0)
    assert client.take() == []


def test_the_memory_of_a_dead_worker_is_removed():
    client = WorkerClient()
    writer = shared_arrays.FrameWriter(client.prefix)
    frame = writer.write("a", np.zeros(3))
    client.feed(encode(Probe(kind="filters", block="b", step=1, epoch=1, array=frame)))
    assert shared_arrays.read(frame) is not None
    client.end(-9)
    assert shared_arrays.read(frame) is None


def test_hanging_is_told_from_slow(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("backend.client.time.monotonic", lambda: now[0])
    client = WorkerClient()
    now[0] += 60
    assert not client.hanging  # still starting
    client.feed(encode(READY))
    now[0] += 4
    client.feed(encode(Heartbeat(state="training", step=1, stuck_for=4.0)))
    assert not client.hanging
    now[0] += 6
    assert client.hanging and client.silent_for() == pytest.approx(6)


@pytest.mark.parametrize(
    ("code", "says"),
    [(0, "exit code 0"), (3, "exit code 3"), (-9, "SIGKILL: killed from outside"), (-999, "signal 999, unknown")],
)
def test_exit_codes_in_words(code, says):
    assert says in describe_exit(code)


def test_a_launch_takes_nothing_from_the_current_folder():
    launch = WorkerClient().launch()
    assert "-P" in launch.arguments and "backend.worker" in launch.arguments
    frame = Frame(name=WorkerClient().prefix + "123456", sequence=1, shape=(), dtype="<f4")
    assert len(frame.name) < 31  # what macOS allows
