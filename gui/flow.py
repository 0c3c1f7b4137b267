"""A layout that sets its widgets in lines, as words are set, and knows which one lies above another."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class Flow(QLayout):
    """Left to right, then down; hidden widgets take no room."""

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
        x, y, line = area.x(), area.y(), 0
        for item in self._items:
            if item.isEmpty():
                continue
            size = item.sizeHint()
            if line and x + size.width() > area.right() + 1:
                x, y, line = area.x(), y + line + self._gap, 0
            if place:
                item.setGeometry(QRect(QPoint(x, y), size))
            x, line = x + size.width() + self._gap, max(line, size.height())
        return y + line - area.y()


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
