"""The table of actions: complete, without clashes, and every handler is there."""

from operator import attrgetter

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest

from gui import actions, settings, theme


def test_ids_are_unique_and_words_are_there():
    assert len(actions.BY_ID) == len(actions.COMMANDS)
    for command in actions.COMMANDS:
        assert command.text and command.menu in actions.MENUS, command.id
        assert not command.icon or command.icon in theme.ICONS, command.id


def test_no_key_is_given_twice():
    keys = [QKeySequence(command.key).toString() for command in actions.COMMANDS if command.key]
    assert len(keys) == len(set(keys))


def test_single_keys_belong_to_the_canvas():
    for command in actions.COMMANDS:
        if (command.key and "+" not in command.key and not command.key.startswith("F")) or command.key == "F":
            assert command.scope == "canvas", command.id


def test_every_handler_is_there(window):
    for command in actions.COMMANDS:
        assert callable(attrgetter(command.handler)(window)), command.id


def test_every_action_stands_in_its_menu_with_its_key(window):
    for command in actions.COMMANDS:
        action = window.actions_by_id[command.id]
        assert action in window.menus[command.menu].actions(), command.id
        if command.key:
            assert QKeySequence(command.key).toString(QKeySequence.SequenceFormat.NativeText) in action.toolTip()


def test_keys_reach_their_actions(window, qtbot):
    window.activateWindow()
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(window.session.selection) == len(window.session.network.blocks)
    QTest.keyClick(window.canvas, Qt.Key.Key_Delete)
    assert not window.session.network.blocks
    qtbot.waitUntil(window.actions_by_id["undo"].isEnabled)
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.session.network.blocks


def test_letters_typed_into_a_field_stay_letters(window, qtbot):
    window.palette_panel.focus_search()
    QTest.keyClicks(window.palette_panel.search, "lf")
    assert window.palette_panel.search.text() == "lf"
    assert not window.session.document.can_undo


def test_a_person_may_bind_another_key(window):
    settings.settings().setValue("keys/fit", "Ctrl+9")
    try:
        made = actions.build(window, window.canvas, settings.own_keys())
        assert made["fit"].shortcut() == QKeySequence("Ctrl+9")
        assert made["layout"].shortcut() == QKeySequence("L")
    finally:
        settings.settings().remove("keys/fit")
