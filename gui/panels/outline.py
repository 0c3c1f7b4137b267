"""The outline: the network as a tree of words, modules nested, on the same selection; for eyes and screen readers.

Every line says what a block is, where it stands, what feeds it and what it costs. Renames and removes through edits.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QItemSelectionModel, QModelIndex, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from graph.edits import RemoveBlocks, Rename
from graph.level import Level
from graph.module import ModuleType
from gui import theme
from gui.language import counted
from gui.panels.rows import EmptyState
from gui.session import Path, Session
from gui.updates import Updates

AHEAD = 28  # of a name: its picture and the room around it
MOST_SOURCES = 3  # named in a line; more are counted


class Node:
    """A block at the end of a way; its children are made when they are asked for."""

    __slots__ = ("children", "parent", "path", "row")

    def __init__(self, path: Path, parent: Node | None, row: int):
        self.path, self.parent, self.row = path, parent, row
        self.children: list[Node] | None = None


class OutlineModel(QAbstractItemModel):
    """Blocks in the order of computation; a module's children are the blocks inside."""

    def __init__(self, session: Session):
        super().__init__()
        self.session = session
        self.root = Node((), None, 0)

    def read(self) -> None:
        """Look at the project again."""
        self.beginResetModel()
        self.root = Node((), None, 0)
        self.endResetModel()

    def tell(self) -> None:
        """Names and numbers may be others; the tree is the same."""
        self.layoutChanged.emit()

    def index_of(self, path: Path) -> QModelIndex:
        """The line of a block; invalid where there is none."""
        node = self.root
        for depth in range(len(path)):
            node = next((n for n in self._children(node) if n.path == path[: depth + 1]), None)
            if node is None:
                return QModelIndex()
        return self.createIndex(node.row, 0, node) if path else QModelIndex()

    def node(self, index: QModelIndex) -> Node:
        return index.internalPointer() if index.isValid() else self.root

    def words(self, path: Path) -> str:
        """`Conv2d conv1, 3 of 18, input from image, 156 parameters`."""
        network, analysis = self._level(path)
        block, order = network.blocks[path[-1]], network.order()
        parts = [f"{block.type} {block.name}", self.tr("{0} of {1}").format(order.index(block.id) + 1, len(order))]
        sources = [network.blocks[wire.source].name for wire in network.wires_into(block)]
        if sources:
            named = ", ".join(sources[:MOST_SOURCES])
            rest = len(sources) - MOST_SOURCES
            parts.append(
                self.tr("input from {0}").format(named + (self.tr(" and {0} more").format(rest) if rest > 0 else ""))
            )
        if analysis is not None:
            found = analysis.problems_of(block)
            parts.append(counted(analysis.parameters(block), "parameter"))
            errors = sum(problem.severity == "error" for problem in found)
            parts += [counted(errors, "error")] if errors else []
        if block.aside:
            parts.append(block.aside)
        return ", ".join(parts)

    # What views ask

    def index(self, row: int, column: int, parent: QModelIndex | None = None) -> QModelIndex:
        children = self._children(self.node(parent) if parent is not None else self.root)
        return self.createIndex(row, column, children[row]) if 0 <= row < len(children) else QModelIndex()

    def parent(self, index: QModelIndex) -> QModelIndex:
        above = self.node(index).parent
        return QModelIndex() if above is None or above is self.root else self.createIndex(above.row, 0, above)

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return len(self._children(self.node(parent) if parent is not None else self.root))

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return 1

    def hasChildren(self, parent: QModelIndex | None = None) -> bool:
        node = self.node(parent) if parent is not None else self.root
        return node is self.root or self._module(node.path) is not None

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        path = self.node(index).path
        block = self._block(path)
        if block is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{block.name}   {block.type}"
        if role == Qt.ItemDataRole.EditRole:
            return block.name
        if role == Qt.ItemDataRole.DecorationRole:
            network, _ = self._level(path)
            return theme.family_icon(network.type_of(block).family)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return self.words(path)
        if role == Qt.ItemDataRole.ForegroundRole and block.aside:
            return theme.current().text[2]
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        path = self.node(index).path
        block = self._block(path)
        if role != Qt.ItemDataRole.EditRole or block is None or value == block.name:
            return False
        try:
            self.document_at(path[:-1]).do(Rename(block.id, value))
        except ValueError as error:
            self.session.say(str(error))
            return False
        return True

    def document_at(self, path: Path):
        """The project, or the inside at the end of a way, to be edited."""
        if path == self.session.path:
            return self.session.document
        return Level(self.session.project, path) if path else self.session.project

    # Reading

    def _children(self, node: Node) -> list[Node]:
        if node.children is None:
            module = self._module(node.path)
            network = self.session.project.network if node is self.root else module and module.network
            ids = list(network.order()) if network is not None else []
            node.children = [Node((*node.path, id), node, row) for row, id in enumerate(ids)]
        return node.children

    def _network(self, path: Path):
        """The network a block stands in; None where the way does not exist any more."""
        network = self.session.project.network
        for id in path[:-1]:
            block = network.blocks.get(id)
            module = network.modules.get(block.type) if block else None
            if module is None:
                return None
            network = module.network
        return network

    def _level(self, path: Path):
        """(network, analysis) where a block stands; the analysis only of what is shown and of the project."""
        network = self._network(path)
        if path[:-1] == self.session.path:
            return network, self.session.analysis
        return network, self.session.project.analysis if len(path) == 1 else None

    def _block(self, path: Path):
        network = self._network(path) if path else None
        return network.blocks.get(path[-1]) if network is not None else None

    def _module(self, path: Path) -> ModuleType | None:
        block = self._block(path)
        return None if block is None else self.session.project.network.modules.get(block.type)


