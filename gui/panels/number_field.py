"""Numbers and sizes with steps: arrow keys, wheel, little buttons, and drags of the name beside the field.

While a value is stepped it is only tried; letting go of key, button or mouse enters it, Escape gives it up.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QLabel, QWidget

from graph.hyperparameter import Float, HyperparameterError
from gui.panels.fields import SEVERAL, TextField

SETTLED = 600  # ms without a further turn of the wheel until its value is taken
PIXELS = 6  # of a drag that are one step
STEPPING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
NOTHING = object()


class NumberField(TextField):
    """A number, or a size such as 3 x 3 whose numbers step together, within the declared range."""

    def make_editor(self) -> QWidget:
        self._trying: Any = NOTHING
        spin = StepBox(self)
        self.line = spin.lineEdit()
        self.line.textEdited.connect(self._typed)
        spin.editingFinished.connect(self._finished)
        self._settling = QTimer(self, singleShot=True, interval=SETTLED)
        self._settling.timeout.connect(self.settle)
        return spin

    @property
    def trying(self) -> bool:
        return self._trying is not NOTHING

    def show_value(self, value: Any) -> None:
        if not self.trying or value != self.value:
            self._trying = NOTHING
            super().show_value(value)

    def stepped(self, by: int) -> Any | None:
        """The value `by` steps further, within the range; None where there is nothing to step from."""
        try:
            value = self.read(self.text())
            return None if value is None else self.declared.coerce(self._moved(value, by))
        except (HyperparameterError, TypeError):
            return None

    def step(self, by: int) -> None:
        """Try the value `by` steps further, until `settle` or `drop`."""
        moved = self.stepped(by)
        if moved is not None and moved != (self._trying if self.trying else self.value):
            self._trying = moved
            self._say_typing_error("")
            self.line.setText(self.written(moved))
            self.tried.emit(moved)

    def settle_later(self) -> None:
        """For what has no end of its own, as the wheel."""
        self._settling.start()

    def settle(self) -> None:
        """Enter the value that is tried."""
        self._settling.stop()
        value, self._trying = self._trying, NOTHING
        if value is not NOTHING and value != self.value:
            self.value = value
            self.entered.emit(value)
        elif value is not NOTHING:
            self.dropped.emit()

    def take_back(self) -> bool:
        if not self.trying:
            return super().take_back()
        self._settling.stop()
        self._trying = NOTHING
        self.line.setText("" if self.value is SEVERAL else self.written(self.value))
        self.dropped.emit()
        return True

    def _typed(self, *_ignored) -> None:
        if self.trying:
            self._trying = NOTHING
            self.dropped.emit()
        super()._typed()

    def _finished(self) -> None:
        self.settle()
        super()._finished()

    def _moved(self, value: Any, by: int) -> Any:
        if isinstance(value, tuple):
            return tuple(None if one is None else self._moved(one, by) for one in value)
        step = _digit_step(value, by) if isinstance(self.declared, Float) else 1
        return max(self.declared.low, min(self.declared.high, round(value + by * step, 12)))


class StepBox(QAbstractSpinBox):
    """A spin box that lets anything be typed, so that the error can name the rule."""

    def __init__(self, field: NumberField):
        super().__init__()
        self._field = field
        self._held = False  # a hand is on a key or a button
        self.lineEdit().setTextMargins(6, 0, 0, 0)  # the stylesheet's padding does not reach it

    def validate(self, text: str, position: int) -> object:
        return QValidator.State.Acceptable, text, position

    def fixup(self, text: str) -> str:
        return text

    def stepBy(self, steps: int) -> None:
        self._field.step(steps)
        if not self._held:  # the wheel, or a screen reader
            self._field.settle_later()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        none = QAbstractSpinBox.StepEnabledFlag.StepNone
        now, up, down = (self._field.stepped(by) for by in (0, 1, -1))
        return (QAbstractSpinBox.StepEnabledFlag.StepUpEnabled if up not in (None, now) else none) | (
            QAbstractSpinBox.StepEnabledFlag.StepDownEnabled if down not in (None, now) else none
        )

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._held = True
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._held = False
        self._field.settle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._held = event.key() in STEPPING
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        super().keyReleaseEvent(event)
        if event.key() in STEPPING and not event.isAutoRepeat():
            self._held = False
            self._field.settle()


class Knob(QLabel):
    """The name beside a number: dragged sideways it turns the number, with Shift ten steps at once."""

    def __init__(self, text: str, field: NumberField):
        super().__init__(text)
        self._field = field
        self._start: float | None = None
        self._turned = 0
        self.setCursor(Qt.CursorShape.SizeHorCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self._field.editor.setFocus(Qt.FocusReason.MouseFocusReason)
        self._field.focused.emit()
        self._start, self._turned = event.position().x(), 0

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._start is None:
            return
        if self._turned and not self._field.trying:
            self._start = None  # given up with Escape: the hand may still move
            return
        share = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        notch = int((event.position().x() - self._start) / PIXELS) * share
        if notch != self._turned:
            self._field.step(notch - self._turned)
            self._turned = notch if self._field.trying else 0

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._start is not None:
            self._start = None
            self._field.settle()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.UngrabMouse and self._start is not None:
            self._start = None
            self._field.take_back()
        return super().event(event)


def _digit_step(value: float, by: int) -> float:
    """One in the leading digit: 0.003 steps by 0.001, 0.5 by 0.1; down from 0.001 by 0.0001, so that zero stays far."""
    digits, exponent = f"{value or 0.1:e}".split("e")
    at_edge = by < 0 and float(digits) == 1.0
    return 10.0 ** (min(0, int(exponent)) - at_edge)
