"""The history: every step that can be undone and redone, one list over all levels; a click goes there."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gui import theme
from gui.session import Session
from gui.updates import Updates

POSITION = Qt.ItemDataRole.UserRole
LINE = QSize(1, theme.ROW)  # as wide as the list: long words end in dots
MOST = 500  # lines; older steps can still be undone


class History(QWidget):
    """The newest step last, the present one marked, undone ones faint."""

    def __init__(self, session: Session, parent: QWidget | None = None):
        super().__init__(parent)
        self.session = session
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Steps taken"))
        self.list.setObjectName("steps")
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.list)
        self.updates = Updates(self, self.refresh, 16)
        session.history_changed.connect(self.updates.ask)
        session.project_opened.connect(self.updates.ask)
        theme.appearance.changed.connect(self.updates.ask)
        self.list.itemActivated.connect(self._go)
        self.list.itemClicked.connect(self._go)

    def sizeHint(self) -> QSize:
        return QSize(220, 220)

    def refresh(self, *_ignored) -> None:
        """List the steps as they are now."""
        project = self.session.project
        steps, now, saved = project.steps, project.position, project.saved_position
        begin = max(0, len(steps) - MOST)
        self.list.clear()
        for position in range(begin, len(steps) + 1):
            words = steps[position - 1] if position else self.tr("As it was opened")
            if position == saved:
                words += "   " + self.tr("saved")
            item = QListWidgetItem(words)
            item.setSizeHint(LINE)
            item.setData(POSITION, position)
            font = theme.ui_font(bold=position == now)
            item.setFont(font)
            if position > now:
                item.setForeground(theme.current().text[2])
                item.setToolTip(f"{words}\n" + self.tr("Redo up to here"))
            elif position < now:
                item.setToolTip(f"{words}\n" + self.tr("Undo back to here"))
            self.list.addItem(item)
            if position == now:
                self.list.setCurrentItem(item)
        self.list.scrollToItem(self.list.currentItem())

    def _go(self, item: QListWidgetItem) -> None:
        self.session.project.travel(item.data(POSITION))

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self.updates.ask()
