"""The button that offers the project's newest runs, each with how well it did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QMenu, QPushButton

from backend.runs import RunEntry, list_runs
from backend.weight_files import WeightFileError, weight_file
from graph import Document
from gui.language import tr
from gui.training.run import runs_home

MOST = 12


class RunsButton(QPushButton):
    """`choose` gets the folder of the run that was picked, `browse` the folder to look for others."""

    def __init__(self, document: Document, choose: Callable[[Path], None], browse: Callable[[Path], None]):
        super().__init__(tr("Run"))
        self._document, self._choose, self._browse = document, choose, browse
        self._list = QMenu(self)
        self._list.aboutToShow.connect(self.fill)
        self.setMenu(self._list)

    def fill(self) -> None:
        """List the runs that are there now and have written weights."""
        self._list.clear()
        home = runs_home(self._document.path)
        entries = [entry for entry in list_runs(home) if _has_weights(entry.path)] if home.is_dir() else []
        for entry in entries[:MOST]:
            self._list.addAction(_words(entry)).triggered.connect(lambda *_, path=entry.path: self._choose(path))
        if entries:
            self._list.addSeparator()
        else:
            self._list.addAction(tr("No run of this project has weights yet")).setEnabled(False)
        start = home if home.is_dir() else Path.home()
        self._list.addAction(tr("Another Folder…")).triggered.connect(lambda *_: self._browse(start))


def _has_weights(path: Path) -> bool:
    try:
        return bool(weight_file(path))
    except WeightFileError:
        return False


def _words(entry: RunEntry) -> str:
    """The run's name and its best figure."""
    best = next((f"{name} {value:.4g}" for name, value in reversed(entry.best.items())), "")
    return f"{entry.name}    {best}".rstrip()
