"""The windows of one process: which there are, where a project goes, what the next start brings back.

Knows windows from outside; what is in one is the window's own affair.
"""

from __future__ import annotations

import gc
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtWidgets import QWidget

from graph import Document
from gui.dropping import judge
from gui.opening import CannotOpen, Opened, read, read_or_tell, tell, untitled
from gui.preferences import preferences
from gui.recovery import Keeper
from gui.recovery_store import Kept
from gui.settings import Seat, last_session, remember_session, set_starting, starting

CASCADE = QPoint(32, 32)
AT_REST = 3000  # ms after which a start that brought projects back counts as come through


class Windows(QObject):
    """Editor windows, the start page, and the recovery copies of them all.

    A window that a script made for itself is no session: `remembers` is for the editor alone.
    """

    def __init__(self, parent: QObject | None = None, remembers: bool = True):
        super().__init__(parent)
        self.keeper = Keeper(self)
        self.remembers = remembers
        self.all: list = []  # the oldest first
        self.start = None
        self.importing: list = []  # models that are being read
        self.warm = False  # whether a window that is looked at gets its worker ready
        self._quitting = False

    # Making and finding

    def adopt(self, window) -> None:
        """A window was made."""
        self.all.append(window)
        window.installEventFilter(self)
        window.files.opened.connect(self.remember)

    def left(self, window) -> None:
        """A window has closed for good."""
        if window in self.all:
            self.all.remove(window)
        if self.all and not self._quitting:  # the last one is what the next start brings back
            self.remember()
        if not self.all and self.start is None:
            self.keeper.wait()

    def new(self, beside: QWidget | None = None):
        """An empty window of its own, shown."""
        from gui.main_window import MainWindow

        if not self.all:  # a tenth of a second less for every round of the collector: what is imported stays
            gc.freeze()
        window = MainWindow(windows=self)
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        beside = beside or (self.all[-2] if len(self.all) > 1 else None)
        if beside is not None and beside in self.all and not beside.isMaximized():
            window.resize(beside.size())
            window.move(beside.pos() + CASCADE)
        window.show()
        return window

    def showing(self, path: Path):
        """The window that has this project open, if one has."""
        wanted = Path(path).resolve()
        for window in self.all:
            own = window.session.project.path
            if own is not None and Path(own).resolve() == wanted:
                return window
        return None

    # Opening

    def open(self, path: Path, beside: QWidget | None = None) -> bool:
        """Show a project: where it is open already, in a window that holds nothing, or in one of its own."""
        there = self.showing(path)
        if there is not None:
            forward(there)
            return True
        opened = read_or_tell(Path(path), beside)
        if opened is None:
            return False
        self.show(opened, beside)
        return True

    def open_copy(self, path: Path, beside: QWidget | None = None) -> bool:
        """Show an untitled copy of an example or a template."""
        opened = read_or_tell(Path(path), beside)
        if opened is None:
            return False
        self.show(untitled(opened), beside)
        return True

    def open_empty(self, beside: QWidget | None = None) -> None:
        self.show(Opened(Document()), beside)

    def show(self, opened: Opened, beside: QWidget | None):
        """Put a project into the window beside which it was asked for if that holds nothing, else into a new one."""
        window = beside if beside in self.all and beside.vacant else None
        window = window or next((w for w in self.all if beside is None and w.vacant), None) or self.new(beside)
        window.files.put(opened)
        forward(window)
        self.leave_start()
        return window

    def take(self, path: Path, beside: QWidget | None = None) -> bool:
        """Open what a dropped or imported file leads to, and say what is to be said about it."""
        verdict = judge(Path(path))
        if verdict.model:
            self.import_model(Path(path), beside)
            return True
        opened = verdict.project is not None and self.open(verdict.project, beside)
        if verdict.text and opened:
            self.showing(verdict.project).session.say(verdict.text)
        elif verdict.text:
            tell(beside, self.tr("{name} is no project").format(name=path.name), verdict.text)
        return opened

    def import_model(self, path: Path, beside: QWidget | None = None) -> None:
        """Read a model in a process apart and show what it draws; one with weights is first asked a place."""
        from gui.importing import WITHOUT_WEIGHTS, Importing, place_for  # a start must not wait for it

        place = None if path.suffix.lower() in WITHOUT_WEIGHTS else place_for(path, beside)
        if place is None and path.suffix.lower() not in WITHOUT_WEIGHTS:
            return
        importing = Importing(path, place, beside, self)
        self.importing.append(importing)
        importing.came.connect(lambda opened, said: self.show(opened, beside).session.say(said))
        importing.over.connect(lambda: self._imported(importing))
        importing.begin()

    def _imported(self, importing) -> None:
        self.importing.remove(importing)
        importing.deleteLater()

    def recover(self, kept: Kept):
        """Bring back work that a crash left; raises ProjectError for what cannot be read."""
        document = kept.document()
        there = self.showing(document.path) if document.path else None
        opened = Opened(document, kept.head.base)
        if there is not None and not there.session.project.modified:
            there.files.put(opened)
            forward(there)
            window = there
            self.leave_start()
        else:
            window = self.show(opened, None)
        window.files.disk.check()
        return window

    # The start page

    def show_start(self) -> None:
        """The page to begin from: recent projects, templates, examples."""
        from gui.start_page import StartPage

        if self.start is None:
            self.start = StartPage(self)
            self.start.closed.connect(self._start_closed)
        forward(self.start)

    def leave_start(self) -> None:
        if self.start is not None:
            self.start.close()

    def _start_closed(self) -> None:
        self.start = None

    # Sessions

    def begin(self, project: Path | None = None, train: bool = False) -> None:
        """The first windows of a process: what is named, else what was open, else the start page."""
        seats = self._seats() if project is None else []
        if project is not None:
            window = self.new()
            QTimer.singleShot(0, window, lambda: self._open_first(window, Path(project), train))
        elif not any([self._restore(seat) for seat in seats]):
            self.show_start()
        QTimer.singleShot(0, self, self.offer_recovery)

    def offer_recovery(self) -> bool:
        """Ask about work that a crash left, if there is any."""
        folders = self.keeper.left_behind()
        if not folders:
            return False
        from gui.recovery_dialog import RecoveryDialog

        # Not the start page's child: that closes with the first project that comes back.
        self.recovery = RecoveryDialog(self, folders, self.all[-1] if self.all else None)
        self.recovery.setWindowModality(Qt.WindowModality.ApplicationModal)
        self.recovery.show()
        return True

    def remember(self) -> None:
        """Write down what is open, so that even a crash is followed by the same windows."""
        if self._quitting or not self.remembers:
            return
        seats = [
            Seat(Path(window.session.project.path).resolve(), bytes(window.saveGeometry().data()))
            for window in self.all
            if window.session.project.path
        ]
        remember_session(seats)

    def quit(self) -> None:
        """Close everything; a window that its person keeps stays, and the others after it."""
        self.remember()
        set_starting(False)
        self._quitting = True
        try:
            for window in reversed(list(self.all)):
                if not window.close():
                    return
        finally:
            self._quitting = False
        self.leave_start()

    def _seats(self) -> list[Seat]:
        """What to bring back; nothing if bringing it back ended the last start."""
        if not preferences.restore_session or starting():
            set_starting(False)
            return []
        seats = last_session()
        if seats:
            set_starting(True)
            QTimer.singleShot(AT_REST, self, lambda: set_starting(False))
        return seats

    def _restore(self, seat: Seat) -> bool:
        try:
            opened = read(seat.path)
        except CannotOpen:
            return False
        window = self.new()
        if seat.geometry:
            window.restoreGeometry(QByteArray(seat.geometry))
        window.files.put(opened)
        return True

    def _open_first(self, window, project: Path, train: bool) -> None:
        opened = window.files.open_example(project) if train else window.files.open_path(project)
        if opened and train:
            window.run.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowActivate and watched in self.all:
            watched.files.disk.check()
            if self.warm:  # the worker imports torch while the person looks at the window
                QTimer.singleShot(0, watched, watched.run.warm_up)
        return False


def forward(window: QWidget) -> None:
    """Bring a window before the person's eyes."""
    if window.isMinimized():
        window.showNormal()
    window.show()
    window.raise_()
    window.activateWindow()
