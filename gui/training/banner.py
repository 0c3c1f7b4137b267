"""A calm line for what went wrong: a sentence, what to do about it, and a way to close it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from gui import theme
from gui.training.view_header import PictureButton

Offer = tuple[str, Callable[[], None]]  # what the button says, what it does


class Banner(QWidget):
    """Hidden until `tell`; the stripe at its left has the colour of the severity."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._severity = "error"
        self.picture = QLabel()
        self.picture.setFixedSize(16, 16)
        self.words = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)  # much of it comes from files
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.offers: list[QPushButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(theme.GROUP, theme.GAP, theme.GAP, theme.GAP)
        self._row.setSpacing(theme.GAP)
        self._row.addWidget(self.picture)
        self._row.addWidget(self.words, 1)
        self.close_button = PictureButton("close", self.tr("Close this message"))
        self.close_button.clicked.connect(self.hide)
        self._row.addWidget(self.close_button)
        theme.appearance.changed.connect(self._dress)
        self.hide()

    @property
    def text(self) -> str:
        return self.words.text()

    def tell(self, text: str, severity: str = "error", offers: tuple[Offer, ...] = (), detail: str = "") -> None:
        """Show a sentence with buttons; `detail` lies in the tooltip."""
        self._severity = severity
        self.words.setText(text)
        self.words.setToolTip(f"<pre>{_escaped(detail[-4000:])}</pre>" if detail else "")
        for button in self.offers:
            self._row.removeWidget(button)
            button.deleteLater()
        self.offers = [self._offer(*offer) for offer in offers]
        self._dress()
        self.show()

    def paintEvent(self, event) -> None:
        painter, colours = QPainter(self), theme.current()
        tone = colours.severity[self._severity]
        painter.fillRect(self.rect(), theme.mixed(tone, colours.surface[1], 0.10))
        painter.fillRect(0, 0, 4, self.height(), tone)

    def _offer(self, text: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(act)
        self._row.insertWidget(self._row.count() - 1, button)
        return button

    def _dress(self, *_: object) -> None:
        tone = theme.current().severity[self._severity]
        self.picture.setPixmap(theme.icon(self._severity, tone).pixmap(QSize(16, 16)))
        self.update()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
