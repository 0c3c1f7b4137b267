"""ArrangeBar: buttons to align and distribute, below the canvas while several blocks are selected."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from gui.canvas.arrange import EDGES, WAYS
from gui.panels.rows import IconButton, label

INSET = 14


class ArrangeBar(QFrame):
    """Lies over the lower edge of a canvas view; shown and hidden by the selection."""

    def __init__(self, view):
        super().__init__(view)
        self.view = view
        self.setObjectName("arrange")
        self.setAccessibleName(self.tr("Align and distribute"))
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 3, 6, 3)
        row.setSpacing(2)
        words = {
            "left": self.tr("Align left edges"),
            "centre": self.tr("Align centres"),
            "right": self.tr("Align right edges"),
            "top": self.tr("Align top edges"),
            "middle": self.tr("Align middles"),
            "bottom": self.tr("Align bottom edges"),
            "across": self.tr("Equal gaps across"),
            "down": self.tr("Equal gaps down"),
        }
        self.count = label("", "small")
        self.count.setContentsMargins(4, 0, 6, 0)
        row.addWidget(self.count)
        self.buttons: dict[str, IconButton] = {}
        for edge in EDGES:
            self._add(row, edge, words[edge], lambda edge=edge: view.align(edge))
        row.addSpacing(6)
        for way in WAYS:
            self._add(row, way, words[way], lambda way=way: view.distribute(way))
        self.hide()
        view.session.selection_changed.connect(self.refresh)
        view.session.document_changed.connect(self.refresh)

    def _add(self, row: QHBoxLayout, name: str, words: str, clicked) -> None:
        made = self.buttons[name] = IconButton(f"arrange_{name}", words, clicked)
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row.addWidget(made)

    def refresh(self) -> None:
        """Show while it has something to do."""
        chosen = len(self.view.session.selection)
        self.setVisible(chosen > 1)
        if chosen > 1:
            self.count.setText(self.tr("{0} blocks").format(chosen))
            for way in WAYS:
                self.buttons[way].setEnabled(chosen > 2)
            self.adjustSize()
            self.place()
            self.raise_()

    def place(self) -> None:
        """In the middle of the lower edge."""
        area: QWidget = self.view.viewport()
        self.move((area.width() - self.width()) // 2, area.height() - self.height() - INSET)
