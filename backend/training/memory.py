"""After a batch did not fit into memory: which smaller one does, found by trying.

To be called when the handler of the error has been left, or what it held would still be there.
"""

from __future__ import annotations

import gc

import torch

from backend.training import device as devices
from backend.training.compiling import forget
from backend.training.holding import begin_learning
from backend.training.job import Job, forward
from graph.optimizers import OPTIMIZERS
from graph.quantities import binary


def largest_batch(job: Job) -> int | None:
    """The largest half, quarter, eighth ... of the batch size that a training step fits with; None when none does.

    A step is done but for its update, so weights stay as they are; room is taken for what the first update would add.
    """
    forget(job.recipe)
    size = min(job.recipe.batch_size, len(job.train))
    smallest = 2 if job.batches.join_single else 1
    while (size := size // 2) >= smallest:
        if _fits(job, size):
            return size
    return None


def advice(job: Job, fits: int | None, peak: int = 0) -> str:
    """What to do about it, in words; `peak` is the most memory that was taken, in bytes."""
    asked = job.recipe.batch_size
    if peak:
        return f" {binary(peak)} were taken at most." + advice(job, fits)
    if fits is None:
        return f" Neither batch_size {asked} nor any smaller one fits: make the network or its inputs smaller."
    return f" batch_size {asked} does not fit; {fits} was tried and does."


def _fits(job: Job, size: int) -> bool:
    error: BaseException | None = None
    try:
        _step(job, size)
    except (RuntimeError, MemoryError) as caught:
        error = caught.with_traceback(None)  # its frames hold tensors
    job.learner.zero_grad()
    gc.collect()
    devices.release_memory(job.device)
    if error is not None and not devices.is_out_of_memory(error):
        raise error
    return error is None


def _step(job: Job, size: int) -> None:
    rows = torch.arange(size, device=job.device)
    begin_learning(job.module)
    room = _states_to_come(job)
    inputs, targets = job.batch(rows)
    with job.learner.turns[0].rules.precision():
        loss = forward(job.compute, job.program.objective, inputs, targets)["loss"]
    loss.backward()
    devices.synchronize(job.device)
    del room


def _states_to_come(job: Job) -> list[torch.Tensor]:
    """As much memory as optimizers that have not moved yet will keep for their weights."""
    kept = OPTIMIZERS[job.recipe.optimizer].kept if job.recipe.optimizer != "LBFGS" else 0
    waiting = [weight for turn in job.learner.turns if not turn.optimizer.state for weight in turn.parameters()]
    return [torch.empty_like(weight) for weight in waiting for _ in range(kept)]
