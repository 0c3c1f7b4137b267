"""The table of runs: sorted by any column, filtered by words, the drawn ones marked with their curve's colour."""

from __future__ import annotations

import html
import math
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QSize, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from backend.run_comparison import Change, written
from backend.runs import RunEntry
from gui import theme
from gui.language import N_, tr
from gui.runs.reading import Listed
from gui.training.verdict import SHARES, number, percent

NAME, WHEN, OUTCOME, BEST, EPOCHS, TAGS, CHANGED = range(7)
HEADINGS = (
    N_("Run"), N_("When"), N_("Outcome"), N_("Best"), N_("Epochs"), N_("Tags"), N_("Changed"),
)  # fmt: skip
OUTCOMES = {
    "running": (N_("running"), "hint"),
    "finished": (N_("finished"), "good"),
    "stopped": (N_("stopped"), "warning"),
    "interrupted": (N_("interrupted"), "warning"),
    "failed": (N_("failed"), "error"),
    "damaged": (N_("damaged"), "error"),
}
NAMES = 130, 200  # pixels of the names' column, by the room that the others leave
MODES = {NAME: QHeaderView.ResizeMode.Interactive, CHANGED: QHeaderView.ResizeMode.Stretch}
SORTED_BY = Qt.ItemDataRole.UserRole
MARK = QSize(18, 12)
MOST_DRAWN = 6  # more curves cannot be told apart
DASHES = (
    Qt.PenStyle.SolidLine, Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine, Qt.PenStyle.DashDotDotLine,
)  # fmt: skip


class RunsModel(QAbstractTableModel):
    """Rows as they were listed; `drawn` are the runs whose curves are shown, in the order of their colours."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.runs: tuple[Listed, ...] = ()
        self.drawn: tuple[Path, ...] = ()
        self.metric: str | None = None  # of the best values, where all runs have the same

    def show_runs(self, runs: tuple[Listed, ...]) -> None:
        """Put other rows there; where they are the same runs, only what changed is drawn anew."""
        metrics = {best_metric(one.entry.best) for one in runs} - {None}
        metric = metrics.pop() if len(metrics) == 1 else None
        same = metric == self.metric and [one.entry.path for one in runs] == [one.entry.path for one in self.runs]
        if same:
            changed = [row for row, (old, new) in enumerate(zip(self.runs, runs, strict=True)) if old != new]
            self.runs = runs
            for row in changed:
                self.dataChanged.emit(self.index(row, 0), self.index(row, CHANGED))
            return
        self.beginResetModel()
        self.runs, self.metric = runs, metric
        self.endResetModel()

    def mark(self, drawn: tuple[Path, ...]) -> None:
        self.drawn = drawn
        if self.runs:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.runs) - 1, 0))

    def entry(self, row: int) -> RunEntry:
        return self.runs[row].entry

    def row_of(self, path: Path) -> int | None:
        return next((row for row, one in enumerate(self.runs) if one.entry.path == path), None)

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.runs)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return len(HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            metric = self.metric if section == BEST else None
            return f"{tr(HEADINGS[section])} {metric.replace('_', ' ')}" if metric else tr(HEADINGS[section])
        if role == Qt.ItemDataRole.ToolTipRole and section == CHANGED:
            return tr("What its recipe has otherwise than that of the run before it")
        return _side(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        one, column = self.runs[index.row()], index.column()
        entry = one.entry
        if role == Qt.ItemDataRole.DisplayRole:
            return value(self.metric, entry.best[self.metric]) if self._plain(one, column) else _text(one, column)
        if role == SORTED_BY:
            return _key(one, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column)
        if role == Qt.ItemDataRole.ForegroundRole:
            if column == OUTCOME:
                return theme.current().severity[OUTCOMES[entry.outcome][1]]
            return theme.current().text[1] if column in (WHEN, CHANGED) else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(_tip(one, column))
        if role == Qt.ItemDataRole.DecorationRole and column == NAME and self.drawn:
            at = self.drawn.index(entry.path) if entry.path in self.drawn else -1
            return mark(at)
        return None

    def _plain(self, one: Listed, column: int) -> bool:
        """Whether the column's heading names the metric already."""
        return column == BEST and self.metric in one.entry.best


