"""The window that looks at the recipe's data: how many, their fields in numbers, class balance, samples, what is wrong.

Reads off the window's thread and follows the recipe while it is open. Knows the session; trains nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QDialog, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from backend.data import DataError, leaves_folder
from graph import Document
from graph.edits import SetRecipe
from gui import theme
from gui.data.distribution import Distribution
from gui.data.field_table import FieldTable
from gui.data.problem_list import ProblemList
from gui.data.reading import DataReading, Looked
from gui.data.refusal_page import RefusalPage
from gui.data.sample_page import SamplePage
from gui.panels.rows import EmptyState, label
from gui.session import Session
from gui.training.run import data_home
from gui.training.sample_choice import SampleChoice

SETTLED = 250  # ms after a change of the recipe until it is read


class DataWindow(QDialog):
    """Stays open beside the window; `may_read` asks the person about data outside the project's folder."""

    def __init__(self, session: Session, may_read: Callable[[Document], bool], parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle(self.tr("Data"))
        self.session, self._may_read = session, may_read
        self.looked: Looked | None = None
        self._asked: object = None
        self.reading = DataReading(self)
        self.reading.found.connect(self._show)
        self.reading.refused.connect(self._refuse)
        self._make()
        self._settling = QTimer(self, singleShot=True, interval=SETTLED)
        self._settling.timeout.connect(self.ask)
        session.project_changed.connect(self._changed)
        session.project_opened.connect(self.close)

    def sizeHint(self) -> QSize:
        return QSize(1040, 600)

    def _make(self) -> None:
        self.title = label("", "heading")
        self.table = FieldTable()
        self.distribution = Distribution()
        self.table.chosen.connect(self.distribution.choose)
        self.problems = ProblemList()
        self.wrong = label("", "wrong", wrap=True)
        self.sample, self.page = SampleChoice(), SamplePage()
        self.sample.field.setAccessibleName(self.tr("Sample"))
        self.sample.field.setToolTip(self.tr("Row of the data, counted from 0  (Up, Down)"))
        self.sample.chosen.connect(self._show_sample)
        self.part = label("", "small")
        self.empty = EmptyState(self.tr("Reading the data"), "", "picture")
        self.refusal = RefusalPage()
        self.refusal.skip_asked.connect(self._skip)
        self._lay_out()
        self.resize(self.sizeHint())

    def _lay_out(self) -> None:
        left, right = QVBoxLayout(), QVBoxLayout()
        for part, stretch in ((self.table, 0), (self.distribution, 0), (self.wrong, 0), (self.problems, 1)):
            left.addWidget(part, stretch)
        left.addStretch(0)
        right.addWidget(self.sample)
        right.addWidget(self.part)
        right.addWidget(self.page, 1)
        sides = QHBoxLayout()
        sides.setSpacing(theme.GROUP)
        for side, stretch in ((left, 5), (right, 3)):
            side.setSpacing(theme.GAP)
            sides.addLayout(side, stretch)
        body, pages = QWidget(), QWidget()
        body.setLayout(sides)
        sides.setContentsMargins(0, 0, 0, 0)
        self._pages = QStackedLayout(pages)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(body)
        self._pages.addWidget(self.refusal)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        box.setSpacing(theme.GAP)
        box.addWidget(self.title)
        box.addWidget(pages, 1)

    # Asking

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self.ask()

    def ask(self) -> None:
        """Read the recipe's data, unless they are shown."""
        recipe = self.session.project.recipe
        wanted = (recipe.data, recipe.validation, recipe.seed)
        if not self.isVisible() or wanted == self._asked:
            return
        self._asked = wanted
        self.reading.forget()
        if recipe.data is None:
            self._say(self.tr("No data yet"), self.tr("Choose what to train on in the recipe; it is shown here."))
            return
        document = self.session.project
        if leaves_folder(recipe.data, data_home(document)) and not self._may_read(document):
            self._say(self.tr("Not read"), self.tr("The data lie outside the project's folder."))
            self._asked = None
            return
        self._say(self.tr("Reading the data"), recipe.data.path or "")
        base = Path(document.path).parent if document.path else None
        self.reading.read(recipe.data, base, recipe.validation, recipe.seed)

    def _changed(self, changes) -> None:
        if changes.recipe:
            self._settling.start()

    # Showing

    def _refuse(self, error: object) -> None:
        self._say(self.tr("The data cannot be read"), str(error))
        if isinstance(error, DataError) and error.problems:
            self.refusal.show_refusal(error)
            self._pages.setCurrentWidget(self.refusal)

    def _skip(self, option: str) -> None:
        """Leave out what cannot be used, and read again."""
        recipe = self.session.project.recipe
        if recipe.data is not None:
            data = recipe.data.model_copy(update={"options": {**recipe.data.options, option: "skip"}})
            self.session.project.do(SetRecipe(recipe.having(data=data), self.tr("Leave out bad samples")))
            self.ask()

    def _say(self, title: str, text: str) -> None:
        self.looked = None
        self.title.setText("")
        self.empty.title.setText(title)
        self.empty.text.setText(text)
        self._pages.setCurrentIndex(0)

    def _show(self, looked: Looked) -> None:
        self.looked = looked
        words = self.tr("{0}: {1} samples, {2} to train on, {3} to validate")
        counts = (f"{len(part):,}" for part in (looked.dataset, looked.train, looked.validation))
        self.title.setText(words.format(looked.dataset.title, *counts))
        self.table.show_fields(looked.statistics)
        self.distribution.show_all(looked.statistics)
        self._show_problems(looked)
        self.sample.set_count(len(looked.dataset))
        self.sample.choose(min(self.sample.index, max(len(looked.dataset) - 1, 0)))
        self._pages.setCurrentIndex(1)
        self._show_sample(self.sample.index)

    def _show_problems(self, looked: Looked) -> None:
        problems = looked.dataset.problems
        self.problems.show_problems(problems)
        self.wrong.setText(self.tr("{0} problems; what cannot be used is left out:").format(f"{len(problems):,}"))
        for part in (self.problems, self.wrong):
            part.setVisible(bool(problems))

    def _show_sample(self, row: int) -> None:
        if self.looked is None or not 0 <= row < len(self.looked.dataset):
            return
        held_out = row in self.looked.validation
        self.part.setText(self.tr("held out to validate") if held_out else self.tr("to train on"))
        self.page.show_sample(self.looked, row)
