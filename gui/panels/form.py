"""A form of named fields: label, editor, and a button back to the default. Knows no document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from gui import theme
from gui.panels.fields import ValueField
from gui.panels.rows import IconButton, label

LABELS = 112  # width of the column of names, the same in every form so that they align


class Form(QWidget):
    """Rows of fields; `entered(name, value)` while values are typed, `reset(name)` for back to the default."""

    entered = Signal(str, object)
    reset = Signal(str)
    explained = Signal(str)  # the help of the field that has the focus

    def __init__(self):
        super().__init__()
        self.fields: dict[str, ValueField] = {}
        self.resets: dict[str, IconButton] = {}
        self._rows: dict[str, tuple[QWidget, ...]] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.GAP)
        self._grid.setVerticalSpacing(theme.SPACE)
        self._grid.setColumnMinimumWidth(0, LABELS)
        self._grid.setColumnStretch(1, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def add(self, name: str, field: ValueField, title: str = "", resettable: bool = True) -> None:
        """One row; the label is the name as torch spells it unless a title is given."""
        row = self._grid.rowCount()
        title_label = label(title or name, "quiet")
        title_label.setToolTip(field.declared.help)
        title_label.setBuddy(field.editor)
        title_label.setMinimumHeight(theme.ROW)
        self._grid.addWidget(title_label, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(field, row, 1, Qt.AlignmentFlag.AlignTop)
        parts: list[QWidget] = [title_label, field]
        if resettable:
            back = IconButton("reset", f"Set {title or name} back to its default", lambda: self.reset.emit(name))
            policy = back.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            back.setSizePolicy(policy)
            back.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._grid.addWidget(back, row, 2, Qt.AlignmentFlag.AlignTop)
            self.resets[name] = back
            parts.append(back)
        field.entered.connect(lambda value: self.entered.emit(name, value))
        field.focused.connect(lambda: self.explained.emit(f"{name}: {field.declared.help}"))
        self.fields[name] = field
        self._rows[name] = tuple(parts)

    def show_value(self, name: str, value: Any, is_default: bool) -> None:
        self.fields[name].show_value(value)
        if name in self.resets:
            self.resets[name].setVisible(not is_default)

    def set_row_visible(self, name: str, visible: bool) -> None:
        for part in self._rows[name]:
            part.setVisible(visible)

    def focus(self, name: str = "") -> None:
        """Put the cursor into a field, the first if none is named."""
        field = self.fields.get(name) or next(iter(self.fields.values()), None)
        if field is not None:
            field.editor.setFocus(Qt.FocusReason.OtherFocusReason)
            select_all: Callable | None = getattr(field.editor, "selectAll", None)
            if select_all:
                select_all()
