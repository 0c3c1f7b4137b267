"""The data of a recipe read on a thread of their own; answers come as signals. Knows no widgets."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal

from backend.data import DataError, load
from backend.data.dataset import Dataset
from backend.data.statistics import FieldStatistics, statistics
from graph.data_source import DataSource


@dataclass(frozen=True, slots=True)
class Looked:
    """A data set with its statistics, and which rows train and which validate."""

    source: DataSource
    dataset: Dataset
    statistics: tuple[FieldStatistics, ...]
    train: np.ndarray
    validation: np.ndarray


class DataReading(QObject):
    """Reads one data set at a time; a later question makes an earlier answer void."""

    found = Signal(object)  # Looked
    refused = Signal(object)  # DataError, or what a library raised in words
    _done = Signal(int, object)

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="data")
        self._asked = 0
        thread = self._thread
        self.destroyed.connect(lambda *_: thread.shutdown(wait=False, cancel_futures=True))
        self._done.connect(self._answer, Qt.ConnectionType.QueuedConnection)

    def read(self, source: DataSource, base: Path | None, validation: float, seed: int) -> None:
        """Read the data; `found` or `refused` follows."""
        self._asked += 1
        number = self._asked

        def work() -> None:
            try:
                answer: object = _look(source, base, validation, seed)
            except DataError as error:
                answer = error
            except Exception as error:  # of a library: told as what it is
                answer = f"{type(error).__name__}: {error}"
            with contextlib.suppress(RuntimeError):  # the window has gone meanwhile
                self._done.emit(number, answer)

        self._thread.submit(work)

    def forget(self) -> None:
        """No answer is wanted any more."""
        self._asked += 1

    def _answer(self, number: int, answer: object) -> None:
        if number != self._asked:
            return
        if isinstance(answer, Looked):
            self.found.emit(answer)
        else:
            self.refused.emit(answer)


def _look(source: DataSource, base: Path | None, validation: float, seed: int) -> Looked:
    dataset = load(source, base)
    return Looked(source, dataset, statistics(dataset), *dataset.parts(validation, seed))
