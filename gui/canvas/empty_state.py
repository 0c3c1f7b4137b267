"""What an empty canvas says: what it is for, and the three ways to begin."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from gui import theme
from gui.canvas.ink import ICON, icon_path, ink

TITLE = "Draw a network"
WAYS = (
    ("plus", "Press", ("Space", "Tab"), "to search for a block"),
    ("convolution", "Drag", (), "blocks here from the palette"),
    ("open", "", (), "Open an example"),
)
LINE = 40.0


class EmptyState:
    """Painted in the middle of the viewport; the last way is a link."""

    def __init__(self) -> None:
        self.link = QRectF()
        self.hovered = False

    def paint(self, painter: QPainter, area: QRectF) -> None:
        """The painter is in pixels of the viewport."""
        pen = ink()
        box = QRectF(0, 0, 388, 76 + LINE * len(WAYS))
        box.moveCenter(area.center())
        painter.setPen(QPen(pen.hairline.color(), 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(pen.ground)
        painter.drawRoundedRect(box, 14, 14)
        painter.setFont(theme.ui_font("large", bold=True))
        painter.setPen(pen.text)
        top = QRectF(box.left(), box.top() + 20, box.width(), 28)
        painter.drawText(top, Qt.AlignmentFlag.AlignCenter, TITLE)
        for index, way in enumerate(WAYS):
            self._way(painter, QPointF(box.left() + 56, box.top() + 78 + LINE * index), way, pen)

    def _way(self, painter: QPainter, at: QPointF, way, pen) -> None:
        glyph, before, keys, after = way
        is_link = not before
        colour = pen.theme.accent if is_link else pen.secondary
        painter.save()
        painter.translate(at.x() - 18, at.y())
        painter.scale(16 / ICON, 16 / ICON)
        painter.fillPath(icon_path(glyph), colour)
        painter.restore()
        font = theme.ui_font("normal")
        font.setUnderline(is_link and self.hovered)
        metrics = QFontMetricsF(font)
        x = at.x() + 6
        for word in (before, *keys, after):
            if not word:
                continue
            width = metrics.horizontalAdvance(word)
            if word in keys:
                x = self._key(painter, x, at.y(), word, pen)
                continue
            painter.setFont(font)
            painter.setPen(colour if is_link else pen.text if word == before else pen.secondary)
            painter.drawText(QPointF(x, at.y() + 5), word)
            if is_link:
                self.link = QRectF(x - 30, at.y() - 14, width + 40, 28)
            x += width + 7

    def _key(self, painter: QPainter, x: float, y: float, word: str, pen) -> float:
        font = theme.ui_font("small")
        width = QFontMetricsF(font).horizontalAdvance(word) + 14
        cap = QRectF(x, y - 10, width, 20)
        painter.setPen(pen.outline)
        painter.setBrush(pen.theme.surface[2])
        painter.drawRoundedRect(cap, 5, 5)
        painter.setFont(font)
        painter.setPen(pen.text)
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, word)
        return x + width + 7
