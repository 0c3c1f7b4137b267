"""Editors of single values: one widget a kind, all free text where text is typed, with the error in place.

A field knows a declaration (coercion, range, help) and a value; it says `entered` with the canonical value and
never loses what was typed. While a value is only tried it says `tried`, and `dropped` when nothing came of it. Inside
a module a field also takes arithmetic on what the module offers. It knows no document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLineEdit,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from graph.dim import DimError
from graph.expression import Expression, ExpressionError, expression, is_expression
from graph.hyperparameter import Hyperparameter, HyperparameterError
from gui import theme
from gui.panels.rows import label, restyle

NARROW = 88
SEVERAL = object()  # the selected blocks differ in this value


class ValueField(QWidget):
    """Base: an editor over the line that says what is wrong with it."""

    wide = False  # stands under its name instead of beside it

    entered = Signal(object)  # a canonical value, while it is typed
    tried = Signal(object)  # a canonical value that is not let go yet
    dropped = Signal()  # what was tried is given up
    focused = Signal()

    def __init__(self, declared: Hyperparameter, offered: Mapping[str, Any] | None = None):
        super().__init__()
        self.declared = declared
        self.offered = offered  # inside a module: what expressions may name, with its value here
        self.comes_to = label("", "small")
        self.comes_to.hide()
        self.wrong = label("", "wrong", wrap=True)
        self.wrong.hide()
        self.editor = self.make_editor()
        self.editor.setFixedHeight(theme.ROW)
        self.editor.setAccessibleName(declared.name)
        self.editor.setToolTip(self.help)
        self.editor.installEventFilter(self)
        self.setFocusProxy(self.editor)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.SPACE)
        for part in (self.editor, self.comes_to, self.wrong):
            box.addWidget(part)

    @property
    def help(self) -> str:
        """What the value does, what it may be, and in a module what arithmetic may name."""
        rule = self.declared.rule_text()
        words = f"{self.declared.help}\n{rule[:1].upper()}{rule[1:]}."
        more = self.tr("Or arithmetic on {0}.").format(", ".join(self.offered or ()))
        return f"{words} {more}" if self.offered else words

    def make_editor(self) -> QWidget:
        raise NotImplementedError

    def show_value(self, value: Any) -> None:
        """Show a value of the document, unless the person is in the middle of typing something else."""
        raise NotImplementedError

    def show_inferred(self, text: str) -> None:
        """Show in grey what an unset value comes to."""

    def show_result(self, text: str) -> None:
        """What an expression comes to, under it; an empty text where there is none."""
        self.comes_to.setText(text)
        self.comes_to.setVisible(bool(text))

    def read(self, text: str) -> Any:
        """The canonical value of what was typed; raises HyperparameterError."""
        if self.offered is None or not is_expression(text):
            return self.declared.parse(text)
        try:
            found = expression(text)
            found.value(self.offered)
        except (ExpressionError, DimError) as error:
            raise HyperparameterError(str(error)) from None
        return found

    def written(self, value: Any) -> str:
        """A value as it is typed."""
        return str(value) if isinstance(value, Expression) else self.declared.format(value)

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

    def __init__(self, declared: Hyperparameter, offered: Mapping[str, Any] | None = None):
        self.value: Any = None
        self.typing_error = ""
        super().__init__(declared, offered)

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
            self.line.setPlaceholderText(self.tr("several values"))
            return
        if not (self.line.hasFocus() and self._reads_as(value)):
            self.line.setText(self.written(value))

    def show_inferred(self, text: str) -> None:
        if self.value is not SEVERAL:
            self.line.setPlaceholderText(text)

    def _reads_as(self, value: Any) -> bool:
        try:
            return self.read(self.text()) == value
        except HyperparameterError:
            return False

    def _typed(self, *_ignored) -> None:
        try:
            value = self.read(self.text())
        except HyperparameterError as error:
            self._say_typing_error(str(error))
            return
        self._say_typing_error("")
        if value != self.value:
            self.value = value
            self.entered.emit(value)

    def _finished(self) -> None:
        if not self.typing_error and self.value is not SEVERAL:
            self.line.setText(self.written(self.value))

    def take_back(self) -> bool:
        """Show the value again in place of what cannot be; whether there was anything to take back."""
        wrong = bool(self.typing_error)
        if wrong:
            self._say_typing_error("")
            self.line.setText("" if self.value is SEVERAL else self.written(self.value))
        return wrong

    def eventFilter(self, watched, event: QEvent) -> bool:
        escape = event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape
        return (escape and self.take_back()) or super().eventFilter(watched, event)

    def _say_typing_error(self, text: str) -> None:
        if text or self.typing_error:
            self.complain(text)
        self.typing_error = text


class ChoiceField(ValueField):
    """One of a few words; an unset one stands as `auto`. A word under the pointer in the open list is tried."""

    def __init__(
        self,
        declared: Hyperparameter,
        choices: tuple[tuple[str, Any], ...] | None = None,
        offered: Mapping[str, Any] | None = None,
    ):
        words = getattr(declared, "choices", ())
        self.pairs = list(choices) if choices is not None else [(word, word) for word in words]
        if choices is None and (declared.default is None or declared.optional):
            self.pairs.insert(0, ("auto", None))
        self.pairs += _offers(declared, offered or {})
        super().__init__(declared, offered)

    def make_editor(self) -> QWidget:
        self.box = ChoiceBox()
        for text, value in self.pairs:
            self.box.addItem(text, value)
        self.box.activated.connect(lambda index: self.entered.emit(self.pairs[index][1]))
        self.box.highlighted.connect(self._try)
        self.box.closed.connect(self.dropped)
        return self.box

    def show_value(self, value: Any) -> None:
        values = [held for _, held in self.pairs]
        if value is SEVERAL:
            self.box.setCurrentIndex(-1)
            return
        if value not in values:  # a field of other data, an older file: show it, do not drop it
            text = str(value) if isinstance(value, Expression) else self.tr("{0} (not there)").format(value)
            self.pairs.append((text, value))
            self.box.addItem(text, value)
            values.append(value)
        self.box.setCurrentIndex(values.index(value))

    def show_inferred(self, text: str) -> None:
        if self.pairs and self.pairs[0] == ("auto", None):
            self.box.setItemText(0, self.tr("auto: {0}").format(text) if text else self.tr("auto"))

    def _try(self, index: int) -> None:
        if self.box.is_open and 0 <= index < len(self.pairs):
            self.tried.emit(self.pairs[index][1])


class ChoiceBox(QComboBox):
    """A list that knows whether it is open, and says when it was closed."""

    closed = Signal()

    def __init__(self):
        super().__init__()
        self.is_open = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setPlaceholderText(self.tr("several values"))
        self.setMinimumWidth(NARROW)  # its own wish would not fit a narrow panel

    def paintEvent(self, event) -> None:
        """As ever, but for a word that is too long: it ends in dots instead of in the middle of a letter."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        if self.currentIndex() < 0:
            option.palette.setBrush(QPalette.ColorRole.ButtonText, option.palette.placeholderText())
            option.currentText = self.placeholderText()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        inside = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        room = inside.width() - 2  # the style's own margin
        option.currentText = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, room)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def showPopup(self) -> None:
        self.is_open = True
        super().showPopup()

    def hidePopup(self) -> None:
        was_open, self.is_open = self.is_open, False
        super().hidePopup()
        if was_open:
            self.closed.emit()


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
        words = self.tr("several values"), self.tr("on"), self.tr("off")
        self.box.setText(words[0] if value is SEVERAL else words[1] if value else words[2])

    def _clicked(self) -> None:
        value = self.box.checkState() != Qt.CheckState.Unchecked
        self.box.setTristate(False)
        self.entered.emit(value)


def _offers(declared: Hyperparameter, offered: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What a module offers that could stand for the value."""
    found = []
    for name, value in offered.items():
        try:
            declared.coerce(value)
        except HyperparameterError:
            continue
        found.append((f"={name}", Expression(name)))
    return found
