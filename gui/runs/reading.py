"""Run folders read off the window's thread: the list with what each run changed, and the curves of some.

One thread reads, newest question first; answers come as signals. Knows no widgets.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from backend.run_comparison import Change, differences
from backend.run_curves import read_curves
from backend.run_trash import thrown_away
from backend.runs import RunEntry, list_runs
from gui.training.history import History

KEPT = 12  # curves in memory


@dataclass(frozen=True, slots=True)
class Listed:
    """A run, and what its recipe has otherwise than that of the run before it with the same network's name."""

    entry: RunEntry
    changed: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder as it was read: the newest run first, and the runs in its trash."""

    root: Path
    runs: tuple[Listed, ...] = ()
    trash: tuple[Path, ...] = ()


class Reading(QObject):
    """Asks are cheap and return at once; a question asked again before its answer is asked once."""

    listed = Signal(object)  # Listing
    curves_read = Signal(object, object, bool)  # Path, History, whether steps were left out
    _done = Signal(object, object)

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="runs")
        self._known: dict[Path, dict] = {}
        self._curves: dict[Path, tuple[tuple, History, bool]] = {}
        self._listing: Future | None = None
        self._again: Path | None = None
        self._wanted: set[Path] = set()
        thread = self._thread
        self.destroyed.connect(lambda *_: thread.shutdown(wait=False, cancel_futures=True))
        self._done.connect(lambda act, answer: act(answer), Qt.ConnectionType.QueuedConnection)

    def list(self, root: Path) -> None:
        """Read the runs of a folder; `listed` follows."""
        if self._listing is not None:
            self._again = root
            return
        known = self._known.setdefault(root, {})
        self._listing = self.do(lambda: _listing(root, known), self._tell_list)

    def read_curves(self, entry: RunEntry) -> None:
        """Read a run's curves unless they are known and it has not moved on; `curves_read` follows."""
        path, stamp = entry.path, (entry.outcome, entry.steps, entry.epochs)
        if path in self._curves and self._curves[path][0] == stamp:
            self.curves_read.emit(path, *self._curves[path][1:])
        elif path not in self._wanted:
            self._wanted.add(path)
            self.do(lambda: history_of(path), lambda answer: self._tell_curves(path, stamp, answer))

    def do(self, work: Callable[[], Any], act: Callable[[Any], None]) -> Future:
        """Work on the reading thread, which must not raise; `act` is given the answer on the window's."""
        done = self._done

        def run() -> None:
            answer = work()
            with contextlib.suppress(RuntimeError):  # the window has gone meanwhile
                done.emit(act, answer)

        return self._thread.submit(run)

    def _tell_list(self, listing: Listing) -> None:
        self._listing = None
        again, self._again = self._again, None
        self.listed.emit(listing)
        if again is not None:
            self.list(again)

    def _tell_curves(self, path: Path, stamp: tuple, answer: tuple[History, bool]) -> None:
        self._wanted.discard(path)
        self._curves.pop(path, None)
        self._curves[path] = (stamp, *answer)
        while len(self._curves) > KEPT:
            del self._curves[next(iter(self._curves))]
        self.curves_read.emit(path, *answer)


def _listing(root: Path, known: dict) -> Listing:
    entries = list_runs(root, known)
    before: dict[str, RunEntry] = {}
    runs: list[Listed] = []
    for entry in reversed(entries):
        earlier = before.get(entry.network)
        runs.append(Listed(entry, differences(entry.recipe, earlier.recipe) if earlier else ()))
        if entry.recipe is not None:
            before[entry.network] = entry
    return Listing(root, tuple(reversed(runs)), tuple(thrown_away(root)))


def history_of(run: Path) -> tuple[History, bool]:
    """What a run told of its metrics, and whether steps were left out."""
    curves, history = read_curves(run), History()
    for event in curves.events:
        if event.type == "steps":
            history.add_steps(event)
        else:
            history.add_epoch(event)
    return history, curves.sampled
