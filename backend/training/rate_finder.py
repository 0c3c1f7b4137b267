"""The learning-rate range test: a few steps at rates that grow, and the rate at which the loss falls fastest.

Smith, 2017. The job is left as it was. Knows no messages.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, islice, repeat

from backend.training.course import Course
from backend.training.holding import begin_learning
from backend.training.job import Job
from backend.training.rewind import Rewind

SMOOTHING = 0.9  # of the running mean the curve is read by
BEYOND = 4.0  # times the best loss: it has burst
EDGE = 5  # points at the beginning that are not trusted


@dataclass(frozen=True, slots=True)
class RateTest:
    """Rates and the smoothed loss at each; `suggested` is None where no loss fell."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggested: float | None


def find_rate(job: Job, low: float, high: float, steps: int, keep_on: Callable[[], bool] = lambda: True) -> RateTest:
    """Train from `low` to `high` in `steps` batches, or until the loss bursts; then put everything back."""
    before = Rewind(job)
    rates, losses = [], []
    mean, best = 0.0, math.inf
    begin_learning(job.module)
    try:
        for i, rows in enumerate(_rows(job, steps)):
            rate = low * (high / low) ** (i / max(steps - 1, 1))
            job.learner.set_learning_rate(rate)
            loss = float(job.learner(*job.batch(rows))["loss"].detach())
            mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
            smooth = mean / (1 - SMOOTHING ** (i + 1))
            if not math.isfinite(loss) or (i > EDGE and smooth > BEYOND * best) or not keep_on():
                break
            rates.append(rate)
            losses.append(smooth)
            best = min(best, smooth)
    finally:
        before.restore()
        job.learner.zero_grad()
    return RateTest(tuple(rates), tuple(losses), suggestion(rates, losses))


def _rows(job: Job, steps: int):
    """Batches of as many epochs as are needed, in an order of their own."""
    course = Course(job.recipe.seed)

    def epoch(_: None):
        yield from course.rows_left(job.batches, job.device)
        course.end_epoch()

    return islice(chain.from_iterable(map(epoch, repeat(None))), steps)


def suggestion(rates: list[float], losses: list[float]) -> float | None:
    """The rate at the steepest fall of the loss over the rate's logarithm, before the lowest loss."""
    if len(losses) < 2 * EDGE:
        return None
    lowest = min(range(len(losses)), key=losses.__getitem__)
    falls = [
        ((losses[i + 1] - losses[i - 1]) / math.log(rates[i + 1] / rates[i - 1]), rates[i])
        for i in range(EDGE, max(lowest, EDGE))
        if i + 1 < len(losses)
    ]
    steepest = min(falls, default=(0.0, 0.0))
    return steepest[1] if steepest[0] < 0 else None
