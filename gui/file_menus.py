"""Menus that are lists: recent projects, examples, the windows that are open. Filled when they are shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from gui.windows import forward


class FileMenus(QObject):
    """Recent projects and examples at the end of a menu; the windows for another."""

    def __init__(self, window, menu: QMenu):
        super().__init__(window)
        self.window = window
        self.recent = menu.addMenu(self.tr("Open &Recent"))
        self.examples = menu.addMenu(self.tr("&Examples"))
        self.windows = QMenu(self.tr("&Windows"), window)  # stands in the View menu
        self.recent.aboutToShow.connect(self.fill_recent)
        self.examples.aboutToShow.connect(self.fill_examples)
        self.windows.aboutToShow.connect(self.fill_windows)

    def fill_recent(self) -> None:
        self._fill(self.recent, self.window.files.recent(), self.window.windows.open, self.tr("Nothing opened yet"))

    def fill_examples(self) -> None:
        paths = self.window.files.examples()
        self._fill(self.examples, paths, self.window.windows.open_copy, self.tr("No examples here"))

    def fill_windows(self) -> None:
        """Every window by its title, the present one ticked."""
        self.windows.clear()
        for window in self.window.windows.all:
            star = "*" if window.session.project.modified else ""
            action = self.windows.addAction(f"{window.files.title}{star}".replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(window is self.window)
            action.triggered.connect(lambda _=False, window=window: forward(window))

    def _fill(self, menu: QMenu, paths: list[Path], open_one: Callable, nothing: str) -> None:
        menu.clear()
        for path in paths:
            action = QAction(path.stem.replace("&", "&&"), menu)
            action.setToolTip(str(path))
            action.triggered.connect(lambda _=False, path=path: open_one(path, self.window))
            menu.addAction(action)
        if not paths:
            menu.addAction(nothing).setEnabled(False)
