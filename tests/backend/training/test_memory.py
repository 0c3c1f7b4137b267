"""Out of memory: a smaller batch size is tried before it is advised."""

import pytest
import torch

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
