"""A layout of equal widgets in as many columns as fit, and which of them lies beside or above another."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

WIDEST = 1.4  # times its own width that a widget grows to fill the line


class Flow(QLayout):
    """Left to right, then down, in columns that fill the width; hidden widgets take no room."""

    def __init__(self, gap: int, parent: QWidget | None = None):
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), place=False)

    def setGeometry(self, area: QRect) -> None:
        super().setGeometry(area)
        self._arrange(area, place=True)

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    sizeHint = minimumSize

    def _arrange(self, area: QRect, place: bool) -> int:
        """Put everything where it belongs, or only see how high that would be."""
        items = [item for item in self._items if not item.isEmpty()]
        if not items:
            return 0
        size = items[0].sizeHint()
        columns = max(1, (area.width() + self._gap) // (size.width() + self._gap))
        width = (area.width() + self._gap) // columns - self._gap
        width = max(size.width(), min(width, round(size.width() * WIDEST)))
        for index, item in enumerate(items if place else ()):
            row, column = divmod(index, columns)
            at = QPoint(area.x() + column * (width + self._gap), area.y() + row * (size.height() + self._gap))
            item.setGeometry(QRect(at, QSize(width, size.height())))
        rows = -(-len(items) // columns)
        return rows * (size.height() + self._gap) - self._gap


def neighbour(widgets: list[QWidget], now: QWidget, key: Qt.Key) -> QWidget | None:
    """The widget to which an arrow key leads: the nearest in its direction, in one's own column if there is one."""
    across, down = {
        Qt.Key.Key_Left: (-1, 0),
        Qt.Key.Key_Right: (1, 0),
        Qt.Key.Key_Up: (0, -1),
        Qt.Key.Key_Down: (0, 1),
    }[key]
    here = _middle(now)
    best, least = None, 0
    for widget in widgets:
        there = _middle(widget) - here
        ahead = there.x() * across + there.y() * down
        aside = abs(there.x() * down) + abs(there.y() * across)
        if widget is now or ahead <= 0 or (across and aside > now.height() // 2):
            continue
        cost = ahead + 3 * aside
        if best is None or cost < least:
            best, least = widget, cost
    return best


def _middle(widget: QWidget) -> QPoint:
    return widget.mapTo(widget.window(), widget.rect().center())
