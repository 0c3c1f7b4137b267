"""The runs panel: every run of the project in a table, beside it the curves and what tells the chosen ones apart.

Lists off the window's thread, and only while somebody looks. Knows the session and the run controller; a window for
a restored network is the main window's to open.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QSize, Qt, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLineEdit, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from backend.messages import Start
from backend.run_trash import TrashError, bring_back, empty, throw_away
from backend.runs import RunEntry
from graph import Document
from gui import theme
from gui.opening import CannotOpen, Opened
from gui.panels.rows import EmptyState, button
from gui.runs import going_on
from gui.runs.details import Details
from gui.runs.going_on import CannotGoOn
from gui.runs.questions import may_erase, may_read, more_epochs
from gui.runs.reading import Listing, Reading
from gui.runs.run_bar import RunBar
from gui.runs.table import MOST_DRAWN, RunsTable
from gui.session import Session
from gui.training.banner import Banner
from gui.training.history import History
from gui.training.run import runs_home
from gui.training.run_controller import RunController
from gui.updates import Updates

WAIT = 400  # ms from a change on disk until it is looked at
NARROW, TALL = 1000, 340  # pixels of the panel: narrower and taller than this, the table lies above
BETWEEN = 3000  # ms between two looks while a run of this window is on


class RunsPanel(QWidget):
    """`overlay` is there once a run was chosen: its library takes half a second to import."""

    def __init__(self, session: Session, controller: RunController, parent: QWidget | None = None):
        super().__init__(parent)
        self._session, self._controller = session, controller
        self.open_window: Callable[[Opened], QWidget | None] = lambda opened: None  # the main window's to say how
        self.listing: Listing | None = None
        self._taking_up = False  # a run is being taken over from the background
        self._awaited: list[Path] = []  # runs to choose once they are listed
        self.overlay = None
        self.reading = Reading(self)
        self.banner = Banner()
        self.bar, self.table, self.details = RunBar(), RunsTable(), Details()
        self.train = button(self.tr("Train"), controller.start, "primary", self.tr("Train this network  (F5)"))
        self.empty = EmptyState("", "", "chart", (self.train,))
        self._lay_out()
        self._watcher = QFileSystemWatcher(self)
        self.updates = Updates(self, self.refresh, WAIT)
        self._ticking = QTimer(self, interval=BETWEEN)
        self._ticking.timeout.connect(self.updates.ask)
        self._connect()
        self._follow_run(controller.state)

    def sizeHint(self) -> QSize:
        return QSize(1200, 300)

    @property
    def root(self) -> Path:
        """The folder whose runs are listed."""
        return runs_home(self._session.project.path)

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.table, 1)
        self.beside = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)  # what is chosen: curves, words
        self.beside.addWidget(self.details)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        for splitter in (self.splitter, self.beside):
            splitter.setHandleWidth(5)
        for part in (left, self.beside):
            self.splitter.addWidget(part)
        self.beside.hide()
        pages = QWidget()
        self._pages = QStackedLayout(pages)
        for part in (QWidget(), self.empty, self.splitter):  # nothing is said before the first look
            self._pages.addWidget(part)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.banner)
        box.addWidget(pages, 1)

    def _connect(self) -> None:
        self.reading.listed.connect(self._show)
        self.reading.curves_read.connect(self._take_curves)
        self.table.chosen.connect(self._show_chosen)
        self.bar.filter.textChanged.connect(self.table.sorted.show_only)
        self.bar.refresh.clicked.connect(self.refresh)
        self.bar.restore.clicked.connect(self.restore)
        self.bar.go_on.clicked.connect(self.go_on)
        self.bar.delete.clicked.connect(self.delete)
        self.bar.chosen_from_trash.connect(self.bring_back)
        self.bar.erasing.connect(self.erase)
        self.details.kept.connect(self.updates.ask)
        self._watcher.directoryChanged.connect(self.updates.ask)
        self._controller.run_started.connect(self.updates.ask)
        self._controller.state_changed.connect(self._follow_run)
        self._session.project_opened.connect(self._begin_anew)
        self._session.history_changed.connect(self._follow_name)
        self._session.project_changed.connect(self._follow_recipe)
        theme.appearance.changed.connect(self._redress)

    # Listing

    def refresh(self) -> None:
        """Look at the folder; what is there follows."""
        self.reading.list(self.root)

    def _show(self, listing: Listing) -> None:
        if listing.root != self.root:
            self.updates.ask()
            return
        self.listing = listing
        self._watch(listing.root)
        before = self.chosen()
        self.bar.offer_trash(listing.trash)
        self._say_empty()
        self.table.show_runs(listing.runs)
        if self._awaited and all(self.table.runs.row_of(path) is not None for path in self._awaited):
            self.table.select(self._awaited)
            self._awaited = []
        if before != self.chosen():
            self._show_chosen()
        self._tick()
        self._pages.setCurrentIndex(2 if listing.runs or listing.trash else 1)

    def _watch(self, root: Path) -> None:
        """Runs that another program begins are seen, too."""
        wanted = {str(root)} if root.is_dir() else {str(root.parent)} if root.parent.is_dir() else set()
        watched = set(self._watcher.directories())
        if watched - wanted:
            self._watcher.removePaths(list(watched - wanted))
        if wanted - watched:
            self._watcher.addPaths(list(wanted - watched))

    def _say_empty(self) -> None:
        self.empty.title.setText(self.tr("No runs yet."))
        words = self.tr("Each training is kept in {0} with its curves, best values, recipe and weights.")
        self.empty.text.setText(words.format(self.root))

    def _begin_anew(self) -> None:
        """Another project is open: its runs are others."""
        self.listing = None
        self.banner.hide()
        self.table.order = []
        self._pages.setCurrentIndex(0)
        self.updates.ask()

    def _follow_name(self) -> None:
        if self.listing is not None and self.listing.root != self.root:  # saved elsewhere
            self._begin_anew()

    def _follow_recipe(self, changes) -> None:
        if changes.recipe and self.isVisible():
            self.details.show_runs(self.chosen(), self._session.project.recipe)

    def _follow_run(self, state: str) -> None:
        self._tick()
        self.updates.ask()
        self._enable()

    def _tick(self) -> None:
        """Look again and again while a run is on, here or elsewhere."""
        elsewhere = self.listing is not None and any(one.entry.outcome == "running" for one in self.listing.runs)
        if not (self._controller.active or elsewhere):
            self._ticking.stop()
        elif not self._ticking.isActive():
            self._ticking.start()

    # What is chosen

    def chosen(self) -> list[RunEntry]:
        return self.table.entries()

    def _show_chosen(self) -> None:
        entries = self.chosen()
        self.beside.setVisible(bool(entries))
        self.details.show_runs(entries, self._session.project.recipe)
        if entries:
            self._draw(entries[:MOST_DRAWN])
        self._enable()

    def _draw(self, entries: list[RunEntry]) -> None:
        from gui.runs.overlay import Drawn, Overlay

        if self.overlay is None:
            self.overlay = Overlay()
            self.beside.insertWidget(0, self.overlay)
            self._share()
        shown = [run.path for run in self.overlay.runs]
        if shown != [entry.path for entry in entries]:
            self.overlay.show_runs([Drawn(entry.path, entry.name) for entry in entries])
        for entry in entries:
            self.reading.read_curves(entry)

    def _share(self) -> None:
        """Table, curves and words get room side by side, or the table above where that would be narrow."""
        stacked = self.width() < NARROW and self.height() >= TALL
        self.splitter.setOrientation(Qt.Orientation.Vertical if stacked else Qt.Orientation.Horizontal)
        self.splitter.setSizes([500, 500])
        self.beside.setSizes([530, 470])

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        was = event.oldSize()
        if (was.width() < NARROW, was.height() >= TALL) != (self.width() < NARROW, self.height() >= TALL):
            self._share()

    def _take_curves(self, path: Path, history, sampled: bool) -> None:
        if self.overlay is not None:
            self.overlay.take(path, history, sampled)

    def _enable(self) -> None:
        """What can be done with the chosen runs; why not, where it cannot."""
        entries = self.chosen()
        alone = entries[0] if len(entries) == 1 else None
        alone_away = alone is not None and going_on.goes_on_alone(alone)
        self.bar.enable(entries, alone, alone_away, self._controller.active or self._taking_up)

    def _redress(self, *_: object) -> None:
        self._show_chosen()
        self.table.viewport().update()

    # What people do

    def restore(self) -> None:
        """Open the network that the chosen run trained, as an untitled project."""
        entries = self.chosen()
        if len(entries) == 1:
            opened = self._snapshot(entries[0].path)
            if opened is not None and self.open_window(opened) is not None:
                self._session.say(self.tr("Restored the network of {0} as an untitled project").format(entries[0].name))

    def go_on(self) -> None:
        """Train the chosen run further: here where its network is open, else in a window with its network."""
        entries = self.chosen()
        if len(entries) != 1 or self._controller.active or self._taking_up:
            return
        entry, epochs = entries[0], None
        if going_on.epochs_left(entry) == 0:
            epochs = more_epochs(self, entry)
            if epochs is None:
                return
        try:
            going = going_on.continuation(entry.path, epochs)
        except CannotGoOn as error:
            self.banner.tell(str(error), "error")
            return
        start = going.start
        if going.outside is not None:
            if not may_read(self, going.outside):
                return
            start = going_on.agreed(going)
        self._taking_up = True
        self._enable()
        if entry.outcome == "running":
            self.banner.tell(self.tr("{0} is saved and taken over ...").format(entry.name), "hint")
        self.reading.do(
            lambda: going_on.taken_up(entry.path),
            lambda history: self._go_on_with(entry, going.document, start, history),
        )

    def _go_on_with(self, entry: RunEntry, document: Document, start: Start, history: History | CannotGoOn) -> None:
        self._taking_up = False
        self._enable()
        if isinstance(history, CannotGoOn):
            self.banner.tell(str(history), "error")
            return
        controller = self._controller
        if not going_on.same_network(self._session.project, document):
            opened = self._snapshot(entry.path)
            window = self.open_window(opened) if opened is not None else None
            if window is None:
                return
            controller = window.run
        self.banner.hide()
        controller.go_on(document, start, history)

    def _snapshot(self, run: Path) -> Opened | None:
        try:
            return going_on.snapshot(run)
        except CannotOpen as error:
            self.banner.tell(str(error), "error")
            return None

    def delete(self) -> None:
        """Move the chosen runs to the trash; the line above offers them back."""
        self.details.notes.keep()
        thrown, wrong = [], ""
        for entry in self.chosen():
            try:
                thrown.append((entry.name, throw_away(entry.path, self.root)))
            except TrashError as error:
                wrong = str(error)
        self.table.select([])
        if wrong:
            self.banner.tell(wrong, "error")
        elif thrown:
            words = self.tr("{0} is in the trash.") if len(thrown) == 1 else self.tr("{0} runs are in the trash.")
            told = words.format(thrown[0][0] if len(thrown) == 1 else len(thrown))
            undo = (self.tr("Undo"), lambda: self.bring_back([path for _, path in thrown]))
            self.banner.tell(told, "hint", (undo,))
        self.refresh()

    def bring_back(self, paths: list[Path]) -> None:
        """Take runs out of the trash again."""
        self.banner.hide()
        back = []
        for path in paths:
            try:
                back.append(bring_back(path, self.root))
            except TrashError as error:
                self.banner.tell(str(error), "error")
        self._awaited = back
        self.refresh()

    def erase(self) -> None:
        """Empty the trash for good, once the person has agreed."""
        if self.listing is None or not may_erase(self, len(self.listing.trash)):
            return
        self.banner.hide()  # what it offers back is gone
        try:
            empty(self.root)
        except TrashError as error:
            self.banner.tell(str(error), "error")
        self.refresh()

    def keyPressEvent(self, event) -> None:
        if event.matches(QKeySequence.StandardKey.Delete) and not isinstance(self.focusWidget(), QLineEdit):
            self.delete()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.table.hasFocus():
            self.restore()
        else:
            super().keyPressEvent(event)
