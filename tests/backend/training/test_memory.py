"""Out of memory: a smaller batch size is tried before it is advised."""

import weakref

import pytest
import torch

from backend.training import device as devices
from backend.training import memory
from backend.training.memory import advice, largest_batch


def objective_for(limit, error):
    def objective(logits, label):
        if len(label) > limit:
            raise error
        return {"loss": torch.nn.functional.cross_entropy(logits, label)}

    return objective


ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory"),
    MemoryError(),
]


@pytest.mark.parametrize("error", ERRORS, ids=["cuda", "cpu", "python"])
def test_the_advice_was_tried(make_job, error):
    job = make_job(objective=objective_for(20, error), batch_size=64)
    fits = largest_batch(job)
    assert fits == 16
    assert "64 does not fit; 16 was tried" in advice(job, fits)
    assert all(p.grad is None for p in job.module.parameters())


def test_when_nothing_fits_that_is_said(make_job):
    job = make_job(objective=objective_for(0, ERRORS[0]), batch_size=64)
    assert largest_batch(job) is None
    assert "any smaller one" in advice(job, None)


def test_other_errors_are_not_mistaken_for_it(make_job):
    job = make_job(objective=objective_for(0, RuntimeError("shape mismatch")), batch_size=64)
    with pytest.raises(RuntimeError, match="shape mismatch"):
        largest_batch(job)


def test_a_real_allocation_beyond_the_machine_is_known_as_out_of_memory():
    from backend.training.device import is_out_of_memory

    with pytest.raises(RuntimeError) as error:
        torch.empty(1 << 55)
    assert is_out_of_memory(error.value)


def test_the_trial_takes_room_for_what_the_optimizer_will_keep(make_job):
    job = make_job(optimizer="Adam")
    size = sum(p.nbytes for p in job.module.parameters())
    assert sum(t.nbytes for t in memory._states_to_come(job)) == 2 * size
    job.learner(*job.batch(torch.arange(16)))
    assert memory._states_to_come(job) == []


def test_the_trial_is_in_the_precision_of_the_run(make_job):
    seen = []

    def objective(logits, label):
        seen.append(logits.dtype)
        return {"loss": torch.nn.functional.cross_entropy(logits, label)}

    assert largest_batch(make_job(objective=objective, precision="bfloat16", batch_size=64)) == 32
    assert seen == [torch.bfloat16]


def test_a_gpu_is_given_back_what_only_a_circle_holds(monkeypatch):
    class Held:
        pass

    held, released = Held(), []
    held.itself, known = held, weakref.ref(held)
    del held
    monkeypatch.setattr(devices, "release_memory", released.append)
    devices.make_room(torch.device("cpu"))
    assert not released
    devices.make_room(torch.device("cuda", 0))
    assert known() is None and released == [torch.device("cuda", 0)]
