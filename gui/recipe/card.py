"""The frame of one item of a list within the panel: objectives and groups of weights stand in such. Knows neither."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QVBoxLayout

from gui import theme
from gui.panels.rows import label


class Card(QFrame):
    """A framed column with a line for what is wrong with the item as a whole."""

    def __init__(self):
        super().__init__()
        self.setObjectName("card")
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        self.box.setSpacing(theme.SPACE)
        self.complaint = label("", "wrong", wrap=True)
        self.complaint.hide()
        self.box.addWidget(self.complaint)

    def complain(self, text: str) -> None:
        self.complaint.setText(text)
        self.complaint.setVisible(bool(text))
