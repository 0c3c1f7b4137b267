"""Recovery files on disk: one folder for each running Netloom, held by a lock that dies with the process.

A folder whose lock is free belongs to a Netloom that crashed; what lies in it is offered at the next start. Files are
read as anything foreign is: by size, kind and strict checks, and a broken one is said, not followed. Knows no Qt.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from graph import Document, strict_json
from graph.files import DISK, Files, save_atomically, sweep
from graph.project_file import ProjectError, from_bytes

FORMAT, VERSION = "netloom recovery", 1
ENDING = ".recovery"
LOCK = "lock"
HEAD_LIMIT = 16 * 1024  # bytes of the first line
LIMIT = HEAD_LIMIT + strict_json.LIMITS.size
MOST_FOLDERS, MOST_FILES = 200, 200


class RecoveryError(ValueError):
    """A file in the recovery folder that is none; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of a recovery file; the rest is the project, word for word."""

    name: str
    path: Path | None  # where the project was last saved
    time: float  # seconds since 1970
    base: str = ""  # digest of the file on disk that the work began from

    def line(self) -> bytes:
        value = {
            "format": FORMAT,
            "version": VERSION,
            "name": _writable(self.name) or "Network",
            "path": _writable(str(self.path)) if self.path else None,
            "time": self.time,
            "base": self.base,
        }
        return json.dumps(value).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Kept:
    """One project that a crashed Netloom left, or a file in its place that cannot be read."""

    file: Path
    head: Head
    project: bytes
    wrong: str = ""

    def document(self) -> Document:
        """The work as it was; raises ProjectError for what is no project."""
        if self.wrong:
            raise ProjectError(self.file.name, self.wrong)
        document = from_bytes(self.project)
        document.path = self.head.path
        document.mark_unsaved()
        return document


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Lock:
    """A file that one living process holds; the operating system lets go of it when the process ends, however."""

    def __init__(self, path: Path):
        """Raises OSError, BlockingIOError among them where another process holds it."""
        self.path = path
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
        self._fd = os.open(path, flags, 0o600)
        try:
            _lock(self._fd)
            if not os.path.samestat(os.fstat(self._fd), os.stat(path)):
                raise BlockingIOError(f"{path} was swept away meanwhile")
        except OSError:
            os.close(self._fd)
            raise

    def release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class OwnFolder:
    """The folder of this process; made when first written to, gone after a clean end."""

    def __init__(self, home: Path, files: Files = DISK):
        self.home, self._files = Path(home), files
        self._folder: Path | None = None
        self._lock: Lock | None = None

    def write(self, key: str, head: Head, project: bytes) -> Path:
        """Put a copy of a project there, whole and durable, in place of an older one; raises OSError."""
        target = self._made() / f"{key}{ENDING}"
        save_atomically(target, head.line() + project, files=self._files)
        return target

    def remove(self, key: str) -> None:
        if self._folder is not None:
            with suppress(FileNotFoundError):
                self._files.remove(self._folder / f"{key}{ENDING}")

    def close(self) -> None:
        """A clean end: what is still there stays for the next start, an empty folder goes."""
        if self._folder is not None and self._lock is not None:
            _leave(self._folder, self._lock)
        self._folder = self._lock = None

    def _made(self) -> Path:
        for _attempt in range(5):  # another start may sweep a folder between its making and its locking
            if self._folder is not None and self._folder.is_dir():
                return self._folder
            if self._lock is not None:  # somebody swept the folder away under us
                self._lock.release()
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder = self.home / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{secrets.token_hex(4)}"
            with suppress(FileNotFoundError, BlockingIOError):
                folder.mkdir(mode=0o700)
                self._lock = Lock(folder / LOCK)
                self._folder = folder
        raise OSError(f"no folder could be made in {self.home}")


class LeftBehind:
    """A crashed process's folder, held by us while its projects are offered."""

    def __init__(self, folder: Path, lock: Lock, kept: tuple[Kept, ...]):
        self.folder, self._lock, self.kept = folder, lock, kept

    def discard(self, kept: Kept) -> None:
        with suppress(FileNotFoundError):
            kept.file.unlink()
        self.kept = tuple(other for other in self.kept if other.file != kept.file)

    def close(self) -> None:
        """Let go of it; what was neither recovered nor discarded is offered again."""
        _leave(self.folder, self._lock)


