"""Data that cannot be used as they are: files and rows told, and left out by one click, in the form and the window."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from backend.data import describe
from graph import DataSource, Document, Recipe
from gui.data import DataWindow, boxes
from gui.panels import data_describing
from gui.panels.data_source import DataChooser
from gui.session import Session

BROKEN = "age,city,member\n30,Rome,yes\noops,Oslo,no\n50,,yes\n" + "41,Kiel,no\n" * 40


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "people.csv").write_text(BROKEN)
    np.savez(tmp_path / "gaps.npz", x=np.float32([[1], [np.nan], [3], [4]]), label=[0, 1, 0, 1])
    return tmp_path


@pytest.fixture
def chooser(app, shown):
    return shown(DataChooser(Session(Document())), 330, 700)


def choose(chooser, kind, path):
    index = chooser.kind.findData(kind)
    chooser.kind.setCurrentIndex(index)
    chooser.kind.activated.emit(index)
    chooser.path.setText(str(path))
    QTest.keyClick(chooser.path, Qt.Key.Key_Return)


def test_a_table_with_bad_rows_stays_in_the_form_until_they_are_left_out(chooser, folder, qtbot):
    recipe = chooser.session.project.recipe
    choose(chooser, "table", folder / "people.csv")
    qtbot.waitUntil(chooser.wrong.isVisible)
    assert recipe.data is None and "row 1: column \"age\" holds 'oops'" in chooser.wrong.text()
    assert chooser.kind.currentData() == "table" and chooser.path.text().endswith("people.csv")
    QTest.mouseClick(chooser.skip, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "is empty" in chooser.wrong.text())  # the next trouble, and its own way on
    assert chooser.form.fields["bad_samples"].editor.currentText() == "skip"
    QTest.mouseClick(chooser.skip, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: chooser.session.project.recipe.data is not None)
    data = chooser.session.project.recipe.data
    assert data.options == {"bad_samples": "skip", "missing": "skip"} and data.field("label").classes == ("no", "yes")
    assert chooser.wrong.isHidden() and chooser.skip.isHidden() and "features" in chooser.fields.text()
    chooser.session.project.undo()
    assert chooser.session.project.recipe.data is None


def test_an_option_mends_what_was_refused(chooser, folder, qtbot):
    choose(chooser, "table", folder / "people.csv")
    qtbot.waitUntil(chooser.wrong.isVisible)
    chooser.form.entered.emit("target", "wage")
    qtbot.waitUntil(lambda: 'no column "wage"' in chooser.wrong.text())
    assert chooser.skip.isHidden()
    chooser.form.entered.emit("bad_samples", "skip")
    chooser.form.entered.emit("missing", "mean")
    chooser.form.entered.emit("target", "city")
    qtbot.waitUntil(lambda: chooser.session.project.recipe.data is not None)
    assert chooser.session.project.recipe.data.field("label").classes == ("Kiel", "Oslo", "Rome")


def test_what_was_refused_is_forgotten_when_other_data_come(chooser, folder, qtbot):
    choose(chooser, "table", folder / "people.csv")
    qtbot.waitUntil(chooser.wrong.isVisible)
    index = chooser.kind.findData("moons")
    chooser.kind.setCurrentIndex(index)
    chooser.kind.activated.emit(index)
    assert chooser.session.project.recipe.data.kind == "moons" and chooser.wrong.isHidden() and chooser.skip.isHidden()


def test_a_large_file_is_read_while_the_window_goes_on(chooser, folder, qtbot, monkeypatch):
    read = threading.Event()
    monkeypatch.setattr(data_describing, "describe", lambda *asked: read.wait(30) and describe(*asked))
    chooser.describing.patience = 0.01
    choose(chooser, "npz", folder / "gaps.npz")
    assert chooser.session.project.recipe.data is None and chooser.fields.text() == "Reading the data ..."
    read.set()
    qtbot.waitUntil(lambda: chooser.session.project.recipe.data is not None)
    assert "label" in chooser.fields.text() and chooser.kind.currentData() == "npz"


@pytest.mark.parametrize(
    ("kind", "file", "folder"), [("table", True, False), ("image_folder", False, True), ("huggingface", True, True)]
)
def test_what_may_be_a_folder_can_be_chosen_as_one(chooser, kind, file, folder):
    index = chooser.kind.findData(kind)
    chooser.kind.activated.emit(index)
    assert (chooser.browse_file.isVisible(), chooser.browse_folder.isVisible()) == (file, folder)


def test_the_window_lists_files_and_rows_and_leaves_them_out(app, shown, folder, qtbot):
    source = DataSource(kind="npz", path=str(folder / "gaps.npz"))
    window = shown(DataWindow(Session(Document(recipe=Recipe(data=source))), lambda document: True), 900, 600)
    qtbot.waitUntil(lambda: window._pages.currentWidget() is window.refusal, timeout=30_000)
    told = [window.refusal.problems.item(row).text() for row in range(window.refusal.problems.count())]
    assert told == ['gaps.npz, row 1: "x" holds NaN'] and window.refusal.skip.isVisible()
    QTest.mouseClick(window.refusal.skip, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.looked is not None, timeout=30_000)
    assert window.session.project.recipe.data.options == {"not_finite": "skip"} and len(window.looked.dataset) == 3
    assert window.problems.isVisible() and "row 1" in window.problems.item(0).text()
    window.session.project.undo()
    assert window.session.project.recipe.data.options == {}


def test_a_tables_features_go_by_the_names_of_their_columns(app, shown, folder, qtbot):
    options = {"bad_samples": "skip", "missing": "skip"}
    source = DataSource(kind="table", path=str(folder / "people.csv"), options=options)
    window = shown(DataWindow(Session(Document(recipe=Recipe(data=source))), lambda document: True), 900, 600)
    qtbot.waitUntil(lambda: window.looked is not None, timeout=30_000)
    names = [window.table.item(row, 0).text() for row in range(window.table.rowCount())]
    assert names == ["age", "city = Kiel", "city = Oslo", "city = Rome", "label", "target"]
    assert window.table.item(0, 3).text() == "30" and window.table.item(4, 3).text() == "-"
    assert window.page.shown["features"].text() == "age = 30\ncity = Rome"


def test_boxes_are_drawn_and_told(app):
    picture = boxes.drawn(np.zeros((1, 10, 20), np.float32), np.array([[0.25, 0.2, 0.5, 0.5]]))
    assert picture.shape == (3, 10, 20)
    rows, columns = np.nonzero(picture.any(axis=0))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 7, 5, 15)
    assert not picture[:, 3:7, 6:15].any()  # only the outline
