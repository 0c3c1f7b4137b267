"""The runs below a folder as a list: how each ended, when, how long, how far, its best, its recipe, its tags.

Reads of every run the manifest, the project and the end of its log, never all of it; a damaged run is listed with
its reason. Writes nothing and imports no torch.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from backend.messages import Epoch, Finished, Progress
from backend.resuming import LARGEST as LARGEST_START
from backend.run_folder import EVENTS, MANIFEST, PROJECT, START, Logged, Manifest, bounded
from backend.run_notes import NOTES, NotesError, read_notes
from graph.recipe import Recipe
from graph.strict_json import LIMITS

TRASH = ".trash"
OUTCOMES = ("running", "interrupted", "finished", "stopped", "failed", "damaged")
DEEPEST = 3  # folders below the one that is listed
MOST_FOLDERS = 20_000  # looked into, so that a wrong folder does not take for ever
LARGEST_MANIFEST = 1 << 20
TAIL, LONGEST_TAIL = 16 * 1024, 1024 * 1024  # bytes of the log read at first, and at most


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One run of the list; `problems` say what of it could not be read."""

    path: Path
    name: str  # below the listed folder
    outcome: str  # one of OUTCOMES; "interrupted" has no manifest and nobody writes it
    began: datetime | None = None
    seconds: float = 0.0  # spent training
    epochs: int = 0  # finished ones
    steps: int = 0
    best: dict[str, float] = field(default_factory=dict)
    best_epoch: int | None = None
    network: str = ""
    recipe: Recipe | None = None
    tags: tuple[str, ...] = ()
    notes: str = ""
    problems: tuple[str, ...] = ()


def list_runs(root: Path, known: dict[Path, tuple[Any, RunEntry]] | None = None) -> list[RunEntry]:
    """The runs in a folder and below, the newest first; `root` may be a run itself.

    `known` remembers what was read, so that a second look reads only what has changed since.
    """
    remembered = {} if known is None else known
    before, entries = dict(remembered), []
    remembered.clear()
    for path, name in _run_folders(Path(root)):
        stamp = _stamp(path)
        if path in before and before[path][0] == stamp and before[path][1].outcome != "running":
            entry = before[path][1]
        else:
            entry = read_entry(path, name)
        remembered[path] = (stamp, entry)
        entries.append(entry)
    return sorted(entries, key=lambda entry: (_moment(entry.began), entry.name), reverse=True)


def read_entry(path: Path, name: str = "") -> RunEntry:
    """What the list says of one run; never raises for what it holds."""
    problems: list[str] = []
    try:
        return _read(path, name or path.name, problems)
    except Exception as error:  # one run must never take the list with it
        problems.append(f"it cannot be read: {error}")
        return RunEntry(path, name or path.name, "damaged", problems=tuple(problems))


def is_run(path: Path) -> bool:
    return (path / PROJECT).exists() or (path / EVENTS).exists()


