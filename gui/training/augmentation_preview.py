"""The window with the very pictures that the network gets: training samples before and after augmentation.

Follows the recipe while it is open. Knows the session and the run controller.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QDialog, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from gui import theme
from gui.panels.rows import EmptyState, button
from gui.session import Session
from gui.training.augmentation_request import AugmentationRequest, Pairs
from gui.training.fitting_label import FittingLabel
from gui.training.pairs_view import PairsView
from gui.training.run_controller import RunController
from gui.training.tile_view import short

SETTLED = 250  # ms after a change of the recipe until it is drawn


class AugmentationPreviewDialog(QDialog):
    """Stays open beside the window."""

    def __init__(self, session: Session, run: RunController, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle(self.tr("Augmented Pictures"))
        self.session, self.page, self.seed = session, 0, 0
        self._recipe: object = None
        self.request = AugmentationRequest(session, run, self)
        self.request.found.connect(self._show)
        self.request.told.connect(self._say)
        self.request.changed.connect(self._follow)
        self.view = PairsView()
        self.empty = EmptyState(self.tr("Asking the training process"), "", "picture")
        self.note = FittingLabel()
        self.note.setProperty("role", "small")
        self.draw = button(self.tr("Draw again"), self.draw_again, "primary", self.tr("The same samples, changed anew"))
        self.others = button(self.tr("Other samples"), self.show_others, tip=self.tr("The next samples of training"))
        self._make()
        self._settling = QTimer(self, singleShot=True, interval=SETTLED)
        self._settling.timeout.connect(self.ask)
        session.project_changed.connect(self._changed)
        session.project_opened.connect(self.close)
        run.state_changed.connect(self._run_changed)

    def sizeHint(self) -> QSize:
        return QSize(760, 420)

    def _make(self) -> None:
        pages = QWidget()
        self._pages = QStackedLayout(pages)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.view)
        foot = QHBoxLayout()
        foot.setSpacing(theme.GAP)
        foot.addWidget(self.note, 1)
        foot.addWidget(self.others)
        foot.addWidget(self.draw)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        box.setSpacing(theme.GAP)
        box.addWidget(pages, 1)
        box.addLayout(foot)

    # Asking

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self.ask()

    def ask(self) -> None:
        """Draw the recipe as it is."""
        if self.isVisible():
            self._recipe = self._seen()
            self.request.ask(self.page, self.seed)

    def draw_again(self) -> None:
        self.seed += 1
        self.ask()

    def show_others(self) -> None:
        self.page += 1
        self.ask()

    def _seen(self) -> tuple[object, ...]:
        """What of the recipe the pictures depend on."""
        recipe = self.session.project.recipe
        return recipe.augmentation, recipe.normalization, recipe.data, recipe.validation, recipe.seed

    def _changed(self, changes) -> None:
        if self.isVisible() and (changes.structure or self._seen() != self._recipe):
            self._settling.start()

    def _run_changed(self, state: str) -> None:
        if state in ("finished", "failed", "idle") and self._pages.currentWidget() is self.empty:
            self._settling.start()

    # Showing

    def _show(self, pairs: Pairs) -> None:
        self.view.show_pairs(pairs)
        self._pages.setCurrentWidget(self.view)
        shape = " x ".join(map(str, pairs.originals.shape[1:]))
        span = self.tr("values from {0} to {1}").format(*map(short, self.view.limits))
        what = f"{pairs.field} {shape}"
        self.view.setAccessibleName(self.tr("Pictures before and after augmentation"))
        self.view.setAccessibleDescription(f"{what}, {span}")
        if not self.session.project.recipe.augmentation:
            self.note.tell(self.tr("Nothing is augmented yet"))
        else:
            self.note.tell(f"{what}, {span}", what)

    def _say(self, text: str) -> None:
        self.empty.title.setText(self.tr("No pictures"))
        self.empty.text.setText(text)
        self._pages.setCurrentWidget(self.empty)
        self.note.tell("")

    def _follow(self) -> None:
        waiting = self.request.waiting
        self.draw.setEnabled(not waiting)
        self.others.setEnabled(not waiting)
        if waiting and self._pages.currentWidget() is self.empty:
            self.empty.title.setText(self.tr("Asking the training process"))
            self.empty.text.setText("")

    def done(self, result: int) -> None:
        self.request.forget()
        super().done(result)
