"""Overview: the whole network from far away, drawn in a few batched calls instead of item by item."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from gui.canvas.ink import Ink

if TYPE_CHECKING:
    from gui.canvas.scene import CanvasScene


class Overview:
    """Flat rectangles in family colours and plain lines, gathered once after each change."""

    def __init__(self, scene: CanvasScene):
        self._scene = scene
        self._fresh = False
        self._families: dict[str, list[QRectF]] = {}
        self._marked: dict[str, list[QRectF]] = {}
        self._selected: list[QRectF] = []
        self._lines: list[QPolygonF] = []

    def forget(self) -> None:
        """Something changed: gather again before the next painting."""
        self._fresh = False

    def paint(self, painter: QPainter, pen: Ink, zoom: float) -> None:
        """Draw everything; the painter is in scene coordinates."""
        if not self._fresh:
            self._gather()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(_hair(pen.wire_colour, 1.0))
        for line in self._lines:
            painter.drawPolyline(line)
        painter.setPen(Qt.PenStyle.NoPen)
        for family, boxes in self._families.items():
            painter.setBrush(pen.family(family)[0])
            painter.drawRects(boxes)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for severity, boxes in self._marked.items():
            painter.setPen(_hair(pen.severity[severity], 3.0))
            painter.drawRects([box.adjusted(-3 / zoom, -3 / zoom, 3 / zoom, 3 / zoom) for box in boxes])
        if self._selected:
            painter.setPen(_hair(pen.theme.accent, 2.0))
            painter.drawRects([box.adjusted(-2 / zoom, -2 / zoom, 2 / zoom, 2 / zoom) for box in self._selected])

    def _gather(self) -> None:
        families, marked = defaultdict(list), defaultdict(list)
        for item in self._scene.blocks.values():
            box = item.box()
            families[item.face.family].append(box)
            if item.face.severity in ("error", "warning"):
                marked[item.face.severity].append(box)
        self._families, self._marked = dict(families), dict(marked)
        self._selected = [item.box() for item in self._scene.blocks.values() if item.look.selected]
        self._lines = []
        for item in self._scene.wires.values():
            route = item.route
            points = [QPointF(*route.start)]
            if route.lane is not None:
                points += [QPointF(route.lane, route.enter), QPointF(route.lane, route.leave)]
            self._lines.append(QPolygonF([*points, QPointF(*route.end)]))
        self._fresh = True


def _hair(colour: QColor, width: float) -> QPen:
    """A pen of the same width at every zoom."""
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    return pen
