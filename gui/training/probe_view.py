"""ProbeView: what filters and feature maps share: choose a block, watch it while seen, show its latest look.

Owns the choice, the header and what is said while there is nothing to show; what a look looks like is the child's.
Knows the session and the run controller.
"""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from backend.messages import ProbeKind
from gui import theme
from gui.language import tr
from gui.session import Session
from gui.training.block_choice import BlockChoice
from gui.training.run import Look, Run
from gui.training.run_controller import RunController
from gui.training.tile_view import TileView
from gui.training.view_header import ViewHeader


class ProbeView(QWidget):
    """A header with a choice of block over a picture in tiles; `look` is what is shown, None before the first."""

    kind: ProbeKind
    title: str  # this and the other words are marked for translation
    what: str  # the tooltip of the choice
    refusal_word: str  # refusals that hold this word are ours
    nothing_to_choose: str
    before_a_run: str

    def __init__(self, session: Session, controller: RunController, parent: QWidget | None = None):
        super().__init__(parent)
        self._session = session
        self._controller = controller
        self._limit: float | None = None
        self._refusal = ""
        self.look: Look | None = None
        self.choice = BlockChoice(session, self._can_be_shown, tr(self.what))
        self.header = ViewHeader(tr(self.title))
        self.header.add(self.choice)
        self.picture = TileView()
        self.empty = QLabel(wordWrap=True)
        self.empty.setProperty("role", "quiet")
        self.body = self._make_body()
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.SPACE, theme.GAP, theme.GAP)
        column.setSpacing(theme.SPACE)
        column.addWidget(self.header)
        column.addWidget(self.body, 1)
        column.addWidget(self.empty)
        column.addStretch(0)
        self.choice.chosen.connect(self._choose)
        controller.looked.connect(self._hear)
        controller.look_refused.connect(self._refused)
        controller.run_started.connect(self._begin)
        controller.state_changed.connect(self._say)
        session.project_opened.connect(self._forget)
        self._say()

    # What a child says

    def _make_body(self) -> QWidget:
        """The widget that holds the picture."""
        return self.picture

    def _can_be_shown(self, block) -> bool:
        """Whether the block can be chosen here."""
        raise NotImplementedError

    def _take(self, look: Look) -> None:
        """Draw a look of the chosen block."""
        raise NotImplementedError

    def _sample(self) -> int:
        """The row of the validation set that is looked at."""
        return 0

    # What all do

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self._watch()

    def hideEvent(self, event) -> None:
        super().hideEvent(event)
        self._controller.unwatch(self.kind)

    def _watch(self, *_: object) -> None:
        if self.choice.block and self.isVisible():
            self._controller.watch(self.kind, self.choice.block, self._sample())
        else:
            self._controller.unwatch(self.kind)

    def _choose(self) -> None:
        self._refusal = ""
        self._clear()
        self._watch()

    def _begin(self, run: Run) -> None:
        """A new run keeps the old picture until the first new one: nothing blinks."""
        self._refusal = ""
        self._say()

    def _forget(self) -> None:
        """Another document is open."""
        self._clear()

    def _clear(self) -> None:
        self.look = self._limit = None
        self.picture.show_tiles(None)
        self._say()

    def _hear(self, look: Look) -> None:
        if look.kind == self.kind and look.block == self.choice.block:
            self.look = look
            self._take(look)
            self._say()

    def _refused(self, block: str, text: str) -> None:
        if block == self.choice.block and self.refusal_word in text:
            self._refusal = text
            self._clear()

    def _say(self, *_: object) -> None:
        seen = self.look is not None and self.picture.tiles is not None
        self.body.setVisible(seen)
        self.empty.setVisible(not seen)
        if seen:
            total, shown = len(self.picture.tiles.values), self.picture.shown
            part = self.tr("first {0:,} of {1:,}, ").format(shown, total) if shown < total else ""
            shape, step = " x ".join(map(str, self.look.array.shape)), step_text(self.look)
            self.header.note.tell(f"{part}{shape}, {step}", f"{part}{step}", step)
            return
        self.header.note.tell("")
        self.choice.setVisible(self.choice.block is not None)
        self.empty.setText(self._in_the_way())

    def _in_the_way(self) -> str:
        """Why nothing is shown yet, or what will be."""
        if self.choice.block is None:
            return tr(self.nothing_to_choose)
        if self._refusal:
            return self._refusal
        if self._controller.active:
            return self.tr("The first picture comes with the first step.")
        return tr(self.before_a_run)


def step_text(look: Look) -> str:
    """When a look was taken."""
    return tr("step {0:,}").format(look.step) if look.step else tr("before step 1")
