"""A titled part of the panel that opens and closes; closed, its heading still says what is inside. Knows no recipe."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.panels.rows import Hairline
from gui.training.fitting_label import FittingLabel

MARGIN = theme.GAP + 4


class Section(QWidget):
    """A heading to press and what stands under it."""

    toggled = Signal(bool)

    def __init__(self, title: str, is_open: bool = False):
        super().__init__()
        self.title, self._summary = title, ("",)
        self.heading = QToolButton()
        self.heading.setText(title)
        self.heading.setAccessibleName(title)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.heading.setFont(theme.ui_font(bold=True))
        self.heading.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.heading.clicked.connect(lambda: self.set_open(not self.is_open))
        self.summary = FittingLabel()
        self.summary.setProperty("role", "small")
        self.summary.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        self.inside = QWidget()
        self.box = QVBoxLayout(self.inside)
        self.box.setContentsMargins(MARGIN, theme.SPACE, MARGIN, theme.GROUP)
        self.box.setSpacing(theme.SPACE)
        line = QHBoxLayout()
        line.setContentsMargins(theme.SPACE, theme.SPACE, MARGIN, theme.SPACE)
        line.setSpacing(theme.GAP)
        line.addWidget(self.heading)
        line.addWidget(self.summary, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(line)
        whole.addWidget(self.inside)
        whole.addWidget(Hairline())
        theme.appearance.changed.connect(self._dress)
        self.set_open(is_open)

    @property
    def is_open(self) -> bool:
        return not self.inside.isHidden()

    def set_open(self, is_open: bool) -> None:
        self.inside.setVisible(is_open)
        self.summary.tell(*([""] if is_open else self._summary))
        self._describe()
        words = self.tr("Close {0}") if is_open else self.tr("Open {0}")
        self.heading.setToolTip(words.format(self.title))
        self._dress()
        self.toggled.emit(is_open)

    def add(self, part: QWidget) -> None:
        self.box.addWidget(part)

    def tell(self, *summary: str) -> None:
        """What the heading says of the inside while it is closed, from the fullest wording to the shortest."""
        self._summary = summary
        if not self.is_open:
            self.summary.tell(*summary)
        self._describe()

    def _describe(self) -> None:
        words = self.tr("open") if self.is_open else self.tr("closed: {0}").format(self._summary[0])
        self.heading.setAccessibleDescription(words)

    def _dress(self, *_ignored) -> None:
        self.heading.setIcon(theme.icon("down" if self.is_open else "right"))
