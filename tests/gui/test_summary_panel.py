"""The summary table: rows in order of computation, totals, one selection, Markdown."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from graph import Document
from graph.edits import Rename, SetHyperparameter
from gui.panels.summary import Summary


@pytest.fixture
def panel(session, shown):
    made = shown(Summary(session), 900, 600)
    made.updates.flush()
    return made


def cell(panel, row: int, column: int) -> str:
    return panel.model.data(panel.model.index(row, column))


def test_rows_and_totals(panel, ids):
    row = panel.model.ids.index(ids["conv2"])
    assert [cell(panel, row, c) for c in range(5)] == ["conv2", "Conv2d", "N x 16 x 10 x 10", "2,416", "240,000"]
    assert "61,706" in panel.totals.text() and "416,520" in panel.totals.text()
    side = panel.model.data(panel.model.index(row, 3), Qt.ItemDataRole.TextAlignmentRole)
    assert side & Qt.AlignmentFlag.AlignRight


def test_it_follows_edits(panel, session, ids):
    session.document.do(SetHyperparameter(ids["conv2"], "out_channels", 32))
    session.document.do(Rename(ids["conv2"], "deeper"))
    panel.updates.flush()
    row = panel.model.ids.index(ids["conv2"])
    assert cell(panel, row, 0) == "deeper" and cell(panel, row, 2) == "N x 32 x 10 x 10"


def test_a_click_selects_the_block_and_back(panel, session, ids):
    row = panel.model.ids.index(ids["fc2"])
    spot = panel.table.visualRect(panel.model.index(row, 0)).center()
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert session.selected == ids["fc2"]
    session.select((ids["conv1"], ids["pool1"]))
    rows = {index.row() for index in panel.table.selectionModel().selectedRows()}
    assert rows == {panel.model.ids.index(ids[name]) for name in ("conv1", "pool1")}


def test_unknown_shapes_are_said(panel, session, ids):
    session.document.do(SetHyperparameter(ids["conv1"], "kernel_size", 40))
    panel.updates.flush()
    assert cell(panel, panel.model.ids.index(ids["conv2"]), 2) == "not known yet"


def test_copied_as_markdown(panel):
    panel.table.setFocus()
    QTest.keyClick(panel, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "| Block | Type | Output shape | Parameters | Multiply-adds |"
    assert lines[1] == "| --- | --- | --- | ---: | ---: |"
    assert "| conv1 | Conv2d | N x 6 x 28 x 28 | 156 | 117,600 |" in lines
    assert lines[-1].startswith("| Total | 16 blocks |") and "61,706" in lines[-1]


def test_empty_says_what_it_is_for(panel, session):
    session.set_document(Document())
    panel.updates.flush()
    assert not panel.table.isVisible()


def test_it_shows_what_a_value_being_tried_would_lead_to(panel, session, ids):
    from graph.edits import SetHyperparameter

    session.what_if.suppose(SetHyperparameter(ids["fc3"], "out_features", 11))
    panel.updates.flush()
    assert "61,791" in panel.totals.text()
    session.what_if.forget()
    panel.updates.flush()
    assert "61,706" in panel.totals.text()
