"""Arrays through shared memory: whole or not at all, reused, and gone afterwards whoever was killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from backend import shared_arrays
from backend.messages import Frame
from backend.shared_arrays import RING, FrameWriter, new_prefix, read, sweep, sweep_abandoned

linux = pytest.mark.skipif(sys.platform != "linux", reason="segments can be listed on Linux only")
HOME = str(Path(shared_arrays.__file__).parent.parent)


def names(prefix):
    return sorted(p.name for p in Path("/dev/shm").iterdir() if p.name.startswith(prefix))


@pytest.fixture
def writer():
    writer = FrameWriter(new_prefix())
    yield writer
    writer.close()


@pytest.mark.parametrize(
    "array",
    [
        np.arange(150, dtype=np.float32).reshape(6, 1, 5, 5),
        np.float32(3.5).reshape(()),
        np.zeros((0, 4), np.float32),
        np.arange(10, dtype=np.int64)[::2],
        np.random.default_rng(0).random((3, 40, 50)).transpose(2, 0, 1),
    ],
    ids=["filters", "scalar", "empty", "strided", "transposed"],
)
def test_an_array_comes_through_as_it_was(writer, array):
    got = read(writer.write("a", array))
    assert got.dtype == array.dtype and got.shape == array.shape
    np.testing.assert_array_equal(got, array)


def test_a_frame_that_was_overwritten_reads_as_none_and_the_newest_reads_well(writer):
    frames = [writer.write("a", np.full(9, n)) for n in range(RING + 2)]
    assert [read(frame) is None for frame in frames] == [True, True] + [False] * RING
    assert (read(frames[-1]) == RING + 1).all()


def test_rings_reuse_their_segments_and_grow_when_they_must(writer):
    small = [writer.write("a", np.zeros(10)).name for _ in range(3 * RING)]
    assert len(set(small)) == RING
    large = [writer.write("a", np.ones(10_000)) for _ in range(RING)]
    assert not {frame.name for frame in large} & set(small)
    assert all((read(frame) == 1).all() for frame in large)


@linux
def test_nothing_is_left_after_drop_and_close():
    writer = FrameWriter(new_prefix())
    for key in ("a", "b"):
        for _ in range(RING):
            writer.write(key, np.zeros(100))
    prefix = writer._prefix
    assert len(names(prefix)) == 2 * RING
    writer.drop("a")
    assert len(names(prefix)) == RING
    writer.close()
    assert names(prefix) == []


@pytest.mark.parametrize("name", ["nl-nobody", "psm_foreign", "nl-../../etc/passwd", "nl-1/2"])
def test_names_that_are_not_there_or_not_ours_read_as_none(name):
    assert read(Frame(name=name, sequence=1, shape=(2,), dtype="<f4")) is None


def test_an_announced_shape_larger_than_the_segment_reads_as_none(writer):
    frame = writer.write("a", np.zeros(4))
    assert read(frame.model_copy(update={"shape": (1 << 40,)})) is None


WRITER = """
import sys, time
import numpy as np
from backend.shared_arrays import FrameWriter
writer = FrameWriter(sys.argv[1])
n = 0
while True:
    n += 1
    frame = writer.write("a", np.full(200_000, n))
    print(frame.model_dump_json(), flush=True)
    if len(sys.argv) > 2:
        time.sleep(3600)
"""


def start_writer(prefix, *more):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, prefix, *more],
        env=os.environ | {"PYTHONPATH": HOME},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@linux
def test_frames_are_never_torn_while_another_process_writes_as_fast_as_it_can():
    prefix = new_prefix()
    process = start_writer(prefix)
    try:
        whole = seen = 0
        until = time.monotonic() + 60  # a busy machine lets the reader see only frames that are gone again
        while seen < 150 or (not whole and time.monotonic() < until):
            seen += 1
            array = read(Frame.model_validate_json(process.stdout.readline()))
            if array is not None:
                assert (array == array[0]).all()
                whole += 1
        assert whole > 0
    finally:
        process.kill()
        process.communicate()
        sweep(prefix)


@linux
def test_after_kill_9_of_the_writer_the_client_sweeps_and_no_tracker_complains():
    prefix = new_prefix()
    process = start_writer(prefix, "slowly")
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    _, stderr = process.communicate()
    assert stderr == b""
    assert len(names(prefix)) == 1
    assert sweep(prefix) == 1
    assert names(prefix) == []


@linux
def test_segments_of_dead_clients_are_swept_and_those_of_living_ones_kept(writer):
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    dead.wait()
    left = FrameWriter(f"nl-{dead.pid}-abcdef-")
    left.write("a", np.zeros(5))
    kept = writer.write("a", np.zeros(5))
    sweep_abandoned()
    assert names(f"nl-{dead.pid}-") == []
    assert read(kept) is not None


@linux
def test_opening_starts_no_other_process():
    code = (
        "import os, numpy as np, backend.shared_arrays as s;"
        "w = s.FrameWriter(s.new_prefix()); s.read(w.write('a', np.zeros(5))); w.close();"
        "print(open(f'/proc/self/task/{os.getpid()}/children').read())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=os.environ | {"PYTHONPATH": HOME})
    assert done.stdout.strip() == b"" and done.stderr == b""


def test_reading_is_quick_enough_for_the_window(writer):
    array = np.zeros((64, 64, 64), np.float32)
    begun = time.perf_counter()
    for _ in range(20):
        read(writer.write("a", array))
    assert (time.perf_counter() - begun) / 20 < 0.05
