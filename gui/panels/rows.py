"""Small building stones of the panels: labels with a role, buttons with a picture, empty states, hairlines."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui import theme

PICTURE = QSize(28, 28)  # of an empty state


def label(text: str = "", role: str = "", wrap: bool = False) -> QLabel:
    """Plain text, never interpreted as markup: much of it comes from files."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        made.setProperty("role", role)
    if wrap:
        made.setWordWrap(True)
        # Wrapped labels report a width of their own; let the panel decide.
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return made


def button(text: str, clicked: Callable, role: str = "", tip: str = "") -> QPushButton:
    made = QPushButton(text)
    made.clicked.connect(lambda *_: clicked())
    made.setToolTip(tip)
    if role:
        made.setProperty("role", role)
    return made


class IconButton(QToolButton):
    """A picture to click that follows the theme."""

    def __init__(self, icon: str, tip: str, clicked: Callable, parent: QWidget | None = None):
        super().__init__(parent)
        self._icon = icon
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.setIconSize(QSize(16, 16))
        self.setFixedSize(theme.ROW - 4, theme.ROW - 4)
        self.clicked.connect(lambda *_: clicked())
        self.follow_theme()
        theme.appearance.changed.connect(self.follow_theme)

    def follow_theme(self, *_ignored) -> None:
        self.setIcon(theme.icon(self._icon))


class ClearCross(QObject):
    """The cross that empties a line, in the theme's colour; belongs to the line."""

    def __init__(self, line: QLineEdit):
        super().__init__(line)
        line.setClearButtonEnabled(True)
        self._action = line.findChild(QAction, "_q_qlineeditclearaction")
        line.textChanged.connect(self._show)
        self.follow_theme()
        self._show(line.text())
        theme.appearance.changed.connect(self.follow_theme)

    def follow_theme(self, *_ignored) -> None:
        if self._action is not None:
            self._action.setIcon(theme.icon("close"))

    def _show(self, text: str) -> None:
        if self._action is not None:
            self._action.setVisible(bool(text))


class Hairline(QFrame):
    """A line one pixel high in the theme's line colour."""

    def __init__(self):
        super().__init__()
        self.setFixedHeight(1)
        self.setObjectName("hairline")


class EmptyState(QWidget):
    """What a panel says when it has nothing to show: what it is for and the first step."""

    def __init__(self, title: str, text: str, icon: str = "", steps: tuple[QWidget, ...] = ()):
        super().__init__()
        self._icon = icon
        self.picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.title, self.text = label(title, "heading"), label(text, "quiet", wrap=True)
        for part in (self.title, self.text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GROUP, theme.SPACE, theme.GROUP, theme.SPACE)
        box.setSpacing(theme.GAP)
        box.addStretch(1)
        for part in (self.picture, self.title, self.text):
            box.addWidget(part)
        for step in steps:
            box.addWidget(step, alignment=Qt.AlignmentFlag.AlignCenter)
        box.addStretch(2)
        self.follow_theme()
        theme.appearance.changed.connect(self.follow_theme)

    def follow_theme(self, *_ignored) -> None:
        if self._icon:
            self.picture.setPixmap(theme.icon(self._icon).pixmap(PICTURE))

    def minimumSizeHint(self) -> QSize:
        """Without the picture, which a low panel leaves out."""
        hint = super().minimumSizeHint()
        return hint if self.picture.isHidden() else hint - QSize(0, PICTURE.height() + theme.GAP)

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        text = self.text.heightForWidth(self.width() - 2 * theme.GROUP) - self.text.minimumSizeHint().height()
        room = self.height() - self.minimumSizeHint().height() - text
        self.picture.setVisible(bool(self._icon) and room >= PICTURE.height() + 2 * theme.GROUP)


def clear(layout: QLayout) -> None:
    """Take everything out of a layout and delete it."""
    while item := layout.takeAt(0):
        if widget := item.widget():
            widget.hide()
            widget.deleteLater()
        elif inner := item.layout():
            clear(inner)
            inner.deleteLater()


def restyle(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the stylesheet selects on, and have it looked at again."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
