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
    judge = job.learner.judge
    wide = torch.float32 if job.device.type == "mps" else torch.float64
    with evaluating(job.module):
        for rows in Batches(len(data), batch_size).in_order():
            inputs, targets = data.take(rows)
            weight = rows.stop - rows.start
            for name, value in judge(job.compute, job.program.objective, inputs, targets).items():
                sums[name] = sums.get(name, 0.0) + value.to(wide) * weight
            if not keep_on():
                return None
    return {name: float(value) / len(data) for name, value in sums.items()}
