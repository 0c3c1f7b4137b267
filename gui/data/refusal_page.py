"""Data that cannot be used: why, which files and rows are to blame, and the way on where these may be left out."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from backend.data import DataError
from gui import theme
from gui.data.problem_list import ProblemList
from gui.panels.rows import button, label


class RefusalPage(QWidget):
    """`skip_asked` names the option that leaves the bad samples out."""

    skip_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.title = label(self.tr("The data cannot be used as they are"), "heading")
        self.text = label("", "quiet", wrap=True)
        self.problems = ProblemList()
        self.skip = button(self.tr("Leave out what cannot be used"), lambda: self.skip_asked.emit(self._option))
        self._option = ""
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        box.addWidget(self.title)
        box.addWidget(self.text)
        box.addWidget(self.problems, 1)
        box.addWidget(self.skip, 0, Qt.AlignmentFlag.AlignLeft)

    def show_refusal(self, error: DataError) -> None:
        """Tell of an error that lists problems."""
        self._option = error.skipping
        first = error.text.partition(": ")[0]  # what follows are the first of the problems
        self.text.setText(f"{error.place}: {first}")
        self.problems.show_problems(error.problems)
        self.skip.setVisible(bool(error.skipping))
