"""The summary: a table of every block in the order of computation, with totals; copies as Markdown."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QItemSelectionModel, QModelIndex, QSize, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QPainter
from PySide6.QtWidgets import QHeaderView, QPushButton, QStackedLayout, QTableView, QVBoxLayout, QWidget
from shiboken6 import isValid

from graph.quantities import thousands
from gui import theme
from gui.language import N_, counted, tr
from gui.panels.rows import EmptyState, button
from gui.session import Session
from gui.updates import Updates

COLUMNS = (N_("Block"), N_("Type"), N_("Output shape"), N_("Parameters"), N_("Multiply-adds"))
NUMBERS = (3, 4)
UNKNOWN = N_("not known yet")
PAD = 11  # of a cell, as the stylesheet and the style set it
Row = tuple[str, str, str, str, str]


class SummaryModel(QAbstractTableModel):
    """Rows in topological order; the analysis is read when rows are refreshed, not when they are painted."""

    def __init__(self):
        super().__init__()
        self.ids: list[str] = []
        self.rows: list[Row] = []

    def read(self, session: Session) -> None:
        document = session.what_if.document
        network, analysis = document.network, document.analysis
        ids = list(network.order())
        rows = [_row(network.blocks[id], analysis) for id in ids]
        if ids != self.ids:
            self.beginResetModel()
            self.ids, self.rows = ids, rows
            self.endResetModel()
            return
        changed = [i for i, (old, new) in enumerate(zip(self.rows, rows, strict=True)) if old != new]
        self.rows = rows
        if changed:
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], len(COLUMNS) - 1))

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return tr(COLUMNS[section])
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _side(section)
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.rows[row][column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column)
        if role == Qt.ItemDataRole.FontRole and column >= 2:
            return theme.mono_font()
        if role == Qt.ItemDataRole.ForegroundRole and (column == 1 or self.rows[row][column] in ("0", tr(UNKNOWN))):
            return theme.current().text[2]
        return None

    def markdown(self, totals: Row) -> str:
        """The table as Markdown, numbers right-aligned, totals last."""
        lines = [tuple(map(tr, COLUMNS)), ("---", "---", "---", "---:", "---:"), *self.rows, totals]
        return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


class Summary(QWidget):
    """Table and totals; its selection is the session's."""

    def __init__(self, session: Session, parent: QWidget | None = None):
        super().__init__(parent)
        self.session = session
        self._syncing = False
        self.model = SummaryModel()
        self.table = self._make_table()
        copy = button(self.tr("Copy as Markdown"), self.copy, "flat", self.tr("Copy the table as Markdown  (Ctrl+C)"))
        self.totals = Totals(self.table.horizontalHeader(), copy)
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.table, 1)
        box.addWidget(self.totals)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(
            EmptyState(
                self.tr("No blocks yet."),
                self.tr("Each block is listed here with its shape and what it costs."),
                "table",
            )
        )
        self._pages.addWidget(page)
        self.updates = Updates(self, self.refresh, 16)
        session.changed.connect(self._changed)
        session.document_changed.connect(self.updates.ask)
        session.what_if.changed.connect(self.updates.ask)
        session.selection_changed.connect(self._show_selection)
        self.table.selectionModel().selectionChanged.connect(self._selected)

    def sizeHint(self) -> QSize:
        return QSize(640, 180)

    def refresh(self) -> None:
        self._syncing = True
        self.model.read(self.session)
        self._syncing = False
        self._pages.setCurrentIndex(1 if self.model.ids else 0)
        self.totals.show_row(self._totals())
        self._show_selection()

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.model.markdown(self._totals()))
        self.session.say(self.tr("The table is in the clipboard as Markdown"))

    def _totals(self) -> Row:
        analysis = self.session.what_if.document.analysis
        blocks = counted(len(self.model.ids), "block")
        return self.tr("Total"), blocks, "", thousands(analysis.total_parameters), thousands(analysis.total_macs)

    def keyPressEvent(self, event) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        table.setShowGrid(False)
        table.setSortingEnabled(False)
        table.setWordWrap(False)
        table.setAccessibleName(self.tr("Summary of the blocks"))
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(theme.ROW)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setResizeContentsPrecision(50)  # rows that are measured; a thousand would take long
        for column in range(len(COLUMNS)):
            mode = QHeaderView.ResizeMode
            header.setSectionResizeMode(column, mode.Stretch if column == 2 else mode.ResizeToContents)
        header.setMinimumSectionSize(120)
        return table

    def _changed(self, changes) -> None:
        if changes.computation or changes.recipe or changes.analyzed:
            self.updates.ask()

    def _show_selection(self) -> None:
        if self._syncing:
            return
        if not self.isVisible():
            self.updates.ask()  # when it is seen again
            return
        self._syncing = True
        chosen, model = self.table.selectionModel(), self.model
        chosen.clearSelection()
        places = {id: row for row, id in enumerate(model.ids)}
        rows = [places[id] for id in self.session.selection if id in places]
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for row in rows if len(rows) < len(places) else ():
            chosen.select(model.index(row, 0), flags)
        if rows and len(rows) == len(places):
            self.table.selectAll()
        if len(rows) == 1:
            self.table.scrollTo(model.index(rows[0], 0))
        self._syncing = False

    def _selected(self, *_ignored) -> None:
        if self._syncing:
            return
        self._syncing = True
        ids = [self.model.ids[index.row()] for index in self.table.selectionModel().selectedRows()]
        if len(ids) == 1:
            self.session.reveal(ids[0])
        else:
            self.session.select(ids)
        self._syncing = False


class Totals(QWidget):
    """The last line: it stands under the columns and does not scroll."""

    def __init__(self, header: QHeaderView, copy: QPushButton):
        super().__init__()
        self._header, self._copy = header, copy
        copy.setParent(self)
        self._cells: Row = ("",) * len(COLUMNS)
        self.setFixedHeight(theme.ROW + 2)
        header.sectionResized.connect(self._follow)
        header.geometriesChanged.connect(self._follow)

    def show_row(self, cells: Row) -> None:
        self._cells = cells
        self.setAccessibleName(" ".join(cells))
        self.update()

    def _follow(self, *_ignored) -> None:
        if not isValid(self._header):
            return  # the table tells of its sections even while it is being taken down
        self._copy.adjustSize()
        self._copy.move(self._header.sectionViewportPosition(2), (self.height() - self._copy.height()) // 2)
        self.update()

    def text(self) -> str:
        return " ".join(cell for cell in self._cells if cell)

    def paintEvent(self, event) -> None:
        look, header, painter = theme.current(), self._header, QPainter(self)
        painter.setPen(look.line)
        painter.drawLine(0, 0, self.width(), 0)
        for column, cell in enumerate(self._cells):
            painter.setFont(theme.mono_font() if column >= 2 else theme.ui_font("normal", bold=column == 0))
            painter.setPen(look.text[1] if column == 1 else look.text[0])
            left, width = header.sectionViewportPosition(column), header.sectionSize(column)
            painter.drawText(left + PAD, 1, width - 2 * PAD, self.height() - 1, _side(column), cell)


def _row(block, analysis) -> Row:
    inferred = analysis.inferred(block.id)
    if inferred is None:
        return block.name, block.type, tr(UNKNOWN), "", ""
    shape = str(next(iter(inferred.outputs.values()))) if inferred.outputs else ""
    parameters = thousands(inferred.parameters) if inferred.parameters else "0"
    return block.name, block.type, shape, parameters, thousands(inferred.macs_of_sample)


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
