"""Which sample of the validation set is looked at: typed, stepped through, or drawn at random.

Says which with `chosen`, once for a held key; knows nothing of what is shown.
"""

from __future__ import annotations

import random

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from gui import theme
from gui.training.view_header import PictureButton

SETTLED = 60  # ms without another step until a sample is asked for


class SampleChoice(QWidget):
    """`index` counts from 0; it wraps at both ends."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.index = 0
        self.count = 0
        self.field = QLineEdit("0")
        self.field.setFixedWidth(48)
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.field.setAccessibleName(self.tr("Validation sample"))
        self.field.setToolTip(self.tr("Row of the validation set, counted from 0  (Up, Down)"))
        self.field.setValidator(QIntValidator(0, 0, self))
        self.field.installEventFilter(self)
        self.total = QLabel()
        self.total.setProperty("role", "small")
        self.back = PictureButton("left", self.tr("Previous sample  (Down)"))
        self.forth = PictureButton("right", self.tr("Next sample  (Up)"))
        self.random = PictureButton("random", self.tr("A random sample"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE)
        for widget in (self.field, self.total, self.back, self.forth, self.random):
            row.addWidget(widget)
            if widget is self.field:
                row.addSpacing(theme.SPACE)
            if widget is self.total:
                row.addStretch(1)
        self._settling = QTimer(self, singleShot=True, interval=SETTLED)
        self._settling.timeout.connect(lambda: self.chosen.emit(self.index))
        self.field.editingFinished.connect(self._typed)
        self.back.clicked.connect(lambda: self.choose(self.index - 1))
        self.forth.clicked.connect(lambda: self.choose(self.index + 1))
        self.random.clicked.connect(self._draw)
        self.set_count(0)

    def set_count(self, count: int) -> None:
        """How many samples there are."""
        self.count = count
        self.total.setText(self.tr("of {0:,}").format(count) if count else "")
        self.field.validator().setTop(max(count - 1, 0))
        for widget in (self.field, self.back, self.forth, self.random):
            widget.setEnabled(count > 1)

    def choose(self, index: int) -> None:
        """Take a sample; beyond an end comes the other end."""
        index %= max(self.count, 1)
        if index != self.index:
            self.index = index
            self._settling.start()
        self.field.setText(str(self.index))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.choose(self.index + (1 if event.key() == Qt.Key.Key_Up else -1))
            return True
        return super().eventFilter(watched, event)

    def wheelEvent(self, event) -> None:
        notches = event.angleDelta().y()
        if notches and self.count > 1:
            self.choose(self.index + (1 if notches > 0 else -1))

    def _typed(self) -> None:
        if self.field.hasAcceptableInput():
            self.choose(int(self.field.text()))
        else:
            self.field.setText(str(self.index))

    def _draw(self) -> None:
        if self.count > 1:
            self.choose(self.index + random.randrange(1, self.count))
