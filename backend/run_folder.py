"""What a run leaves on disk, written so that a killed worker leaves a readable folder, and reading it back.

project.netloom, start.json and model.py come first, events.jsonl grows line by line and beside it the same curves for
TensorBoard, weights and states are replaced whole, and manifest.json with the hashes comes last. Imports no torch:
windows and the command line read runs too.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from backend.event_files import RunCurves
from backend.messages import MAX_LINE, Event
from graph.files import save_atomically, sweep

PROJECT, SOURCE, EVENTS, MANIFEST = "project.netloom", "model.py", "events.jsonl", "manifest.json"
START = "start.json"  # how the run was asked for
BEST, LAST = "best.safetensors", "last.safetensors"
KEPT = "kept-*.safetensors"  # weights of the best epochs, where several are kept
STATES = ("state-1.safetensors", "state-2.safetensors")  # what a run goes on from; written in turn
_OURS = (PROJECT, START, SOURCE, EVENTS, MANIFEST, BEST, LAST)


class RunFolderError(Exception):
    """A run folder cannot be made, written or read; the text names it and says what would be right."""


class Logged(BaseModel):
    """One line of events.jsonl: an event and when it was, in seconds since the run began."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")
    at: float
    event: Event = Field(discriminator="type")


_LOGGED = TypeAdapter(Logged)


class Manifest(BaseModel):
    """manifest.json: how the run ended and what the folder holds."""

    model_config = ConfigDict(frozen=True)
    format: int = 1
    outcome: str  # "finished", "stopped" or "failed"
    began: str
    ended: str
    files: dict[str, str]  # name -> sha256
    about: dict[str, str | int | float | None] = {}


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder as read; without a manifest the run is going on, or its worker was killed."""

    path: Path
    project: str | None
    source: str | None
    events: tuple[Logged, ...]
    manifest: Manifest | None
    problems: tuple[str, ...]  # lines that could not be read, files that differ from the manifest


class RunFolder:
    """The folder of the run that is going on."""

    def __init__(self, path: Path, project: str) -> None:
        """Make the folder with its project in it; raises RunFolderError."""
        self.path = path
        self._began, self._clock, self._curves = _now(), time.monotonic(), RunCurves(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            taken = [name for name in _OURS if os.path.lexists(path / name)]
            if taken:
                raise RunFolderError(f"{path} holds another run ({taken[0]}): choose a folder that does not")
            self.write(PROJECT, project.encode())
            self._log = _opened(path / EVENTS, os.O_CREAT | os.O_EXCL)
        except OSError as error:
            raise RunFolderError(f"cannot write the run to {path}: {error.strerror}") from error

    @classmethod
    def again(cls, path: Path) -> RunFolder:
        """The folder of a run that is to go on; raises RunFolderError, also while another process writes it."""
        folder = object.__new__(cls)
        folder.path, folder._began, folder._clock = path, _now(), time.monotonic()
        folder._curves = RunCurves(path)
        if not (path / PROJECT).is_file():
            raise RunFolderError(f"{path} is no run folder: it has no {PROJECT}")
        if odd := _odd(path):
            text = f"{odd[0]} is a link, a pipe or a device, and a run has only files of its own: take it away"
            raise RunFolderError(f"cannot go on with the run in {path}: {text}")
        try:
            folder._log = _opened(path / EVENTS, os.O_CREAT)
        except BlockingIOError:
            raise RunFolderError(f"another process is writing the run in {path}: stop it first") from None
        except OSError as error:
            raise RunFolderError(f"cannot go on with the run in {path}: {error.strerror}") from error
        sweep(path, older_than=0.0)  # what a killed process had half written; the log is ours alone
        return folder

    def mark(self) -> dict[str, Any]:
        """The present end of the log, durable; see `go_on_from`. Raises OSError."""
        os.fsync(self._log)
        seconds = time.monotonic() - self._clock
        return {"length": os.fstat(self._log).st_size, "seconds": seconds, "began": self._began}

    def go_on_from(self, mark: dict[str, Any] | None) -> None:
        """Forget what came after the mark, all where there is none: it will be done again. Raises OSError."""
        with contextlib.suppress(FileNotFoundError):
            (self.path / MANIFEST).unlink()
        if mark is None:
            os.ftruncate(self._log, 0)
            return
        os.ftruncate(self._log, min(mark["length"], os.fstat(self._log).st_size))
        self._began, self._clock = mark["began"], time.monotonic() - mark["seconds"]

    def write(self, name: str, data: bytes) -> None:
        """Write or replace one file whole and durably: at any moment it is the old or the new. Raises OSError."""
        save_atomically(self.path / name, data)

    def append(self, event: Event) -> None:
        """Add one event to the log, in one write, and to the curves for TensorBoard. Raises OSError."""
        line = Logged(at=round(time.monotonic() - self._clock, 4), event=event).model_dump_json()
        data = line.encode("utf-8", "replace") + b"\n"
        while data:
            data = data[os.write(self._log, data) :]
        self._curves.append(event)

    def leave(self) -> None:
        """Close the log, so that others may write it; without a manifest the run counts as interrupted."""
        log, self._log = self._log, -1
        if log >= 0:
            os.close(log)
        self._curves.close()

    def finish(self, outcome: str, **about: str | int | float | None) -> None:
        """Close the log and write the manifest: now the folder is complete. Raises OSError."""
        os.fsync(self._log)
        self.leave()
        kept = sorted(file.name for file in self.path.glob(KEPT))
        present = [name for name in (*_OURS, *STATES, *kept) if name != MANIFEST and (self.path / name).exists()]
        files = {name: _sha256(self.path / name) for name in present}
        manifest = Manifest(outcome=outcome, began=self._began, ended=_now(), files=files, about=about)
        self.write(MANIFEST, manifest.model_dump_json(indent=2).encode() + b"\n")


def bounded(path: Path, most: int) -> bytes:
    """A file's bytes; raises OSError, or ValueError for too many of them and for what would never end."""
    file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(file, "rb") as opened:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise ValueError("it is no file but a pipe or a device")
        data = opened.read(most + 1)
    if len(data) > most:
        raise ValueError(f"it is larger than {most:,} bytes")
    return data


