"""WireItem: one wire on the canvas; holds its route, its shape text and its state, paints itself."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QGraphicsItem

from gui.canvas import routing
from gui.canvas.ink import ink
from gui.canvas.painting import ARROW, FULL, NAMED, PILLS, paint_arrow, paint_pill, pill_box
from gui.canvas.routing import Route

WIRE_Z, LIT_Z = 0.0, 1.0  # the first is where items stand anyway
NOWHERE = Route((0.0, 0.0), (0.0, 0.0))  # before the first course


class WireItem(QGraphicsItem):
    """A painted wire in scene coordinates."""

    def __init__(self, id: str, text: str):
        super().__init__()
        self.id = id
        self.text = text
        self.supposed = ""  # the shape it would carry, while a value is being tried
        self.route = NOWHERE
        self.path = QPainterPath()
        self.middle = QPointF()
        self.selected = self.hovered = self.near_selection = self.on_way = self.dimmed = self.wrong = False
        self._bounds = QRectF()

    def follow(self, route: Route, pill: float = 0.5) -> None:
        """Run along another course, the pill at a share of the way."""
        place = routing.pill_place(route, pill)
        if self.route is not NOWHERE and route == self.route and place == self.middle and not self.path.isEmpty():
            return
        self.prepareGeometryChange()
        self.route = route
        self.path = routing.path_of(route, ARROW - 1)
        self.middle = place
        self._measure()

    def carry(self, by: QPointF) -> None:
        """Go along with both ends, in the same course."""
        self.prepareGeometryChange()
        self.route = self.route.shifted(by.x(), by.y())
        self.path.translate(by)
        self.middle += by
        self._bounds.translate(by)

    def show_text(self, text: str) -> None:
        """Carry another shape."""
        if text != self.text:
            self.prepareGeometryChange()
            self.text = text
            self._measure()
            self.update()

    def suppose(self, text: str | None) -> None:
        """Show a shape it would carry; None goes back to its own."""
        text = "" if text in (None, self.text) else text
        if text != self.supposed:
            self.prepareGeometryChange()
            self.supposed = text
            self._measure()
            self.update()

    def set_state(self, **state: bool) -> None:
        """Change parts of the state; repaints only if something differs."""
        if any(getattr(self, name) != value for name, value in state.items()):
            for name, value in state.items():
                setattr(self, name, value)
            self.setZValue(LIT_Z if self.lit else WIRE_Z)
            self.update()

    @property
    def lit(self) -> bool:
        return self.selected or self.hovered or self.near_selection or self.on_way

    def point_at(self, point: QPointF, reach: float) -> int | None:
        """Which of the points it is led through lies within reach."""
        near = [(i, QPointF(*p) - point) for i, p in enumerate(self.route.via)]
        found = min(near, key=lambda one: one[1].manhattanLength(), default=None)
        return found[0] if found is not None and found[1].manhattanLength() <= reach else None

    def distance(self, point: QPointF) -> float:
        return routing.distance_to(self.route, self.path, point)

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter, option, widget=None) -> None:
        pen = ink()
        zoom = painter.worldTransform().m11()
        if self.dimmed:
            painter.setOpacity(0.4)
        line = pen.wire_lit if self.lit else pen.wire_wrong if self.wrong else pen.wire
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(line)
        painter.drawPath(self.path)
        if zoom >= NAMED:
            paint_arrow(painter, *self.route.end, line.color(), 1.0 if zoom >= FULL else 1.5)
        if self.route.via and zoom >= FULL:
            painter.setPen(line)
            painter.setBrush(pen.body)
            for point in self.route.via:
                painter.drawEllipse(QPointF(*point), 4.5, 4.5)
        if zoom >= PILLS and self.text:
            paint_pill(painter, self.middle, self.supposed or self.text, pen, self.lit, bool(self.supposed))

    def _measure(self) -> None:
        pill = pill_box(self.middle, self.supposed or self.text, ink()).adjusted(-2, -2, 2, 2)
        self._bounds = routing.bounds(self.path, 7.0).united(pill)
