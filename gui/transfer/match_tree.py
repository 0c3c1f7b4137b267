"""The table of what fits: a row for each block with its box to tick, its tensors below, and what becomes of each.

Shows a table of matches and knows which blocks are ticked; reads no files and changes no document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from backend.weight_matching import Row, Table
from backend.weight_names import Names
from graph import Network
from gui import theme
from gui.language import N_, tr

ID = Qt.ItemDataRole.UserRole
ITEM = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
NAME, HERE, THEIRS, THERE, OUTCOME = range(5)
OUTCOMES = {
    "loaded": N_("loaded"),
    "other shape": N_("other shape"),
    "other type": N_("other type"),
    "not found": N_("not in the file"),
    "not asked for": N_("left as it is"),
}


class MatchTree(QTreeWidget):
    """Blocks in the order of the network's layers."""

    ticked_changed = Signal()

    def __init__(self):
        super().__init__()
        self._rows: list[tuple[QTreeWidgetItem, Row | None, list[Row]]] = []
        self.setColumnCount(5)
        self.setHeaderLabels(
            (self.tr("Block"), self.tr("Shape"), self.tr("In the file"), self.tr("Shape there"), self.tr("Outcome"))
        )
        self.setUniformRowHeights(True)
        self.setMinimumHeight(6 * theme.ROW)
        self.setAccessibleName(self.tr("What fits"))
        self.header().setStretchLastSection(True)
        self.header().setSectionsMovable(False)
        self.header().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.itemChanged.connect(self._changed)
        theme.appearance.changed.connect(self._colour)

    def set_blocks(self, network: Network, by_block: Mapping[str, Names], ticked: Iterable[str]) -> None:
        """Show these blocks with their tensors, of which nothing is known to fit yet."""
        ticked = set(ticked)
        self.blockSignals(True)
        self.clear()
        for id, names in by_block.items():
            item = QTreeWidgetItem(self, [network.blocks[id].name])
            item.setData(NAME, ID, id)
            item.setFlags(ITEM | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(NAME, Qt.CheckState.Checked if id in ticked else Qt.CheckState.Unchecked)
            cut = len(_common(list(names)))
            for name, one in names.items():
                QTreeWidgetItem(item, [name[cut:], str(one)]).setFlags(ITEM)
            item.setText(HERE, str(next(iter(names.values()))))
        self.blockSignals(False)
        self._fit()

    def ticked(self) -> list[str]:
        """The ids of the ticked blocks, in order."""
        return [item.data(NAME, ID) for item in self._items() if item.checkState(NAME) == Qt.CheckState.Checked]

    def tick(self, ids: Iterable[str]) -> None:
        """Tick these blocks and no others."""
        ids = set(ids)
        self.blockSignals(True)
        for item in self._items():
            ticked = item.data(NAME, ID) in ids
            item.setCheckState(NAME, Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        self.blockSignals(False)
        self.ticked_changed.emit()

    def show_table(self, by_block: Mapping[str, Names], table: Table | None, anew: str | None = None) -> None:
        """Say what becomes of each tensor, nothing while there is no table; `anew` is the block that begins anew."""
        rows = {row.ours: row for row in table.rows} if table else {}
        self.blockSignals(True)
        self._rows = []
        for item in self._items():
            id = item.data(NAME, ID)
            found = [rows[name] for name in by_block[id]] if table else []
            self._say(item, _told(found), anew == id)
            self._rows.append((item, None, found))
            for index in range(item.childCount()):
                row = found[index] if found else None
                self._say(item.child(index), ((row,) if row else ()), anew == id)
                self._rows.append((item.child(index), row, found))
        self.blockSignals(False)
        self._colour()
        self._fit()

    def _say(self, item: QTreeWidgetItem, rows: Iterable[Row], anew: bool) -> None:
        rows = list(rows)
        first = rows[0] if rows else None
        theirs = (first.theirs or "") if first else ""
        if first is not None and item.childCount() and theirs:
            theirs = theirs.rpartition(".")[0] or theirs
        item.setText(THEIRS, theirs)
        item.setText(THERE, str(first.their) if first is not None and first.their else "")
        item.setText(OUTCOME, tr(N_("begins anew")) if anew and rows else _words(rows))
        item.setToolTip(THEIRS, theirs)

    def _colour(self, *_theme) -> None:
        self.blockSignals(True)
        now = theme.current()
        for item, row, found in self._rows:
            outcomes = {row.outcome} if row else {one.outcome for one in found}
            quiet = not outcomes or outcomes <= {"not asked for"}
            colour = now.text[2] if quiet else now.severity["good" if outcomes == {"loaded"} else "warning"]
            item.setForeground(OUTCOME, colour)
            for column in (HERE, THEIRS, THERE):
                item.setForeground(column, QColor(now.text[1]))
        self.blockSignals(False)

    def _items(self) -> list[QTreeWidgetItem]:
        return [self.topLevelItem(index) for index in range(self.topLevelItemCount())]

    def _changed(self, item: QTreeWidgetItem, column: int) -> None:
        if column == NAME and item.parent() is None:
            self.ticked_changed.emit()

    def _fit(self) -> None:
        """Columns as wide as what they hold, the names of files up to a limit."""
        for column, most in ((NAME, 200), (HERE, 140), (THEIRS, 200), (THERE, 140)):
            self.resizeColumnToContents(column)
            self.setColumnWidth(column, min(self.columnWidth(column) + theme.GAP, most))


def _told(rows: list[Row]) -> list[Row]:
    """The rows of a block, the one that tells most first: its largest trouble, else its first tensor."""
    return sorted(rows, key=lambda row: row.outcome in ("loaded", "not asked for"))


def _words(rows: list[Row]) -> str:
    """What becomes of these tensors."""
    if not rows:
        return ""
    loaded = sum(row.outcome == "loaded" for row in rows)
    if 0 < loaded < len(rows):
        return tr(N_("{0} of {1} loaded")).format(loaded, len(rows))
    by_order = tr(N_(", by order")) if any(row.by_order for row in rows) else ""
    return tr(OUTCOMES[rows[0].outcome]) + by_order


def _common(names: list[str]) -> str:
    """The beginning up to a dot that all names share."""
    shared = names[0].split(".")[:-1]
    for name in names[1:]:
        parts = name.split(".")[:-1]
        count = next((i for i, (a, b) in enumerate(zip(shared, parts, strict=False)) if a != b), None)
        shared = shared[: min(len(parts), len(shared)) if count is None else count]
    return "".join(f"{part}." for part in shared)
