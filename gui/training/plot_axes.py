"""The axes of a training plot: whole steps below, epochs above, values at the left in full or as powers of ten."""

from __future__ import annotations

import math

import pyqtgraph as pg

from gui import theme

Marks = list[tuple[int, int]]  # (last step of an epoch, epoch), ascending


class Axis(pg.AxisItem):
    """An axis dressed by the theme: quiet numbers, hairlines, no SI prefixes."""

    def __init__(self, side: str, width: int | None = None):
        super().__init__(side)
        self.enableAutoSIPrefix(False)
        self.setStyle(tickLength=-4, autoExpandTextSpace=False, tickTextOffset=4, hideOverlappingLabels=False)
        if width:
            self.setWidth(width)

    def dress(self) -> None:
        colours = theme.current()
        self.setPen(pg.mkPen(colours.line, width=1))
        self.setTextPen(pg.mkPen(colours.text[1]))
        self.setTickFont(theme.ui_font("small"))


class StepAxis(Axis):
    """Whole numbers of steps."""

    def __init__(self):
        super().__init__("bottom")
        self.setHeight(20)

    def tickSpacing(self, low, high, size):
        spacings = super().tickSpacing(low, high, size)[:1]
        return [(max(float(math.ceil(spacing)), 1.0), 0) for spacing, _ in spacings]

    def tickStrings(self, values, scale, spacing):
        return [f"{round(value):,}" for value in values]


class EpochAxis(Axis):
    """Where epochs ended; so many are marked as there is room for."""

    def __init__(self):
        super().__init__("top")
        self.setHeight(18)
        self.marks: Marks = []

    def set_marks(self, marks: Marks) -> None:
        if marks != self.marks:
            self.marks = marks
            self.picture = None
            self.update()

    def tickValues(self, low, high, size):
        seen = [(step, epoch) for step, epoch in self.marks if low <= step <= high]
        apart = seen[1][1] - seen[0][1] if len(seen) > 1 else 1
        every = apart * _every(len(seen), size / 36)
        return [(1.0, [float(step) for step, epoch in seen if epoch % every == 0])]

    def tickStrings(self, values, scale, spacing):
        epochs = {float(step): epoch for step, epoch in self.marks}
        return [str(epochs[value]) for value in values]


class ValueAxis(Axis):
    """Losses in full, or shares as percentages; powers of ten where the plot is logarithmic."""

    def __init__(self, percent: bool):
        super().__init__("left", width=48)
        self.percent = percent
        self.logarithmic = False

    def tickSpacing(self, low, high, size):
        if self.logarithmic:
            return [(1.0, 0.0), (math.log10(2), 0.0)] if high - low < 1.5 else [(max(1.0, (high - low) // 6), 0.0)]
        return super().tickSpacing(low, high, size)[:1]

    def tickValues(self, low, high, size):
        if not self.logarithmic:
            return super().tickValues(low, high, size)
        factors = (1, 2, 5) if high - low < 2.5 else (1,)
        powers = range(math.floor(low), math.ceil(high) + 1)
        every = _every(len(powers), size / 28)
        values = [p + math.log10(f) for p in powers if p % every == 0 for f in factors]
        return [(1.0, [value for value in values if low <= value <= high])]

    def tickStrings(self, values, scale, spacing):
        if self.logarithmic:
            return [f"{10**value:.3g}" if -4 < value < 5 else f"1e{round(value)}" for value in values]
        if self.percent:
            digits = 0 if spacing >= 0.01 else 1
            return [f"{100 * value:.{digits}f} %" for value in values]
        digits = max(0, -math.floor(math.log10(spacing) + 1e-9)) if spacing > 0 else 0
        if digits > 4 or abs(max(values, default=0)) >= 1e5:
            return [f"{value:.2g}" for value in values]
        return [f"{value:,.{digits}f}" for value in values]


def _every(count: int, room: float) -> int:
    """The smallest of 1, 2, 5, 10, 20 ... that leaves at most `room` of `count` marks."""
    every = 1
    for nice in (1, 2, 5):
        for power in range(9):
            candidate = nice * 10**power
            if count / candidate <= max(room, 1) and (every == 1 or candidate < every):
                every = candidate
                break
    return 1 if count <= max(room, 1) else every
