"""What a block makes of one validation sample: the sample, its feature maps side by side, and the prediction.

Watches only while it is seen. Knows the run controller and the session.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from backend.messages import Prediction
from gui import theme
from gui.session import Session
from gui.training.block_choice import BlockChoice
from gui.training.filters import step_text
from gui.training.prediction_view import PredictionView
from gui.training.run import Look, Run
from gui.training.run_controller import RunController
from gui.training.sample_choice import SampleChoice
from gui.training.sample_view import SampleView
from gui.training.tile_view import Tiles, TileView, short
from gui.training.tiles import steady_limit
from gui.training.view_header import ViewHeader

MOST = 1024  # maps laid out
SIDE = 176  # width of the column with the sample
TOYS = ("moons", "circles", "spirals", "xor")  # cheap enough to draw the whole set here


class FeatureMapsView(QWidget):
    """Choose a block and a sample; see what the one makes of the other."""

    def __init__(self, session: Session, controller: RunController, parent: QWidget | None = None):
        super().__init__(parent)
        self._session = session
        self._controller = controller
        self._limit: float | None = None
        self._refusal = ""
        self._signed = False
        self.look: Look | None = None
        self.choice = BlockChoice(session, self._has_maps, "The block whose feature maps are shown")
        self.header = ViewHeader("Feature maps")
        self.header.add(self.choice)
        self.sample_view = SampleView()
        self.prediction_view = PredictionView()
        self.maps = TileView()
        self.empty = QLabel(wordWrap=True)
        self.empty.setProperty("role", "quiet")
        self._build()
        self.choice.chosen.connect(self._choose)
        controller.looked.connect(self._take)
        controller.look_refused.connect(self._refused)
        controller.run_started.connect(self._begin)
        controller.state_changed.connect(self._say)
        session.document_changed.connect(self._forget)
        self._say()

    def _build(self) -> None:
        self.sample = SampleChoice()
        self.sample.chosen.connect(self._watch)
        self.side = QWidget()
        self.side.setFixedWidth(SIDE)
        side = QVBoxLayout(self.side)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(theme.GAP)
        side.addWidget(self.sample)
        side.addWidget(self.sample_view, 5)
        side.addWidget(self.prediction_view, 4)
        self.body = QWidget()
        body = QHBoxLayout(self.body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(theme.GROUP)
        body.addWidget(self.side)
        body.addWidget(self.maps, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.SPACE, theme.GAP, theme.GAP)
        column.setSpacing(theme.SPACE)
        column.addWidget(self.header)
        column.addWidget(self.body, 1)
        column.addWidget(self.empty)
        column.addStretch(0)

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self._watch()

    def hideEvent(self, event) -> None:
        super().hideEvent(event)
        self._controller.unwatch("features")

    def _has_maps(self, block) -> bool:
        """Layers that are modules of their own, with a picture, a sequence or a row of units as output."""
        network = self._session.network
        if network.type_of(block).role != "layer":
            return False
        analysis = self._session.analysis
        output, inferred = analysis.output(block.id), analysis.inferred(block.id)
        if output is None or inferred is None or output.rank < 2:
            return False
        values = network.values(block)
        return network.type_of(block).module(values, analysis.inputs(block.id), inferred) is not None

    def _watch(self, *_: object) -> None:
        if self.choice.block and self.isVisible():
            self._controller.watch("features", self.choice.block, self.sample.index)
        else:
            self._controller.unwatch("features")

    def _choose(self) -> None:
        self.look = None
        self._limit, self._signed, self._refusal = None, False, ""
        self._watch()
        self._say()

    def _begin(self, run: Run) -> None:
        self._refusal = ""
        self.sample_view.set_cloud(*_cloud(self._session.document.recipe.data))
        self._say()

    def _forget(self) -> None:
        self.look = self._limit = None
        self._signed = False
        for clear in (self.maps.show_tiles, self.sample_view.show_sample, self.prediction_view.show_prediction):
            clear(None)
        self.sample.set_count(0)
        self._say()

    def _take(self, look: Look) -> None:
        if look.kind != "features" or look.block != self.choice.block:
            return
        self.look = look
        self._take_prediction(look.prediction)
        self.sample_view.show_sample(look.image)
        lowest, highest = (float(pick(look.array, initial=0.0)) for pick in (np.nanmin, np.nanmax))
        self._signed |= lowest < 0  # a map once seen with both signs keeps its colours
        self._limit = steady_limit(max(-lowest, highest), self._limit)
        self.maps.show_tiles(map_tiles(look.array, self._limit, self._signed))
        self._say()

    def _take_prediction(self, prediction: Prediction | None) -> None:
        self.prediction_view.show_prediction(prediction)
        if prediction is not None and prediction.samples != self.sample.count:
            self.sample.set_count(prediction.samples)

    def _refused(self, block: str, text: str) -> None:
        if block == self.choice.block and "feature maps" in text:
            self._refusal = text
            self._forget()

    def _say(self, *_: object) -> None:
        seen = self.look is not None
        self.body.setVisible(seen)
        self.empty.setVisible(not seen)
        if seen and self.maps.tiles is not None:
            total, shown = len(self.maps.tiles.values), self.maps.shown
            part = f"first {shown:,} of {total:,}, " if shown < total else ""
            shape, step = " x ".join(map(str, self.look.array.shape)), step_text(self.look)
            self.header.note.tell(f"{part}{shape}, {step}", f"{part}{step}", step)
            return
        self.header.note.tell("")
        self.choice.setVisible(self.choice.block is not None)
        if self.choice.block is None:
            self.empty.setText("Add a layer: what it makes of a sample is shown here while it trains.")
        elif self._refusal:
            self.empty.setText(self._refusal)
        elif self._controller.active:
            self.empty.setText("The first picture comes with the first step.")
        else:
            self.empty.setText(
                "While the network trains, see here what this block makes of one validation sample,"
                " and what the network says it is."
            )


def map_tiles(maps: np.ndarray, limit: float, signed: bool) -> Tiles:
    """Feature maps (channels, h, w), a sequence (time, features) or units (features,) as tiles."""
    maps = np.asarray(maps, np.float32)
    if maps.ndim == 1:
        tiles = maps[:, None, None]
    elif maps.ndim == 2:
        tiles = maps[None]
    else:
        tiles = maps.reshape(maps.shape[0], -1, maps.shape[-1])
    what = "unit" if maps.ndim == 1 else "map"

    def describe(tile: int, row: int, column: int) -> str:
        place = "" if maps.ndim == 1 else f", row {row}, column {column}"
        return f"{what} {tile}{place}: {short(float(tiles[tile, row, column]), signed=signed)}"

    limits = (-limit, limit) if signed else (0.0, limit)
    return Tiles(tiles[:MOST], "signed" if signed else "positive", limits, square=maps.ndim >= 3, describe=describe)


def _cloud(source) -> tuple[np.ndarray | None, np.ndarray | None]:
    """The points and labels of a toy set, to show a sample among them."""
    if source is None or source.kind not in TOYS:
        return None, None
    from backend.data import DataError, load

    try:
        dataset = load(source, None)
    except DataError:
        return None, None  # the run will say what is wrong with the data
    rows = slice(None, None, max(len(dataset.arrays["point"]) // 400, 1))
    return dataset.arrays["point"][rows], dataset.arrays["label"][rows]
