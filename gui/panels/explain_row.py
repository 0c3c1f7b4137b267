"""How one row of the explanations is painted: its name left, its value right, the arithmetic between or below."""

from __future__ import annotations

import re
from functools import lru_cache

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui import theme

VALUE, ARITHMETIC, DIFFERS = (Qt.ItemDataRole.UserRole + 1 + n for n in range(3))
LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
LINE, BETWEEN, PAD = 18, 4, 8  # height of a line; over and under a row; between name, arithmetic and value


class ExplainRow(QStyledItemDelegate):
    """Names in the interface's face, numbers in the monospaced one; arithmetic is quiet and breaks before operators."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        room = self.parent().room(index)
        return QSize(room, self.height(index, room))

    def height(self, index: QModelIndex, room: int) -> int:
        return (1 + len(self._placed(index, room)[2])) * LINE + BETWEEN

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        look, box = theme.current(), option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, look.selection)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, look.surface[2])
        line = QRect(box.left() + 2, box.top() + BETWEEN // 2, box.width() - 4, LINE)
        value, words, below = self._placed(index, self.parent().room(index))
        numbers = theme.mono_font("small")
        metrics = QFontMetrics(numbers)
        wide = metrics.horizontalAdvance(value)
        name = index.data(Qt.ItemDataRole.DisplayRole)
        painter.setFont(theme.ui_font("small"))
        painter.setPen(look.text[1] if index.parent().isValid() else look.text[0])
        room = line.width() - wide - PAD
        painter.drawText(line, LEFT, painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room))
        painter.setFont(numbers)
        painter.setPen(look.accent if index.data(DIFFERS) else look.text[0])
        painter.drawText(line, RIGHT, value)
        painter.setPen(look.text[1])
        if words:
            painter.drawText(line.adjusted(0, 0, -wide - metrics.horizontalAdvance(" = "), 0), RIGHT, words)
            painter.setPen(look.text[2])
            painter.drawText(line.adjusted(0, 0, -wide, 0), RIGHT, " = ")
        for text in below:
            line.translate(0, LINE)
            painter.drawText(line.adjusted(PAD, 0, 0, 0), LEFT, text)

    def _placed(self, index: QModelIndex, room: int) -> tuple[str, str, tuple[str, ...]]:
        """The value and the arithmetic that stand beside the name, and the lines below it."""
        value, words = index.data(VALUE), index.data(ARITHMETIC)
        name = QFontMetrics(theme.ui_font("small")).horizontalAdvance(index.data(Qt.ItemDataRole.DisplayRole))
        letter = QFontMetrics(theme.mono_font("small")).horizontalAdvance("0")
        letters = max(12, (room - 4 - PAD) // letter)
        if name + PAD + len(value) * letter > room - 4:
            return "", "", _lines(f"{words} = {value}" if words else value, letters)
        if words and name + PAD + (len(words) + 3 + len(value)) * letter > room - 4:
            parts_follow = index.model().hasChildren(index)  # a long sum says no more than its parts below
            return value, "", () if parts_follow else _lines(words, letters)
        return value, words, ()


@lru_cache(maxsize=512)
def _lines(words: str, letters: int) -> tuple[str, ...]:
    """Broken before operators and after commas, with what follows set in."""
    lines, now = [], ""
    breaks = r" (?=[-+*/=] )|(?<=[,;]) " if re.search(r"\d [-+*/=] |[,;] ", words) else " "
    for part in re.split(breaks, words):
        if now and len(now) + 1 + len(part) > letters:
            lines.append(now)
            now = f"  {part}"
        else:
            now = f"{now} {part}" if now else part
    return (*lines, now)
