"""The receptive-field panel: choose a position of the selected block's output, see the region of the input it sees.

Follows the selection; what a run shows of a sample is taken as the picture. The arithmetic is `graph.seen`'s.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from graph.seen import Sight, sights
from gui import theme
from gui.canvas.pixel_map import PixelMap
from gui.language import tr
from gui.panels.rows import EmptyState, label
from gui.session import Session
from gui.updates import Updates

DELAY = 30  # ms: the whole network is looked at
FACTS = ("size", "stride", "offset")


class ReceptiveView(QWidget):
    """Output map left, input in the middle, words right."""

    def __init__(self, session: Session, parent: QWidget | None = None):
        super().__init__(parent)
        self.session = session
        self.sight: Sight | None = None
        self.position: tuple[int, ...] = ()
        self._sights: list[Sight] = []
        self._picture: np.ndarray | None = None
        self.output = PixelMap(self.tr("Output of the block"), choosable=True)
        self.input = PixelMap(self.tr("Input of the network"))
        self.output_title, self.input_title = label("", "quiet"), label("", "quiet")
        self.inputs = QComboBox()
        self.inputs.setToolTip(self.tr("Which input is looked at"))
        self.sentence = label("", wrap=True)
        self.names: dict[str, QLabel] = {}
        self.facts: dict[str, tuple[QLabel, QLabel]] = {}  # the number, and what it means
        self.hint = label(
            self.tr("Click or drag on the left map, or walk on it with the arrow keys."), "small", wrap=True
        )
        self.empty = EmptyState("", "", "eye")
        self.pages = QStackedLayout(self)
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self._page())
        self.output.chosen.connect(lambda row, column: self.choose(row, column))
        self.inputs.activated.connect(self._take)
        self.updates = Updates(self, self.refresh, DELAY)
        for signal in (session.selection_changed, session.document_changed, session.what_if.changed):
            signal.connect(self.updates.ask)
        session.changed.connect(self._changed)
        session.project_opened.connect(lambda: self.show_picture(None))

    def sizeHint(self) -> QSize:
        return QSize(640, 240)

    def refresh(self) -> None:
        """Look again at what the selected block sees."""
        document, id = self.session.what_if.document, self.session.selected
        self._sights = sights(document.network, document.analysis, id) if id in document.network.blocks else []
        names = [document.network.blocks[sight.field.input].name for sight in self._sights]
        if names != [self.inputs.itemText(i) for i in range(self.inputs.count())]:
            self.inputs.clear()
            self.inputs.addItems(names)
        self.inputs.setVisible(len(names) > 1)
        self._take(max(0, self.inputs.currentIndex()))

    def choose(self, row: int, column: int) -> None:
        """Look at a position of the output map."""
        if self.sight is not None and self.sight.places:
            ahead = self.sight.middle[:-2]
            self.position = (*ahead, row, column) if len(self.sight.places) > 1 else (column,)
            self._show_position()

    def show_picture(self, sample: np.ndarray | None) -> None:
        """Paint this sample as the input, where it has its size."""
        self._picture = sample
        if self.sight is not None:
            self.input.show_picture(sample)

    def take_look(self, look) -> None:
        """A run showed a sample: the same is the picture here."""
        if look.image is not None:
            self.show_picture(np.asarray(look.image))

    # Making

    def _page(self) -> QWidget:
        page = QWidget()
        line = QHBoxLayout(page)
        line.setContentsMargins(theme.GROUP, theme.GAP, theme.GROUP, theme.GAP)
        line.setSpacing(theme.GROUP)
        for title, picture, stretch in ((self.output_title, self.output, 2), (self.input_title, self.input, 3)):
            column = QVBoxLayout()
            column.setSpacing(theme.SPACE)
            title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(title)
            column.addWidget(picture, 1)
            line.addLayout(column, stretch)
        words = QVBoxLayout()
        words.setSpacing(theme.GAP)
        words.addWidget(self.inputs, 0, Qt.AlignmentFlag.AlignLeft)
        words.addWidget(self.sentence)
        words.addLayout(self._facts())
        words.addWidget(self.hint)
        words.addStretch(1)
        line.addLayout(words, 3)
        return page

    def _facts(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.GAP)
        grid.setVerticalSpacing(theme.SPACE)
        grid.setColumnStretch(2, 1)
        told = {
            "size": self.tr("of the input for one value, border included"),
            "stride": self.tr("further for the next value"),
            "offset": self.tr("where the first value's region begins"),
        }
        names = {"size": self.tr("size"), "stride": self.tr("stride"), "offset": self.tr("offset")}
        for row, name in enumerate(FACTS):
            self.names[name] = label(names[name], "quiet")
            self.facts[name] = label(""), label(told[name], "small", wrap=True)
            self.facts[name][0].setFont(theme.mono_font())
            for column, part in enumerate((self.names[name], *self.facts[name])):
                grid.addWidget(part, row, column)
        return grid

    # Showing

    def _take(self, index: int) -> None:
        """Show the sight of one of the inputs."""
        before, self.sight = self.sight, self._sights[index] if index < len(self._sights) else None
        if self.sight is None:
            self._say_why_not()
            self.pages.setCurrentIndex(0)
            return
        self.pages.setCurrentIndex(1)
        same = before is not None and (before.block, before.places) == (self.sight.block, self.sight.places)
        if not same or not self.position:
            self.position = self.sight.middle
        self._show_maps()
        self._show_position()

    def _show_maps(self) -> None:
        sight, network = self.sight, self.session.network
        self.output.show_map(*(0, 1, *sight.places)[-2:] if sight.places else (0, 0))
        self.input.show_map(*((1, *sight.lengths) if len(sight.lengths) == 1 else sight.lengths[-2:]))
        self.input.show_picture(self._picture)
        names = network.blocks[sight.block].name, network.blocks[sight.field.input].name
        directions = _by(sight.places) or self.tr("no directions of its own")
        self.output_title.setText(f"{names[0]}   {directions}")
        self.input_title.setText(f"{names[1]}   {_by(sight.lengths)}")
        for name, (fact, told) in self.facts.items():
            fact.setText(_by(getattr(sight.field, name)))
            for part in (fact, told, self.names[name]):
                part.setVisible(name == "size" or not sight.field.whole)
        self.hint.setVisible(bool(sight.places))

    def _show_position(self) -> None:
        sight, network = self.sight, self.session.network
        spans = sight.spans(self.position)
        self.input.show_region((spans[-2] if len(spans) > 1 else (0, 0), spans[-1]))
        cell = (*(0,) * (2 - len(self.position)), *self.position)[-2:] if sight.places else None
        self.output.show_cell(cell)
        names = network.blocks[sight.block].name, network.blocks[sight.field.input].name
        self.sentence.setText(sight.words(self.position, *names))

    def _say_why_not(self) -> None:
        id = self.session.selected
        title = self.tr("What a value sees")
        if id is None:
            text = self.tr("Select one block: here is the region of the input that each of its values sees.")
        elif self.session.analysis.inferred(id) is None:
            text = self.tr("{0} is not known yet: mend what is wrong before it.").format(self._name(id))
        else:
            text = self.tr("{0} sees no input with directions of known length, as an image has.").format(self._name(id))
        self.empty.title.setText(title)
        self.empty.text.setText(text)

    def _name(self, id: str) -> str:
        return self.session.network.blocks[id].name

    def _changed(self, changes) -> None:
        if changes.computation or changes.analyzed:
            self.updates.ask()


def _by(values: tuple) -> str:
    return " x ".join(tr("all") if one is None else _number(one) for one in values)


def _number(value) -> str:
    if isinstance(value, Fraction) and value.denominator > 1:
        return f"{value.numerator}/{value.denominator}"
    return str(int(value))
