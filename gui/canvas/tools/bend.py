"""BendWire: drags one of the points that a wire is led through."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF, Qt

from graph.edits import BendWire
from gui.canvas.geometry import GRID
from gui.canvas.tools.tool import Pointer, Tool, far_enough


class Bend(Tool):
    """Holds the point of this number of a wire."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, view, wire: str, index: int):
        super().__init__(view)
        self.item, self.index = self.scene.wires[wire], index

    def start(self, at: Pointer) -> None:
        self._begin, self._moved, self._route = at, False, self.item.route

    def move(self, at: Pointer) -> None:
        if not self._moved and not far_enough(self._begin, at):
            return
        self._moved = True
        self.item.follow(self.item.route.led_through(self._points(at)))

    def end(self, at: Pointer) -> None:
        if self._moved:
            self.session.document.do(BendWire(self.item.id, self._points(at)))

    def cancel(self) -> None:
        self.item.follow(self._route)

    def _points(self, at: Pointer) -> tuple[tuple[float, float], ...]:
        place = round(at.scene.x() / GRID) * GRID, round(at.scene.y() / GRID) * GRID
        via = self._route.via
        return (*via[: self.index], place, *via[self.index + 1 :])


def point_added(route, at: QPointF) -> tuple[tuple[float, float], ...]:
    """The points of a route with one more, put where it makes the way longer by least."""
    stops = [route.start, *route.via, route.end]
    new = round(at.x() / GRID) * GRID, round(at.y() / GRID) * GRID
    detours = [_far(a, new) + _far(new, b) - _far(a, b) for a, b in pairwise(stops)]
    index = detours.index(min(detours))
    return (*route.via[:index], new, *route.via[index:])


def _far(a: tuple[float, float], b: tuple[float, float]) -> float:
    return ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5
