"""How often each class occurs, as bars with their numbers; painted, so that a thousand classes cost nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import theme
from gui.language import tr

ROW = 18
TALLEST = 16 * ROW  # of rows that are given all the height they need
QWIDGETSIZE_MAX = 2**24 - 1
NARROWEST = 3  # pixels of a bar; what does not fit is left out and said


class BalanceView(QWidget):
    """Rows while they fit, else upright bars."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.names: tuple[str, ...] = ()
        self.counts: tuple[int, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.appearance.changed.connect(self._redress)

    def show_counts(self, names: tuple[str, ...], counts: tuple[int, ...]) -> None:
        self.names, self.counts = names, counts
        height = len(counts) * ROW
        self.setMaximumHeight(height if height <= TALLEST else QWIDGETSIZE_MAX)
        self.updateGeometry()
        self.setAccessibleDescription(", ".join(map("{}: {:,}".format, names[:50], counts[:50])))
        self.update()

    def _redress(self, *_ignored) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, min(max(len(self.counts), 1) * ROW, TALLEST))

    def minimumSizeHint(self) -> QSize:
        return QSize(140, 60)

    @property
    def in_rows(self) -> bool:
        return len(self.counts) * ROW <= self.height()

    @property
    def shown(self) -> int:
        """How many classes have room."""
        return len(self.counts) if self.in_rows else min(len(self.counts), max(1, self.width() // NARROWEST))

    def paintEvent(self, event) -> None:
        if not self.counts:
            return
        painter = QPainter(self)
        painter.setFont(theme.ui_font("small"))
        (self._paint_rows if self.in_rows else self._paint_bars)(painter)

    def _paint_rows(self, painter: QPainter) -> None:
        colours, metrics = theme.current(), painter.fontMetrics()
        numbers = [f"{count:,}" for count in self.counts]
        right = max(map(metrics.horizontalAdvance, numbers)) + theme.GAP
        left = min(max(map(metrics.horizontalAdvance, self.names)) + theme.GAP, self.width() // 3)
        room, most = max(self.width() - left - right, 1), max(*self.counts, 1)
        for place, (name, count, number) in enumerate(zip(self.names, self.counts, numbers, strict=True)):
            top = place * ROW
            painter.setPen(colours.text[0])
            short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, left - theme.SPACE)
            painter.drawText(QRectF(0, top, left, ROW), Qt.AlignmentFlag.AlignVCenter, short)
            painter.fillRect(QRectF(left, top + 4, room * count / most, ROW - 8), colours.series[0])
            painter.setPen(colours.text[1])
            painter.drawText(
                QRectF(self.width() - right, top, right, ROW),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                number,
            )

    def _paint_bars(self, painter: QPainter) -> None:
        colours, most = theme.current(), max(*self.counts, 1)
        step, line = self.width() / self.shown, painter.fontMetrics().height()
        names = [painter.fontMetrics().horizontalAdvance(name) + theme.SPACE <= step for name in self.names]
        floor = self.height() - (line if all(names) else 0)
        for place in range(self.shown):
            height = (floor - line - 2) * self.counts[place] / most
            painter.fillRect(QRectF(place * step, floor - height, max(step - 1, 1), height), colours.series[0])
            if all(names):
                painter.setPen(colours.text[0])
                painter.drawText(
                    QRectF(place * step, floor, step, line), Qt.AlignmentFlag.AlignCenter, self.names[place]
                )
        painter.setPen(colours.line)
        painter.drawLine(0, floor - 1, self.width(), floor - 1)
        painter.setPen(colours.text[1])
        told = tr("{0} classes, up to {1}").format(f"{len(self.counts):,}", f"{most:,}")
        if self.shown < len(self.counts):
            told = tr("the first {0} of {1} classes, up to {2}").format(
                f"{self.shown:,}", f"{len(self.counts):,}", f"{most:,}"
            )
        painter.drawText(QRectF(0, 0, self.width(), line), Qt.AlignmentFlag.AlignRight, told)

    def class_at(self, x: float, y: float) -> int | None:
        """The class under a point."""
        if not self.counts:
            return None
        place = int(y // ROW) if self.in_rows else int(x * self.shown / max(self.width(), 1))
        return place if 0 <= place < self.shown else None

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            place = self.class_at(event.pos().x(), event.pos().y())
            share = self.counts[place] / max(sum(self.counts), 1) if place is not None else 0
            text = f"{self.names[place]}: {self.counts[place]:,} ({100 * share:.1f} %)" if place is not None else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
