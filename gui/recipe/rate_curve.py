"""The curve of a learning-rate range test: the loss over powers of ten, and the rate where it falls fastest.

Paints what it is given with the theme's colours; a click chooses another rate. Knows no process.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.language import tr
from gui.recipe.axis_ticks import log_ticks, nice_ticks, rate_text

LEFT, RIGHT, TOP, BOTTOM = 52, 14, 8, 36
BURST = 1.15  # times the first loss: what lies higher is not drawn


class RateCurveView(QWidget):
    """`chosen` says a rate that was clicked."""

    chosen = Signal(float)

    def __init__(self):
        super().__init__()
        self.rates: tuple[float, ...] = ()
        self.losses: tuple[float, ...] = ()
        self.mark: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(tr("Loss over the learning rate"))
        self.setToolTip(tr("Click to choose another rate"))
        theme.appearance.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(300, 150)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 150)

    def show_curve(self, rates: tuple[float, ...], losses: tuple[float, ...], mark: float | None) -> None:
        self.rates, self.losses, self.mark = rates, losses, mark
        self.update()

    def show_mark(self, rate: float | None) -> None:
        self.mark = rate
        self.update()

    def paintEvent(self, event) -> None:
        if len(self.rates) < 2:
            return
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.ui_font("small"))
        area = self._area()
        painter.fillRect(area, colours.surface[0])
        self._paint_axes(painter, area)
        painter.setClipRect(area)
        low, high = self._heights()
        points = [
            QPointF(self._x(rate, area), area.bottom() - area.height() * (loss - low) / (high - low))
            for rate, loss in zip(self.rates, self.losses, strict=True)
        ]
        painter.setPen(QPen(colours.series[0], 2))
        painter.drawPolyline(QPolygonF(points))
        if self.mark is not None:
            x = self._x(self.mark, area)
            painter.setPen(QPen(colours.accent, 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        area = self._area()
        share = (event.position().x() - area.left()) / area.width()
        if len(self.rates) >= 2 and 0 <= share <= 1 and event.button() == Qt.MouseButton.LeftButton:
            first, last = math.log10(self.rates[0]), math.log10(self.rates[-1])
            self.chosen.emit(rounded(10 ** (first + share * (last - first))))

    def _area(self) -> QRectF:
        return QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 1), max(self.height() - TOP - BOTTOM, 1))

    def _x(self, rate: float, area: QRectF) -> float:
        first, last = math.log10(self.rates[0]), math.log10(self.rates[-1])
        return area.left() + area.width() * (math.log10(rate) - first) / max(last - first, 1e-9)

    def _heights(self) -> tuple[float, float]:
        """The range of losses that is drawn: what burst at the end would press the rest flat."""
        low = min(self.losses)
        high = (
            min(max(self.losses), max(self.losses[0] * BURST, low + 1e-9)) if self.losses[0] > 0 else max(self.losses)
        )
        room = max(high - low, 1e-9) * 0.06
        return low - room, high + room

    def _paint_axes(self, painter: QPainter, area: QRectF) -> None:
        colours = theme.current()
        hair = QPen(theme.mixed(colours.line, colours.surface[0], 0.7), 1)
        low, high = self._heights()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for loss in nice_ticks(low, high, 5):
            y = area.bottom() - area.height() * (loss - low) / (high - low)
            painter.setPen(hair)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(colours.text[1])
            painter.drawText(QRectF(0, y - 8, LEFT - 6, 16), right, f"{loss:.4g}")
        for rate in log_ticks(math.log10(self.rates[0]), math.log10(self.rates[-1])):
            x = self._x(rate, area)
            painter.setPen(hair)
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(colours.text[1])
            box = QRectF(x - 24, area.bottom() + 3, 48, 14)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, rate_text(rate))
        painter.setPen(colours.text[2])
        below = QRectF(area.left(), area.bottom() + 17, area.width(), 16)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, tr("loss over the learning rate"))
        painter.setPen(QPen(colours.line, 1))
        painter.drawRect(area)


def rounded(rate: float) -> float:
    """A rate as a person would choose it: two digits."""
    return float(f"{rate:.1e}")
