"""Where data lies on disk, and the one way its files are opened: regular ones only, for a pipe would hang us.

Knows nothing of formats.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from backend.data.errors import DataError
from graph.data_source import DataSource
from graph.transfer import StartWeights

LONGEST_REASON = 200  # characters: some libraries repeat the damaged bytes in what they raise


def locate(source: DataSource, base: Path | str | None) -> Path:
    """The file or folder of a source, relative paths taken from `base`; raises DataError where there is none."""
    if not source.path:
        raise DataError(source.kind, "needs the path of a file or folder; none is given")
    if "\0" in source.path:
        raise DataError(source.kind, f"the path {source.path!r} holds a NUL character; no file can be called so")
    path = Path(base or ".") / source.path
    try:
        path.stat()
    except FileNotFoundError:
        where = f" in {Path(base or '.').resolve()}" if not Path(source.path).is_absolute() else ""
        raise DataError(printable(source.path), f"there is no such file or folder{where}") from None
    except (OSError, ValueError) as fault:
        raise DataError(printable(source.path), f"cannot be reached: {reason(fault)}") from None
    return path


def leaves_folder(source: DataSource | StartWeights, base: Path | str) -> bool:
    """Does the source's path lead out of the project's folder, be it by "..", from the root or through a link?

    A project from elsewhere should not read files of this machine before its user agreed.
    """
    if not source.path:
        return False
    try:
        home = Path(os.path.realpath(base))
        return not Path(os.path.realpath(home / source.path)).is_relative_to(home)
    except (OSError, ValueError):  # NUL, half a surrogate pair: no path, so none within
        return True


def named_from(path: Path | str, base: Path | None) -> str:
    """How a project in folder `base` names a path: relative within the folder, so that both can move together."""
    if base and Path(path).resolve().is_relative_to(base.resolve()):
        return os.path.relpath(Path(path).resolve(), base.resolve()).replace(os.sep, "/")
    return str(path)


def open_regular(path: Path) -> BinaryIO:
    """A regular file opened for reading; raises DataError for everything else and for empty files."""
    place = printable(path.name)
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise DataError(place, f"there is no such file in {printable(path.parent)}") from None
    except (OSError, ValueError) as fault:
        raise DataError(place, f"cannot be opened: {reason(fault)}") from None
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode) or state.st_size == 0:
        os.close(descriptor)
        kind = "is empty (0 bytes)" if stat.S_ISREG(state.st_mode) else "is not a regular file"
        raise DataError(place, f"{kind}; a data file is wanted here")
    return os.fdopen(descriptor, "rb")


def reason(fault: BaseException) -> str:
    """What an exception says in one short line, without the path an OSError repeats; never empty."""
    said = getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
    line = "".join(character if character.isprintable() else " " for character in said)
    return line if len(line) <= LONGEST_REASON else line[:LONGEST_REASON] + "..."


def printable(path: object) -> str:
    """A path as text that any file or screen can hold: undecodable bytes become backslash escapes."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")
