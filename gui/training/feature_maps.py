"""What a block makes of one validation sample: the sample, its feature maps side by side, and the prediction."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from backend.messages import Prediction
from gui import theme
from gui.language import N_, tr
from gui.panels.rows import label
from gui.training.prediction_view import PredictionView
from gui.training.probe_view import ProbeView
from gui.training.run import Look, Run
from gui.training.sample_choice import SampleChoice
from gui.training.sample_view import SampleView
from gui.training.tile_view import Tiles, short
from gui.training.tiles import steady_limit

MOST = 1024  # maps laid out
SIDE = 200  # width of the column with the sample: as its number and buttons need
TOYS = ("moons", "circles", "spirals", "xor")  # cheap enough to draw the whole set here


class FeatureMapsView(ProbeView):
    """Choose a block and a sample; see what the one makes of the other."""

    kind = "features"
    title = N_("Feature maps")
    what = N_("The block whose feature maps are shown")
    refusal_word = "feature maps"
    nothing_to_choose = N_("Add a layer: what it makes of a sample is shown here while it trains.")
    before_a_run = N_(
        "While the network trains, see here what this block makes of one validation sample,"
        " and what the network says it is."
    )

    def _make_body(self) -> QWidget:
        self._signed = False
        self.sample_view = SampleView()
        self.prediction_view = PredictionView()
        self.answer_words = label(self.tr("The network's answer"), "small", wrap=True)
        self.answer_view = SampleView()
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
        side.addWidget(self.answer_words)
        side.addWidget(self.answer_view, 5)
        self._show_answer(None)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GROUP)
        row.addWidget(self.side)
        row.addWidget(self.picture, 1)
        return body

    def _can_be_shown(self, block) -> bool:
        """Layers that are modules of their own, with a picture, a sequence or a row of units as output."""
        network = self._session.project.network
        if network.type_of(block).role != "layer":
            return False
        analysis = self._session.project.analysis
        output, inferred = analysis.output(block.id), analysis.inferred(block.id)
        if output is None or inferred is None or output.rank < 2:
            return False
        values = network.values(block)
        return network.type_of(block).module(values, analysis.inputs(block.id), inferred) is not None

    def _sample(self) -> int:
        return self.sample.index

    def _begin(self, run: Run) -> None:
        self.sample_view.set_cloud(*_cloud(self._session.project.recipe.data))
        super()._begin(run)

    def _clear(self) -> None:
        self._signed = False
        super()._clear()

    def _forget(self) -> None:
        self.sample_view.show_sample(None)
        self.prediction_view.show_prediction(None)
        self._show_answer(None)
        self.sample.set_count(0)
        super()._forget()

    def _take(self, look: Look) -> None:
        self._take_prediction(look.prediction)
        self.sample_view.show_sample(look.image)
        self._show_answer(look.answer, bool(look.prediction and look.prediction.probabilities))
        lowest, highest = (float(pick(look.array, initial=0.0)) for pick in (np.nanmin, np.nanmax))
        self._signed |= lowest < 0  # a map once seen with both signs keeps its colours
        self._limit = steady_limit(max(-lowest, highest), self._limit)
        self.picture.show_tiles(map_tiles(look.array, self._limit, self._signed))

    def _show_answer(self, answer: np.ndarray | None, says: bool = False) -> None:
        """A picture that the network made stands in the place of numbers nobody could read, below what it `says`."""
        self.answer_view.show_sample(answer)
        for part in (self.answer_words, self.answer_view):
            part.setVisible(answer is not None)
        self.prediction_view.setVisible(answer is None or says)

    def _take_prediction(self, prediction: Prediction | None) -> None:
        self.prediction_view.show_prediction(prediction)
        if prediction is not None and prediction.samples != self.sample.count:
            self.sample.set_count(prediction.samples)


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
        place = "" if maps.ndim == 1 else tr(", row {0}, column {1}").format(row, column)
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
