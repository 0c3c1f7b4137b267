"""One curve of numbers over steps: it grows, is smoothed as it grows, and thins to what a screen can show.

Pure NumPy: knows neither Qt nor runs. Smoothing is causal, so past points never move; thinning keeps the
lowest and highest value of every pixel column, so a spike of one step in a million stays visible.
"""

from __future__ import annotations

import math

import numpy as np

SMOOTHING = 0.9  # weight of the past in the moving average, unless chosen otherwise
_CHUNK = 128  # steps smoothed at once, fewer for a small weight: its powers must not underflow


class Series:
    """Values over ascending steps, with their debiased moving average; both in arrays that double."""

    def __init__(self, smoothing: float = SMOOTHING):
        self._room = np.empty((3, 256))
        self._length = 0
        self._smoother = Smoother(smoothing)

    def __len__(self) -> int:
        return self._length

    @property
    def steps(self) -> np.ndarray:
        return self._room[0, : self._length]

    @property
    def values(self) -> np.ndarray:
        return self._room[1, : self._length]

    @property
    def smooth(self) -> np.ndarray:
        return self._room[2, : self._length]

    @property
    def smoothing(self) -> float:
        return self._smoother.weight

    def extend(self, steps, values) -> None:
        """Append points; the steps are above those already here."""
        steps, values = np.asarray(steps, float), np.asarray(values, float)
        end = self._length + len(steps)
        if end > self._room.shape[1]:
            room = np.empty((3, max(end, 2 * self._room.shape[1])))
            room[:, : self._length] = self._room[:, : self._length]
            self._room = room
        self._room[0, self._length : end] = steps
        self._room[1, self._length : end] = values
        self._room[2, self._length : end] = self._smoother.feed(values)
        self._length = end

    def smooth_by(self, weight: float) -> None:
        """Smooth everything anew with another weight."""
        if weight != self._smoother.weight:
            self._smoother = Smoother(weight)
            self._room[2, : self._length] = self._smoother.feed(self.values)

    def at(self, step: float) -> int | None:
        """The index of the last point at or before a step, or None."""
        index = int(np.searchsorted(self.steps, step, side="right")) - 1
        return index if index >= 0 else None


class Smoother:
    """An exponential moving average that divides by the weight it has seen, as Adam does (no bias to zero)."""

    def __init__(self, weight: float):
        if not 0.0 <= weight < 1.0:
            raise ValueError(f"smoothing is {weight}; it must be from 0 (none) to below 1")
        self.weight = weight
        self._chunk = min(_CHUNK, int(-400 / math.log(weight))) if weight else _CHUNK
        self._sum = 0.0  # weighted sum of the values so far
        self._mass = 0.0  # the same sum of ones

    def feed(self, values: np.ndarray) -> np.ndarray:
        """The averages after each value; one that is not finite leaves a gap and is not remembered."""
        result = np.full(len(values), np.nan)
        finite = np.isfinite(values)
        kept = values[finite]
        result[finite] = np.concatenate(
            [self._average(kept[at : at + self._chunk]) for at in range(0, len(kept), self._chunk)] or [kept]
        )
        return result

    def _average(self, values: np.ndarray) -> np.ndarray:
        if not self.weight:
            return values
        powers = self.weight ** np.arange(1, len(values) + 1)
        sums = powers * (self._sum + (1 - self.weight) * np.cumsum(values / powers))
        masses = powers * (self._mass - 1) + 1
        self._sum, self._mass = float(sums[-1]), float(masses[-1])
        return sums / masses


def envelope(
    steps: np.ndarray, values: np.ndarray, low: float, high: float, columns: int
) -> tuple[np.ndarray, np.ndarray]:
    """What to draw between two steps on so many pixel columns: all points, or each column's two extremes.

    Columns lie on a grid anchored at step 0, so that a growing curve does not shimmer.
    """
    first = max(int(np.searchsorted(steps, low)) - 1, 0)
    last = min(int(np.searchsorted(steps, high, side="right")) + 1, len(steps))
    steps, values = steps[first:last], values[first:last]
    if len(steps) <= 4 * columns or high <= low:
        return steps, values
    column = np.floor(steps * (columns / (high - low)))
    starts = np.flatnonzero(np.diff(column, prepend=-np.inf))
    lowest, highest = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
    return np.repeat(steps[starts], 2), np.stack([lowest, highest], 1).ravel()
