"""The filters of a block while it learns: all of them in one picture, sharp, with their scale and step.

Watches only while it is seen. Knows the run controller and the session.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.session import Session
from gui.training.block_choice import BlockChoice
from gui.training.run import Look, Run
from gui.training.run_controller import RunController
from gui.training.tile_view import TileView
from gui.training.tiles import steady_limit
from gui.training.view_header import ViewHeader
from gui.training.weights_as_pictures import filter_tiles

FAMILIES = ("convolution", "linear")


class FiltersView(QWidget):
    """A combo to choose the block, the picture, and which step it is of."""

    def __init__(self, session: Session, controller: RunController, parent: QWidget | None = None):
        super().__init__(parent)
        self._session = session
        self._controller = controller
        self._limit: float | None = None
        self._refusal = ""
        self.look: Look | None = None
        self.choice = BlockChoice(session, self._has_filters, "The block whose filters are shown")
        self.header = ViewHeader("Filters")
        self.header.add(self.choice)
        self.picture = TileView()
        self.empty = QLabel(wordWrap=True)
        self.empty.setProperty("role", "quiet")
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.SPACE, theme.GAP, theme.GAP)
        column.setSpacing(theme.SPACE)
        column.addWidget(self.header)
        column.addWidget(self.picture, 1)
        column.addWidget(self.empty)
        column.addStretch(0)
        self.choice.chosen.connect(self._choose)
        controller.looked.connect(self._take)
        controller.look_refused.connect(self._refused)
        controller.run_started.connect(self._forget)
        controller.state_changed.connect(self._say)
        session.document_changed.connect(self._forget)
        self._say()

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self._watch()

    def hideEvent(self, event) -> None:
        super().hideEvent(event)
        self._controller.unwatch("filters")

    def _has_filters(self, block) -> bool:
        return self._session.network.type_of(block).family in FAMILIES

    def _picture_before(self, id: str) -> tuple[int, ...] | None:
        """The shape (c, h, w) that a Linear reads through a Flatten, if it does."""
        network, analysis = self._session.network, self._session.analysis
        while (wires := network.wires_into(id)) and analysis.output(wires[0].source) is not None:
            shape = analysis.output(wires[0].source).shape[1:]
            if len(shape) == 3:
                return shape
            id = wires[0].source
            if network.blocks[id].type != "Flatten":
                return None
        return None

    def _watch(self) -> None:
        if self.choice.block and self.isVisible():
            self._controller.watch("filters", self.choice.block)
        else:
            self._controller.unwatch("filters")

    def _choose(self) -> None:
        self._refusal = ""
        self._forget()
        self._watch()

    def _forget(self, run: Run | None = None) -> None:
        """A new run keeps the old picture until the first new one: nothing blinks."""
        if run is not None:
            self._refusal = ""
        else:
            self.look = self._limit = None
            self.picture.show_tiles(None)
        self._say()

    def _take(self, look: Look) -> None:
        if look.kind != "filters" or look.block != self.choice.block:
            return
        self.look = look
        largest = float(np.nanmax(np.abs(look.array), initial=0.0))
        self._limit = steady_limit(largest, self._limit)
        flat = look.array.ndim == 2
        before = self._picture_before(look.block) if flat and look.block in self._session.network.blocks else None
        self.picture.show_tiles(filter_tiles(look.array, self._limit, before))
        self._say()

    def _refused(self, block: str, text: str) -> None:
        if block == self.choice.block and "filters" in text:
            self._refusal = text
            self._forget()

    def _say(self, *_: object) -> None:
        seen = self.look is not None
        self.picture.setVisible(seen)
        self.empty.setVisible(not seen)
        if seen:
            total, shown = len(self.picture.tiles.values), self.picture.shown
            part = f"first {shown:,} of {total:,}, " if shown < total else ""
            shape, step = " x ".join(map(str, self.look.array.shape)), step_text(self.look)
            self.header.note.tell(f"{part}{shape}, {step}", f"{part}{step}", step)
            return
        self.header.note.tell("")
        self.choice.setVisible(self.choice.block is not None)
        if self.choice.block is None:
            self.empty.setText("Add a convolution or a Linear: its filters are drawn here while it learns.")
        elif self._refusal:
            self.empty.setText(self._refusal)
        elif self._controller.active:
            self.empty.setText("The first picture comes with the first step.")
        else:
            self.empty.setText("While the network trains, the filters of this block are drawn here live.")


def step_text(look: Look) -> str:
    """When a look was taken."""
    return f"step {look.step:,}" if look.step else "before step 1"