def left_behind(home: Path, files: Files = DISK) -> list[LeftBehind]:
    """The folders of processes that are gone and left something, the latest first; empty ones are swept away."""
    try:
        names = sorted(files.names(Path(home)), reverse=True)[:MOST_FOLDERS]
    except OSError:
        return []
    found = []
    for name in names:
        folder = Path(home, name)
        if folder.is_symlink() or not folder.is_dir():
            continue
        try:
            lock = Lock(folder / LOCK)
        except OSError:  # its process lives, or the folder is not ours
            continue
        sweep(folder, files, older_than=0.0)
        kept = _kept_in(folder, files)
        if kept:
            found.append(LeftBehind(folder, lock, kept))
        else:
            _leave(folder, lock)
    return found


def read(file: Path, files: Files = DISK) -> Kept:
    """What a recovery file holds; one that cannot be read says so in `wrong`."""
    try:
        age = files.status(file).st_mtime
    except OSError:
        age = 0.0
    try:
        data = _content(file, files)
        head, _, project = data.partition(b"\n")
        return Kept(file, _head(head), project)
    except OSError as error:
        wrong = error.strerror or str(error)
    except RecoveryError as error:
        wrong = str(error)
    return Kept(file, Head(file.stem, None, age), b"", wrong)


def _kept_in(folder: Path, files: Files) -> tuple[Kept, ...]:
    names = sorted(name for name in files.names(folder) if name.endswith(ENDING))[:MOST_FILES]
    kept = [read(folder / name, files) for name in names]
    return tuple(sorted(kept, key=lambda one: one.head.time, reverse=True))


def _content(file: Path, files: Files) -> bytes:
    if file.is_symlink() or not file.is_file():
        raise RecoveryError("this is no file but a link, a folder or a device")
    data = files.read(file, LIMIT + 1)
    if len(data) > LIMIT:
        raise RecoveryError(f"it is larger than any project: over {strict_json.LIMITS.size:,} bytes")
    return data


def _head(line: bytes) -> Head:
    if len(line) > HEAD_LIMIT:
        raise RecoveryError("its first line is too long")
    try:
        value = strict_json.loads(line)
    except strict_json.JsonError as error:
        raise RecoveryError(f"its first line is no JSON: {error}") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT or value.get("version") != VERSION:
        raise RecoveryError(f'its first line does not say "format": "{FORMAT}", "version": {VERSION}')
    name, path, when, base = (value.get(key) for key in ("name", "path", "time", "base"))
    if not isinstance(name, str) or not isinstance(path, str | None) or not isinstance(base, str):
        raise RecoveryError("its name, path and base are not all texts")
    if isinstance(when, bool) or not isinstance(when, int | float) or not 0 <= when < 1e11:
        raise RecoveryError("its time is no time")
    if path is not None and ("\0" in path or not Path(path).is_absolute()):
        raise RecoveryError("its path is no whole path")
    return Head(name[:200], Path(path) if path else None, float(when), base)


def _writable(text: str) -> str | None:
    """A file's name may hold bytes that are no text; the work matters more than the way back to it."""
    return None if any("\ud800" <= letter <= "\udfff" for letter in text) else text


def _leave(folder: Path, lock: Lock) -> None:
    """Let a folder go, and remove it if nothing that anyone would miss is in it. Never raises."""
    try:
        worth = any(name.endswith(ENDING) for name in os.listdir(folder))
    except OSError:
        worth = True
    if not worth:
        with suppress(OSError):
            os.unlink(folder / LOCK)
            os.rmdir(folder)
    lock.release()


if os.name == "nt":
    import msvcrt

    def _lock(fd: int) -> None:
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(str(error)) from None

else:
    import fcntl

    def _lock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
