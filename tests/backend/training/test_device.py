"""Devices: picked by the recipe's word, named, warmed without a trace; on a GPU, where there is one, exact."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from backend.training import device as devices
from backend.training.failures import is_lost
from backend.training.loop import train
from backend.training.resident import Resident


def test_auto_takes_the_best_there_is_and_cpu_is_always_there():
    found = devices.available()
    assert found[-1] == "cpu" and str(devices.pick("auto")) == found[0]
    assert devices.pick("cpu").type == "cpu"


@pytest.mark.parametrize("asked", ["cuda:99", "tpu"])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(asked):
    with pytest.raises(devices.DeviceError, match="cpu"):
        devices.pick(asked)


def test_a_device_has_a_name_and_memory():
    name, memory = devices.describe(torch.device("cpu"))
    assert name.startswith("CPU") and memory > 1 << 28


def test_warming_up_leaves_the_random_numbers_alone():
    before = torch.get_rng_state()
    devices.warm_up(devices.pick("auto"))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_gpu_that_cannot_compute_is_left_out_and_a_full_one_is_not(monkeypatch):
    error = RuntimeError("CUDA error: no kernel image is available for execution on the device\nSearch for more")

    def warm_up(device):
        if device.type == "cuda":
            raise error

    monkeypatch.setattr(devices, "_broken", {})
    monkeypatch.setattr(devices, "warm_up", warm_up)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices.warmed_up().type == "cpu" and devices.available() == ("cpu",)
    with pytest.raises(devices.DeviceError, match="cannot compute: CUDA error: no kernel image is available"):
        devices.pick("cuda:1")
    devices._broken.clear()
    error = torch.OutOfMemoryError("CUDA out of memory.")
    assert str(devices.warmed_up()) == "cuda:0" and devices.available()[:2] == ("cuda:0", "cuda:1")


@pytest.mark.parametrize("words", ["CUDA out of memory. Tried", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"])
def test_running_out_of_memory_has_many_words(words):
    assert devices.is_out_of_memory(RuntimeError(words)) and not is_lost(RuntimeError(words))


def test_exactness_of_cublas_is_asked_for_before_cuda_begins():
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] in (":4096:8", ":16:8")


@pytest.mark.parametrize(
    ("multiply_adds", "most"), [(0, 1), (9_000_000, 1), (10**12, max(1, devices.processors() - 1))]
)
def test_threads_are_worth_their_work_and_leave_one_core_to_the_window(multiply_adds, most):
    code = f"from backend.training import device as d; print(d.share_processors({multiply_adds}))"
    home = os.path.dirname(os.path.dirname(os.path.dirname(devices.__file__)))
    bare = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=bare | {"PYTHONPATH": home}, timeout=60, text=True
    )
    assert int(done.stdout) == most


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_the_same_seed_gives_the_same_weights_watched_or_not(make_job, follow):
    from backend.messages import Watch

    device = devices.pick("cuda")
    devices.be_exact(device)

    def moved(data):
        return Resident(tuple(t.to(device) for t in data.inputs), tuple(t.to(device) for t in data.targets), len(data))

    def weights(watch):
        job = make_job()
        job.module.to(device)
        job = replace(job, device=device, train=moved(job.train), validation=moved(job.validation))
        run = follow(job)
        if watch:
            run.watching.watch(Watch(kind="features", block="id of drop1"))
        assert train(job, run.follower)
        return {name: tensor.cpu().numpy().tobytes() for name, tensor in job.module.state_dict().items()}

    assert weights(watch=False) == weights(watch=True)
