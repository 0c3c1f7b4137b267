"""Recovery copies while a person works: written soon after a change, gone once the work is saved or left.

The text is made here, in milliseconds; the disk is waited for on a thread. What a copy is, recovery_store knows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from graph.project_file import to_json
from gui.folders import state_folder
from gui.language import tr
from gui.preferences import preferences
from gui.recovery_store import Head, Kept, LeftBehind, OwnFolder, left_behind
from gui.session import Session

HOME = "recovery"
SLOW = 0.05  # s; a project whose text takes longer waits for a pause in the work
PAUSE = 1.0  # s without an edit
SHARE = 60  # times as long as its text took is waited between two copies
LATEST = 60.0  # s after which even busy hands are interrupted


def recovery_home() -> Path:
    return state_folder() / HOME


class Keeper(QObject):
    """Writes and removes the copies of all windows, one after the other, away from the interface."""

    failed = Signal(str)

    def __init__(self, parent: QObject | None = None, home: Path | None = None):
        super().__init__(parent)
        self.home = home or recovery_home()
        self._own = OwnFolder(self.home)
        self._thread = ThreadPoolExecutor(1, "recovery")
        self._closed = False
        self._told = ""

    def write(self, key: str, head: Head, project: bytes, after: Callable[[], None] | None = None) -> None:
        """Keep this copy; `after` is called, on the thread, once it is safely on disk."""

        def work() -> None:
            try:
                self._own.write(key, head, project)
            except OSError as error:
                self._tell(error)
            else:
                self._told = ""
                if after is not None:
                    after()

        self._submit(work)

    def remove(self, key: str) -> None:
        def work() -> None:
            try:
                self._own.remove(key)
            except OSError as error:
                self._tell(error)

        self._submit(work)

    def wait(self) -> None:
        """Until everything asked for so far is on disk."""
        future = self._submit(lambda: None)
        if future is not None:
            future.result()

    def left_behind(self) -> list[LeftBehind]:
        """What crashed processes left."""
        return left_behind(self.home)

    def close(self) -> None:
        """The process ends cleanly."""
        if not self._closed:
            self._closed = True
            self._thread.shutdown(wait=True)
            self._own.close()

    def _submit(self, work: Callable[[], None]) -> Future | None:
        return None if self._closed else self._thread.submit(work)

    def _tell(self, error: OSError) -> None:
        text = self.tr("No recovery copy could be written: {0}").format(error.strerror or error)
        if text != self._told:  # a full disk is said once, not every five seconds
            self._told = text
            self.failed.emit(text)


class Autosave(QObject):
    """The recovery copy of one window's project."""

    def __init__(self, session: Session, keeper: Keeper, name: Callable[[], str], base: Callable[[], str]):
        super().__init__(session)
        self.session, self.keeper = session, keeper
        self._name, self._base = name, base
        self._key = f"{id(self):x}-0"
        self._opened = 0
        self._written = False
        self._cost = 0.0  # s that the last text took
        self._edited = self._stale_since = 0.0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._due)
        session.project_changed.connect(self._changed)
        session.project_opened.connect(self._another)
        session.history_changed.connect(self._settle)
        preferences.changed.connect(self._set)
        keeper.failed.connect(session.say)

    def write(self, after: Callable[[], None] | None = None) -> None:
        """Write a copy now if the project differs from its file."""
        self._timer.stop()
        document = self.session.project
        if not document.modified:
            self.forget()
            return
        path = Path(document.path).absolute() if document.path else None
        head = Head(self._name(), path, time.time(), self._base())
        self._written = True
        began = time.monotonic()
        text = to_json(document).encode()
        self._cost = time.monotonic() - began
        self.keeper.write(self._key, head, text, after)

    def forget(self) -> None:
        """The copy is no longer needed: the work is saved, or was given up on purpose."""
        self._timer.stop()
        if self._written:
            self._written = False
            self.keeper.remove(self._key)

    def _changed(self, *_changes) -> None:
        seconds = preferences.autosave_seconds
        self._edited = time.monotonic()
        if seconds and not self._timer.isActive():
            self._stale_since = self._edited
            self._timer.start(round(1000 * max(seconds, min(SHARE * self._cost, LATEST))))

    def _due(self) -> None:
        """Write, unless that would be felt and the person is in the middle of something."""
        now = time.monotonic()
        busy = self._cost > SLOW and now - self._edited < PAUSE and now - self._stale_since < LATEST
        self._timer.start(round(1000 * PAUSE)) if busy else self.write()

    def _settle(self) -> None:
        if not self.session.project.modified:
            self.forget()

    def _another(self) -> None:
        self.forget()
        self._opened += 1
        self._key = f"{id(self):x}-{self._opened}"
        if self.session.project.modified:
            self._changed()

    def _set(self, name: str) -> None:
        if name != "autosave":
            return
        if not preferences.autosave_seconds:
            self.forget()
        elif self.session.project.modified:
            self._timer.stop()
            self._changed()


def discard(folder: LeftBehind, kept: Kept) -> str:
    """Throw a copy away; the words why that could not be, or none."""
    try:
        folder.discard(kept)
    except OSError as error:
        return tr("{0} could not be removed: {1}").format(kept.file, error.strerror or error)
    return ""
