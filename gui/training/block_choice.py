"""A combo box of blocks: those that a view can look into, in the order the network computes them.

Follows the selection of the session. Says which block with `chosen`; knows nothing of what is shown.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QWidget

from graph.network import Block
from gui import theme
from gui.session import Session
from gui.updates import Updates

AROUND = 72  # pixels of picture, arrow and edges beside the words
SOON = 50  # ms after an edit until the list follows


class BlockChoice(QComboBox):
    """The block a view shows; `block` is its id, or None where the network has none that fits."""

    chosen = Signal()

    def __init__(self, session: Session, fits: Callable[[Block], bool], what: str, parent: QWidget | None = None):
        super().__init__(parent)
        self._session = session
        self._fits = fits
        self.block: str | None = None
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setMinimumWidth(112)  # in a narrow panel the name alone
        self.setMaximumWidth(220)
        self.setToolTip(self.tr("{0}. Selecting such a block on the canvas chooses it too.").format(what))
        self.setAccessibleName(what)
        self.activated.connect(self._activated)
        self._updates = Updates(self, self.refill, SOON)
        session.project_changed.connect(self._changed)
        session.project_opened.connect(self.refill)
        session.selection_changed.connect(self._follow)
        theme.appearance.changed.connect(self.refill)
        self.refill()

    def choose(self, id: str | None) -> None:
        """Take a block that is in the list."""
        at = self.findData(id)
        if at < 0 or id == self.block:
            return
        self.setCurrentIndex(at)
        self.block = id
        self.chosen.emit()

    def refill(self, *_: object) -> None:
        """List the blocks anew, keeping the chosen one where it is still there."""
        network = self._session.project.network
        fitting = [network.blocks[id] for id in network.order() if self._fits(network.blocks[id])]
        first = next((b.id for b in fitting if network.type_of(b).family == "convolution"), None)
        self.blockSignals(True)
        self.clear()
        for block in fitting:
            family = network.type_of(block).family
            self.addItem(theme.family_icon(family), f"{block.name}  {block.type}", block.id)
        ids = [block.id for block in fitting]
        before, self.block = self.block, self.block if self.block in ids else first or next(iter(ids), None)
        self.setCurrentIndex(ids.index(self.block) if self.block else -1)
        self.blockSignals(False)
        self.setEnabled(bool(ids))
        if self.block != before:
            self.chosen.emit()

    def paintEvent(self, event) -> None:
        """As every combo box, but words without room end in dots."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        room = self.width() - AROUND
        option.currentText = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, room)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def _activated(self, index: int) -> None:
        self.choose(self.itemData(index))

    def _changed(self, changes) -> None:
        if changes.computation or changes.analyzed:
            self._updates.ask()

    def _follow(self) -> None:
        self._updates.flush()  # what was just placed can be chosen at once
        for id in reversed(self._session.selection_in_project):
            if self.findData(id) >= 0:
                self.choose(id)
                return
