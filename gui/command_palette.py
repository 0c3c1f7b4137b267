"""Type to find: one small window that lists commands, or blocks, and does what is chosen.

Knows entries of words and a thing to call; nothing of what they do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.panels.palette import SearchField
from gui.panels.rows import label

ENTRY = Qt.ItemDataRole.UserRole
WIDTH, ROWS = 520, 10


@dataclass(frozen=True, slots=True)
class Entry:
    """A line to choose: words found by typing, grey words beside them, and what happens."""

    title: str
    detail: str
    run: Callable[[], object]
    icon: QIcon | None = None


class Finder(QDialog):
    """A search field over the entries that match; Enter runs, Esc leaves."""

    def __init__(self, parent: QWidget, prompt: str, entries: list[Entry], nothing: str):
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("finder")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.entries = entries
        self.search = SearchField()
        self.search.setPlaceholderText(prompt)
        self.list = QListWidget()
        self.list.setItemDelegate(EntryDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(QSize(16, 16))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.nothing = label(nothing, "quiet", wrap=True)
        self.nothing.setContentsMargins(theme.GAP, 0, theme.GAP, theme.GAP)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        box.setSpacing(theme.GAP)
        for part in (self.search, self.nothing, self.list):
            box.addWidget(part)
        self.search.textChanged.connect(self.fill)
        self.search.entered.connect(self.choose)
        self.search.stepped.connect(self._step)
        self.list.itemClicked.connect(lambda _: self.choose())
        self.fill("")

    def open_over(self, window: QWidget) -> None:
        """Appear at the top middle of the window."""
        self.resize(WIDTH, self.sizeHint().height())
        top = window.mapToGlobal(QPoint((window.width() - WIDTH) // 2, 72))
        self.move(top)
        self.show()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def fill(self, text: str) -> None:
        found = matching(self.entries, text)
        self.list.clear()
        blank = QIcon(_clear_picture())  # keeps the titles in one line
        for entry in found[:100]:
            item = QListWidgetItem(entry.title)
            item.setData(ENTRY, entry)
            item.setIcon(entry.icon if entry.icon and not entry.icon.isNull() else blank)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.nothing.setVisible(not found)
        self.list.setVisible(bool(found))
        self.list.setFixedHeight(min(ROWS, max(1, len(found))) * theme.ROW + 2)
        self.adjustSize()

    def choose(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            entry = item.data(ENTRY)
            self.close()
            entry.run()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, super().sizeHint().height())

    def _step(self, by: int) -> None:
        count = self.list.count()
        if count:
            self.list.setCurrentRow((self.list.currentRow() + by) % count)


class EntryDelegate(QStyledItemDelegate):
    """The title left, the grey detail right."""

    def sizeHint(self, option, index) -> QSize:
        return QSize(100, theme.ROW)

    def paint(self, painter: QPainter, option, index) -> None:
        super().paint(painter, option, index)
        painter.save()
        painter.setPen(theme.current().text[1])
        area = option.rect.adjusted(0, 0, -theme.GAP, 0)
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, index.data(ENTRY).detail)
        painter.restore()


def _clear_picture() -> QPixmap:
    picture = QPixmap(16, 16)
    picture.fill(Qt.GlobalColor.transparent)
    return picture


def matching(entries: list[Entry], text: str) -> list[Entry]:
    """Entries whose words hold what was typed, those that begin with it first, then those that are like it."""
    from rapidfuzz import fuzz

    wanted = text.strip().lower()
    if not wanted:
        return entries
    scored = []
    for place, entry in enumerate(entries):
        title, words = entry.title.lower(), f"{entry.title} {entry.detail}".lower()
        if title.startswith(wanted):
            score = 300
        elif wanted in title:
            score = 200
        elif wanted in words:
            score = 150
        else:
            score = fuzz.partial_ratio(wanted, words)
        if score >= 75:
            scored.append((-score, place, entry))
    return [entry for *_, entry in sorted(scored, key=lambda found: found[:2])]
