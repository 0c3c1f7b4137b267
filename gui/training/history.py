"""What a run has told about itself so far: step metrics as curves, epochs, the best one, how far it is.

Fed with the backend's events, read by curves, verdict and transport bar. Knows no Qt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from backend.messages import Epoch, Progress, Steps
from gui.training.series import SMOOTHING, Series

LOSS = "loss"
MOST_EPOCHS = 2048  # kept; of more the older half thins out, all but the best
MOST_MARKS = 500  # ends of epochs marked within what is in sight


@dataclass(slots=True)
class History:
    """The metrics of one run; `metrics` maps names to training curves, every one over the same steps."""

    smoothing: float = SMOOTHING
    metrics: dict[str, Series] = field(default_factory=dict)
    epochs: list[Epoch] = field(default_factory=list)
    progress: Progress | None = None
    step: int = 0  # the last one whose metrics are here
    at_step: int = 0  # the last one heard of
    steps: int = 0  # planned ones, 0 while unknown
    planned_epochs: int = 0
    not_finite_at: int | None = None  # the first step whose loss was no number
    _validation: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict, repr=False)

    def add_steps(self, event: Steps) -> None:
        fresh = [at for at, step in enumerate(event.steps) if step > self.step]
        if not fresh:
            return
        steps = [event.steps[at] for at in fresh]
        for name, column in event.metrics.items():
            series = self.metrics.setdefault(name, Series(self.smoothing))
            values = np.array([column[at] for at in fresh], float)
            series.extend(steps, values)
            if name == LOSS and self.not_finite_at is None and not np.isfinite(values).all():
                self.not_finite_at = steps[int(np.argmax(~np.isfinite(values)))]
        self.step = steps[-1]
        self.at_step = max(self.at_step, self.step)

    def add_epoch(self, event: Epoch) -> None:
        while self.epochs and self.epochs[-1].epoch >= event.epoch:  # told again by a run that went on
            self.epochs.pop()
        self.epochs.append(event)
        if len(self.epochs) > MOST_EPOCHS:
            best, half = self.best, MOST_EPOCHS // 2
            self.epochs[:half] = [epoch for at, epoch in enumerate(self.epochs[:half]) if at % 2 or epoch is best]
        self._validation.clear()
        self.at_step = max(self.at_step, event.step)

    def add_progress(self, event: Progress) -> None:
        self.progress = event
        self.steps, self.planned_epochs = event.steps, event.epochs

    @property
    def losses(self) -> Series:
        return self.metrics.get(LOSS) or Series()

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics to draw, the loss first."""
        known = [*self.metrics, *(name for epoch in self.epochs[-1:] for name in (*epoch.train, *epoch.validation))]
        return tuple(dict.fromkeys((LOSS, *known)))

    @property
    def best(self) -> Epoch | None:
        """The epoch whose weights were saved as the best."""
        return next((epoch for epoch in reversed(self.epochs) if epoch.best), None)

    @property
    def epoch(self) -> int:
        """The epoch under way or, at the end, the last; counted from 1, 0 before the first."""
        told = self.progress.epoch if self.progress else 0
        ended = self.epochs[-1].epoch if self.epochs else 0
        under_way = ended + 1 if ended and ended < self.planned_epochs else ended
        return max(told, under_way)

    def epoch_ends(self, low: float = 0.0, high: float = math.inf) -> list[tuple[int, int]]:
        """The last steps of epochs between two steps, with their numbers; planned ones too, round ones of many."""
        if not (self.planned_epochs and self.steps):
            return [(epoch.step, epoch.epoch) for epoch in self.epochs if low <= epoch.step <= high]
        length = self.steps / self.planned_epochs
        first, last = max(math.ceil(low / length), 1), min(self.planned_epochs, high // length)
        every = 10 ** max(0, math.ceil(math.log10(max(last - first, 1) / MOST_MARKS)))
        first += -first % every
        return [(round(epoch * length), epoch) for epoch in range(first, int(last) + 1, every)]

    def validation(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Steps and validation values of a metric, one point an epoch."""
        if name not in self._validation:
            points = [(epoch.step, epoch.validation[name]) for epoch in self.epochs if name in epoch.validation]
            self._validation[name] = tuple(np.array(points, float).reshape(-1, 2).T)
        return self._validation[name]

    def smooth_by(self, weight: float) -> None:
        self.smoothing = weight
        for series in self.metrics.values():
            series.smooth_by(weight)
