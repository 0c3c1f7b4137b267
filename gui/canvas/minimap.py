"""Minimap: the whole network small in a corner of the canvas, with the part in view; click or drag goes there."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QWidget

from gui.canvas.ink import ink

SIZE = QSize(196, 148)
INSET, PAD = 14, 8


class Minimap(QWidget):
    """Lies over the lower right corner of a canvas view."""

    def __init__(self, view):
        super().__init__(view)
        self.view = view
        self.setObjectName("minimap")
        self.setAccessibleName(self.tr("Minimap"))
        self.setToolTip(self.tr("Click or drag to go there"))
        self.setFixedSize(SIZE)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()
        view.canvas.overview_stale.connect(self.update)
        view.canvas.synced.connect(self.update)
        for bar in (view.horizontalScrollBar(), view.verticalScrollBar()):
            bar.valueChanged.connect(self.update)

    def toggle(self) -> None:
        """Show or hide."""
        self.place()
        self.setVisible(self.isHidden())
        self.raise_()

    def place(self) -> None:
        """Keep to the corner."""
        corner = self.view.viewport().geometry().bottomRight()
        self.move(corner.x() - SIZE.width() - INSET, corner.y() - SIZE.height() - INSET)

    def world(self) -> QRectF:
        """What is shown: the network and what is in view."""
        area = self.view.canvas.content()
        return (area if not area.isEmpty() else self.view.visible_area()).adjusted(-40, -40, 40, 40)

    def paintEvent(self, _event) -> None:
        pen, world = ink(), self.world()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QPainterPath()
        frame.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.fillPath(frame, pen.theme.surface[1])
        painter.setClipPath(frame)
        painter.save()
        scale, offset = self._scale(world)
        painter.translate(offset)
        painter.scale(scale, scale)
        self.view.canvas.overview.paint(painter, pen, scale)
        painter.restore()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        seen = self.view.visible_area()
        box = QRectF(self.from_scene(seen.topLeft()), self.from_scene(seen.bottomRight()))
        veil = QPainterPath(frame)
        inside = QPainterPath()
        inside.addRoundedRect(box, 3, 3)
        shade = pen.theme.surface[0]
        shade.setAlphaF(0.55)
        painter.fillPath(veil.subtracted(inside), shade)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(pen.theme.accent, 1.5))
        painter.drawPath(inside)
        painter.setPen(QPen(pen.theme.line, 1))
        painter.drawPath(frame)

    def from_scene(self, point: QPointF) -> QPointF:
        """Where a point of the scene lies on the map."""
        scale, offset = self._scale(self.world())
        return point * scale + offset

    def to_scene(self, point: QPointF) -> QPointF:
        scale, offset = self._scale(self.world())
        return (point - offset) / scale

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.view.centerOn(self.to_scene(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.view.centerOn(self.to_scene(event.position()))

    def _scale(self, world: QRectF) -> tuple[float, QPointF]:
        room = QRectF(self.rect()).adjusted(PAD, PAD, -PAD, -PAD)
        scale = min(room.width() / world.width(), room.height() / world.height())
        return scale, room.center() - world.center() * scale
