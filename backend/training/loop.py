"""The training loop: one function to be read. It never waits for the device; the observer decides when to look.

Knows no messages, files or pipes.
"""

from __future__ import annotations

from typing import Protocol

import torch

from backend.training.job import Job, Values, forward


class Observer(Protocol):
    """Who follows a run. Each answer says whether to go on."""

    def epoch_begins(self, epoch: int) -> None: ...

    def step(self, rows: torch.Tensor, values: Values) -> bool: ...

    def epoch_ends(self) -> bool: ...


def train(job: Job, observer: Observer) -> bool:
    """Train for the job's epochs; returns False when the observer ended it before.

    The seed decides everything: the order of the samples is drawn from a generator of its own, so that neither
    the network (dropout) nor an observer can move it.
    """
    module, compute, objective, optimizer = job.module, job.compute, job.program.objective, job.optimizer
    order = torch.Generator().manual_seed(job.recipe.seed)
    for epoch in range(1, job.epochs + 1):
        module.train()
        observer.epoch_begins(epoch)
        for rows in job.batches.shuffled(order, job.device):
            inputs, targets = job.train.take(rows)
            values = forward(compute, objective, inputs, targets)
            optimizer.zero_grad()
            values["loss"].backward()
            optimizer.step()
            if not observer.step(rows, values):
                return False
        if not observer.epoch_ends():
            return False
    return True