class Sorted(QSortFilterProxyModel):
    """Rows in the order of a column, those without a value last; all words of the filter stand somewhere in a row."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.words: tuple[str, ...] = ()

    def show_only(self, text: str) -> None:
        self.words = tuple(text.casefold().split())
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: QModelIndex) -> bool:
        if not self.words:
            return True
        one = self.sourceModel().runs[row]
        entry = one.entry
        texts = (entry.network, entry.notes, *(_text(one, column) for column in range(len(HEADINGS))))
        whole = "\n".join(texts).casefold()
        return all(word in whole for word in self.words)

    def lessThan(self, left: QModelIndex, right: QModelIndex) -> bool:
        model = self.sourceModel()
        return model.data(left, SORTED_BY) < model.data(right, SORTED_BY)


class RunsTable(QTableView):
    """Whole rows are selected, several with Ctrl and Shift; `chosen` tells them in the order they were selected."""

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.runs, self.sorted = RunsModel(self), Sorted(self)
        self.sorted.setSourceModel(self.runs)
        self.setModel(self.sorted)
        self.order: list[Path] = []  # of the selected runs
        self.setAccessibleName(self.tr("Runs"))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setIconSize(MARK)
        self.setItemDelegateForColumn(NAME, Names(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(theme.ROW)
        self.setSortingEnabled(True)
        self.sortByColumn(WHEN, Qt.SortOrder.DescendingOrder)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setResizeContentsPrecision(50)
        for column in range(len(HEADINGS)):
            header.setSectionResizeMode(column, MODES.get(column, QHeaderView.ResizeMode.ResizeToContents))
        header.setMinimumSectionSize(56)
        self.selectionModel().selectionChanged.connect(self._choose)

    def show_runs(self, runs: tuple[Listed, ...]) -> None:
        """Other rows; runs that are still there stay selected."""
        kept = list(self.order)
        self.runs.show_runs(runs)
        if self.selected() != kept:
            self.select(kept)

    def select(self, paths: list[Path]) -> None:
        model, chosen = self.selectionModel(), []
        model.blockSignals(True)
        model.clear()
        for path in paths:
            row = self.runs.row_of(path)
            index = self.sorted.mapFromSource(self.runs.index(row, 0)) if row is not None else QModelIndex()
            if index.isValid():
                model.select(index, model.SelectionFlag.Select | model.SelectionFlag.Rows)
                chosen.append(index)
        if chosen:
            model.setCurrentIndex(chosen[-1], model.SelectionFlag.NoUpdate)
        model.blockSignals(False)
        self.viewport().update()
        self._choose()

    def selected(self) -> list[Path]:
        """The selected runs, the first selected first."""
        rows = (self.sorted.mapToSource(index).row() for index in self.selectionModel().selectedRows())
        now = [self.runs.entry(row).path for row in rows]
        return [path for path in self.order if path in now] + [path for path in now if path not in self.order]

    def entries(self) -> list[RunEntry]:
        """The selected runs, in the same order."""
        rows = (self.runs.row_of(path) for path in self.order)
        return [self.runs.entry(row) for row in rows if row is not None]

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        header = self.horizontalHeader()
        room = self.viewport().width() - sum(header.sectionSize(column) for column in (WHEN, OUTCOME, BEST, EPOCHS))
        header.resizeSection(NAME, min(max(room, NAMES[0]), NAMES[1]))

    def paintEvent(self, event) -> None:
        super().paintEvent(event)
        if not self.sorted.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(theme.current().text[1])
            words = self.tr("No run is like this.")
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, words)

    def _choose(self, *_: object) -> None:
        self.order = self.selected()
        several = len(self.order) > 1
        self.runs.mark(tuple(self.order[:MOST_DRAWN]) if several else ())
        self.chosen.emit()


class Names(QStyledItemDelegate):
    """Names that are cut keep their end: that is what tells runs of one network apart."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideMiddle


