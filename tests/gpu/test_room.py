"""Memory of a GPU: data lie there once, runs give theirs back, too large a batch is met with one that was tried."""

import gc

import numpy as np
import pytest
import torch
from gpu_runs import CNN, DEVICE, job_of, needs_gpu, project

from backend.messages import Failure, Start
from backend.probes.watching import Watching
from backend.shared_arrays import FrameWriter, new_prefix
from backend.training import device as devices
from backend.training.checkpoint import snapshot, to_bytes
from backend.training.control import Control
from backend.training.resident import to_device
from backend.training.run import Run

GPU = torch.device("cuda", 0)
pytestmark = [
    needs_gpu,
    pytest.mark.skipif(DEVICE != "cuda", reason="needs a GPU"),
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("gpu"),
]
WIDE = (
    ("Conv2d", "conv1", {"out_channels": 256, "kernel_size": 3, "padding": 1}),
    ("ReLU", "relu1", {}),
    ("Conv2d", "conv2", {"out_channels": 256, "kernel_size": 3, "padding": 1}),
    *CNN[1:],
)


def settled():
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(GPU)
    return torch.cuda.memory_allocated(GPU)


@pytest.mark.parametrize("channels_last", [False, True])
def test_data_never_lie_there_twice(channels_last):
    before = settled()
    arrays = {"image": np.ones((4000, 3, 128, 128), np.float32)}
    samples = to_device(arrays, ("image",), (), GPU, channels_last=channels_last)
    taken = torch.cuda.max_memory_allocated(GPU) - before
    assert arrays["image"].nbytes <= taken < 1.2 * arrays["image"].nbytes
    assert float(samples.inputs[0].mean()) == 1.0


def run(text, folder):
    told = []
    one = Run(Control(), Watching(FrameWriter(new_prefix()), told.append), told.append)
    one.execute(Start(project=text, run_folder=str(folder), device="cuda"))
    return one, told


def test_a_run_makes_room_for_the_next(tmp_path):
    held, taken = [], []
    for name in ("one", "two", "three"):
        held.clear()  # as a worker lets go of it before the next: what is left of it is a circle
        one, told = run(project(), tmp_path / name)
        held.append(one)
        del one
        taken.append(torch.cuda.memory_allocated(GPU))
    assert told[-1].type == "finished" and max(taken) <= 1.2 * taken[0]


def test_a_batch_that_does_not_fit_is_met_with_one_that_was_tried(tmp_path):
    settled()  # five times 67 MB of activations will not fit into 300
    total = torch.cuda.get_device_properties(GPU).total_memory
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved(GPU) + 0.3e9) / total, GPU)
    try:
        _, told = run(project(*WIDE, batch_size=1024, epochs=1, validation=0.0), tmp_path / "run")
        failure = next(event for event in told if isinstance(event, Failure))
        assert failure.kind == "out_of_memory" and "were taken at most" in failure.text, failure
        assert failure.batch_size and failure.batch_size < 1024
        settled()
        _, told = run(project(*WIDE, batch_size=failure.batch_size, epochs=1, validation=0.0), tmp_path / "again")
        assert told[-1].type == "finished", told[-3:]
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, GPU)


def test_random_states_are_put_back():
    state = devices.random_state(GPU)
    one = torch.rand(5, device=GPU)
    devices.set_random_state(GPU, state)
    assert torch.equal(one, torch.rand(5, device=GPU))


def test_the_peak_is_that_of_the_run():
    settled()
    del_me = torch.ones(1 << 28, device=GPU)
    del del_me
    job_of(project())
    assert devices.peak_memory(GPU) < 1 << 29


def test_the_best_weights_stay_on_the_gpu_while_there_is_room(monkeypatch):
    weights = {"weight": torch.ones(1000, 1000, device=GPU)}
    kept = snapshot(weights)
    weights["weight"].zero_()
    assert kept["weight"].is_cuda and bool(kept["weight"].all())
    assert to_bytes(kept, epoch=1, step=2)[-4:] == np.float32(1).tobytes()
    monkeypatch.setattr(devices, "free_memory", lambda device: 20 * weights["weight"].nbytes - 1)
    assert not snapshot(weights)["weight"].is_cuda
