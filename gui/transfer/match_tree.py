"""The table of what fits: a row for each block with its box to tick, its tensors below, and what becomes of each.

Shows a table of matches and knows which blocks are ticked; reads no files and changes no document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from backend.layer_pairing import Shaped
from backend.weight_matching import Row, Table
from backend.weight_names import Names
from graph import Network
from gui import theme
from gui.language import N_, counted, tr

ID = Qt.ItemDataRole.UserRole
ITEM = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
NAME, OUTCOME, THEIRS, HERE, THERE = range(5)
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
        self._rows: list[tuple[QTreeWidgetItem, list[Row]]] = []  # every line, and the tensors it tells of
        self.setColumnCount(5)
        self.setHeaderLabels(
            (self.tr("Block"), self.tr("Outcome"), self.tr("In the file"), self.tr("Shape"), self.tr("Shape there"))
        )
        self.setUniformRowHeights(True)
        self.setMinimumHeight(6 * theme.ROW)
        self.setAccessibleName(self.tr("What fits"))
        self.header().setStretchLastSection(True)
        self.header().setSectionsMovable(False)
        self.header().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.itemChanged.connect(self._changed)
        self.itemExpanded.connect(lambda *_: self._fit())
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
                inner = QTreeWidgetItem(item, [name[cut:], "", "", str(one)])
                inner.setFlags(ITEM)
                inner.setToolTip(NAME, name)
            item.setText(HERE, _sizes(names, names.values()))
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
            self._say(item, found, _sizes(by_block[id], [row.their for row in _told(found)]), anew == id)
            for index in range(item.childCount()):
                one = found[index : index + 1]
                self._say(item.child(index), one, str((one and one[0].their) or ""), anew == id)
        self.blockSignals(False)
        self._colour()
        self._fit()

    def _say(self, item: QTreeWidgetItem, rows: list[Row], there: str, anew: bool) -> None:
        """One line: whose tensors become these, and what comes of it."""
        names = [row.theirs for row in rows if row.theirs]
        theirs = names[0] if len(names) == 1 and not item.childCount() else _common(names).rstrip(".") if names else ""
        item.setText(THEIRS, theirs)
        item.setToolTip(THEIRS, theirs)
        item.setText(THERE, there if names else "")
        item.setText(OUTCOME, tr(N_("begins anew")) if anew and rows else _words(_told(rows)))
        self._rows.append((item, rows))

    def _colour(self, *_theme) -> None:
        self.blockSignals(True)
        now = theme.current()
        for item, rows in self._rows:
            outcomes = {row.outcome for row in rows}
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
        for column, most in ((NAME, 240), (OUTCOME, 160), (THEIRS, 240), (HERE, 140)):
            self.resizeColumnToContents(column)
            self.setColumnWidth(column, min(self.columnWidth(column) + theme.GAP, most))


def _told(rows: list[Row]) -> list[Row]:
    """The rows of a block, the one that tells most first: its largest trouble, else its first tensor."""
    return sorted(rows, key=lambda row: row.outcome in ("loaded", "not asked for"))


def _sizes(names: Names, shapes: Iterable[Shaped | None]) -> str:
    """The size of a layer's first tensor; of a module how many there are."""
    if len({name.rpartition(".")[0] for name in names}) > 1:
        return counted(len(names), "tensor")
    return str(next(iter(shapes), None) or "")


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
