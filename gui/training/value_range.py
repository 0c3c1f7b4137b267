"""How far the axes of a training plot reach: chosen so that they seldom move, and never with every point.

Pure functions of numbers; no Qt.
"""

from __future__ import annotations

import math

import numpy as np

NICE = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)
SHORT = 500  # steps: a run up to here is shown over its whole length from the first


def step_reach(step: int, planned: int) -> float:
    """The right end of the step axis: the planned length, or halves of it for a long run that has just begun."""
    if not planned:
        return max(_round_up(max(step, 1) * 1.05), 100.0)
    planned = max(planned, step)
    reach = float(planned)
    while reach > SHORT and reach / 2 > step * 1.1 and reach > planned / 16:
        reach /= 2
    return reach


def value_reach(values: np.ndarray, before: float, logarithmic: bool = False) -> float:
    """The upper end of the loss axis: a round number above nearly all values; it grows and never shrinks.

    One spike does not squeeze the rest: what lies beyond is cut at the edge, except where it is the rule.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return before
    usual = float(np.quantile(finite, 0.98)) if len(finite) > 50 else float(finite.max())
    usual = max(usual, float(finite[:3].mean()), float(finite[-20:].mean()))
    return max(before, _round_up(usual * 1.03))


def value_floor(values: np.ndarray, before: float) -> float:
    """The lower end of the loss axis: zero, unless values fall below it; it falls and never rises."""
    finite = values[np.isfinite(values)]
    lowest = float(finite.min()) if len(finite) else 0.0
    return min(before, -_round_up(-lowest * 1.03)) if lowest < 0 else min(before, 0.0)


def log_floor(values: np.ndarray, before: float | None) -> float:
    """The lower end of a logarithmic axis, as a whole power of ten."""
    positive = values[np.isfinite(values) & (values > 0)]
    lowest = float(math.floor(math.log10(positive.min()))) if len(positive) else -1.0
    return lowest if before is None else min(before, lowest)


def _round_up(value: float) -> float:
    if not math.isfinite(value) or value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(nice * power for nice in NICE if nice * power >= value * (1 - 1e-9))
