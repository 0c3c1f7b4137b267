"""The training panel: curves, filters and feature maps side by side, what went wrong above them.

Before the first run it says what would be trained and offers to begin. The plots are built when first needed,
for their library takes half a second to import. Knows the session and the run controller.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QLabel, QPushButton, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from backend.messages import Failure
from graph.edits import SetRecipe
from gui import theme
from gui.language import tr
from gui.session import Session
from gui.training.banner import Banner, Offer
from gui.training.endings import refusal
from gui.training.run_controller import RunController

IDLE = 1500  # ms after the panel was first seen until the plots are built in advance


class TrainingPanel(QWidget):
    """`curves`, `filters` and `feature_maps` are there once a run has begun."""

    def __init__(self, session: Session, controller: RunController, parent: QWidget | None = None):
        super().__init__(parent)
        self._session = session
        self._controller = controller
        self.curves = self.filters = self.feature_maps = None
        self.banner = Banner()
        self.invitation = Invitation(session, controller)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        self.splitter.setHandleWidth(5)
        pages = QWidget()
        self._pages = QStackedLayout(pages)
        self._pages.addWidget(self.invitation)
        self._pages.addWidget(self.splitter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(pages, 1)
        self._prebuilding = QTimer(self, singleShot=True, interval=IDLE)
        self._prebuilding.timeout.connect(self.build)
        controller.run_started.connect(self._begin)
        controller.failed.connect(self._fail)
        controller.warned.connect(self._warn)
        controller.state_changed.connect(self._follow_state)
        session.project_opened.connect(self._reset)
        if controller.run is not None:
            self._begin()

    def sizeHint(self) -> QSize:
        return QSize(1200, 300)

    def showEvent(self, event) -> None:
        super().showEvent(event)
        if self.curves is None:
            self._prebuilding.start()

    def build(self) -> None:
        """Make the three views; once."""
        if self.curves is not None:
            return
        from gui.training.curves import CurvesView
        from gui.training.feature_maps import FeatureMapsView
        from gui.training.filters import FiltersView

        self.curves = CurvesView(self._controller)
        self.filters = FiltersView(self._session, self._controller)
        self.feature_maps = FeatureMapsView(self._session, self._controller)
        for view, stretch in ((self.curves, 5), (self.filters, 3), (self.feature_maps, 4)):
            self.splitter.addWidget(view)
            self.splitter.setStretchFactor(self.splitter.count() - 1, stretch)
        self.splitter.setSizes([500, 300, 400])

    def _begin(self, *_: object) -> None:
        self.build()
        self.banner.hide()
        self._pages.setCurrentWidget(self.splitter)

    def _reset(self) -> None:
        self.banner.hide()
        self._pages.setCurrentWidget(self.invitation)

    def _follow_state(self, state: str) -> None:
        if state in ("training", "finished"):
            self.banner.hide()

    def _fail(self, failure: Failure) -> None:
        offers: list[Offer] = []
        if failure.block is not None and failure.block in self._session.project.network.blocks:
            offers.append((self.tr("Show block"), lambda: self._session.reveal_in_project(failure.block)))
        if failure.batch_size is not None:
            words = self.tr("Train with batch size {0}").format(f"{failure.batch_size:,}")
            offers.append((words, lambda: self._train_with(failure.batch_size)))
        elif failure.kind in ("process", "internal", "device", "out_of_memory", "not_finite"):
            offers.append((self.tr("Start again"), self._controller.start))
        self.banner.tell(self._named(failure), "error", tuple(offers), failure.detail)

    def _train_with(self, batch_size: int) -> None:
        """What fits, as an edit that can be undone, and begin again."""
        recipe = self._session.project.recipe.having(batch_size=batch_size)
        self._session.project.do(SetRecipe(recipe, self.tr("Set batch size")))
        self._controller.start()

    def _named(self, failure: Failure) -> str:
        """The text, beginning with the block where it does not name it already."""
        block = self._session.project.network.blocks.get(failure.block) if failure.block else None
        if block is None or block.name in failure.text:
            return failure.text
        return f"{block.name}: {failure.text}"

    def _warn(self, text: str) -> None:
        if text:
            self.banner.tell(text, "warning", ((self.tr("Stop"), self._controller.stop),))
        elif not self.banner.isHidden() and self.banner._severity == "warning":
            self.banner.hide()


class Invitation(QWidget):
    """What would be trained on what, the button that begins it, or what is in the way."""

    def __init__(self, session: Session, controller: RunController, parent: QWidget | None = None):
        super().__init__(parent)
        self._session = session
        self._controller = controller
        self.title = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.title.setProperty("role", "title")
        self.words = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.words.setProperty("role", "quiet")
        self.button = QPushButton(self.tr("Train"))
        self.button.setProperty("role", "primary")
        self.button.setMinimumWidth(120)
        self.button.setIconSize(QSize(16, 16))
        self.button.clicked.connect(self._begin)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        column.setSpacing(theme.GAP)
        column.addStretch(1)
        column.addWidget(self.title)
        column.addWidget(self.words)
        column.addSpacing(theme.GAP)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
        session.project_changed.connect(self._describe)
        session.project_opened.connect(self._describe)
        theme.appearance.changed.connect(self._describe)
        self._describe()

    def _begin(self) -> None:
        """Train, or go to what is in the way."""
        refused = refusal(self._session.project)
        if refused is None:
            self._controller.start()
        elif refused.block is not None:
            self._session.reveal_in_project(refused.block)
        elif refused.kind == "data":
            self._session.clear_selection()
            self._session.field_requested.emit("", "data")

    def _describe(self, *_: object) -> None:
        document = self._session.project
        refused = refusal(document)
        text, picture, tip = _first_step(refused)
        self.button.setText(text)
        self.button.setToolTip(tip)
        self.button.setVisible(bool(text))
        self.button.setIcon(theme.icon(picture, theme.current().on_accent) if picture else QIcon())
        if refused is not None:
            self.title.setText(self.tr("Not ready to train"))
            self.words.setText(refused.text)
            return
        recipe = document.recipe
        data = recipe.data.kind.replace("_", " ")
        self.title.setText(self.tr("Train {0} on {1}").format(document.network.name, data))
        parts = self.tr("{0} epochs, batches of {1}, {2}").format(recipe.epochs, recipe.batch_size, recipe.optimizer)
        self.words.setText(
            self.tr("{0}. Curves, filters and feature maps are drawn here while it learns.").format(parts)
        )


def _first_step(refused: Failure | None) -> tuple[str, str, str]:
    """What the button says, its icon and its tooltip; no text where only drawing helps."""
    if refused is None:
        return tr("Train"), "play", tr("Train this network  (F5)")
    if refused.block is not None:
        return tr("Show Block"), "", tr("Go to the block that is in the way")
    if refused.kind == "data":
        return tr("Choose Data"), "", tr("Pick what the network learns from, in the inspector")
    return "", "", ""
