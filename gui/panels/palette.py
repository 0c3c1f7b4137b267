"""The palette: every block type by family, fuzzy search, drag out, Enter to add. Knows no canvas.

A drag carries the type's name as `application/x-netloom-block`; `chosen` says which type to add after the selection.
"""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QRect, QSize, Qt, Signal
from PySide6.QtGui import QDrag, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from graph import placeable, registry
from graph.block_type import BlockType
from gui import theme
from gui.language import tr
from gui.panels.rows import ClearCross, label
from gui.session import Session

MIME = "application/x-netloom-block"
TYPE, FAMILY = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


class Palette(QWidget):
    """Search field over a tree of families."""

    chosen = Signal(str)  # a block type to add after the selection
    looked_at = Signal(str)  # a block type under the pointer or the cursor

    def __init__(self, session: Session, parent: QWidget | None = None):
        super().__init__(parent)
        self.session = session
        self._folded: set[str] = set()  # branches that were closed, kept over refills
        self.search = SearchField()
        self.search.setPlaceholderText(self.tr("Search blocks"))
        ClearCross(self.search)
        self.tree = BlockTree()
        self.nothing = label("", "quiet", wrap=True)
        self.nothing.setContentsMargins(theme.GAP, 0, theme.GAP, 0)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        box.setSpacing(theme.GAP)
        box.addWidget(self.search)
        box.addWidget(self.nothing)
        box.addWidget(self.tree, 1)
        self.search.textChanged.connect(self._fill)
        self.search.entered.connect(self._choose_current)
        self.search.stepped.connect(self._step)
        self.tree.picked.connect(self.chosen)
        self.tree.itemEntered.connect(lambda item, _: self._look_at(item))
        self.tree.currentItemChanged.connect(lambda item, _: self._look_at(item))
        theme.appearance.changed.connect(self._repaint)
        session.document_changed.connect(self._repaint)
        session.project_changed.connect(self._changed)
        self.tree.itemCollapsed.connect(lambda item: self._folded.add(item.text(0)))
        self.tree.itemExpanded.connect(lambda item: self._folded.discard(item.text(0)))
        self._fill("")

    def sizeHint(self) -> QSize:
        return QSize(220, 480)

    def focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _repaint(self, *_ignored) -> None:
        self._fill(self.search.text())

    def _changed(self, changes) -> None:
        if changes.modules:
            self._fill(self.search.text())

    def _fill(self, text: str) -> None:
        self.tree.clear()
        if text.strip():
            self._fill_found(text)
        else:
            self._fill_families()
        self.nothing.setVisible(not self.tree.topLevelItemCount())
        self.nothing.setText(
            self.tr("No block type is like {0!r}. Try what it does: pool, norm, dense.").format(text.strip())
        )

    def _fill_families(self) -> None:
        self.tree.setRootIsDecorated(True)
        for family, members in registry.families().items():
            self._add_branch(family.capitalize(), family, members)
        network = self.session.network
        every = placeable.modules(network)
        self._add_branch(self.tr("Modules"), "module", [m for m in every if m.name in network.modules])
        self._add_branch(self.tr("Ready modules"), "module", [m for m in every if m.name not in network.modules])

    def _add_branch(self, title: str, family: str, members: list[BlockType]) -> None:
        if not members:
            return
        branch = QTreeWidgetItem([title])
        branch.setData(0, FAMILY, family)
        branch.setIcon(0, theme.family_icon(family))
        branch.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        branch.addChildren([_leaf(declared) for declared in members])
        self.tree.addTopLevelItem(branch)
        branch.setExpanded(title not in self._folded)

    def _fill_found(self, text: str) -> None:
        self.tree.setRootIsDecorated(False)
        for declared in placeable.search(self.session.network, text):
            leaf = _leaf(declared)
            leaf.setIcon(0, theme.family_icon(declared.family))
            self.tree.addTopLevelItem(leaf)
        if first := self.tree.topLevelItem(0):
            self.tree.setCurrentItem(first)

    def _look_at(self, item: QTreeWidgetItem | None) -> None:
        if item is not None and (name := item.data(0, TYPE)):
            self.looked_at.emit(name)

    def _choose_current(self) -> None:
        if self.search.text().strip() and (item := self.tree.currentItem()):
            self.tree.pick(item)

    def _step(self, by: int) -> None:
        item = self.tree.currentItem() or self.tree.topLevelItem(0)
        following = self.tree.itemBelow(item) if by > 0 else self.tree.itemAbove(item)
        self.tree.setCurrentItem(following or item)


class SearchField(QLineEdit):
    """A line whose arrows walk the list below it."""

    entered = Signal()
    stepped = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if event.key() in steps:
            self.stepped.emit(steps[event.key()])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class BlockTree(QTreeWidget):
    """Families and their types; leaves can be dragged out."""

    picked = Signal(str)

    def __init__(self):
        super().__init__()
        self.setHeaderHidden(True)
        self.setIndentation(12)
        self.setUniformRowHeights(True)
        self.setDragEnabled(True)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Block types"))
        self.setItemDelegate(StripeDelegate(self))
        self.setVerticalScrollMode(QTreeWidget.ScrollMode.ScrollPerPixel)
        self.itemDoubleClicked.connect(lambda item, _: self.pick(item))

    def pick(self, item: QTreeWidgetItem) -> None:
        if name := item.data(0, TYPE):
            self.picked.emit(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and item and item.data(0, TYPE):
            self.pick(item)
        else:
            super().keyPressEvent(event)

    def mimeData(self, items) -> QMimeData:
        data = QMimeData()
        names = [item.data(0, TYPE) for item in items if item.data(0, TYPE)]
        if names:
            data.setData(MIME, names[0].encode("utf-8"))
        return data

    def startDrag(self, actions: Qt.DropAction) -> None:
        item = self.currentItem()
        if not item or not item.data(0, TYPE):
            return
        drag = QDrag(self)
        drag.setMimeData(self.mimeData([item]))
        drag.setPixmap(theme.family_icon(item.data(0, FAMILY)).pixmap(QSize(24, 24)))
        drag.exec(Qt.DropAction.CopyAction)


class StripeDelegate(QStyledItemDelegate):
    """Rows of one height, leaves with their family's colour as a stripe."""

    def sizeHint(self, option: QStyleOptionViewItem, index) -> QSize:
        return QSize(120, theme.ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index) -> None:
        family, is_leaf = index.data(FAMILY), bool(index.data(TYPE))
        if not is_leaf:
            option.font.setBold(True)
        super().paint(painter, option, index)
        if is_leaf:
            row = option.rect
            stripe = QRect(row.left() - 4, row.top() + 6, 3, row.height() - 12)
            painter.fillRect(stripe, theme.family_colour(family))


def _leaf(declared) -> QTreeWidgetItem:
    leaf = QTreeWidgetItem([declared.name])
    leaf.setData(0, TYPE, declared.name)
    leaf.setData(0, FAMILY, declared.family)
    words = [declared.help, tr("Also found as: {0}").format(", ".join(declared.aliases)) if declared.aliases else ""]
    leaf.setToolTip(0, "\n".join(word for word in words if word))
    return leaf
