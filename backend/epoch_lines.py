"""Epochs on a terminal: a heading, then one line an epoch with every metric in its column. Knows no recipe."""

from __future__ import annotations

from collections.abc import Mapping

from backend.messages import Epoch
from backend.runs import duration

LEGEND = "training / validation, * best so far"
GAP = "  "


class EpochLines:
    """Lines of one run, `width` letters wide as far as its metrics allow."""

    def __init__(self, width: int):
        self._width = width
        self._columns: dict[str, int] = {}

    def told(self, event: Epoch) -> str:
        """The line of an epoch, below the heading where metrics appear that have no column yet."""
        cells = {name: _cell(value, event.validation.get(name)) for name, value in event.train.items()}
        heading = "" if cells.keys() <= self._columns.keys() else self._heading(cells) + "\n"
        took = duration(event.seconds)
        line = [f"{event.epoch:>5}", f"{took:>9}", "*" if event.best else " "]
        line += [cells.get(name, "").ljust(width) for name, width in self._columns.items()]
        return heading + GAP.join(line).rstrip()

    def _heading(self, cells: Mapping[str, str]) -> str:
        self._columns = {name: max(len(name), len(cell) + 1) for name, cell in cells.items()}
        line = GAP.join(["epoch", "     time", " ", *(name.ljust(width) for name, width in self._columns.items())])
        fits = len(line) + len(GAP) + len(LEGEND) <= self._width
        return line + GAP + LEGEND if fits else f"{LEGEND}\n{line.rstrip()}"


def _cell(value: float, checked: float | None) -> str:
    return _number(value) + ("" if checked is None else f" / {_number(checked)}")


def _number(value: float) -> str:
    """Four places, or four figures where those would say nothing."""
    return f"{value:.4f}" if value == 0 or 0.001 <= abs(value) < 1e5 else f"{value:.3e}"
