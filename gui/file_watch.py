"""Whether the file on disk still is what the window holds: looked at when the disk says so and when one comes back.

Compares content, so that a touch or a checkout of the same text is no news. Asks and decides nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from graph import strict_json
from graph.files import DISK, Files
from gui.recovery_store import digest

SETTLING = 200  # ms; another program's save is several operations


class Remembering(Files):
    """The disk, with the digest of what was read last: exactly the bytes a document was made of."""

    digest = ""

    def read(self, path: Path, limit: int) -> bytes:
        data = super().read(path, limit)
        self.digest = digest(data)
        return data


class FileWatch(QObject):
    """Follows one file; `state` is same, changed or gone, as the disk was last seen."""

    noticed = Signal(str)

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.path: Path | None = None
        self.digest = ""
        self.state = "same"
        self._stamp: tuple | None = None
        self._seen = ""  # the digest on disk, as last looked at
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._stir)
        self._watcher.directoryChanged.connect(self._stir)
        self._soon = QTimer(self, singleShot=True, interval=SETTLING)
        self._soon.timeout.connect(self.check)

    def hold(self, path: Path | str | None, digest: str = "") -> None:
        """Follow this file, of which the window has the version with this digest; None follows nothing."""
        self._soon.stop()
        watched = self._watcher.files() + self._watcher.directories()
        if watched:
            self._watcher.removePaths(watched)
        self.path = Path(path) if path else None
        self.digest, self.state, self._stamp, self._seen = digest, "same", None, digest
        self._watch()
        if self.path is not None and not digest:
            self._look()
            self.digest = self._seen

    def check(self) -> str:
        """Look at the disk now; tells by `noticed` what has not been told."""
        if self.path is None:
            return "same"
        before = self.state, self._seen
        self._watch()
        self.state = self._look()
        if (self.state, self._seen) != before:
            self.noticed.emit(self.state)
        return self.state

    def accept(self) -> None:
        """The person knows of the version on disk and keeps their own: it is no news any longer."""
        self._look()
        self.digest, self.state = self._seen, "same"

    def _look(self) -> str:
        stamp = _stamp(self.path)
        if stamp is None:
            self._stamp, self._seen = None, ""
            return "gone" if self.digest else "same"
        if stamp != self._stamp:
            found = _digest(self.path)
            if found is None:  # cannot be read at the moment: no news until it can
                return self.state
            self._stamp, self._seen = stamp, found
        return "same" if self._seen == self.digest else "changed"

    def _stir(self, *_path) -> None:
        self._soon.start()

    def _watch(self) -> None:
        """Put the file under watch, again after it was replaced; its folder says when it comes back."""
        if self.path is None:
            return
        held = {*self._watcher.files(), *self._watcher.directories()}
        missing = [str(p) for p in (self.path, self.path.parent) if str(p) not in held and p.exists()]
        if missing:
            self._watcher.addPaths(missing)


def _stamp(path: Path) -> tuple | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_ctime_ns


def _digest(path: Path) -> str | None:
    try:
        return digest(DISK.read(path, strict_json.LIMITS.size + 1))
    except OSError:
        return None
