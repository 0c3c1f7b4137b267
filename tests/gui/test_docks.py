"""Panels in their frames: what lies behind another panel's tab computes nothing, and is up to date once it is seen."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar

from gui.docks import tidy
from gui.settings import settings

BEHIND = ("problems", "summary")  # the training panel lies on top of them in the first space


@pytest.fixture(autouse=True)
def _as_it_begins():
    """No arrangement of another test is brought back."""
    for name in ("space", "spaces"):
        settings().remove(name)


@pytest.fixture
def refreshed(window, qtbot, monkeypatch):
    """How often each panel that knows `Updates` was refreshed since everything came to rest."""
    qtbot.wait(60)
    counts = dict.fromkeys(window.docks, 0)
    for name, dock in window.docks.items():
        updates = getattr(dock.widget(), "updates", None)
        if updates is not None:
            refresh = updates._refresh

            def counted(name=name, refresh=refresh):
                counts[name] += 1
                refresh()

            monkeypatch.setattr(updates, "_refresh", counted)
    return counts


def test_what_lies_behind_a_tab_is_not_seen(window):
    assert all(not window.docks[name].widget().isVisible() for name in BEHIND)
    assert window.training.isVisible() and window.docks["summary"].isVisible()  # so Qt says of the frame


def test_panels_behind_tabs_are_not_refreshed_until_they_are_seen(window, ids, refreshed, qtbot):
    window.session.select((ids["conv1"],))
    window.canvas.delete()
    qtbot.waitUntil(lambda: refreshed["inspector"] > 0)
    qtbot.wait(60)
    assert [refreshed[name] for name in BEHIND] == [0, 0]
    window.show_panel("summary")
    qtbot.waitUntil(lambda: refreshed["summary"] == 1)
    assert "conv1" not in [row[0] for row in window.summary.model.rows]
    assert refreshed["problems"] == 0 and not window.training.isVisible()


def test_a_selection_made_meanwhile_is_shown_with_the_panel(window, ids, qtbot):
    window.session.select((ids["fc1"],))
    qtbot.wait(20)
    window.show_panel("summary")
    rows = window.summary.table.selectionModel().selectedRows
    qtbot.waitUntil(lambda: [window.summary.model.ids[row.row()] for row in rows()] == [ids["fc1"]])


def test_a_closed_panel_comes_back_whole(window, qtbot):
    dock = window.docks["inspector"]
    dock.close()
    assert not window.inspector.isVisible()
    dock.show()
    qtbot.waitUntil(window.inspector.isVisible)


def test_a_window_that_was_hidden_shows_its_panels_again(window, qtbot):
    window.hide()
    window.show()
    qtbot.waitUntil(window.training.isVisible)
    assert window.inspector.isVisible() and not window.summary.isVisible()


def test_changing_tabs_keeps_the_height(window, qtbot):
    before = window.docks["training"].height()
    for name in ("summary", "problems", "training"):
        window.show_panel(name)
        qtbot.wait(20)
        assert window.docks[name].height() == before


def test_a_name_on_a_tab_is_not_said_twice(window, qtbot):
    title = window.docks["outline"].titleBarWidget()
    assert title.words.isVisible()
    window.show_panel("history")
    qtbot.wait(20)
    assert not window.docks["history"].titleBarWidget().words.isVisible()
    window.show_panel("outline")
    qtbot.wait(20)
    assert not title.words.isVisible() and title.height() == 0
    window.docks["history"].close()
    qtbot.waitUntil(title.words.isVisible)


def test_the_keyboard_goes_to_a_panel_that_was_behind(window, qtbot):
    window.show_panel("history")
    qtbot.waitUntil(lambda: not window.outline.isVisible())
    window.show_outline()
    qtbot.waitUntil(window.outline.isVisible)
    assert window.focusWidget() is window.outline.tree


def test_a_bar_left_over_with_a_closed_panels_tab_is_hidden(qtbot):
    """Qt leaves such bars behind when another space has one panel less."""
    window = QMainWindow()
    qtbot.addWidget(window)
    docks = [QDockWidget(title, window) for title in ("Summary", "Training", "Receptive field")]
    for dock in docks:
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
    docks[2].close()
    window.show()
    bars = []
    for titles in (("Summary", "Training", "Receptive field"), ("Summary", "Training")):
        bar = QTabBar(window)
        for title in titles:
            bar.setTabData(bar.addTab(title), title)
        bar.show()
        bars.append(bar)
    tidy(window)
    assert [bar.isVisible() for bar in bars] == [False, True]
