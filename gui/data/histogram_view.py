"""How the numbers of a field are spread: bars between the least and the greatest, and what the tallest one is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import theme
from gui.language import tr

HEIGHT = 150


class HistogramView(QWidget):
    """`show_histogram` gives the counts of bars of equal width."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.counts: tuple[int, ...] = ()
        self.low = self.high = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMaximumHeight(HEIGHT)
        theme.appearance.changed.connect(self._redress)

    def show_histogram(self, counts: tuple[int, ...], low: float, high: float) -> None:
        self.counts, self.low, self.high = counts, low, high
        self.setAccessibleDescription(", ".join(map(self._told, range(len(counts)))))
        self.update()

    def _redress(self, *_ignored) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, 80)

    def paintEvent(self, event) -> None:
        if not self.counts:
            return
        painter = QPainter(self)
        painter.setFont(theme.ui_font("small"))
        colours, line, most = theme.current(), painter.fontMetrics().height(), max(*self.counts, 1)
        floor, step = self.height() - line - theme.SPACE, self.width() / len(self.counts)
        for place, count in enumerate(self.counts):
            height = (floor - line - theme.SPACE) * count / most
            painter.fillRect(QRectF(place * step, floor - height, max(step - 1, 1), height), colours.series[0])
        painter.setPen(colours.line)
        painter.drawLine(0, floor, self.width(), floor)
        painter.setPen(colours.text[1])
        row = QRectF(0, floor + theme.SPACE, self.width(), line)
        painter.drawText(row, Qt.AlignmentFlag.AlignLeft, f"{self.low:.4g}")
        painter.drawText(row, Qt.AlignmentFlag.AlignRight, f"{self.high:.4g}")
        top = QRectF(0, 0, self.width(), line)
        painter.drawText(top, Qt.AlignmentFlag.AlignRight, tr("up to {0} values a bar").format(f"{most:,}"))

    def _told(self, place: int) -> str:
        width = (self.high - self.low) / len(self.counts)
        ends = (self.low + place * width, self.low + (place + 1) * width)
        return tr("{0:.4g} to {1:.4g}: {2:,}").format(*ends, self.counts[place])

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and self.counts:
            place = min(int(event.pos().x() * len(self.counts) / max(self.width(), 1)), len(self.counts) - 1)
            QToolTip.showText(event.globalPos(), self._told(max(place, 0)), self)
            return True
        return super().event(event)
