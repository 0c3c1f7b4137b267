"""The training loop: one function to be read. It never waits for the device; the observer decides when to look.

Knows no messages, files or pipes.
"""

from __future__ import annotations

from typing import Protocol

import torch

from backend.training.holding import begin_learning
from backend.training.job import Job
from backend.training.turn import Values


class Observer(Protocol):
    """Who follows a run. Each answer says whether to go on."""

    def epoch_begins(self, epoch: int) -> bool: ...

    def step(self, rows: torch.Tensor, values: Values) -> bool: ...

    def epoch_ends(self) -> bool: ...  # no: the epoch was not ended, its validation was interrupted


def train(job: Job, observer: Observer) -> bool:
    """Train to the end of the job's epochs from where its course stands; False when the observer ended it before.

    The seed decides everything: the order of the samples is drawn from a generator of its own, so that neither
    the network (dropout) nor an observer can move it.
    """
    module, learn, course, steps = job.module, job.learner, job.course, job.steps
    while not job.over:
        if not observer.epoch_begins(course.epoch):
            return False
        begin_learning(module)
        for rows in course.rows_left(job.batches, job.device):
            if learn.step >= steps:
                break
            values = learn(*job.batch(rows))
            course.batch += 1
            if not observer.step(rows, values):
                return False
        if not observer.epoch_ends():
            return False
        course.end_epoch()
    return True
