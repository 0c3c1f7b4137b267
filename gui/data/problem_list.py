"""Problems with samples, each with its file and row; long ones go on in the next line, a thousand are shown at most."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt
from PySide6.QtWidgets import QListWidget, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from backend.data import DataProblem
from gui import theme

MOST = 1000
SIDES = 2 * theme.GAP + theme.SPACE  # that the style takes beside a text


class _Wrapped(QStyledItemDelegate):
    """As high as the text in the width that the list has now; a list asked by itself takes some earlier one."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        width = self.parent().viewport().width()
        room = QRect(0, 0, max(width - SIDES, 1), 10_000)
        text = option.fontMetrics.boundingRect(room, Qt.TextFlag.TextWordWrap, index.data())
        return QSize(width, text.height() + theme.GAP)


class ProblemList(QListWidget):
    """What is wrong, line by line."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWordWrap(True)
        self.setItemDelegate(_Wrapped(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setAccessibleName(self.tr("Samples with problems"))

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def show_problems(self, problems: tuple[DataProblem, ...]) -> None:
        self.clear()
        self.addItems([str(problem) for problem in problems[:MOST]])
