"""BlockItem: one block on the canvas; holds its face, size and state, paints itself, decides nothing."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QGraphicsItem

from gui.canvas import geometry
from gui.canvas.face import Face
from gui.canvas.geometry import MARGIN, PortRef
from gui.canvas.ink import ink
from gui.canvas.painting import Look, paint_block

BLOCK_Z, LIFTED_Z = 2.0, 3.0


class BlockItem(QGraphicsItem):
    """A painted block; its position is the middle of its top edge."""

    def __init__(self, id: str, face: Face):
        super().__init__()
        self.id = id
        self.face = face
        self.size = geometry.size_of(face)
        self.supposed: Face | None = None  # what it would show, while a value is being tried
        self.look = Look()
        self._bounds = self.size.box.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
        self._points: dict[tuple[str, bool], QPointF] = {}  # ports from its origin, as far as asked
        self.setZValue(BLOCK_Z)

    def show_face(self, face: Face) -> bool:
        """Take a new face; returns whether the block's size changed with it."""
        if face == self.face:
            return False
        size = geometry.size_of(face)
        resized = size != self.size
        ports_moved = [p.name for p in face.inputs + face.outputs] != [
            p.name for p in self.face.inputs + self.face.outputs
        ]
        self.face = face
        self._points.clear()
        if resized:
            self.prepareGeometryChange()
            self.size = size
            self._bounds = size.box.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
        self.update()
        return resized or ports_moved

    def suppose(self, face: Face | None) -> None:
        """Paint a face it would have, in the size it has; None goes back to its own."""
        face = None if face == self.face else face
        if face != self.supposed:
            self.supposed = face
            self.set_look(own_face=self.face if face else None)
            self.update()

    def measure(self) -> None:
        """Measure again after the fonts changed."""
        self.prepareGeometryChange()
        self.size = geometry.size_of(self.face)
        self._points.clear()
        self._bounds = self.size.box.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)

    def set_look(self, **state) -> None:
        """Change parts of the state; repaints only if something differs."""
        if any(getattr(self.look, name) != value for name, value in state.items()):
            for name, value in state.items():
                setattr(self.look, name, value)
            self.update()

    def lift(self, up: bool) -> None:
        """Above the others while it is dragged."""
        self.setZValue(LIFTED_Z if up else BLOCK_Z)

    def box(self) -> QRectF:
        """Its box in the scene."""
        return self.size.box.translated(self.pos())

    def port_point(self, name: str, output: bool) -> QPointF:
        """A port in the scene."""
        if (name, output) not in self._points:
            self._points[name, output] = geometry.port_point(self.face, self.size, name, output)
        return self.pos() + self._points[name, output]

    def port_near(self, point: QPointF, reach: float) -> PortRef | None:
        """The port within reach of a scene point, the nearest first."""
        local = point - self.pos()
        best, found = reach, None
        for port, output, at in geometry.port_names(self.face, self.size):
            aside = abs(local.x() - at.x())
            if port.many and not output:
                aside = max(0.0, aside - geometry.MANY_SPREAD * (max(port.wires, 2) - 1) / 2)
            distance = (aside**2 + (local.y() - at.y()) ** 2) ** 0.5
            if distance <= best:
                best, found = distance, PortRef(self.id, port.name, output)
        return found

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter, option, widget=None) -> None:
        paint_block(painter, self.supposed or self.face, self.size, self.look, ink(), painter.worldTransform().m11())


def _port_names(face: Face) -> list[str]:
    return [port.name for port in face.inputs + face.outputs]
