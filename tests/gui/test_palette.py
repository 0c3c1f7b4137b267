"""The palette with real keys: search, arrows, Enter, and what a drag carries."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest

from graph import placeable
from gui.panels.palette import MIME, TYPE, Palette


def make(session, shown) -> Palette:
    return shown(Palette(session), 240, 600)


def leaves(tree):
    for i in range(tree.topLevelItemCount()):
        branch = tree.topLevelItem(i)
        yield from (branch.child(j) for j in range(branch.childCount()))


def test_every_block_type_stands_in_its_family(session, shown):
    panel = make(session, shown)
    assert [leaf.data(0, TYPE) for leaf in leaves(panel.tree)] == [t.name for t in placeable.types(session.network)]
    assert all(leaf.toolTip(0) for leaf in leaves(panel.tree))


def test_typing_an_alias_and_enter_adds(session, shown, qtbot):
    panel = make(session, shown)
    panel.focus_search()
    QTest.keyClicks(panel.search, "dense")
    assert panel.tree.topLevelItem(0).data(0, TYPE) == "Linear"
    with qtbot.waitSignal(panel.chosen) as told:
        QTest.keyClick(panel.search, Qt.Key.Key_Return)
    assert told.args == ["Linear"]


def test_arrows_walk_the_hits(session, shown, qtbot):
    panel = make(session, shown)
    QTest.keyClicks(panel.search, "maxpool")
    QTest.keyClick(panel.search, Qt.Key.Key_Down)
    second = panel.tree.topLevelItem(1)
    assert panel.tree.currentItem() is second
    with qtbot.waitSignal(panel.chosen) as told:
        QTest.keyClick(panel.search, Qt.Key.Key_Return)
    assert told.args == [second.data(0, TYPE)]


def test_escape_gives_the_families_back(session, shown):
    panel = make(session, shown)
    QTest.keyClicks(panel.search, "conv")
    assert not panel.tree.rootIsDecorated()
    QTest.keyClick(panel.search, Qt.Key.Key_Escape)
    assert panel.search.text() == "" and panel.tree.rootIsDecorated()


def test_nothing_found_says_what_to_try(session, shown):
    panel = make(session, shown)
    QTest.keyClicks(panel.search, "qqqqqqq")
    assert panel.tree.topLevelItemCount() == 0
    assert panel.nothing.isVisible() and "'qqqqqqq'" in panel.nothing.text()


def test_double_click_and_enter_on_the_tree_add(session, shown, qtbot):
    panel = make(session, shown)
    leaf = next(leaf for leaf in leaves(panel.tree) if leaf.data(0, TYPE) == "Conv2d")
    panel.tree.scrollToItem(leaf)
    spot = panel.tree.visualItemRect(leaf).center()
    QTest.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    with qtbot.waitSignal(panel.chosen) as told:
        QTest.mouseDClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert told.args == ["Conv2d"]
    with qtbot.waitSignal(panel.chosen) as told:
        QTest.keyClick(panel.tree, Qt.Key.Key_Return)
    assert told.args == ["Conv2d"]


def test_a_drag_carries_the_type(session, shown):
    panel = make(session, shown)
    leaf = next(leaves(panel.tree))
    data = panel.tree.mimeData([leaf])
    assert bytes(data.data(MIME)).decode() == leaf.data(0, TYPE)
    assert not panel.tree.mimeData([panel.tree.topLevelItem(0)]).hasFormat(MIME)


def test_the_cross_is_there_while_there_is_something_to_clear(session, shown):
    palette = shown(Palette(session))
    cross = palette.search.findChild(QAction, "_q_qlineeditclearaction")
    assert not cross.isVisible()
    palette.search.setText("pool")
    assert cross.isVisible()
    palette.search.clear()
    assert not cross.isVisible()
