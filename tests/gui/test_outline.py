"""The outline: a tree of words on the same selection, over all levels, by keys and for screen readers."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStyleOptionViewItem

from graph.edits import RemoveBlocks
from graph.module_commands import make_module
from gui.panels.outline import Outline

Key = Qt.Key


@pytest.fixture
def outline(session, shown):
    return shown(Outline(session))


def lines(outline, parent=None):
    model = outline.model
    indexes = [model.index(row, 0, parent) for row in range(model.rowCount(parent))]
    return [index.data() for index in indexes]


def index_of(outline, *ids):
    return outline.model.index_of(tuple(ids))


@pytest.mark.row(40)
def test_a_line_says_what_a_block_is_where_it_stands_and_what_it_costs(outline, session, ids):
    words = index_of(outline, ids["conv1"]).data(Qt.ItemDataRole.AccessibleTextRole)
    assert words == "Conv2d conv1, 2 of 16, input from image, 156 parameters"
    loss = index_of(outline, ids["loss"]).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "input from fc3, label" in loss
    assert outline.tree.accessibleName()


@pytest.mark.row(40)
def test_the_selection_is_the_sessions_both_ways(outline, session, ids, qtbot):
    session.select((ids["conv1"], ids["fc2"]))
    assert {outline.model.node(i).path[0] for i in outline.tree.selectionModel().selectedRows()} == {
        ids["conv1"],
        ids["fc2"],
    }
    outline.tree.setCurrentIndex(index_of(outline, ids["pool1"]))
    assert session.selection == (ids["pool1"],)
    QTest.keyClick(outline.tree, Key.Key_Down)
    assert session.selection == (ids["conv2"],)


def stage(session, ids):
    session.document.do(
        make_module(session.network, [ids[n] for n in ("conv1", "relu1", "pool1")], "Stage", session.analysis)
    )
    return next(b.id for b in session.network.blocks.values() if b.type == "Stage")


@pytest.mark.row(40)
def test_modules_hold_their_inside_and_selecting_there_steps_in(outline, session, ids, qtbot):
    place = stage(session, ids)
    qtbot.waitUntil(lambda: index_of(outline, place).isValid())
    parent = index_of(outline, place)
    assert outline.model.hasChildren(parent) and [line.split()[0] for line in lines(outline, parent)] == [
        "x",
        "conv1",
        "relu1",
        "pool1",
        "y",
    ]
    outline.tree.setExpanded(parent, True)
    inner = session.project.network.modules["Stage"].network.block("relu1").id
    outline.tree.setCurrentIndex(index_of(outline, place, inner))
    assert session.path == (place,) and session.selection == (inner,)
    qtbot.wait(60)
    assert outline.tree.isExpanded(index_of(outline, place))
    outline.tree.setCurrentIndex(index_of(outline, ids["fc1"]))
    assert session.path == () and session.selection == (ids["fc1"],)


def test_a_name_is_changed_in_place_inside_modules_too(outline, session, ids, qtbot):
    assert outline.model.setData(index_of(outline, ids["conv1"]), "first")
    assert session.network.blocks[ids["conv1"]].name == "first"
    assert not outline.model.setData(index_of(outline, ids["conv2"]), "first")  # taken
    place = stage(session, ids)
    qtbot.waitUntil(lambda: index_of(outline, place).isValid())
    inner = session.project.network.modules["Stage"].network.block("relu1").id
    assert outline.model.setData(index_of(outline, place, inner), "bend")
    assert session.project.undo_text == "Rename to bend in Stage"
    session.project.undo()
    assert session.project.network.modules["Stage"].network.blocks[inner].name == "relu1"


def test_delete_removes_what_is_selected(outline, session, ids):
    outline.tree.setCurrentIndex(index_of(outline, ids["pool1"]))
    QTest.keyClick(outline.tree, Key.Key_Delete)
    assert ids["pool1"] not in session.network.blocks
    session.document.undo()
    assert ids["pool1"] in session.network.blocks


def test_it_follows_and_says_when_there_is_nothing(outline, session, ids, qtbot):
    from graph.edits import RemoveBlocks

    session.document.do(RemoveBlocks(tuple(session.network.blocks)))
    qtbot.waitUntil(lambda: outline._pages.currentIndex() == 0)
    session.document.undo()
    qtbot.waitUntil(lambda: len(lines(outline)) == 16)


def test_a_line_paints_the_name_and_the_type_once(outline, session, ids):
    row = outline.tree.itemDelegate()
    option, index = QStyleOptionViewItem(), outline.model.index_of((ids["conv1"],))
    row.initStyleOption(option, index)
    assert option.text == "conv1" and index.data() == "conv1   Conv2d"


def test_a_line_of_a_block_that_is_gone_paints_nothing(outline, session, ids):
    index = outline.model.index_of((ids["conv1"],))
    session.document.do(RemoveBlocks((ids["conv1"],)))
    option, picture = QStyleOptionViewItem(), QPixmap(100, 28)
    painter = QPainter(picture)
    outline.tree.itemDelegate().paint(painter, option, index)
    painter.end()
