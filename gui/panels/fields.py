"""Editors of single values: one widget a kind, all free text where text is typed, with the error in place.

A field knows a declaration (coercion, range, help) and a value; it says `entered` with the canonical value and
never loses what was typed. It knows no document.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QLineEdit, QVBoxLayout, QWidget

from graph.hyperparameter import Bool, Choice, Float, Hyperparameter, HyperparameterError, Int
from gui import theme
from gui.panels.rows import label, restyle

SEVERAL = object()  # the selected blocks differ in this value


class ValueField(QWidget):
    """Base: an editor over the line that says what is wrong with it."""

    entered = Signal(object)  # a canonical value, while it is typed
    focused = Signal()

    def __init__(self, declared: Hyperparameter):
        super().__init__()
        self.declared = declared
        self.wrong = label("", "wrong", wrap=True)
        self.wrong.hide()
        self.editor = self.make_editor()
        self.editor.setFixedHeight(theme.ROW)
        self.editor.setAccessibleName(declared.name)
        self.editor.setToolTip(declared.help)
        self.editor.installEventFilter(self)
        self.setFocusProxy(self.editor)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.SPACE)
        box.addWidget(self.editor)
        box.addWidget(self.wrong)

    def make_editor(self) -> QWidget:
        raise NotImplementedError

    def show_value(self, value: Any) -> None:
        """Show a value of the document, unless the person is in the middle of typing something else."""
        raise NotImplementedError

    def show_inferred(self, text: str) -> None:
        """Show in grey what an unset value comes to."""

    def complain(self, text: str) -> None:
        """Say what is wrong under the field; an empty text takes it back."""
        self.wrong.setText(text)
        self.wrong.setVisible(bool(text))
        restyle(self.editor, "wrong", "true" if text else "false")

    def outline(self, wrong: bool) -> None:
        """Mark a value that the network cannot take; the words stand elsewhere."""
        if not self.wrong.text():
            restyle(self.editor, "wrong", "true" if wrong else "false")

    def eventFilter(self, watched, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self.focused.emit()
        # A wheel that scrolls the panel must not turn the values under the pointer.
        if event.type() == QEvent.Type.Wheel and not self.editor.hasFocus():
            event.ignore()
            return True
        return False


class TextField(ValueField):
    """Sizes, shapes, paddings and everything else that is typed."""

    def __init__(self, declared: Hyperparameter):
        self.value: Any = None
        self.typing_error = ""
        super().__init__(declared)

    def make_editor(self) -> QWidget:
        edit = QLineEdit()
        edit.textEdited.connect(self._typed)
        edit.editingFinished.connect(self._finished)
        self.line = edit
        return edit

    def text(self) -> str:
        return self.line.text()

    def show_value(self, value: Any) -> None:
        unchanged, self.value = value is self.value or value == self.value, value
        if self.typing_error and unchanged:
            return  # what was typed stays until it is right, or until the document itself moves on
        self._say_typing_error("")
        if value is SEVERAL:
            self.line.setText("")
            self.line.setPlaceholderText("several values")
            return
        if not (self.line.hasFocus() and self._reads_as(value)):
            self.line.setText(self.declared.format(value))

    def show_inferred(self, text: str) -> None:
        if self.value is not SEVERAL:
            self.line.setPlaceholderText(text)

    def _reads_as(self, value: Any) -> bool:
        try:
            return self.declared.parse(self.text()) == value
        except HyperparameterError:
            return False

    def _typed(self, *_ignored) -> None:
        try:
            value = self.declared.parse(self.text())
        except HyperparameterError as error:
            self._say_typing_error(str(error))
            return
        self._say_typing_error("")
        if value != self.value:
            self.value = value
            self.entered.emit(value)

    def _finished(self) -> None:
        if not self.typing_error and self.value is not SEVERAL:
            self.line.setText(self.declared.format(self.value))

    def _say_typing_error(self, text: str) -> None:
        if text or self.typing_error:
            self.complain(text)
        self.typing_error = text


class NumberField(TextField):
    """Numbers with steps: arrow keys, wheel and little buttons, within the declared range."""

    def make_editor(self) -> QWidget:
        spin = StepBox(self)
        self.line = spin.lineEdit()
        self.line.textEdited.connect(self._typed)
        spin.editingFinished.connect(self._finished)
        return spin

    def stepped(self, by: int) -> Any | None:
        """The value `by` steps further, within the range; None where there is nothing to step from."""
        try:
            value = self.declared.parse(self.text())
        except HyperparameterError:
            return None
        if value is None:
            return None
        step = 1 if isinstance(self.declared, Int) else _digit_step(value, by)
        moved = max(self.declared.low, min(self.declared.high, round(value + by * step, 12)))
        try:
            return self.declared.coerce(moved)
        except HyperparameterError:
            return None

    def step(self, by: int) -> None:
        moved = self.stepped(by)
        if moved is not None:
            self.line.setText(self.declared.format(moved))
            self._typed()


class StepBox(QAbstractSpinBox):
    """A spin box that lets anything be typed, so that the error can name the rule."""

    def __init__(self, field: NumberField):
        super().__init__()
        self._field = field
        self.lineEdit().setTextMargins(6, 0, 0, 0)  # the stylesheet's padding does not reach it

    def validate(self, text: str, position: int) -> object:
        return QValidator.State.Acceptable, text, position

    def fixup(self, text: str) -> str:
        return text

    def stepBy(self, steps: int) -> None:
        self._field.step(steps)

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        none = QAbstractSpinBox.StepEnabledFlag.StepNone
        up, down = self._field.stepped(1), self._field.stepped(-1)
        value = self._field.value
        return (QAbstractSpinBox.StepEnabledFlag.StepUpEnabled if up not in (None, value) else none) | (
            QAbstractSpinBox.StepEnabledFlag.StepDownEnabled if down not in (None, value) else none
        )

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ChoiceField(ValueField):
    """One of a few words; an unset one stands as `auto`."""

    def __init__(self, declared: Hyperparameter, choices: tuple[tuple[str, Any], ...] | None = None):
        words = getattr(declared, "choices", ())
        self.pairs = list(choices) if choices is not None else [(word, word) for word in words]
        if choices is None and (declared.default is None or declared.optional):
            self.pairs.insert(0, ("auto", None))
        super().__init__(declared)

    def make_editor(self) -> QWidget:
        self.box = QComboBox()
        self.box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for text, value in self.pairs:
            self.box.addItem(text, value)
        self.box.setPlaceholderText("several values")
        self.box.activated.connect(lambda index: self.entered.emit(self.pairs[index][1]))
        return self.box

    def show_value(self, value: Any) -> None:
        values = [held for _, held in self.pairs]
        if value is SEVERAL:
            self.box.setCurrentIndex(-1)
            return
        if value not in values:  # a field of other data, an older file: show it, do not drop it
            self.pairs.append((f"{value} (not there)", value))
            self.box.addItem(self.pairs[-1][0], value)
            values.append(value)
        self.box.setCurrentIndex(values.index(value))

    def show_inferred(self, text: str) -> None:
        if self.pairs and self.pairs[0] == ("auto", None):
            self.box.setItemText(0, f"auto: {text}" if text else "auto")


class BoolField(ValueField):
    """On or off."""

    def make_editor(self) -> QWidget:
        self.box = QCheckBox()
        self.box.clicked.connect(self._clicked)
        return self.box

    def show_value(self, value: Any) -> None:
        self.box.setTristate(value is SEVERAL)
        state = Qt.CheckState.PartiallyChecked if value is SEVERAL else Qt.CheckState(2 if value else 0)
        self.box.setCheckState(state)
        self.box.setText("several values" if value is SEVERAL else "on" if value else "off")

    def _clicked(self) -> None:
        value = self.box.checkState() != Qt.CheckState.Unchecked
        self.box.setTristate(False)
        self.entered.emit(value)


def make_field(declared: Hyperparameter) -> ValueField:
    """The field that fits a declaration."""
    for kind, field in ((Bool, BoolField), (Choice, ChoiceField), (Int, NumberField), (Float, NumberField)):
        if isinstance(declared, kind):
            return field(declared)
    return TextField(declared)


def _digit_step(value: float, by: int) -> float:
    """One in the leading digit: 0.003 steps by 0.001, 0.5 by 0.1; down from 0.001 by 0.0001, so that zero stays far."""
    digits, exponent = f"{value or 0.1:e}".split("e")
    at_edge = by < 0 and float(digits) == 1.0
    return 10.0 ** (min(0, int(exponent)) - at_edge)
