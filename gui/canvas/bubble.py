"""Bubble: one sentence beside the place it is about, for a moment: why a wire was refused, what a name must be."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QFontMetricsF, QPainter, QTransform
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.canvas.ink import ink

SECONDS_A_WORD = 0.45
WIDEST = 340.0


class Bubble:
    """Painted over the canvas in pixels; `steady` stays until it is hidden."""

    def __init__(self, viewport: QWidget):
        self._viewport = viewport
        self._at, self.text, self._severity = QPointF(), "", "warning"
        self._timer = QTimer(viewport, singleShot=True)
        self._timer.timeout.connect(self.hide)

    def show_at(self, scene_point: QPointF, text: str, steady: bool = False, severity: str = "warning") -> None:
        """Say a text above a point; it goes by itself unless it is steady."""
        self._at, self.text, self._severity = QPointF(scene_point), text[:1].upper() + text[1:], severity
        self._timer.stop()
        if not steady:
            self._timer.start(int(1000 * max(2.5, SECONDS_A_WORD * len(text.split()))))
        self._viewport.update()

    def let_go(self) -> None:
        """Hide what was steady; what goes by itself may finish."""
        if not self._timer.isActive():
            self.hide()

    def hide(self) -> None:
        if self.text:
            self.text = ""
            self._timer.stop()
            self._viewport.update()

    def paint(self, painter: QPainter, to_view: QTransform) -> None:
        """The painter is in pixels of the viewport."""
        if not self.text:
            return
        pen = ink()
        font = theme.ui_font("small")
        metrics = QFontMetricsF(font)
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
        words = metrics.boundingRect(QRectF(0, 0, WIDEST, 1000), int(flags), self.text)
        box = QRectF(0, 0, words.width() + 26, words.height() + 14)
        anchor = to_view.map(self._at)
        area = QRectF(self._viewport.rect()).adjusted(8, 8, -8, -8)
        box.moveTo(anchor.x() + 18, anchor.y() - box.height() - 14)
        box.moveLeft(max(area.left(), min(box.left(), area.right() - box.width())))
        box.moveTop(max(area.top(), min(box.top(), area.bottom() - box.height())))
        painter.setPen(pen.severity_pen[self._severity])
        painter.setBrush(pen.theme.surface[2])
        painter.drawRoundedRect(box, 7, 7)
        painter.setFont(font)
        painter.setPen(pen.text)
        painter.drawText(box.adjusted(13, 7, -8, -5), int(flags), self.text)
