"""What an empty canvas says: what it is for, and the three ways to begin."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from gui import theme
from gui.canvas.ink import ICON, icon_path, ink
from gui.language import N_, tr

TITLE = N_("Draw a network")
KEYS = "Space", "Tab"
WAYS = (
    ("plus", N_("Press {keys} to search for a block")),
    ("convolution", N_("Drag blocks here from the palette")),
    ("open", N_("Open an example")),
)
LINE, LEAST, EDGE = 40.0, 388.0, 56.0  # between ways, width, room before the words
HEAD, LOW_HEAD, LOW_LINE = 76.0, 46.0, 28.0  # over the ways, and both where the canvas is low
GAP, CAP = 7.0, 14.0  # between words, beside the letters of a key


class EmptyState:
    """Painted in the middle of the viewport; the last way is a link."""

    def __init__(self) -> None:
        self.link = QRectF()
        self.hovered = False

    def paint(self, painter: QPainter, area: QRectF) -> None:
        """The painter is in pixels of the viewport."""
        pen = ink()
        width = EDGE + max(self._width(words) for _, words in WAYS) + EDGE
        line, head = (LINE, HEAD) if area.height() >= HEAD + LINE * len(WAYS) + EDGE else (LOW_LINE, LOW_HEAD)
        box = QRectF(0, 0, max(LEAST, width), head + line * len(WAYS))
        box.moveCenter(area.center())
        painter.setPen(QPen(pen.hairline.color(), 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(pen.ground)
        painter.drawRoundedRect(box, 14, 14)
        painter.setFont(theme.ui_font("large", bold=True))
        painter.setPen(pen.text)
        top = QRectF(box.left(), box.top() + (head - 28) * 0.4, box.width(), 28)
        painter.drawText(top, Qt.AlignmentFlag.AlignCenter, tr(TITLE))
        for index, (glyph, words) in enumerate(WAYS):
            at = QPointF(box.left() + EDGE, box.top() + head + line * (index + 0.05))
            self._way(painter, at, glyph, words, pen, is_link=index == len(WAYS) - 1)

    def _way(self, painter: QPainter, at: QPointF, glyph: str, words: str, pen, is_link: bool) -> None:
        colour = pen.theme.accent if is_link else pen.secondary
        painter.save()
        painter.translate(at.x() - 18, at.y())
        painter.scale(16 / ICON, 16 / ICON)
        painter.fillPath(icon_path(glyph), colour)
        painter.restore()
        font = theme.ui_font("normal")
        font.setUnderline(is_link and self.hovered)
        metrics = QFontMetricsF(font)
        x = at.x() + GAP
        for part in _parts(words):
            if part in KEYS:
                x = self._key(painter, x, at.y(), part, pen)
                continue
            width = metrics.horizontalAdvance(part)
            painter.setFont(font)
            painter.setPen(colour)
            painter.drawText(QPointF(x, at.y() + 5), part)
            if is_link:
                self.link = QRectF(x - 30, at.y() - 14, width + 40, 28)
            x += width + GAP

    @staticmethod
    def _width(words: str) -> float:
        """How far a way reaches."""
        plain, key = QFontMetricsF(theme.ui_font("normal")), QFontMetricsF(theme.ui_font("small"))
        widths = (
            key.horizontalAdvance(part) + CAP if part in KEYS else plain.horizontalAdvance(part)
            for part in _parts(words)
        )
        return sum(width + GAP for width in widths)

    def _key(self, painter: QPainter, x: float, y: float, word: str, pen) -> float:
        font = theme.ui_font("small")
        width = QFontMetricsF(font).horizontalAdvance(word) + CAP
        cap = QRectF(x, y - 10, width, 20)
        painter.setPen(pen.outline)
        painter.setBrush(pen.theme.surface[2])
        painter.drawRoundedRect(cap, 5, 5)
        painter.setFont(font)
        painter.setPen(pen.text)
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, word)
        return x + width + GAP


def _parts(words: str) -> list[str]:
    """A way's words with its keys where they stand."""
    before, keys, after = tr(words).partition("{keys}")
    return [part for part in (before.strip(), *(KEYS if keys else ()), after.strip()) if part]
