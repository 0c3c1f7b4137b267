"""The window that looks at the recipe's data: how many, their fields in numbers, class balance, samples, what is wrong.

Reads off the window's thread and follows the recipe while it is open. Knows the session; trains nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QListWidget,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backend.data import leaves_folder
from backend.data.statistics import FieldStatistics, balance
from graph import Document
from gui import theme
from gui.data.balance_view import BalanceView
from gui.data.reading import DataReading, Looked
from gui.data.sample_page import SamplePage
from gui.panels.rows import EmptyState, label
from gui.session import Session
from gui.training.run import data_home
from gui.training.sample_choice import SampleChoice

SETTLED = 250  # ms after a change of the recipe until it is read
MOST_PROBLEMS = 1000
MOST_ROWS = 6  # fields in sight at once


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
        return QSize(940, 520)

    def _make(self) -> None:
        self.title = label("", "heading")
        self.table = QTableWidget(0, 7)
        self.table.setHorizontalHeaderLabels(
            (
                *(self.tr("field"), self.tr("shape"), self.tr("type"), self.tr("least"), self.tr("greatest")),
                *(self.tr("mean"), self.tr("deviation")),
            )
        )
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.setAccessibleName(self.tr("Fields of the data"))
        self.classes, self.balance, self.rarest = QComboBox(), BalanceView(), label("", "small", wrap=True)
        self.classes.setAccessibleName(self.tr("Field whose classes are counted"))
        self.classes.currentIndexChanged.connect(self._show_balance)
        self.problems = QListWidget()
        self.problems.setAccessibleName(self.tr("Samples with problems"))
        self.wrong = label("", "wrong", wrap=True)
        self.sample, self.page = SampleChoice(), SamplePage()
        self.sample.field.setAccessibleName(self.tr("Sample"))
        self.sample.field.setToolTip(self.tr("Row of the data, counted from 0  (Up, Down)"))
        self.sample.chosen.connect(self._show_sample)
        self.part = label("", "small")
        self.empty = EmptyState(self.tr("Reading the data"), "", "picture")
        self._lay_out()
        self.resize(self.sizeHint())

    def _lay_out(self) -> None:
        left, right = QVBoxLayout(), QVBoxLayout()
        for part, stretch in ((self.table, 0), (self.classes, 0), (self.rarest, 0), (self.balance, 3)):
            left.addWidget(part, stretch)
        for part, stretch in ((self.wrong, 0), (self.problems, 1)):
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
        self._say(self.tr("Reading the data"), "")
        base = Path(document.path).parent if document.path else None
        self.reading.read(recipe.data, base, recipe.validation, recipe.seed)

    def _changed(self, changes) -> None:
        if changes.recipe:
            self._settling.start()

    # Showing

    def _refuse(self, text: str) -> None:
        self._say(self.tr("The data cannot be read"), text)

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
        self._show_fields(looked.statistics)
        classed = [one for one in looked.statistics if one.counts]
        self.classes.blockSignals(True)
        self.classes.clear()
        for one in classed:
            self.classes.addItem(self.tr("Classes of {0}").format(one.field.name), one)
        self.classes.blockSignals(False)
        for part in (self.classes, self.balance, self.rarest):
            part.setVisible(bool(classed))
        self._show_balance()
        self._show_problems(looked)
        self.sample.set_count(len(looked.dataset))
        self.sample.choose(min(self.sample.index, max(len(looked.dataset) - 1, 0)))
        self._pages.setCurrentIndex(1)
        self._show_sample(self.sample.index)

    def _show_fields(self, found: tuple[FieldStatistics, ...]) -> None:
        self.table.setRowCount(len(found))
        for row, one in enumerate(found):
            shape = " x ".join(map(str, one.field.shape)) or "1"
            numbers = [f"{n:.4g}" if n is not None else "-" for n in (one.low, one.high, one.mean, one.deviation)]
            for column, text in enumerate((one.field.name, shape, one.field.dtype, *numbers)):
                item = QTableWidgetItem(text)
                if column > 2:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    item.setFont(theme.mono_font("small"))
                item.setToolTip(self._told(one))
                self.table.setItem(row, column, item)
        rows = min(len(found), MOST_ROWS)
        head = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(head + rows * self.table.rowHeight(0) + 4)

    def _told(self, one: FieldStatistics) -> str:
        parts = [self.tr("{0} values").format(f"{one.values:,}")]
        if one.looked_at < one.values:
            parts.append(self.tr("the numbers are of {0} of them, evenly spaced").format(f"{one.looked_at:,}"))
        if one.missing:
            parts.append(self.tr("{0} missing or infinite").format(f"{one.missing:,}"))
        return ", ".join(parts)

    def _show_balance(self, *_index) -> None:
        one = self.classes.currentData()
        if one is None:
            return
        self.balance.show_counts(one.field.classes, one.counts)
        share = balance(one.counts)
        words = self.tr("The rarest class has {0} % of the samples of the most frequent one.")
        self.rarest.setText(words.format(f"{100 * share:.0f}") if share is not None else "")

    def _show_problems(self, looked: Looked) -> None:
        problems = looked.dataset.problems
        self.problems.clear()
        self.problems.addItems([str(problem) for problem in problems[:MOST_PROBLEMS]])
        self.wrong.setText(self.tr("{0} samples have problems and are skipped:").format(f"{len(problems):,}"))
        for part in (self.problems, self.wrong):
            part.setVisible(bool(problems))

    def _show_sample(self, row: int) -> None:
        if self.looked is None or not 0 <= row < len(self.looked.dataset):
            return
        held_out = row in self.looked.validation
        self.part.setText(self.tr("held out to validate") if held_out else self.tr("to train on"))
        self.page.show_sample(self.looked, row)
