"""The arithmetic behind the numbers of a block as a tree that folds: what, the lecture's formula, what it comes to.

Shows explanations as they are given; computes none but the receptive field, which it asks for when it is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt, QTimer
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QKeySequence,
    QPainter,
    QResizeEvent,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QMenu, QSizePolicy, QTreeView

from graph import Document
from graph.explain import NUMBERS, Explanation, explain, explain_block
from gui.panels.explain_row import ARITHMETIC, BETWEEN, DIFFERS, LINE, VALUE, ExplainRow

SEEN = "receptive field"
LATER = 120  # ms until the receptive field follows: it takes a look at the whole network
OPEN_FIRST = frozenset(("output",))  # roots that begin unfolded
EXPLANATION = Qt.ItemDataRole.UserRole + 9


class ExplainTree(QTreeView):
    """As high as its rows, so that the panel scrolls and not the tree; what was unfolded stays so for other blocks."""

    def __init__(self):
        super().__init__()
        self._unfolded: dict[str, bool] = {}
        self._own: dict[tuple[str, ...], str] = {}  # the values as they are, while others are supposed
        self._asked: tuple[Document, str] | None = None
        self._filling = False
        self.rows = QStandardItemModel(self)
        self.setModel(self.rows)
        self.setItemDelegate(ExplainRow(self))
        self.setHeaderHidden(True)
        self.setIndentation(14)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("The arithmetic behind the numbers"))
        self.expanded.connect(lambda index: self._folded(index, True))
        self.collapsed.connect(lambda index: self._folded(index, False))
        self.later = QTimer(self, singleShot=True, interval=LATER)
        self.later.timeout.connect(self.add_receptive_field)

    def show_block(self, document: Document, id: str, supposed: bool = False) -> None:
        """What goes in and out of a block and what it costs; `supposed` marks what differs from the last real ones."""
        roots = explain_block(document.network, document.analysis, id)
        seen = [tree for tree in self.roots() if tree.what == SEEN] if self._asked and self._asked[1] == id else []
        self._show((*roots, *seen), supposed)
        self._asked = (document, id)
        self.later.start()

    def show_trees(self, roots: tuple[Explanation, ...]) -> None:
        """Show these, such as the totals of a network."""
        self.later.stop()
        self._asked = None
        if roots != tuple(self.roots()):
            self._show(roots, supposed=False)

    def add_receptive_field(self) -> None:
        """Put the receptive field of the block below the other numbers."""
        self.later.stop()
        document, id = self._asked
        if id not in document.network.blocks:
            return
        tree = explain(document.network, document.analysis, id, SEEN)
        roots = [one for one in self.roots() if one.what != SEEN]
        found = [Explanation(SEEN, "", tree.value, tree.because)] if tree else []
        if tuple(found) != tuple(one for one in self.roots() if one.what == SEEN):
            self._show((*roots, *found), bool(self._differing()))

    def roots(self) -> list[Explanation]:
        return [self.rows.item(row).data(EXPLANATION) for row in range(self.rows.rowCount())]

    def told(self) -> dict[str, tuple[str, str]]:
        """What every row shows, by its name: the value and the arithmetic."""
        return {item.text(): (item.data(VALUE), item.data(ARITHMETIC)) for item in self._items()}

    def text(self) -> str:
        """Everything as indented lines, unfolded or not."""
        return "\n".join(tree.text() for tree in self.roots())

    # Filling

    def _show(self, roots: tuple[Explanation, ...], supposed: bool) -> None:
        values = {path: tree.value for tree in roots for path, tree in _walk(tree)}
        if not supposed:
            self._own = values
        self._filling = True
        self.rows.clear()
        for tree in roots:
            self.rows.appendRow(self._item(tree, (), supposed))
        for row, tree in enumerate(roots):
            self.setExpanded(self.rows.index(row, 0), self._unfolded.get(tree.what, tree.what in OPEN_FIRST))
        self._filling = False
        self._fit()

    def _item(self, tree: Explanation, above: tuple[str, ...], supposed: bool) -> QStandardItem:
        path = (*above, tree.what)
        item = QStandardItem(_shortened(tree.what, above))
        item.setData(tree, EXPLANATION)
        item.setData(tree.value, VALUE)
        item.setData(_told(tree), ARITHMETIC)
        item.setData(supposed and self._own.get(path) != tree.value, DIFFERS)
        item.setData(f"{tree.what}, {tree.value}, {tree.arithmetic}", Qt.ItemDataRole.AccessibleTextRole)
        for one in tree.because:
            item.appendRow(self._item(one, path, supposed))
        return item

    def _items(self) -> Iterator[QStandardItem]:
        waiting = [self.rows.item(row) for row in range(self.rows.rowCount())]
        while waiting:
            item = waiting.pop(0)
            yield item
            waiting += [item.child(row) for row in range(item.rowCount())]

    def _differing(self) -> list[QStandardItem]:
        return [item for item in self._items() if item.data(DIFFERS)]

    def _folded(self, index: QModelIndex, unfolded: bool) -> None:
        if not self._filling:
            if not index.parent().isValid():
                self._unfolded[index.data(EXPLANATION).what] = unfolded
            self._fit()

    # Size

    def _fit(self) -> None:
        """Take the height of the rows that can be seen."""
        height, index = 0, self.rows.index(0, 0)
        while index.isValid():
            height += self.itemDelegate().height(index, self.room(index))
            index = self.indexBelow(index)
        self.scheduleDelayedItemsLayout()
        self.setFixedHeight(height + 2)

    def room(self, index: QModelIndex) -> int:
        """How wide the row of an index is."""
        depth = 1
        while (index := index.parent()).isValid():
            depth += 1
        return self.viewport().width() - depth * self.indentation()

    def drawBranches(self, painter: QPainter, rect: QRect, index: QModelIndex) -> None:
        """The arrow stands at the first line of its row."""
        super().drawBranches(painter, QRect(rect.topLeft(), QSize(rect.width(), LINE + BETWEEN)), index)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def sizeHint(self) -> QSize:
        return QSize(260, self.height())

    # Taking along

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.addAction(self.tr("Copy as text"), self.copy)
        menu.addSeparator()
        menu.addAction(self.tr("Unfold all"), self.expandAll)
        menu.addAction(self.tr("Fold all"), self.collapseAll)
        menu.exec(event.globalPos())

    def keyPressEvent(self, event) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """The tree of the row at hand, or all of them, as text."""
        found = self.currentIndex().data(EXPLANATION)
        QGuiApplication.clipboard().setText(found.text() if found else self.text())

    def wheelEvent(self, event) -> None:
        event.ignore()  # the panel scrolls


def _walk(tree: Explanation, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Explanation]]:
    path = (*above, tree.what)
    yield path, tree
    for one in tree.because:
        yield from _walk(one, path)


def _told(tree: Explanation) -> str:
    """The arithmetic as far as it says something that does not stand elsewhere in the tree."""
    return "" if "->" in tree.arithmetic or tree.arithmetic == tree.value else tree.arithmetic


def _shortened(what: str, above: tuple[str, ...]) -> str:
    """`parameters of conv1` under `parameters` is conv1."""
    head, _, tail = what.partition(" of ")
    return tail if above and tail and head in NUMBERS else what