def mark(at: int) -> QIcon:
    """The line of a curve as a small picture; an empty one where there is none."""
    ratio = 3
    pixmap = QPixmap(MARK * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    if at >= 0:
        painter = QPainter(pixmap)
        painter.setPen(pen(at))
        painter.drawLine(1, MARK.height() // 2, MARK.width() - 2, MARK.height() // 2)
        painter.end()
    return QIcon(pixmap)


def pen(at: int) -> QPen:
    """How the curve of the run at a place is drawn: a colour, and from the third on a dash of its own."""
    made = QPen(theme.current().series[at], 2)
    made.setStyle(DASHES[at])
    return made


def best_metric(best: dict[str, float]) -> str | None:
    """The metric by which runs are told apart: an accuracy where there is one, else the loss, else any."""
    shares = [name for name in best if name.split("_")[0] in SHARES]
    return next(iter([*shares, *(name for name in best if name == "loss"), *best]), None)


def value(name: str, number_: float) -> str:
    return percent(number_) if name.split("_")[0] in SHARES else number(number_)


def plain(text: str | None) -> str | None:
    """A tooltip of words from a file: never taken for markup, which could name files to load."""
    return f'<span style="white-space: pre-wrap">{html.escape(text)}</span>' if text else None


def words(changes: tuple[Change, ...]) -> str:
    """What is otherwise, in a line: "epochs 20, optimizer SGD"."""
    return ", ".join(f"{spoken(change.place)} {written(change.ours)}" for change in changes)


def _text(one: Listed, column: int) -> str:
    entry = one.entry
    if column == NAME:
        return entry.name
    if column == WHEN:
        return _when(entry.began) if entry.began else ""
    if column == OUTCOME:
        return tr(OUTCOMES[entry.outcome][0])
    if column == BEST:
        metric = best_metric(entry.best)
        return f"{metric.replace('_', ' ')} {value(metric, entry.best[metric])}" if metric else ""
    if column == EPOCHS:
        planned = entry.recipe.epochs if entry.recipe else 0
        return f"{entry.epochs:,} / {planned:,}" if planned and planned != entry.epochs else f"{entry.epochs:,}"
    return words(one.changed) if column == CHANGED else ", ".join(entry.tags)


def _when(began: datetime) -> str:
    """Short, and in digits that sort: the year only where it is another."""
    same = began.year == datetime.now().year
    return f"{began:%m-%d %H:%M}" if same else f"{began:%Y-%m-%d}"


def _key(one: Listed, column: int) -> Any:
    """What a column is sorted by; of the best values a higher accuracy comes before a lower loss."""
    entry = one.entry
    if column == WHEN:
        return entry.began.timestamp() if isinstance(entry.began, datetime) else 0.0
    if column == BEST:
        metric = best_metric(entry.best)
        if metric is None or not math.isfinite(entry.best[metric]):
            return (metric is not None, False, -math.inf)
        share = metric.split("_")[0] in SHARES
        return (True, share, entry.best[metric] if share else -entry.best[metric])
    return entry.epochs if column == EPOCHS else _text(one, column).casefold()


def _tip(one: Listed, column: int) -> str | None:
    entry = one.entry
    if column == CHANGED and one.changed:
        return "\n".join(map(str, one.changed))
    if column == BEST and entry.best:
        lines = [f"{name} {value(name, each)}" for name, each in entry.best.items()]
        return "\n".join([tr("At epoch {0}:").format(entry.best_epoch), *lines])
    if column == OUTCOME and entry.problems:
        return "\n".join(entry.problems)
    if column == WHEN and entry.began:
        return f"{entry.began:%Y-%m-%d %H:%M:%S}"
    return "\n".join(filter(None, (str(entry.path), entry.notes[:2000]))) if column == NAME else None


def spoken(place: str) -> str:
    """A dotted place without what goes without saying."""
    return place.removeprefix("data.").replace("_", " ")


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in (BEST, EPOCHS) else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
