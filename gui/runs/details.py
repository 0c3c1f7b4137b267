"""The right side of the runs panel: tags and notes of one run, and in what the chosen runs differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QPlainTextEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backend.run_comparison import ABSENT, leaves, written
from backend.run_notes import LONGEST_NOTE, NotesError, noted, tags_of, write_notes
from backend.runs import RunEntry, duration
from graph.recipe import Recipe
from gui import theme
from gui.language import tr
from gui.panels.rows import label
from gui.runs.legend import distinct
from gui.runs.table import MARK, MOST_DRAWN, mark, plain, spoken, value
from gui.training.fitting_label import FittingLabel

PAUSE = 800  # ms without a key until notes are kept
NOTES_HEIGHT = 64
NARROWEST, WIDEST = 72, 132  # pixels of a column


class Details(QWidget):
    """Follows the chosen runs."""

    kept = Signal(object)  # Path of the run whose tags or notes changed

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.title = FittingLabel()
        self.title.setProperty("role", "heading")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setFixedHeight(theme.ROW)
        self.facts = FittingLabel()
        self.facts.setProperty("role", "small")
        self.notes = NotesForm()
        self.notes.kept.connect(self.kept)
        self.heading = label("", "small")
        self.table = DifferenceTable()
        self.same = label("", "quiet", wrap=True)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GAP, theme.SPACE, theme.GAP, theme.GAP)
        box.setSpacing(theme.SPACE)
        for part in (self.title, self.facts, self.notes, self.heading, self.same):
            box.addWidget(part)
        box.addWidget(self.table, 1)
        box.addStretch(0)

    def show_runs(self, entries: list[RunEntry], open_recipe: Recipe) -> None:
        """One run with its notes and what it has otherwise than the open project, or several side by side."""
        alone = entries[0] if len(entries) == 1 else None
        self.notes.show_run(alone)
        self.title.setVisible(bool(entries))
        self.facts.setVisible(alone is not None)
        if alone is not None:
            self.title.tell(alone.name, f"{alone.name[:12]}…{alone.name[-14:]}", f"…{alone.name[-14:]}")
            self.facts.tell(*_facts(alone))
            self._show_alone(alone, open_recipe)
        elif entries:
            self.title.tell(
                self.tr("{0} runs side by side").format(len(entries)), self.tr("{0} runs").format(len(entries))
            )
            self._show_several(entries[:MOST_DRAWN])
        else:
            for part in (self.heading, self.same, self.table):
                part.hide()

    def _show_alone(self, entry: RunEntry, open_recipe: Recipe) -> None:
        rows = _differing([entry.recipe, open_recipe]) if entry.recipe is not None else []
        self.heading.setText(self.tr("Recipe, beside that of the open project"))
        self.heading.setVisible(bool(rows))
        self.table.setVisible(bool(rows))
        self.table.fill([self.tr("This run"), self.tr("Project")], rows, marked=False)
        if entry.problems:
            self.same.setText("\n".join(entry.problems))
        else:
            self.same.setText(self.tr("Its recipe is that of the open project."))
        self.same.setVisible(not rows or bool(entry.problems))

    def _show_several(self, entries: list[RunEntry]) -> None:
        recipes = [entry.recipe for entry in entries]
        rows = _results(entries) + _differing(recipes)
        self.heading.setText(self.tr("Results, and where the recipes differ"))
        self.heading.show()
        self.table.show()
        self.same.setText(self.tr("The recipes are the same."))
        self.same.setVisible(not _differing(recipes))
        self.table.fill(distinct([entry.name for entry in entries]), rows, marked=True)


class NotesForm(QWidget):
    """Tags and free words of one run, kept when the person pauses or goes elsewhere."""

    kept = Signal(object)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._run: Path | None = None
        self._before: tuple[str, str] = ("", "")
        self.tags = QLineEdit()
        self.tags.setPlaceholderText(self.tr("Tags, with commas between them"))
        self.tags.setAccessibleName(self.tr("Tags"))
        self.words = QPlainTextEdit()
        self.words.setObjectName("numbers")
        self.words.setPlaceholderText(self.tr("Notes"))
        self.words.setAccessibleName(self.tr("Notes"))
        self.words.setTabChangesFocus(True)
        self.words.setFixedHeight(NOTES_HEIGHT)
        self.wrong = label("", "wrong", wrap=True)
        self.wrong.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.SPACE)
        for part in (self.tags, self.words, self.wrong):
            box.addWidget(part)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self.keep)
        self.tags.textEdited.connect(lambda *_: self._pause.start())
        self.tags.editingFinished.connect(self.keep)
        self.words.textChanged.connect(self._typed)
        self.words.installEventFilter(self)

    def show_run(self, entry: RunEntry | None) -> None:
        """Another run; what was typed for the one before is kept. The same one does not disturb who is typing."""
        path = entry.path if entry is not None else None
        self.setVisible(entry is not None)
        if path == self._run and (path is None or self._typing()):
            return
        self.keep()
        self._run = None
        if entry is not None:
            self.tags.setText(", ".join(entry.tags))
            self.words.setPlainText(entry.notes)
            self._before = self._now()
            self._tell("")
        self._run = path

    def keep(self) -> None:
        """Write what was typed into the run's folder, or say why it cannot be."""
        self._pause.stop()
        if self._run is None or self._now() == self._before:
            return
        try:
            write_notes(self._run, noted(tags_of(self.tags.text()), self.words.toPlainText()))
        except NotesError as error:
            self._tell(str(error))
            return
        self._before = self._now()
        self._tell("")
        self.kept.emit(self._run)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.keep()
        return False

    def hideEvent(self, event) -> None:
        self.keep()
        super().hideEvent(event)

    def _typed(self) -> None:
        if self._run is not None:
            left = LONGEST_NOTE - len(self.words.toPlainText())
            self._tell(self.tr("{0:,} characters too many").format(-left) if left < 0 else "")
            self._pause.start()

    def _typing(self) -> bool:
        return self._now() != self._before or self.tags.hasFocus() or self.words.hasFocus()

    def _now(self) -> tuple[str, str]:
        return self.tags.text(), self.words.toPlainText()

    def _tell(self, text: str) -> None:
        self.wrong.setText(text)
        self.wrong.setVisible(bool(text))