def being_written(path: Path) -> bool:
    """Whether a process has the run's log open and writes it; False where the system cannot tell."""
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    try:
        log = os.open(path / EVENTS, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(log, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(log)


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def _read(path: Path, name: str, problems: list[str]) -> RunEntry:
    manifest = _manifest(path, problems)
    told = _last_words(path, problems)
    network, recipe = _project(path, problems)
    try:
        notes = read_notes(path)
    except NotesError as error:
        notes = None
        problems.append(str(error))
    damaged = (path / MANIFEST).exists() and manifest is None
    damaged = damaged or not (path / EVENTS).is_file() or not (path / PROJECT).is_file()
    if damaged:
        outcome = "damaged"
    elif manifest is not None:
        outcome = manifest.outcome if manifest.outcome in OUTCOMES else "damaged"
    else:
        outcome = "running" if being_written(path) else "interrupted"
    return RunEntry(
        path,
        name,
        outcome,
        _began(path, manifest),
        told.seconds,
        told.epochs,
        told.steps,
        told.best,
        told.best_epoch,
        network,
        recipe,
        notes.tags if notes else (),
        notes.notes if notes else "",
        tuple(problems),
    )


@dataclass(slots=True)
class _Told:
    """What the end of a log says, gathered from its last line backwards."""

    seconds: float = 0.0
    epochs: int = 0
    steps: int = 0
    best: dict[str, float] = field(default_factory=dict)
    best_epoch: int | None = None
    timed: bool = False
    counted: bool = False
    judged: bool = False

    @property
    def complete(self) -> bool:
        return self.timed and self.counted and self.judged

    def wants(self, line: bytes) -> bool:
        """Whether a line may say what is not known yet; told without reading it, for there may be thousands."""
        if b'"type":"progress"' in line:
            return not self.timed
        if b'"type":"epoch"' in line:
            return not self.counted or (not self.judged and b'"best":true' in line)
        return b'"type":"finished"' in line

    def hear(self, logged: Logged) -> None:
        event = logged.event
        self.steps = max(self.steps, getattr(event, "step", 0))
        if isinstance(event, Finished):
            self.epochs, self.counted = event.epochs, True
            self.best, self.best_epoch, self.judged = event.best, event.best_epoch, True
        elif isinstance(event, Progress) and not self.timed:
            self.seconds, self.timed = event.seconds, True
        elif isinstance(event, Epoch):
            if not self.counted:
                self.epochs, self.counted = event.epoch, True
            if event.best and not self.judged:
                self.best, self.best_epoch, self.judged = event.validation or event.train, event.epoch, True


def _last_words(path: Path, problems: list[str]) -> _Told:
    """Read from the end of the log, further back until it has told enough or it has been far enough."""
    length = TAIL
    while True:
        told = _Told()
        try:
            lines, whole = _tail(path / EVENTS, length)
        except OSError as error:
            problems.append(f"{EVENTS} cannot be read: {error.strerror or error}")
            return told
        wrong = _hear_backwards(lines, told)
        if told.complete or whole or length >= LONGEST_TAIL:
            if wrong:
                problems.append(f"{EVENTS}: {wrong} of its last lines cannot be read")
            return told
        length = min(8 * length, LONGEST_TAIL)


def _hear_backwards(lines: list[bytes], told: _Told) -> int:
    """Take in what lines say, the last first; the number of those that say nothing sensible."""
    wrong = 0
    for at, line in enumerate(reversed(lines)):
        if told.complete:
            break
        if not told.wants(line):
            continue
        try:
            told.hear(Logged.model_validate_json(line))
        except ValidationError:
            wrong += at > 0  # the very last one may have been cut short by a kill
    return wrong


def _tail(path: Path, length: int) -> tuple[list[bytes], bool]:
    """The last whole lines within so many bytes, and whether that is all there is."""
    log = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(log, "rb") as file:
        size = os.fstat(log).st_size
        file.seek(max(0, size - length))
        data = file.read(length)
    whole = size <= length
    lines = data.split(b"\n")
    return (lines if whole else lines[1:]), whole


def _manifest(path: Path, problems: list[str]) -> Manifest | None:
    try:
        return Manifest.model_validate_json(bounded(path / MANIFEST, LARGEST_MANIFEST))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        problems.append(f"{MANIFEST} cannot be read: {_reason(error)}")
        return None


def _project(path: Path, problems: list[str]) -> tuple[str, Recipe | None]:
    """The network's name, and the recipe as the run was told to follow it."""
    try:
        raw = json.loads(bounded(path / PROJECT, LIMITS.size))
        name = raw.get("name", "")
        recipe = Recipe.model_validate({**raw.get("recipe", {}), **_asked(path)})
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        problems.append(f"{PROJECT} cannot be read: {_reason(error)}")
        return "", None
    return (name[:200] if isinstance(name, str) else ""), recipe


def _asked(path: Path) -> dict[str, Any]:
    """What was asked for instead of the recipe's, with `netloom train --epochs` and the like."""
    try:
        raw = json.loads(bounded(path / START, LARGEST_START))
        return {name: value for name, value in raw.items() if name in Recipe.model_fields and value is not None}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _began(path: Path, manifest: Manifest | None) -> datetime | None:
    """When it began, as the manifest says, else when its project was written: that is never done again."""
    try:
        if manifest is not None:
            return datetime.fromisoformat(manifest.began).astimezone()
    except (ValueError, OverflowError):
        pass
    for name in (PROJECT, EVENTS):
        try:
            return datetime.fromtimestamp((path / name).stat().st_mtime).astimezone()
        except (OSError, OverflowError, ValueError):
            continue
    return None


def _moment(began: datetime | None) -> float:
    return began.timestamp() if began else 0.0


def _stamp(path: Path) -> tuple:
    """What changes when anything that the list reads changes."""
    return tuple(_file_stamp(path / name) for name in (MANIFEST, EVENTS, PROJECT, START, NOTES))


def _file_stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _run_folders(root: Path) -> Iterator[tuple[Path, str]]:
    """Folders with a run in them and their names below the root; hidden folders and links are left out."""
    if is_run(root):
        yield root, root.name
        return
    waiting, looked = [(root, "", 0)], 0
    while waiting and looked < MOST_FOLDERS:
        folder, prefix, depth = waiting.pop()
        try:
            with os.scandir(folder) as found:
                folders = [one.name for one in found if one.is_dir(follow_symlinks=False)]
        except OSError:
            continue
        for name in (one for one in folders if not one.startswith(".")):
            looked += 1
            if is_run(folder / name):
                yield folder / name, prefix + name
            elif depth + 1 < DEEPEST:
                waiting.append((folder / name, f"{prefix}{name}/", depth + 1))
