"""Saving so that nothing is ever lost: at every moment, power cuts included, a file is its old or its new self, whole.

Every operation on the disk goes through one small object, so that a test can fail any of them or stop after it.
Knows bytes and paths, nothing of what they mean.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Callable
from pathlib import Path

BACKUP = ".bak"
TEMPORARY = re.compile(r"\..{1,100}\.[0-9]+-[0-9a-f]{16}\.saving\Z", re.DOTALL)
BACKUP_LIMIT = 64 * 2**20  # bytes; what is larger was no file of ours
LEFT_OVER_AFTER = 60.0  # seconds; a save takes milliseconds
CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)  # what a file system without fsync answers
WINDOWS = os.name == "nt"

Check = Callable[[bytes], object]  # raises ValueError for bytes that are no good file of their kind


class Files:
    """The operations of the operating system that saving needs, one method each."""

    def status(self, path: Path) -> os.stat_result:
        return os.stat(path)

    def may_write(self, path: Path) -> bool:
        return os.access(path, os.W_OK)

    def resolve(self, path: Path) -> Path:
        return Path(os.path.realpath(path))

    def read(self, path: Path, limit: int) -> bytes:
        """At most `limit` bytes; a pipe in place of a file does not hang it."""
        fd = os.open(path, os.O_RDONLY | _flags("O_BINARY", "O_NONBLOCK", "O_CLOEXEC"))
        with os.fdopen(fd, "rb") as file:
            return file.read(limit)

    def create(self, path: Path, mode: int) -> int:
        """A file that was not there, opened for writing."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _flags("O_NOFOLLOW", "O_BINARY", "O_CLOEXEC")
        return os.open(path, flags, mode)

    def write(self, fd: int, data: memoryview) -> int:
        return os.write(fd, data)

    def set_mode(self, fd: int, mode: int) -> None:
        if hasattr(os, "fchmod"):
            os.fchmod(fd, mode)

    def sync(self, fd: int) -> None:
        os.fsync(fd)

    def close(self, fd: int) -> None:
        os.close(fd)

    def link(self, source: Path, target: Path) -> None:
        os.link(source, target)

    def replace(self, source: Path, target: Path) -> None:
        os.replace(source, target)

    def remove(self, path: Path) -> None:
        os.unlink(path)

    def sync_folder(self, folder: Path) -> None:
        """Make renames in a folder durable; Windows cannot and need not."""
        if WINDOWS:
            return
        fd = os.open(folder, os.O_RDONLY | _flags("O_DIRECTORY", "O_CLOEXEC"))
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def names(self, folder: Path) -> list[str]:
        return os.listdir(folder)


DISK = Files()


def save_atomically(
    path: Path | str,
    data: bytes,
    check: Check | None = None,
    *,
    backup: bool = False,
    files: Files = DISK,
) -> Path:
    """Put data at path, whole and durable, or raise with the old file in place; returns the file really written.

    `check` raises for bytes that are no good file of their kind: such new bytes are not written, and such old ones
    never become the backup.
    """
    if check is not None:
        check(data)
    target = files.resolve(Path(path))
    old = _existing(target, files)
    if old is not None and backup:
        _keep_backup(target, data, check, old, files)
    mode = 0o666 if old is None else stat.S_IMODE(old.st_mode)
    temporary = _written_beside(target, data, mode, old is not None, files)
    _put_in_place(temporary, target, files)
    return target


def backup_of(path: Path | str) -> Path:
    """Where the last good version before the present one is kept."""
    real = Path(os.path.realpath(path))
    return real.with_name(real.name + BACKUP)


def sweep(folder: Path | str, files: Files = DISK, older_than: float = LEFT_OVER_AFTER) -> list[Path]:
    """Remove temporaries that a crash left in a folder; what cannot be removed is left for the next time."""
    swept = []
    try:
        names = files.names(Path(folder))
    except OSError:
        return []
    for name in names:
        path = Path(folder, name)
        if not TEMPORARY.match(name):
            continue
        try:
            status = files.status(path)  # a link is as young as its last change, not as its content
            if time.time() - max(status.st_mtime, status.st_ctime) >= older_than:
                files.remove(path)
                swept.append(path)
        except OSError:
            continue
    return swept


def _existing(target: Path, files: Files) -> os.stat_result | None:
    """The file to be replaced, if there is one; raises for what must not be replaced."""
    try:
        status = files.status(target)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "a folder has this name", str(target))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "this is a device or pipe, not a file", str(target))
    if not files.may_write(target):
        raise PermissionError(errno.EACCES, "the file is write-protected", str(target))
    return status


def _keep_backup(target: Path, data: bytes, check: Check | None, status: os.stat_result, files: Files) -> None:
    """Let the present version become the .bak, unless it is broken or nothing changes."""
    old = files.read(target, BACKUP_LIMIT + 1) if status.st_size <= BACKUP_LIMIT else data
    if old == data:
        return
    try:
        if check is not None:
            check(old)
    except ValueError:
        return
    backup = target.with_name(target.name + BACKUP)
    temporary = _fresh_name(target)
    try:
        files.link(target, temporary)
    except OSError:  # file systems without links
        temporary = _written_beside(target, old, stat.S_IMODE(status.st_mode), True, files)
    _put_in_place(temporary, backup, files)
    _forget(temporary, files)  # renaming a link over another to the same file does nothing (POSIX)


def _written_beside(target: Path, data: bytes, mode: int, keep_mode: bool, files: Files) -> Path:
    """A durable temporary with the data, in the target's folder."""
    temporary = _fresh_name(target)
    fd = files.create(temporary, mode)
    try:
        try:
            if keep_mode:
                files.set_mode(fd, mode)
            left = memoryview(data)
            while left:
                left = left[files.write(fd, left) :]
            _tolerant(files.sync, fd)
        finally:
            files.close(fd)
    except BaseException:
        _forget(temporary, files)
        raise
    return temporary


def _put_in_place(temporary: Path, target: Path, files: Files) -> None:
    try:
        _patient(files.replace, temporary, target)
    except BaseException:
        _forget(temporary, files)
        raise
    _tolerant(files.sync_folder, target.parent)


def _patient(replace: Callable[[Path, Path], None], temporary: Path, target: Path) -> None:
    """On Windows a virus scanner may hold the file for a moment."""
    for wait in (0.02, 0.05, 0.1, 0.2) if WINDOWS else ():
        try:
            return replace(temporary, target)
        except PermissionError:
            time.sleep(wait)
    replace(temporary, target)


def _tolerant(sync: Callable, what) -> None:
    try:
        sync(what)
    except OSError as error:
        if error.errno not in CANNOT_SYNC:
            raise


def _forget(temporary: Path, files: Files) -> None:
    try:
        files.remove(temporary)
    except OSError:
        return  # swept later; the error that led here matters more


def _fresh_name(target: Path) -> Path:
    stem = target.name.encode()[:80].decode("utf-8", "ignore")  # names are limited to 255 bytes
    return target.with_name(f".{stem}.{os.getpid()}-{secrets.token_hex(8)}.saving")


def _flags(*names: str) -> int:
    flags = 0
    for name in names:
        flags |= getattr(os, name, 0)
    return flags
