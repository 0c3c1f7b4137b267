"""The four spaces: they rearrange the panels and nothing else, and each comes back as it was left."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui.main_window import MainWindow
from gui.settings import settings
from gui.spaces import SPACES


def forget():
    for name in ("space", "spaces"):
        settings().remove(name)


@pytest.fixture(autouse=True)
def _nothing_kept():
    forget()
    yield
    forget()


def in_sight(window):
    return {name for name, dock in window.docks.items() if not dock.isHidden()}


@pytest.fixture
def switch(window):
    from gui.spaces import SpaceSwitch

    return window.findChild(SpaceSwitch)


def test_a_space_only_rearranges_panels(window, switch, qtbot):
    session = window.session
    session.select((session.network.block("conv1").id,))
    document, selection, position = session.document, session.selection, session.document.position
    for space in SPACES[1:] + SPACES[:1]:
        QTest.mouseClick(switch.buttons[space.id], Qt.MouseButton.LeftButton)
        assert in_sight(window) == set(space.panels.shown)
        assert [id for id, button in switch.buttons.items() if button.isChecked()] == [space.id]
        checked = [s.id for s in SPACES if window.actions_by_id[f"space_{s.id}"].isChecked()]
        assert checked == [space.id]
        assert (session.document, session.selection, session.document.position) == (document, selection, position)


def test_what_lies_on_top_can_be_seen(window, qtbot):
    for space in SPACES[1:]:
        window.spaces.show(space.id)
        qtbot.wait(60)
        for name in space.panels.front:
            assert window.docks[name].widget().visibleRegion().boundingRect().height() > 100, (space.id, name)


def test_clicking_the_space_that_is_on_keeps_it_on(window, switch):
    QTest.mouseClick(switch.buttons["build"], Qt.MouseButton.LeftButton)
    assert switch.buttons["build"].isChecked() and window.actions_by_id["space_build"].isChecked()


def test_keys_switch(window, qtbot):
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    assert window.spaces.current == "learn"


def test_a_space_comes_back_as_it_was_left(window, qtbot):
    window.docks["code"].hide()
    window.show_panel("history")
    window.spaces.train()
    assert "history" not in in_sight(window)
    window.docks["outline"].show()
    window.spaces.build()
    assert "code" not in in_sight(window) and "history" in in_sight(window)
    window.spaces.train()
    assert "outline" in in_sight(window)
    window.actions_by_id["reset_docks"].trigger()
    assert in_sight(window) == set(SPACES[1].panels.shown) and window.spaces.current == "train"
    window.spaces.build()
    assert "code" not in in_sight(window)  # only the space that was on went back


def test_the_next_start_begins_in_the_space_that_was_on(window, qtbot, monkeypatch):
    window.spaces.explain()
    window.docks["outline"].hide()
    window.close()
    again = MainWindow()
    qtbot.addWidget(again, before_close_func=lambda w: monkeypatch.setattr(w.files, "may_leave", lambda: True))
    again.show()
    qtbot.waitExposed(again)
    assert again.spaces.current == "explain" and again.actions_by_id["space_explain"].isChecked()
    assert in_sight(again) == set(SPACES[2].panels.shown) - {"outline"}


def test_a_broken_memory_is_no_harm(app, qtbot, monkeypatch):
    settings().setValue("space", "nowhere")
    settings().setValue("spaces/build", "not an arrangement")
    made = MainWindow()
    qtbot.addWidget(made, before_close_func=lambda w: monkeypatch.setattr(w.files, "may_leave", lambda: True))
    assert made.spaces.current == "build" and in_sight(made) == set(SPACES[0].panels.shown)


def test_no_space_makes_the_window_grow(window, qtbot):
    window.resize(900, 720)
    for space in (*SPACES, SPACES[0]):
        window.spaces.show(space.id)
        qtbot.wait(20)
        assert (window.width(), window.height()) == (900, 720), space.id
