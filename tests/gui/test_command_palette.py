"""The command palette: type, walk, run."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui.command_palette import Entry, matching


def titles(finder) -> list[str]:
    return [finder.list.item(row).text() for row in range(finder.list.count())]


def test_it_lists_what_can_be_done_now(window):
    window.show_commands()
    finder = window.finder
    assert "Save As" in titles(finder) or any("Save As" in entry.title for entry in finder.entries)
    assert any(entry.title == "Open example lenet5" for entry in finder.entries)
    assert not any(entry.title.startswith("Undo") for entry in finder.entries)  # nothing to undo yet
    finder.close()


def test_typing_and_enter_run_a_command(window, qtbot):
    window.show_commands()
    QTest.keyClicks(window.finder.search, "theme: li")
    assert titles(window.finder)[0] == "Theme: Light"
    QTest.keyClick(window.finder.search, Qt.Key.Key_Return)
    from gui import theme

    assert theme.current() is theme.LIGHT
    window.theme_dark()


def test_arrows_walk_round(window):
    window.show_commands()
    finder = window.finder
    QTest.keyClick(finder.search, Qt.Key.Key_Up)
    assert finder.list.currentRow() == finder.list.count() - 1
    QTest.keyClick(finder.search, Qt.Key.Key_Down)
    assert finder.list.currentRow() == 0
    finder.close()


def test_examples_from_the_empty_canvas(window):
    window.canvas.example_requested.emit()
    QTest.keyClicks(window.finder.search, "spirals")
    QTest.keyClick(window.finder.search, Qt.Key.Key_Return)
    assert window.session.network.name != "LeNet" and window.session.network.blocks


def test_nothing_like_it_is_said(window):
    window.show_commands()
    QTest.keyClicks(window.finder.search, "zzzzqqq")
    assert window.finder.nothing.isVisible() and not window.finder.list.isVisible()
    QTest.keyClick(window.finder.search, Qt.Key.Key_Return)
    window.finder.close()


def test_order_of_matches():
    entries = [Entry(title, "", lambda: None) for title in ("Resave", "Save", "Open")]
    assert [entry.title for entry in matching(entries, "save")] == ["Save", "Resave"]
    assert matching(entries, "") == entries


def test_a_template_begins_by_its_name(window):
    window.show_commands()
    QTest.keyClicks(window.finder.search, "new autoenc")
    assert titles(window.finder)[0] == "New autoencoder"
    QTest.keyClick(window.finder.search, Qt.Key.Key_Return)
    assert window.session.network.name == "Autoencoder" and window.session.project.path is None
