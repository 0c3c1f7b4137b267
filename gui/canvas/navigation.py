"""Navigation: zoom to the cursor, pan, fit, follow a drag over the edge; and how the ground is drawn.

A QGraphicsView that knows the scene but neither gestures nor edits.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import ceil, floor

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QNativeGestureEvent, QPainter, QPen, QPointingDevice, QPolygonF, QTransform, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsView

from gui.canvas.ink import ink
from gui.canvas.painting import NAMED
from gui.canvas.scene import WORLD, CanvasScene

LEAST, MOST = 0.004, 4.0
STEP = 1.2  # one press of zoom in
DOTS = 24.0  # between dots of the ground, at 100 %
EDGE = 28  # pixels from the edge where a drag begins to scroll
READABLE = 0.75  # the first look at a network is never smaller
FRAME = 48  # pixels left free around what is fitted


class Navigation(QGraphicsView):
    """The window onto the scene."""

    def __init__(self, canvas: CanvasScene, parent=None):
        super().__init__(canvas, parent)
        self.canvas = canvas
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSceneRect(WORLD)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState, False)
        self.setMouseTracking(True)
        self._fit_when_shown = True
        self.first_look: tuple[float, float, float] | None = None  # zoom and middle, in place of the usual first look
        self._edge_timer = QTimer(self, interval=16)
        self._edge_timer.timeout.connect(self._scroll_at_edge)
        canvas.overview_stale.connect(self._repaint_far)

    @property
    def zoom(self) -> float:
        return self.transform().m11()

    @property
    def far(self) -> bool:
        """Whether blocks are too small for names, so that everything is drawn in one go."""
        return self.zoom < NAMED

    # Moving

    def visible_area(self) -> QRectF:
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def scroll_by(self, dx: int, dy: int) -> None:
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() + dx)
        down.setValue(down.value() + dy)

    def zoom_at(self, point: QPointF, factor: float) -> None:
        """Zoom with a point of the viewport kept under the cursor."""
        before = self.mapToScene(point.toPoint())
        self._set_zoom(self.zoom * factor)
        shift = self.mapFromScene(before) - point.toPoint()
        self.scroll_by(shift.x(), shift.y())

    def zoom_in(self) -> None:
        self.zoom_at(self._middle(), STEP)

    def zoom_out(self) -> None:
        self.zoom_at(self._middle(), 1 / STEP)

    def zoom_100(self) -> None:
        """100 %, the middle kept in the middle."""
        self.zoom_at(self._middle(), 1 / self.zoom)

    def show_document(self) -> None:
        """The first look: as it was left, else everything, or what is readable from the top on if it is tall."""
        look, self.first_look = self.first_look, None
        if look is not None:
            self._set_zoom(look[0])
            self.centerOn(look[1], look[2])
            return
        self.fit()
        if self.zoom < READABLE:
            area = self.canvas.content()
            self._set_zoom(READABLE)
            height = (self.viewport().height() - 2 * FRAME) / READABLE
            self.centerOn(area.center().x(), area.top() + height / 2 if area.height() > height else area.center().y())

    def fit(self) -> None:
        """Everything in view, never above 100 %."""
        self.show_area(self.canvas.content())

    def fit_selection(self) -> None:
        """The selection in view; everything if nothing is selected."""
        chosen = [id for id in self.canvas.session.selection if id in self.canvas.blocks]
        self.show_area(self.canvas.content(chosen or None))

    def show_area(self, area: QRectF) -> None:
        if area.isEmpty():
            self._set_zoom(1.0)
            self.centerOn(0, 0)
            return
        port = self.viewport().rect().adjusted(FRAME, FRAME, -FRAME, -FRAME)
        across, down = max(port.width(), 40) / area.width(), max(port.height(), 40) / area.height()
        self._set_zoom(min(across, down, 1.0))
        self.centerOn(area.center())

    def bring_into_view(self, ids: Iterable[str]) -> None:
        """Scroll as little as it takes, and zoom in if the block would be too small to read."""
        area = self.canvas.content([id for id in ids if id in self.canvas.blocks])
        if area.isEmpty() or self.visible_area().contains(area):
            return
        if self.far:
            self._set_zoom(0.8)
        self.centerOn(area.center()) if area.height() < self.visible_area().height() else self.show_area(area)

    def follow_edges(self, on: bool) -> None:
        """Scroll while a drag lingers at the edge."""
        self._edge_timer.start() if on else self._edge_timer.stop()

    # Events of devices

    def wheelEvent(self, event: QWheelEvent) -> None:
        fingers = event.device() is not None and event.device().type() == QPointingDevice.DeviceType.TouchPad
        if fingers and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            step = event.pixelDelta() or event.angleDelta() / 4
            self.scroll_by(-step.x(), -step.y())
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.scroll_by(-(event.angleDelta().y() or event.angleDelta().x()) // 2, 0)
        elif event.angleDelta().y():
            self.zoom_at(event.position(), 1.0015 ** event.angleDelta().y())
        event.accept()

    def viewportEvent(self, event) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_at(event.position(), 1.0 + event.value())
            return True
        return super().viewportEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self.viewport().update()  # what is painted over the scene stays where it is

    def showEvent(self, event) -> None:
        super().showEvent(event)
        if self._fit_when_shown:
            self._fit_when_shown = False
            self.show_document()

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        old = event.oldSize()
        if old.isValid() and self.isVisible():  # what was in the middle stays there
            self.scroll_by((old.width() - event.size().width()) // 2, (old.height() - event.size().height()) // 2)

    # Painting

    def paintEvent(self, event) -> None:
        if not self.far:
            super().paintEvent(event)
            return
        painter = QPainter(self.viewport())
        painter.setClipRegion(event.region())
        painter.setTransform(self.viewportTransform())
        area = self.mapToScene(event.rect()).boundingRect()
        self.drawBackground(painter, area)
        self.canvas.overview.paint(painter, ink(), self.zoom, area)
        painter.setRenderHints(self.renderHints())
        self.drawForeground(painter, area)

    def drawBackground(self, painter: QPainter, area: QRectF) -> None:
        pen = ink()
        painter.fillRect(area, pen.ground)
        step = DOTS
        while step * self.zoom < 14:
            step *= 2
        if self.far:
            return
        dot = QPen(pen.dot, 2.0 if step * self.zoom > 20 else 1.0)
        dot.setCosmetic(True)
        dot.setCapStyle(Qt.PenCapStyle.SquareCap)
        painter.setPen(dot)
        left, top = floor(area.left() / step) * step, floor(area.top() / step) * step
        columns, rows = ceil(area.width() / step) + 2, ceil(area.height() / step) + 2
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # ten times as fast for thousands of dots
        painter.translate(left, top)
        painter.drawPoints(_dots(step, columns, rows))
        painter.restore()

    # Inner workings

    def _set_zoom(self, zoom: float) -> None:
        zoom = max(LEAST, min(MOST, zoom))
        self.setTransform(QTransform.fromScale(zoom, zoom))
        self.viewport().update()

    def _middle(self) -> QPointF:
        return QPointF(self.viewport().rect().center())

    def _repaint_far(self) -> None:
        if self.far:  # no item is painted, so none asks for its own area
            self.viewport().update()

    def _scroll_at_edge(self) -> None:
        at = self.viewport().mapFromGlobal(self.cursor().pos()) if self.drag_at() is None else self.drag_at()
        area = self.viewport().rect()
        dx = min(0, at.x() - area.left() - EDGE) + max(0, at.x() - area.right() + EDGE)
        dy = min(0, at.y() - area.top() - EDGE) + max(0, at.y() - area.bottom() + EDGE)
        if dx or dy:
            self.scroll_by(max(-24, min(24, dx // 2)), max(-24, min(24, dy // 2)))
            self.edge_scrolled()

    def drag_at(self) -> QPoint | None:
        """Where the drag under way is on the viewport; told by whoever drags."""
        return None

    def edge_scrolled(self) -> None:
        """The scene moved under a resting pointer."""


@lru_cache(maxsize=16)
def _dots(step: float, columns: int, rows: int) -> QPolygonF:
    return QPolygonF([QPointF(column * step, row * step) for row in range(rows) for column in range(columns)])
