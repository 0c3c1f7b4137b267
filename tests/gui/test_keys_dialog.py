"""The table that rebinds keys."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest

from gui import actions, settings


def test_a_key_typed_is_bound_and_remembered(window, qtbot):
    window.show_keys()
    editor = window.keys.editors["layout"]
    editor.setFocus()
    QTest.keyClick(editor, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.actions_by_id["layout"].shortcut() == QKeySequence("Ctrl+K"), timeout=3000)
    assert settings.own_keys() == {"layout": "Ctrl+K"}
    assert "Ctrl+K" in window.actions_by_id["layout"].toolTip()
    window.keys.restore()
    assert window.actions_by_id["layout"].shortcut() == QKeySequence("L") and settings.own_keys() == {}
    window.keys.close()


def test_a_key_that_is_taken_is_refused_with_its_owner(window):
    window.show_keys()
    assert not window.keys.bind("layout", QKeySequence("Ctrl+S"))
    assert window.keys.wrong.text() == "Ctrl+S belongs to Save: give that another key first"
    assert window.actions_by_id["layout"].shortcut() == QKeySequence("L")
    assert window.keys.editors["layout"].keySequence() == QKeySequence("L")
    window.keys.close()


def test_an_action_may_have_no_key(window):
    window.show_keys()
    assert window.keys.bind("layout", QKeySequence())
    assert settings.own_keys() == {"layout": ""}
    made = actions.build(window, window.canvas, settings.own_keys())
    assert made["layout"].shortcut().isEmpty()
    window.keys.restore()
    window.keys.close()


def test_search_narrows_the_table(window):
    window.show_keys()
    QTest.keyClicks(window.keys.search, "ctrl+e")
    shown = [row for row in range(window.keys.table.rowCount()) if not window.keys.table.isRowHidden(row)]
    assert [actions.COMMANDS[row].id for row in shown] == ["export_python"]
    window.keys.close()


def test_a_rebound_key_answers_no_more(window, monkeypatch):
    laid_out = []
    monkeypatch.setattr(window.canvas, "layout", lambda: laid_out.append(True))
    window.show_keys()
    assert window.keys.bind("layout", QKeySequence("Ctrl+K"))
    window.keys.close()
    QTest.keyClick(window.canvas, Qt.Key.Key_L)
    assert not laid_out
    QTest.keyClick(window.canvas, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert laid_out