class Outline(QWidget):
    """The tree; what is selected there is selected on the canvas, at its level."""

    def __init__(self, session: Session, parent: QWidget | None = None):
        super().__init__(parent)
        self.session = session
        self._syncing = False
        self.model = OutlineModel(session)
        self.tree = OutlineTree(self)
        self.tree.setModel(self.model)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(
            EmptyState(self.tr("No blocks yet."), self.tr("The network is listed here in words."), "block")
        )
        self._pages.addWidget(self.tree)
        self.updates = Updates(self, self.refresh, 16)
        self._structure = True
        session.project_changed.connect(self._changed)
        session.document_changed.connect(self._anew)
        session.selection_changed.connect(self.show_selection)
        theme.appearance.changed.connect(self.updates.ask)
        self.tree.selectionModel().selectionChanged.connect(self._selected)

    def sizeHint(self) -> QSize:
        return QSize(220, 220)

    def refresh(self, *_ignored) -> None:
        """Follow the project, with what was open still open."""
        if self._structure:
            self._structure = False
            opened = self._opened()
            self._syncing = True
            self.model.read()
            for path in opened:
                self.tree.setExpanded(self.model.index_of(path), True)
            self._syncing = False
        else:
            self.model.tell()
        self._pages.setCurrentIndex(1 if self.session.project.network.blocks else 0)
        self.show_selection()

    def show_selection(self) -> None:
        """Select the lines of what is selected on the canvas."""
        if self._syncing:
            return
        if not self.isVisible():
            self.updates.ask()  # when it is seen again
            return
        self._syncing = True
        selection, path = self.tree.selectionModel(), self.session.path
        selection.clearSelection()
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        last = QModelIndex()
        for id in self.session.selection:
            last = self.model.index_of((*path, id))
            selection.select(last, flags)
        if last.isValid():
            selection.setCurrentIndex(last, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.tree.scrollTo(last)
        self._syncing = False

    def remove_selected(self) -> None:
        """Remove the selected blocks of the level that is shown."""
        if self.session.selection:
            self.session.document.do(RemoveBlocks(self.session.selection))

    def _selected(self, *_ignored) -> None:
        if self._syncing:
            return
        paths = [self.model.node(index).path for index in self.tree.selectionModel().selectedRows()]
        if not paths:
            return
        level = paths[-1][:-1]
        self._syncing = True
        self.session.go_to(level)
        self.session.select(path[-1] for path in paths if path[:-1] == level)
        if len(paths) == 1:
            self.session.reveal(paths[0][-1])
        self._syncing = False

    def _opened(self) -> list[Path]:
        found: list[Path] = []
        waiting = [self.model.root]
        while waiting:
            for node in waiting.pop().children or ():
                if self.tree.isExpanded(self.model.createIndex(node.row, 0, node)):
                    found.append(node.path)
                    waiting.append(node)
        return found

    def _changed(self, changes) -> None:
        self._structure |= changes.structure or bool(changes.modules or changes.inside)
        if changes.computation or changes.analyzed:
            self.updates.ask()

    def _anew(self) -> None:
        self._structure = True
        self.updates.ask()

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self.updates.ask()


class OutlineRow(QStyledItemDelegate):
    """The name as it is, the type behind it in grey."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().initStyleOption(option, index)
        option.text = index.data(Qt.ItemDataRole.EditRole) or ""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().paint(painter, option, index)
        name, both = index.data(Qt.ItemDataRole.EditRole), index.data(Qt.ItemDataRole.DisplayRole)
        if both is None:
            return  # the block is gone, and the tree not read again yet
        type = both.removeprefix(name).strip()
        area = option.rect.adjusted(AHEAD + option.fontMetrics.horizontalAdvance(name) + theme.GAP, 0, -theme.SPACE, 0)
        painter.save()
        painter.setFont(option.font)
        painter.setPen(theme.current().text[1])
        words = option.fontMetrics.elidedText(type, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()


class OutlineTree(QTreeView):
    """Arrows walk, letters find, F2 renames, Delete removes."""

    def __init__(self, outline: Outline):
        super().__init__()
        self.outline = outline
        self.setHeaderHidden(True)
        self.setItemDelegate(OutlineRow(self))
        self.setIndentation(14)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setExpandsOnDoubleClick(True)
        self.setAccessibleName(self.tr("Outline of the network"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.state() != self.State.EditingState:
            self.outline.remove_selected()
        else:
            super().keyPressEvent(event)
