"""Metrics of a network over a whole data set, in evaluation mode, leaving the network as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from backend.training.job import Job
from backend.training.resident import Batches, Resident
from backend.training.turn import Values


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards every submodule is in the mode it was in."""
    training = [part for part in module.modules() if part.training]
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for part in training:
            part.training = True


def evaluate(
    job: Job, data: Resident, batch_size: int, keep_on: Callable[[], bool] = lambda: True
) -> dict[str, float] | None:
    """Means over the samples of what the objective gives; None when `keep_on` said no between two batches.

    Losses and metrics that are means over their batch come out exact, whatever the batch size.
    """
    sums: Values = {}
    ranks = job.ranks
    ranks.follow_first(job.module.buffers())  # normalizations have counted other samples in each process
    judge = job.learner.judge
    wide = torch.float32 if job.device.type == "mps" else torch.float64
    with evaluating(job.module):
        for rows in Batches(len(data), batch_size * ranks.size).in_order():
            count = rows.stop - rows.start
            start, stop, share = ranks.part(count)
            inputs, targets = data.take(slice(rows.start + start, rows.start + stop))
            weight = count * share
            for name, value in judge(job.compute, job.program.objective, inputs, targets).items():
                sums[name] = sums.get(name, 0.0) + value.to(wide) * weight
            if not keep_on():
                return None
    if ranks.size > 1:
        sums = dict(zip(sums, ranks.total(torch.stack(list(sums.values()))), strict=True))
    return {name: float(value) / len(data) for name, value in sums.items()}
