"""Cut: Ctrl + right-drag draws a blade; the wires it crosses are removed, in one step."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from graph.edits import Disconnect
from gui.canvas.ink import ink
from gui.canvas.tools.tool import Pointer, Tool
from gui.canvas.wire_item import WireItem


class Cut(Tool):
    cursor = Qt.CursorShape.CrossCursor

    def start(self, at: Pointer) -> None:
        self._blade = [at.scene]
        self._crossed: dict[str, WireItem] = {}

    def move(self, at: Pointer) -> None:
        before = self._blade[-1]
        self._blade.append(at.scene)
        for item in self._crossing(before, at.scene):
            item.set_state(wrong=True)
            self._crossed[item.id] = item
        self.view.viewport().update()

    def end(self, at: Pointer) -> None:
        if self._crossed:
            self.session.document.do(Disconnect(tuple(sorted(self._crossed, key=lambda id: int(id[1:])))))

    def cancel(self) -> None:
        for item in self._crossed.values():
            item.set_state(wrong=False)

    def paint(self, painter: QPainter) -> None:
        pen = QPen(ink().severity["error"], 1.5, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(self._blade))

    def _crossing(self, a: QPointF, b: QPointF) -> list[WireItem]:
        area = QRectF(a, b).normalized().adjusted(-1, -1, 1, 1)
        near = [item for item in self.scene.items(area) if isinstance(item, WireItem)]
        return [item for item in near if _crosses(item, a, b)]


def _crosses(item: WireItem, a: QPointF, b: QPointF) -> bool:
    """Whether the blade's stretch meets the wire: signs change along both."""
    points = [item.path.pointAtPercent(step / 32) for step in range(33)]
    return any(_meet(p, q, a, b) for p, q in pairwise(points))


def _meet(p: QPointF, q: QPointF, a: QPointF, b: QPointF) -> bool:
    def side(u: QPointF, v: QPointF, w: QPointF) -> float:
        return (v.x() - u.x()) * (w.y() - u.y()) - (v.y() - u.y()) * (w.x() - u.x())

    return side(a, b, p) * side(a, b, q) <= 0 and side(p, q, a) * side(p, q, b) <= 0
