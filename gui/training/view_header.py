"""The line above a training view: its name, its choices, and at the right what it shows is of which step."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from gui import theme
from gui.training.fitting_label import FittingLabel


class ViewHeader(QWidget):
    """A row of 28 pixels: title, widgets, and a quiet note that gives way when it is narrow."""

    def __init__(self, title: str, parent: QWidget | None = None):
        super().__init__(parent)
        self.setFixedHeight(theme.ROW)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.GAP)
        heading = QLabel(title)
        heading.setProperty("role", "heading")
        self._row.addWidget(heading)
        self._row.addStretch(1)
        self.note = FittingLabel()
        self.note.setProperty("role", "small")
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._row.addWidget(self.note, 4)

    def add(self, widget: QWidget) -> None:
        """Put a choice after what is there, left of the note."""
        self._row.insertWidget(self._row.count() - 2, widget)


class PictureButton(QToolButton):
    """A flat button with a picture that follows the theme, and a tooltip that names its key."""

    def __init__(self, picture: str, tip: str, parent: QWidget | None = None):
        super().__init__(parent)
        self.setAutoRaise(True)
        self.setIconSize(QSize(16, 16))
        self.show_picture(picture, tip)
        theme.appearance.changed.connect(self._dress)

    def show_picture(self, picture: str, tip: str) -> None:
        self._picture = picture
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self._dress()

    def _dress(self, *_: object) -> None:
        self.setIcon(theme.icon(self._picture))
