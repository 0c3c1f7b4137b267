"""Names offered in a line: those of a table's columns, one by one behind commas."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from backend.data import offers
from graph import DataSource, Document
from gui.panels.data_source import DataChooser
from gui.panels.names_completer import NamesCompleter, offer
from gui.session import Session


@pytest.fixture
def table(tmp_path):
    (tmp_path / "people.csv").write_text("age,city,income,member\n30,Rome,1,yes\n40,Oslo,2,no\n")
    return DataSource(kind="table", path=str(tmp_path / "people.csv"))


@pytest.fixture
def chooser(app, shown, table):
    chooser = shown(DataChooser(Session(Document())), 330, 700)
    chooser._take(table)
    return chooser


def test_what_options_may_name(table, tmp_path):
    columns = ("age", "city", "income", "member")
    assert offers(table)["target"] == offers(table)["split_by"] == columns
    np.savez(tmp_path / "a.npz", x=np.zeros((2, 3)), lengths=[1, 2])
    assert offers(DataSource(kind="npz", path="a.npz"), tmp_path) == {"arrays": ("x", "lengths")}
    assert offers(DataSource(kind="sequences", path="a.npz"), tmp_path)["lengths"] == ("x", "lengths")
    assert offers(DataSource(kind="npz", path="gone.npz"), tmp_path) == {} == offers(DataSource(kind="digits"))


def test_a_column_is_chosen_by_its_beginning(chooser, qtbot):
    qtbot.waitUntil(lambda: chooser.session.project.recipe.data is not None)
    line = chooser.form.fields["target"].line
    line.setFocus()
    QTest.keyClicks(line, "inc")
    completer = line.completer()
    assert completer.currentCompletion() == "income"
    QTest.keyClick(completer.popup(), Qt.Key.Key_Down)
    QTest.keyClick(completer.popup(), Qt.Key.Key_Return)
    assert line.text() == "income"
    qtbot.waitUntil(lambda: chooser.session.project.recipe.data.options.get("target") == "income")


def test_another_name_is_put_behind_the_comma(chooser, qtbot):
    qtbot.waitUntil(lambda: chooser.session.project.recipe.data is not None)
    line = chooser.form.fields["leave_out"].line
    line.setFocus()
    QTest.keyClicks(line, "age, ci")
    completer = line.completer()
    assert completer.currentCompletion() == "age, city"
    QTest.keyClick(completer.popup(), Qt.Key.Key_Down)
    QTest.keyClick(completer.popup(), Qt.Key.Key_Return)
    assert line.text() == "age, city"
    qtbot.waitUntil(lambda: chooser.session.project.recipe.data.options.get("leave_out") == "age, city")


def test_a_click_shows_all_names_and_new_ones_take_their_place(app, shown):
    line = shown(QLineEdit(), 200, 40)
    offer(line, ("age", "city"))
    QTest.mouseClick(line, Qt.MouseButton.LeftButton)
    completer = line.completer()
    assert completer.popup().isVisible() and completer.completionCount() == 2
    completer.popup().hide()
    offer(line, ("age", "city"))
    assert line.completer() is completer
    offer(line, ("wage",))
    assert isinstance(line.completer(), NamesCompleter) and line.completer().names == ("wage",)
    offer(line, ())
    assert line.completer() is None
