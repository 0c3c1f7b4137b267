"""One curve of numbers over steps: it grows, is smoothed as it grows, and thins to what a screen can show.

Pure NumPy: knows neither Qt nor runs. Smoothing is causal, so past points never move; thinning, in memory and for
drawing, keeps the lowest and highest values of a stretch, so a spike of one step in ten million stays visible.
"""

from __future__ import annotations

import numpy as np

SMOOTHING = 0.9  # weight of the past in the moving average, unless chosen otherwise
MOST = 2**16  # points kept: ten and more to every pixel of a wide plot; a run of any length takes no more memory
_STEP, _VALUE, _SMOOTH, _MEAN, _COUNT = range(5)
_FORGOTTEN = 1e-18  # weight below which the past is nothing


class Series:
    """Values over ascending steps, with their debiased moving average; of a long run the extremes of stretches.

    Beside each point stands the mean of the values since the one before it, and how many they were, so that another
    smoothing still averages them all.
    """

    def __init__(self, smoothing: float = SMOOTHING, most: int = MOST):
        """`most` points are kept; at least 64."""
        self._room = np.empty((5, min(256, most)))
        self._most, self._length = most, 0
        self._even = self._halvings = 0  # so many points, the oldest, stand for 2 ** halvings steps each
        self._smoother = Smoother(smoothing)

    def __len__(self) -> int:
        return self._length

    @property
    def steps(self) -> np.ndarray:
        return self._room[_STEP, : self._length]

    @property
    def values(self) -> np.ndarray:
        return self._room[_VALUE, : self._length]

    @property
    def smooth(self) -> np.ndarray:
        return self._room[_SMOOTH, : self._length]

    @property
    def smoothing(self) -> float:
        return self._smoother.weight

    def extend(self, steps, values) -> None:
        """Append points; the steps are above those already here."""
        steps, values = np.asarray(steps, float), np.asarray(values, float)
        for at in range(0, len(steps), self._most // 8):
            part = slice(at, at + self._most // 8)
            self._append(steps[part], values[part])

    def _append(self, steps: np.ndarray, values: np.ndarray) -> None:
        if self._length + len(steps) > self._most:
            self._thin()
        end = self._length + len(steps)
        if end > self._room.shape[1]:
            room = np.empty((5, min(self._most, max(end, 2 * self._room.shape[1]))))
            room[:, : self._length] = self._room[:, : self._length]
            self._room = room
        smooth = self._smoother.feed(values)
        counts = np.isfinite(values).astype(float)
        for row, column in enumerate((steps, values, smooth, np.where(counts, values, 0.0), counts)):
            self._room[row, self._length : end] = column
        self._length = end

    def _thin(self) -> None:
        """Make room: the newest eighth stays as it is, all before becomes evenly coarse."""
        newest = self._most // 8
        for _ in range(self._halvings):
            self._halve(self._even, self._length - newest)
        if self._length > self._most * 3 // 4:
            self._halve(0, self._length - newest)
            self._halvings += 1
        self._even = self._length - newest

    def _halve(self, start: int, end: int) -> None:
        """Of every four points between two places keep the lowest and the highest, where they are."""
        end = start + max(end - start, 0) // 4 * 4
        fours = self._room[:, start:end].reshape(5, -1, 4)
        values = fours[_VALUE]
        known = np.isfinite(values)
        lowest = np.where(known, values, np.inf).argmin(1)
        highest = np.where(known, values, -np.inf).argmax(1)
        highest = np.where(lowest == highest, (lowest + 2) % 4, highest)
        kept = np.take_along_axis(fours, np.sort(np.stack([lowest, highest], 1), 1)[None], 2)
        counts = fours[_COUNT].reshape(-1, 2, 2)
        sums = (fours[_MEAN].reshape(-1, 2, 2) * counts).sum(2)
        kept[_COUNT] = counts.sum(2)
        kept[_MEAN] = sums / np.maximum(kept[_COUNT], 1.0)
        rest, place = self._room[:, end : self._length].copy(), (start + end) // 2
        self._room[:, start:place] = kept.reshape(5, -1)
        self._room[:, place : place + rest.shape[1]] = rest
        self._length = place + rest.shape[1]

    def smooth_by(self, weight: float) -> None:
        """Smooth everything anew with another weight."""
        if weight != self._smoother.weight:
            self._smoother = Smoother(weight)
            means, counts = self._room[_MEAN, : self._length], self._room[_COUNT, : self._length]
            smooth = self._smoother.feed(means, counts)
            self._room[_SMOOTH, : self._length] = np.where(np.isfinite(self.values), smooth, np.nan)

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
        self._sum = 0.0  # weighted sum of the values so far
        self._mass = 0.0  # the same sum of ones

    def feed(self, values: np.ndarray, counts: np.ndarray | float = 1.0) -> np.ndarray:
        """The averages after each value, which stands for `counts`; one not finite leaves a gap and is forgotten."""
        if not len(values):
            return np.empty(0)
        counts = np.where(np.isfinite(values), counts, 0.0)
        kept = self.weight**counts  # share of the past that is left
        sums = _recurrence(kept, np.where(counts, (1 - kept) * np.where(counts, values, 0.0), 0.0), self._sum)
        masses = 1 - (1 - self._mass) * np.cumprod(kept)
        self._sum, self._mass = float(sums[-1]), float(masses[-1])
        return np.where(counts, sums / np.where(counts, masses, 1.0), np.nan)


def _recurrence(kept: np.ndarray, gained: np.ndarray, start: float) -> np.ndarray:
    """y[i] = kept[i] * y[i - 1] + gained[i] from y[-1] = start: for stretches of 1, 2, 4 ... in turn."""
    kept, result = kept.copy(), gained.copy()
    result[0] += kept[0] * start
    reach = 1
    while reach < len(result) and kept[reach:].max() > _FORGOTTEN:
        result[reach:] += kept[reach:] * result[:-reach]
        kept[reach:] *= kept[:-reach].copy()
        reach *= 2
    return result


def envelope(
    steps: np.ndarray, values: np.ndarray, low: float, high: float, columns: int
) -> tuple[np.ndarray, np.ndarray]:
    """What to draw between two steps on so many pixel columns: all points, or each column's two extremes."""
    steps, values, starts = _in_columns(steps, values, low, high, columns, 4 * columns)
    if starts is None:
        return steps, values
    lowest, highest = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
    return np.repeat(steps[starts], 2), np.stack([lowest, highest], 1).ravel()


def course(
    steps: np.ndarray, values: np.ndarray, low: float, high: float, columns: int
) -> tuple[np.ndarray, np.ndarray]:
    """The same for a strong line, which is slow to draw where it is a band: of many points each column's mean."""
    steps, values, starts = _in_columns(steps, values, low, high, columns, columns)
    if starts is None:
        return steps, values
    known = np.isfinite(values)
    sums, counts = np.add.reduceat(np.where(known, values, 0.0), starts), np.add.reduceat(known.astype(float), starts)
    return steps[starts], np.where(counts, sums / np.maximum(counts, 1.0), np.nan)


def _in_columns(
    steps: np.ndarray, values: np.ndarray, low: float, high: float, columns: int, most: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """What is in sight, with a neighbour each way; where that is more than `most`, the first point of every column.

    Columns lie on a grid anchored at step 0, so that a growing curve does not shimmer.
    """
    first = max(int(np.searchsorted(steps, low)) - 1, 0)
    last = min(int(np.searchsorted(steps, high, side="right")) + 1, len(steps))
    steps, values = steps[first:last], values[first:last]
    if len(steps) <= most or high <= low:
        return steps, values, None
    column = np.floor(steps * (columns / (high - low)))
    return steps, values, np.flatnonzero(np.diff(column, prepend=-np.inf))
