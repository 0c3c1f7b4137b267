"""Asks what fields a data source brings: at once where that is quick, else on a thread, so that no window waits.

Knows no widgets. A later question makes an earlier one void.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Slow
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from PySide6.QtCore import QObject, Qt, Signal

from backend.data import DataError, describe, offers
from graph import DataSource

PATIENCE = 0.25  # seconds a window may stand still


@dataclass(frozen=True, slots=True)
class Described:
    """A source with its fields, or what is wrong with it; `merge` is the edit it belongs to.

    `offered` are the names that options may take, such as the columns of a table.
    """

    source: DataSource
    offered: Mapping[str, tuple[str, ...]]
    error: Exception | None = None
    merge: str | None = None


class Describing(QObject):
    """`found` brings the answer to what took longer."""

    found = Signal(object)  # Described
    _done = Signal(int, object)

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.patience = PATIENCE
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="data fields")
        self._asked = 0
        self._last: Future | None = None
        self._slow: set[str | None] = set()  # paths that took longer: while their options are typed nobody waits again
        thread = self._thread
        self.destroyed.connect(lambda *_: thread.shutdown(wait=False, cancel_futures=True))
        self._done.connect(self._answer, Qt.ConnectionType.QueuedConnection)

    def ask(self, source: DataSource, base: Path | None, merge: str | None = None) -> Described | None:
        """The answer, or None where it will come by `found`."""
        self.forget()
        number = self._asked
        future = self._last = self._thread.submit(_describe, source, base, merge)
        try:
            return future.result(0 if source.path in self._slow else self.patience)
        except Slow:
            self._slow.add(source.path)
            future.add_done_callback(lambda done: self._tell(number, done))
            return None

    def forget(self) -> None:
        """No answer is wanted any more."""
        self._asked += 1
        if self._last is not None:
            self._last.cancel()

    def _tell(self, number: int, done: Future) -> None:
        if not done.cancelled():
            with contextlib.suppress(RuntimeError):  # the window has gone meanwhile
                self._done.emit(number, done.result())

    def _answer(self, number: int, described: Described) -> None:
        if number == self._asked:
            self.found.emit(described)


def _describe(source: DataSource, base: Path | None, merge: str | None) -> Described:
    offered = offers(source, base)
    try:
        fields = describe(source, base)
        return Described(DataSource.model_validate({**dict(source), "fields": fields}), offered, None, merge)
    except (DataError, ValidationError, OSError) as error:
        return Described(source, offered, error, merge)
