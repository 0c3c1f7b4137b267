"""The filters of a convolution while it learns: all of them in one picture, sharp, with their scale and step.

One input channel: a grid, blue to yellow around zero. Three: RGB. More: a matrix of outputs and inputs.
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
from gui.training.tile_view import Tiles, TileView, short
from gui.training.tiles import steady_limit
from gui.training.view_header import ViewHeader

MOST = 4096  # tiles laid out; more than a screen can show


class FiltersView(QWidget):
    """A combo to choose the block, the picture, and which step it is of."""

    def __init__(self, session: Session, controller: RunController, parent: QWidget | None = None):
        super().__init__(parent)
        self._session = session
        self._controller = controller
        self._limit: float | None = None
        self.look: Look | None = None
        self.choice = BlockChoice(session, self._has_filters, "The convolution whose filters are shown")
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
        return self._session.network.type_of(block).family == "convolution"

    def _watch(self) -> None:
        if self.choice.block and self.isVisible():
            self._controller.watch("filters", self.choice.block)
        else:
            self._controller.unwatch("filters")

    def _choose(self) -> None:
        self._forget()
        self._watch()

    def _forget(self, run: Run | None = None) -> None:
        """A new run keeps the old picture until the first new one: nothing blinks."""
        if run is None:
            self.look = self._limit = None
            self.picture.show_tiles(None)
        self._say()

    def _take(self, look: Look) -> None:
        if look.kind != "filters" or look.block != self.choice.block:
            return
        self.look = look
        largest = float(np.nanmax(np.abs(look.array), initial=0.0))
        self._limit = steady_limit(largest, self._limit)
        self.picture.show_tiles(filter_tiles(look.array, self._limit))
        self._say()

    def _refused(self, block: str, text: str) -> None:
        if block == self.choice.block and "filters" in text:
            self._forget()
            self.empty.setText(text)

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
        if self.choice.block is None:
            self.empty.setText("This network has no convolution, and only those have filters to look at.")
        elif self._controller.active:
            self.empty.setText("The first picture comes with the first step.")
        else:
            self.empty.setText("While the network trains, the filters of this convolution are drawn here live.")


def step_text(look: Look) -> str:
    """When a look was taken."""
    return f"step {look.step:,}" if look.step else "before step 1"


def filter_tiles(weights: np.ndarray, limit: float) -> Tiles:
    """Weights (out, in, ...) as tiles: RGB for three input channels in 2-d, else a slice a tile."""
    weights = np.asarray(weights, np.float32)
    outputs = weights.shape[0]
    limits = (-limit, limit)
    if weights.ndim == 4 and weights.shape[1] == 3:
        return Tiles(weights.transpose(0, 2, 3, 1)[:MOST], "rgb", limits, describe=_rgb_words(weights))
    if weights.ndim <= 3:  # (out, in) or (out, in, length): a picture of inputs x length a filter
        slices = weights.reshape(outputs, -1, weights.shape[-1]) if weights.ndim == 3 else weights[:, None, :]
        return Tiles(slices[:MOST], "signed", limits, describe=_flat_words(slices))
    inputs = weights.shape[1]
    pages = weights.reshape(outputs, inputs, -1, weights.shape[-1])  # the depth of 3-d kernels, one below another
    if inputs == 1:
        return Tiles(pages[:MOST, 0], "signed", limits, describe=_slice_words(pages))
    rows = min(outputs, max(MOST // inputs, 16))
    columns = min(inputs, max(MOST // rows, 16))
    pages = pages[:rows, :columns]
    return Tiles(
        pages.reshape(rows * columns, *pages.shape[2:]),
        "signed",
        limits,
        (rows, columns),
        ("output channel", "input channel"),
        _slice_words(pages),
    )


def _slice_words(pages: np.ndarray):
    inputs = pages.shape[1]

    def describe(tile: int, row: int, column: int) -> str:
        output, input = divmod(tile, inputs)
        value = short(float(pages[output, input, row, column]), signed=True)
        return f"output {output}, input {input}, row {row}, column {column}: {value}"

    return describe


def _flat_words(slices: np.ndarray):
    def describe(tile: int, row: int, column: int) -> str:
        value = short(float(slices[tile, row, column]), signed=True)
        return f"output {tile}, input {row}, position {column}: {value}"

    return describe


def _rgb_words(weights: np.ndarray):
    def describe(tile: int, row: int, column: int) -> str:
        red, green, blue = (short(float(value), signed=True) for value in weights[tile, :, row, column])
        return f"output {tile}, row {row}, column {column}: red {red}, green {green}, blue {blue}"

    return describe
