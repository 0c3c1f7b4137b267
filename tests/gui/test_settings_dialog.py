"""The settings dialog: everything takes effect at once, everywhere, and is there at the next start."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui import settings, theme
from gui.preferences import AUTOSAVE_SECONDS, Preferences, preferences
from gui.settings_dialog import SettingsDialog


@pytest.fixture
def dialog(app, shown):
    forget()
    made = SettingsDialog()
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # the test looks at it afterwards
    yield shown(made, 500, 360)
    forget()
    theme.apply(app, "dark")


def forget() -> None:
    for name in ("theme", "motion", "autosave", "restore"):
        settings.settings().remove(name)


def test_what_a_new_person_gets(dialog):
    assert not dialog.motion.isChecked() and dialog.restore.isChecked() and dialog.autosave.currentData() == 5


def test_the_theme_changes_at_once_and_is_kept(dialog):
    light = next(choice for choice in dialog.themes.buttons() if choice.property("mode") == "light")
    light.click()
    assert theme.current() is theme.LIGHT and settings.theme_mode() == "light"
    assert [c.property("mode") for c in dialog.themes.buttons() if c.isChecked()] == ["light"]


def test_motion_autosave_and_session_are_kept(dialog, qtbot):
    told = []
    preferences.changed.connect(told.append)
    dialog.motion.click()
    dialog.restore.click()
    dialog.autosave.setCurrentIndex(AUTOSAVE_SECONDS.index(15))
    assert told == ["motion", "restore", "autosave"]
    fresh = Preferences()
    assert not fresh.motion and not fresh.restore_session and fresh.autosave_seconds == 15


def test_two_dialogs_agree(dialog, shown):
    other = shown(SettingsDialog(), 500, 360)
    dialog.motion.click()
    assert other.motion.isChecked()


@pytest.mark.parametrize("broken", ["soon", "-5", "1e9", "", "[]"])
def test_a_broken_interval_is_the_usual_one(app, broken):
    settings.settings().setValue("autosave", broken)
    assert Preferences().autosave_seconds == 5
    forget()


def test_an_interval_that_is_no_choice_is_refused():
    with pytest.raises(ValueError, match=r"every 3 s is no choice; use one of \(0, 2, 5, 15, 60\)"):
        preferences.set_autosave_seconds(3)


def test_it_is_used_by_keys_alone(dialog, qtbot):
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    reached = []
    for _ in range(8):
        QTest.keyClick(dialog.focusWidget() or dialog, Qt.Key.Key_Tab)
        reached.append(dialog.focusWidget())
    assert {dialog.motion, dialog.autosave, dialog.restore} <= set(reached)
    dialog.motion.setFocus()
    QTest.keyClick(dialog.motion, Qt.Key.Key_Space)
    assert not preferences.motion
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_no_text_is_cut_off(dialog):
    for part in dialog.findChildren(type(dialog.grid.itemAtPosition(1, 0).widget())):
        assert part.width() >= part.fontMetrics().horizontalAdvance(part.text()), part.text()
