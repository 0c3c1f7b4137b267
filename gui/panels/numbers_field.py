"""A field for the numbers of a weight: typed or pasted as rows, cells of a spreadsheet or lists. Evaluates nothing."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from graph.hyperparameter import Text
from graph.weight_text import format_numbers, parse_numbers
from graph.weights import WeightError, shape_of
from gui import theme
from gui.panels.fields import ValueField

MOST_LINES = 9


class NumbersField(ValueField):
    """As high as its rows, up to a few; what does not read as numbers stays typed and changes nothing."""

    wide = True

    def __init__(self, weight: str, shape: tuple[int, ...]):
        self.shape = shape
        self.value: Any = None
        sizes = " x ".join(map(str, shape)) or "one"
        super().__init__(
            Text(weight, "", self.tr("Type or paste {0} numbers, rows on lines or after semicolons.").format(sizes))
        )
        self._fit()

    @property
    def help(self) -> str:
        return self.declared.help

    def make_editor(self) -> QWidget:
        self.text = QPlainTextEdit()
        self.text.setObjectName("numbers")
        self.text.setFont(theme.mono_font())
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setTabChangesFocus(True)
        self.text.textChanged.connect(self._typed)
        return self.text

    def show_value(self, value: Any) -> None:
        if value == self.value:
            return
        self.value = value
        self._put(_rows(value))
        self.complain("")

    def eventFilter(self, watched, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut and not self.wrong.text() and self.value is not None:
            self._put(_rows(self.value))
        return super().eventFilter(watched, event)

    def _typed(self) -> None:
        try:
            value = parse_numbers(self.text.toPlainText(), self.shape)
        except WeightError as error:
            self.complain(str(error))
            return
        self.complain("")
        if value != self.value:
            self.value = value
            self.entered.emit(value)

    def _put(self, text: str) -> None:
        if text != self.text.toPlainText():
            self.text.blockSignals(True)
            self.text.setPlainText(text)
            self.text.blockSignals(False)
            self._fit()

    def _fit(self) -> None:
        lines = min(MOST_LINES, max(2, self.text.blockCount()))
        self.text.setFixedHeight(lines * QFontMetrics(theme.mono_font()).lineSpacing() + 14)

    def outline(self, wrong: bool) -> None:
        super().outline(wrong)
        if wrong and not self.wrong.text():
            sizes = " x ".join(map(str, shape_of(self.value)))
            self.complain(
                self.tr("These numbers are {0}; here it takes {1}.").format(sizes, " x ".join(map(str, self.shape)))
            )


def _rows(value: Any) -> str:
    """Numbers as rows; more than two dimensions as matrices with a line between them."""
    shape = shape_of(value)
    if len(shape) <= 2:
        return format_numbers(value)
    gap = "\n\n" if len(shape) == 3 or shape[1] == 1 else "\n\n\n"
    return gap.join(_rows(part) for part in value)
