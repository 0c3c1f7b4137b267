"""The learning rate as a logarithmic slider with a field beside it: drag for a feel, type for a value.

Says what was chosen; knows neither recipe nor run.
"""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSlider, QWidget

from gui import theme

LOW, HIGH = -6, 1  # powers of ten at the ends of the slider
NOTCHES = 50  # a power of ten


class RateSlider(QWidget):
    """`chosen` is emitted when a person sets a value; `show_value` sets it in silence."""

    chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.value = 1e-3
        label = QLabel(self.tr("lr"))
        label.setProperty("role", "quiet")
        label.setToolTip(self.tr("Learning rate"))
        self.slider = QSlider(Qt.Orientation.Horizontal, minimum=LOW * NOTCHES, maximum=HIGH * NOTCHES)
        self.slider.setPageStep(NOTCHES)
        self.slider.setMinimumWidth(72)
        self.slider.setMaximumWidth(120)
        self.slider.setAccessibleName(self.tr("Learning rate, logarithmic"))
        self.field = QLineEdit()
        self.field.setFixedWidth(76)
        self.field.setFont(theme.mono_font("small"))
        self.field.setAccessibleName(self.tr("Learning rate"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        for widget in (label, self.slider, self.field):
            row.addWidget(widget)
        self.slider.valueChanged.connect(self._slid)
        self.field.editingFinished.connect(self._typed)
        self.explain(False)

    def explain(self, live: bool) -> None:
        """Say what a change does now."""
        words = (
            self.tr("Learning rate: the run that is on uses it from its next step")
            if live
            else self.tr("Learning rate of the recipe: for the next run")
        )
        self.slider.setToolTip(words)
        self.field.setToolTip(words)

    def show_value(self, value: float) -> None:
        """Show a value without telling anybody."""
        self.value = value
        self.slider.blockSignals(True)
        self.slider.setValue(round(math.log10(value) * NOTCHES))
        self.slider.blockSignals(False)
        self._write()

    def _slid(self, notch: int) -> None:
        self._take(float(f"{10 ** (notch / NOTCHES):.1e}"))

    def _typed(self) -> None:
        try:
            value = float(self.field.text().replace(",", "."))
        except ValueError:
            value = math.nan
        if not 0 < value <= 1000:  # the recipe's own rule
            self._write()
        elif value != self.value:
            self._take(value)
            self.show_value(value)

    def _take(self, value: float) -> None:
        self.value = value
        self._write()
        self.chosen.emit(value)

    def _write(self) -> None:
        self.field.setText(rate_text(self.value))
        self.field.setProperty("wrong", "false")


def rate_text(value: float) -> str:
    """As people write learning rates: 0.001, 3e-4."""
    if value >= 0.001:
        return f"{value:.4g}"
    mantissa, exponent = f"{value:.3e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"
