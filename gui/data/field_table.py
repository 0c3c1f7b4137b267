"""The fields of a data set in numbers, one a row; a table's features column by column, each by its name."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from backend.data.statistics import FieldStatistics
from gui import theme

MOST_ROWS = 8  # in sight at once
MOST_TOLD = 2000  # rows at all
NUMBERS = 3  # from this column on


class FieldTable(QTableWidget):
    """Read only; its height is that of its rows. `chosen` says which FieldStatistics were selected."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(0, 7, parent)
        self.setHorizontalHeaderLabels(
            (
                *(self.tr("field"), self.tr("shape"), self.tr("type"), self.tr("least"), self.tr("greatest")),
                *(self.tr("mean"), self.tr("deviation")),
            )
        )
        self.verticalHeader().hide()
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.itemSelectionChanged.connect(self._choose)
        self._found: tuple[FieldStatistics, ...] = ()
        self.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setMinimumSectionSize(48)
        self.setAccessibleName(self.tr("Fields of the data"))

    def show_fields(self, found: tuple[FieldStatistics, ...]) -> None:
        self.clearSelection()
        found = self._found = found[:MOST_TOLD]
        self.setRowCount(len(found))
        for row, one in enumerate(found):
            for column, text in enumerate((*self._named(one), *self._numbers(one))):
                item = QTableWidgetItem(text)
                if column >= NUMBERS:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    item.setFont(theme.mono_font("small"))
                item.setToolTip(self._told(one))
                self.setItem(row, column, item)
        head = self.horizontalHeader().sizeHint().height()
        self.setFixedHeight(head + min(len(found), MOST_ROWS) * self.rowHeight(0) + 4)

    def _choose(self) -> None:
        rows = self.selectionModel().selectedRows()
        if rows and rows[0].row() < len(self._found):
            self.chosen.emit(self._found[rows[0].row()])

    def _named(self, one: FieldStatistics) -> tuple[str, str, str]:
        kind = self.tr("{0} classes").format(f"{len(one.field.classes):,}") if one.field.classes else one.field.dtype
        if one.column:
            return one.column, self.tr("1 value"), kind
        return one.field.name, " x ".join(map(str, one.field.shape)) or self.tr("1 value"), kind

    def _numbers(self, one: FieldStatistics) -> tuple[str, ...]:
        """The numbers of classes say nothing: they are only names."""
        told = (None,) * 4 if one.field.classes else (one.low, one.high, one.mean, one.deviation)
        return tuple(f"{number:.4g}" if number is not None else "-" for number in told)

    def _told(self, one: FieldStatistics) -> str:
        parts = [self.tr("part of {0}").format(one.field.name)] if one.column else []
        parts += [self.tr("{0} values").format(f"{one.values:,}")]
        if one.looked_at < one.values:
            parts.append(self.tr("the numbers are of {0} of them, evenly spaced").format(f"{one.looked_at:,}"))
        if one.missing:
            parts.append(self.tr("{0} missing or infinite").format(f"{one.missing:,}"))
        return ", ".join(parts)