class DifferenceTable(QTableWidget):
    """Places of a recipe, and beside them the value of every run."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setAccessibleName(self.tr("Differences"))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setIconSize(MARK)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(theme.ROW - theme.SPACE)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def fill(self, headings: list[str], rows: list[tuple[str, list[Any]]], marked: bool) -> None:
        self.setColumnCount(1 + len(headings))
        self.setRowCount(len(rows))
        self.setHorizontalHeaderItem(0, QTableWidgetItem(""))
        for at, heading in enumerate(headings):
            item = QTableWidgetItem(mark(at) if marked else QIcon(), heading)
            self.setHorizontalHeaderItem(1 + at, item)
        for row, (place, cells) in enumerate(rows):
            name = QTableWidgetItem(spoken(place))
            name.setForeground(theme.current().text[1])
            self.setItem(row, 0, name)
            for at, cell in enumerate(cells):
                item = QTableWidgetItem(cell if isinstance(cell, str) else written(cell))
                item.setToolTip(plain(item.text()) or "")
                self.setItem(row, 1 + at, item)
        for column in range(self.columnCount()):
            self.setColumnWidth(column, self._width(column))

    def _width(self, column: int) -> int:
        """Room for the values and for their heading, within bounds."""
        hints = (self.sizeHintForIndex(self.model().index(row, column)).width() for row in range(self.rowCount()))
        item = self.horizontalHeaderItem(column)
        marked = MARK.width() + theme.SPACE if not item.icon().isNull() else 0
        heading = self.fontMetrics().horizontalAdvance(item.text()) * 11 // 10 + marked + 4 * theme.GAP  # it is bold
        return min(max(*hints, heading, NARROWEST), WIDEST) if self.rowCount() else NARROWEST


def _facts(entry: RunEntry) -> tuple[str, ...]:
    """How far a run came, in words that fit."""
    steps, took = tr("{0:,} steps").format(entry.steps), duration(entry.seconds)
    best = tr("best at epoch {0:,}").format(entry.best_epoch) if entry.best_epoch is not None else ""
    return ", ".join(filter(None, (steps, took, best))), f"{steps}, {took}", steps


def _differing(recipes: list[Recipe | None]) -> list[tuple[str, list[Any]]]:
    """The places in which recipes differ with the value of each; a recipe that is unknown differs in none."""
    known = [leaves(recipe) if recipe is not None else None for recipe in recipes]
    places = dict.fromkeys(place for each in known if each is not None for place in each)
    rows = []
    for place in places:
        values = [each.get(place) if each is not None else None for each in known]
        told = [value for value, each in zip(values, known, strict=True) if each is not None]
        if any(value != told[0] for value in told):
            rows.append((place, values))
    return rows


def _results(entries: list[RunEntry]) -> list[tuple[str, list[Any]]]:
    metrics = dict.fromkeys(name for entry in entries for name in entry.best)
    rows = [
        (f"best {name}", [value(name, entry.best[name]) if name in entry.best else ABSENT for entry in entries])
        for name in metrics
    ]
    return [*rows, ("at epoch", [entry.best_epoch for entry in entries])]
