"""The table that rebinds keys: every action with its key, which can be typed anew; clashes are said, not made."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui import actions, theme
from gui.language import tr
from gui.panels.palette import SearchField
from gui.panels.rows import ClearCross, button, label
from gui.settings import forget_keys, remember_key

ID = Qt.ItemDataRole.UserRole
MENU, NAME, KEY = range(3)


class KeysDialog(QDialog):
    """Menu, action, key; a key typed into the last column is bound at once and remembered."""

    def __init__(self, parent: QWidget, bound: dict[str, QAction]):
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.bound = bound
        self.editors: dict[str, QKeySequenceEdit] = {}
        self.search = SearchField()
        self.search.setPlaceholderText(self.tr("Search actions and keys"))
        self.search.textChanged.connect(self._filter)
        self.table = self._make_table()
        self.wrong = label("", "wrong", wrap=True)
        self.wrong.setMinimumHeight(theme.ROW)
        foot = QHBoxLayout()
        foot.addWidget(self.wrong, 1)
        foot.addWidget(button(self.tr("Back to the defaults"), self.restore))
        foot.addWidget(button(self.tr("Close"), self.accept))
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        box.setSpacing(theme.GAP)
        box.addWidget(self.search)
        box.addWidget(self.table, 1)
        box.addLayout(foot)

    def sizeHint(self) -> QSize:
        return QSize(560, 640)

    def bind(self, id: str, key: QKeySequence) -> bool:
        """Give an action a key, or none; False, and the reason said, if another action has it."""
        others = {other: action.shortcut() for other, action in self.bound.items() if other != id}
        holder = next((other for other, held in others.items() if held == key and not key.isEmpty()), None)
        if holder is not None:
            words = actions.plain(self.bound[holder].text())
            self.wrong.setText(self.tr("{0} belongs to {1}: give that another key first").format(key.toString(), words))
            self.editors[id].setKeySequence(self.bound[id].shortcut())
            return False
        self.wrong.setText("")
        self.bound[id].setShortcut(key)
        remember_key(id, key.toString(), actions.BY_ID[id].key)
        actions.paint(self.bound)
        return True

    def restore(self) -> None:
        """Every key as the table of actions has it."""
        forget_keys()
        for id, editor in self.editors.items():
            key = QKeySequence(actions.BY_ID[id].key)
            self.bound[id].setShortcut(key)
            editor.setKeySequence(key)
        actions.paint(self.bound)
        self.wrong.setText("")

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(len(actions.COMMANDS), 3)
        table.setHorizontalHeaderLabels((self.tr("Menu"), self.tr("Action"), self.tr("Key")))
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(theme.ROW + theme.SPACE)
        table.setShowGrid(False)
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        table.horizontalHeader().setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setSectionResizeMode(MENU, QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.setColumnWidth(KEY, 180)
        for row, command in enumerate(actions.COMMANDS):
            for column, text in ((MENU, tr(command.menu)), (NAME, actions.plain(tr(command.text)))):
                item = QTableWidgetItem(text)
                item.setData(ID, command.id)
                if column == MENU:
                    item.setForeground(theme.current().text[1])
                table.setItem(row, column, item)
            editor = self.editors[command.id] = QKeySequenceEdit(self.bound[command.id].shortcut())
            editor.setMaximumSequenceLength(1)
            editor.setClearButtonEnabled(True)
            ClearCross(editor.findChild(QLineEdit))
            editor.setAccessibleName(self.tr("Key of {0}").format(actions.plain(tr(command.text))))
            editor.editingFinished.connect(lambda id=command.id: self._typed(id))
            table.setCellWidget(row, KEY, editor)
        return table

    def _typed(self, id: str) -> None:
        key = self.editors[id].keySequence()
        if key != self.bound[id].shortcut():
            self.bind(id, key)

    def _filter(self, text: str) -> None:
        wanted = text.strip().lower()
        for row, command in enumerate(actions.COMMANDS):
            key = self.bound[command.id].shortcut().toString()
            words = f"{tr(command.menu)} {actions.plain(tr(command.text))} {key}"
            self.table.setRowHidden(row, wanted not in words.lower())
