"""The recipe's panel among the others: from a menu, a key, the network's page, and in the Train space."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui.settings import settings


def forget():
    for name in ("space", "spaces"):
        settings().remove(name)


@pytest.fixture(autouse=True)
def _nothing_kept():
    forget()
    yield
    forget()


def test_it_is_found_in_the_view_menu_and_by_key(window, qtbot):
    assert window.docks["recipe"].isHidden()
    assert window.docks["recipe"].toggleViewAction().text() == "Recipe"
    window.actions_by_id["show_recipe"].trigger()
    qtbot.waitUntil(window.recipe.isVisible)
    assert window.recipe.sections["data"].heading.hasFocus() or window.recipe.isAncestorOf(window.focusWidget())


def test_the_networks_page_leads_to_it(window, qtbot):
    window.session.clear_selection()
    qtbot.waitUntil(lambda: hasattr(window.inspector.page, "more"))
    QTest.mouseClick(window.inspector.page.more, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.recipe.isVisible)


def test_the_train_space_shows_it_beside_the_canvas(window, qtbot):
    window.spaces.train()
    qtbot.waitUntil(lambda: bool(window.recipe.sections))
    assert window.recipe.isVisible() and window.canvas.width() > 300
    assert window.recipe.sections["optimizer"].is_open


def test_a_window_that_never_shows_it_never_builds_it(window):
    assert window.recipe.sections == {}


def test_the_preview_of_augmentation_is_a_command(window, qtbot):
    window.actions_by_id["preview_augmentation"].trigger()
    assert window.recipe.augmentation.dialog.isVisible()
    window.recipe.augmentation.dialog.close()
