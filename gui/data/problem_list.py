"""Problems with samples, each with its file and row; long ones go on in the next line, a thousand are shown at most."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListView, QListWidget, QWidget

from backend.data import DataProblem

MOST = 1000


class ProblemList(QListWidget):
    """What is wrong, line by line."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWordWrap(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setAccessibleName(self.tr("Samples with problems"))

    def show_problems(self, problems: tuple[DataProblem, ...]) -> None:
        self.clear()
        self.addItems([str(problem) for problem in problems[:MOST]])
