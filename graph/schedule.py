"""The learning rate over a run: a factor for every step, drawn before training and followed in it.

One function gives both, so that the curve shown is the curve trained. Plateaus depend on the run and are the
trainer's. Knows no torch; a test holds the curves against torch's schedulers.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field as Rule

from graph.frozen import Frozen

ScheduleKind = Literal["constant", "step", "exponential", "cosine", "one_cycle", "plateau"]
SCHEDULES: tuple[str, ...] = ScheduleKind.__args__
START, END = 25.0, 1e4  # of one cycle: it starts at 1/START of the peak and ends at 1/END of its start
Positive = Annotated[float, Rule(gt=0.0, le=1.0)]


class Schedule(Frozen):
    """How the learning rate moves; `warmup` counts steps, `every` and `patience` count epochs."""

    kind: ScheduleKind = "constant"
    warmup: Annotated[int, Rule(ge=0, le=100_000_000)] = 0  # steps of a straight rise from almost nothing
    every: Annotated[int, Rule(ge=1, le=1_000_000)] = 10  # step: epochs between two falls
    factor: Positive = 0.1  # step and plateau: what is left after a fall
    decay: Positive = 0.95  # exponential: what is left after an epoch
    final: Annotated[float, Rule(ge=0.0, le=1.0)] = 0.0  # cosine: what is left at the end
    rise: Annotated[float, Rule(gt=0.0, lt=1.0)] = 0.3  # one cycle: share of the run that rises
    patience: Annotated[int, Rule(ge=0, le=1_000_000)] = 5  # plateau: epochs without a better one before a fall

    def at(self, step: int, steps: int, epoch_steps: int) -> float:
        """The factor on the learning rate for step `step` (from 0) of `steps`, an epoch having `epoch_steps`."""
        if self.kind == "one_cycle":
            return _one_cycle(step, steps, self.rise)
        if step < self.warmup:
            return (step + 1) / (self.warmup + 1)
        epoch = step // max(epoch_steps, 1)
        match self.kind:
            case "step":
                return self.factor ** (epoch // self.every)
            case "exponential":
                return self.decay**epoch
            case "cosine":
                done = (step - self.warmup) / max(steps - self.warmup, 1)
                return self.final + (1 - self.final) * (1 + math.cos(math.pi * min(done, 1.0))) / 2
        return 1.0

    @property
    def moves(self) -> bool:
        """Whether the learning rate changes within a run."""
        return self.kind != "constant" or self.warmup > 0


def _one_cycle(step: int, steps: int, rise: float) -> float:
    """Smith and Topin, 2019, with cosines as torch draws it."""
    top = rise * steps - 1
    if step <= top:
        return _cosine(1 / START, 1.0, step / top if top > 0 else 1.0)
    return _cosine(1.0, 1 / START / END, min((step - top) / max(steps - 1 - top, 1e-9), 1.0))


def _cosine(begin: float, end: float, done: float) -> float:
    return end + (begin - end) / 2 * (1 + math.cos(math.pi * done))
