"""What the lines of overlaid runs mean: each with its colour and dash, its name and its value."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.runs.table import pen

LINE = 18  # pixels of a line
TWO = 280  # pixels from which two entries stand side by side, their names cut if need be


class RunsLegend(QWidget):
    """Lines, names and values side by side, in as many rows as they need."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.entries: list[tuple[str, str]] = []
        self.setFont(theme.ui_font("small"))

    def tell(self, entries: list[tuple[str, str]]) -> None:
        self.entries = entries
        self.setAccessibleName(", ".join(f"{name} {told}" for name, told in entries))
        self._fit()
        self.update()

    def _places(self) -> list[QRect]:
        """Columns as wide as the widest entry, so that values changing under the mouse move nothing."""
        metrics = QFontMetrics(theme.ui_font("small"))
        widest = max((metrics.horizontalAdvance(f"{name}  {told}") for name, told in self.entries), default=0)
        room = max(self.width(), 1)
        cell = min(22 + widest + theme.GROUP, room // 2 if room >= TWO and len(self.entries) > 1 else room)
        columns = max(1, self.width() // cell)
        return [
            QRect(at % columns * cell, at // columns * LINE, cell - theme.GAP, LINE) for at in range(len(self.entries))
        ]

    def _fit(self) -> None:
        places = self._places()
        self.setFixedHeight(places[-1].bottom() + 1 if places else 0)

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event) -> None:
        painter, look = QPainter(self), theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.ui_font("small"))
        metrics = painter.fontMetrics()
        for at, ((name, told), place) in enumerate(zip(self.entries, self._places(), strict=True)):
            middle = place.center().y()
            painter.setPen(pen(at))
            painter.drawLine(place.left() + 1, middle, place.left() + 16, middle)
            room = place.width() - 22 - metrics.horizontalAdvance(f"  {told}")
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room)
            painter.setPen(look.text[1])
            painter.drawText(place.adjusted(22, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, shown)
            painter.setPen(look.text[0])
            left = 22 + metrics.horizontalAdvance(f"{shown}  ")
            painter.drawText(place.adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, told)


def distinct(names: list[str]) -> list[str]:
    """Names without the beginning that all have in common, cut between words."""
    if len(names) < 2:
        return names
    shared = 0
    while all(len(name) > shared + 1 for name in names) and len({name[shared] for name in names}) == 1:
        shared += 1
    while shared and names[0][shared - 1] not in "-_/ ":
        shared -= 1
    return [name[shared:] for name in names]
