"""A form of named fields: label, editor, and a button back to the default. Knows no document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.panels.fields import ValueField
from gui.panels.number_field import Knob, NumberField
from gui.panels.rows import IconButton, label
from gui.training.fitting_label import FittingLabel

LABELS = 128  # width of the column of names, the same in every form so that they align
RESET = 28  # the button between name and field


class Form(QWidget):
    """Rows of fields; `entered(name, value)` while values are typed, `reset(name)` for back to the default."""

    entered = Signal(str, object)
    tried = Signal(str, object)  # a value that is not let go yet
    dropped = Signal(str)  # what was tried is given up
    reset = Signal(str)
    explained = Signal(str)  # the help of the field that has the focus
    menu_asked = Signal(str, QMenu)  # a row's menu is about to open: what else can be done with the value?

    def __init__(self):
        super().__init__()
        self.fields: dict[str, ValueField] = {}
        self.resets: dict[str, IconButton] = {}
        self.titles: dict[str, QLabel] = {}
        self.facts: dict[str, FittingLabel] = {}
        self._rows: dict[str, QWidget] = {}
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(theme.SPACE)

    def add(self, name: str, field: ValueField, title: str = "", resettable: bool = True) -> None:
        """One row; the label is the name as torch spells it unless a title is given."""
        row = self._rows[name] = QWidget()
        whole = QVBoxLayout(row)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        line = QHBoxLayout()
        line.setSpacing(theme.SPACE)
        whole.addLayout(line)
        top = Qt.AlignmentFlag.AlignTop
        self.titles[name] = self._title(title or name, field)
        line.addWidget(self.titles[name], 0, top)
        if resettable:
            line.addWidget(self._reset_button(name, title or name), 0, top)
        else:
            line.addSpacing(RESET)
        if field.wide:
            line.addStretch(1)
            whole.addWidget(field)
        else:
            line.addWidget(field, 1, top)
        field.entered.connect(lambda value: self.entered.emit(name, value))
        field.tried.connect(lambda value: self.tried.emit(name, value))
        field.dropped.connect(lambda: self.dropped.emit(name))
        field.focused.connect(lambda: self.explained.emit(f"{title or name}: {field.help}"))
        self.fields[name] = field
        self._box.addWidget(row)
        for part in (row, field.editor, *field.findChildren(QLineEdit)):
            part.setProperty("row", name)
            part.installEventFilter(self)

    def add_fact(self, name: str, tip: str) -> None:
        """A row that only tells: what is worked out and cannot be set."""
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.SPACE)
        title, fact = label(name, "faint"), FittingLabel()
        fact.setProperty("role", "faint")
        fact.setTextFormat(Qt.TextFormat.PlainText)
        title.setFixedSize(LABELS + RESET, theme.ROW)
        fact.setIndent(theme.GAP)
        fact.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        title.setToolTip(tip)
        line.addWidget(title)
        line.addWidget(fact, 1)
        self.facts[name] = fact
        self._box.addWidget(row)

    def _title(self, text: str, field: ValueField) -> QLabel:
        title = Knob(text, field) if isinstance(field, NumberField) else label(text)
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setProperty("role", "quiet")
        drag = self.tr("Drag sideways to turn it; with Shift ten times as fast.")
        title.setToolTip(f"{text}\n{field.help}\n{drag}" if isinstance(title, Knob) else f"{text}\n{field.help}")
        title.setBuddy(field.editor)
        title.setFixedSize(LABELS, theme.ROW)
        title.setText(title.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, LABELS))
        return title

    def _reset_button(self, name: str, title: str) -> IconButton:
        back = self.resets[name] = IconButton(
            "reset", self.tr("Set {0} back to its default").format(title), lambda: self.reset.emit(name)
        )
        back.setFixedWidth(RESET - theme.SPACE)
        back.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        policy = back.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        back.setSizePolicy(policy)
        return back

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ContextMenu and (name := watched.property("row")):
            menu = self.menu(name, watched)
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(event.globalPos())
            return True
        return False

    def menu(self, name: str, asked: QWidget) -> QMenu:
        """What a right click offers: for the value, and below for the text where it was on text."""
        line = asked.lineEdit() if isinstance(asked, QAbstractSpinBox) else asked
        menu = line.createStandardContextMenu() if isinstance(line, QLineEdit) else QMenu(self)
        first = menu.actions()[0] if menu.actions() else None
        own = QMenu(menu)
        if name in self.resets and not self.resets[name].isHidden():
            back = self.resets[name]
            own.addAction(back.toolTip(), back.click)
        self.menu_asked.emit(name, own)
        for action in own.actions():
            menu.insertAction(first, action)
        if first is not None and own.actions():
            menu.insertSeparator(first)
        menu.setToolTipsVisible(True)
        return menu

    def show_value(self, name: str, value: Any, is_default: bool) -> None:
        self.fields[name].show_value(value)
        if name in self.resets:
            self.resets[name].setVisible(not is_default)

    def set_row_visible(self, name: str, visible: bool) -> None:
        self._rows[name].setVisible(visible)

    def focus(self, name: str = "") -> None:
        """Put the cursor into a field, the first if none is named."""
        field = self.fields.get(name) or next(iter(self.fields.values()), None)
        if field is not None:
            field.editor.setFocus(Qt.FocusReason.OtherFocusReason)
            select_all: Callable | None = getattr(field.editor, "selectAll", None)
            if select_all:
                select_all()