def _odd(path: Path) -> list[str]:
    """The entries of a run folder that writing would follow elsewhere or wait for; none of ours is such."""
    with os.scandir(path) as found:
        return sorted(one.name for one in found if one.is_symlink() or not (one.is_file() or one.is_dir()))


def _opened(path: Path, flags: int) -> int:
    """A log to append to, which no other process may while this one lives; raises OSError."""
    log = os.open(path, os.O_WRONLY | os.O_APPEND | flags | getattr(os, "O_BINARY", 0), 0o644)
    try:
        import fcntl
    except ImportError:  # Windows
        return log
    for tries_left in (4, 3, 2, 1, 0):
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if tries_left:
                time.sleep(0.02)  # a list of runs may be looking whether somebody writes
                continue
            os.close(log)
            raise
        except OSError:
            pass  # a file system without locks
        break
    return log


def read_run(path: Path, verify: bool = False) -> Run:
    """All that can be read of a run folder, complete or not; `verify` holds files against the manifest's hashes.

    A last line cut short by a kill is left out without a word; other unreadable lines are listed as problems.
    Raises RunFolderError when the folder is no run at all.
    """
    if not (path / PROJECT).exists() and not (path / EVENTS).exists():
        raise RunFolderError(f"{path} is no run folder: it has neither {PROJECT} nor {EVENTS}")
    problems: list[str] = []
    events = tuple(_events(path / EVENTS, problems))
    manifest = _manifest(path / MANIFEST, problems)
    if verify and manifest is not None:
        for name, digest in manifest.files.items():
            if Path(name).name != name or not (path / name).exists() or _sha256(path / name) != digest:
                problems.append(f"{name} is missing or differs from what the run wrote")
    return Run(path, _text(path / PROJECT), _text(path / SOURCE), events, manifest, tuple(problems))


def _events(path: Path, problems: list[str]) -> Iterator[Logged]:
    try:
        file = path.open("rb")
    except OSError as error:
        problems.append(f"{path.name} cannot be read: {error.strerror}")
        return
    with file:
        for number, line in enumerate(iter(lambda: file.readline(MAX_LINE), b""), 1):
            try:
                yield _LOGGED.validate_json(line)
            except ValidationError as error:
                if line.endswith(b"\n"):
                    problems.append(f"{path.name}, line {number}: {error.errors()[0]['msg']}")


def _manifest(path: Path, problems: list[str]) -> Manifest | None:
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        problems.append(f"{path.name} cannot be read: {error}")
        return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="milliseconds")
