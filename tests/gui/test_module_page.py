"""The inspector inside a module: its name, and what it offers where it stands."""

import pytest
from PySide6.QtTest import QTest

from graph.expression import Expression
from graph.module_commands import make_module
from gui.panels.inspector import Inspector
from gui.panels.module_page import ModulePage


@pytest.fixture
def page(session, ids, shown, qtbot):
    """The page of a module Stage of LeNet's first three layers."""
    chosen = [ids[name] for name in ("conv1", "relu1", "pool1")]
    session.document.do(make_module(session.network, chosen, "Stage", session.analysis))
    session.step_into(next(b.id for b in session.network.blocks.values() if b.type == "Stage"))
    inspector = shown(Inspector(session))
    qtbot.waitUntil(lambda: isinstance(inspector.page, ModulePage))
    page = inspector.page
    page.keep = inspector
    return page


def type_into(field, text):
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    field.editingFinished.emit()


def test_it_shows_the_module_and_its_counts_here(page):
    assert page.name.text() == "Stage" and page.places.text() == "Stands in one place."
    assert page.empty.isVisible() and not page.offers


def test_another_name_goes_to_every_place(page, session):
    type_into(page.name, "FirstStage")
    assert "FirstStage" in session.project.network.modules
    type_into(page.name, "not a class")
    assert page.wrong.isVisible() and "Bottleneck" in page.wrong.text()
    assert "FirstStage" in session.project.network.modules


def test_a_hyperparameter_is_added_named_and_used_inside(page, session, qtbot):
    page.add.click()
    row = page.offers[0]
    type_into(row.name, "channels")
    type_into(row.default, "12")
    assert [(o.name, o.default) for o in page.level.module.exposed] == [("channels", 12)]
    from graph.edits import SetHyperparameter
    from graph.expression import expression

    conv = session.network.block("conv1").id
    session.document.do(SetHyperparameter(conv, "out_channels", expression("channels")))
    assert session.analysis.output("pool1").shape == ("N", 12, 14, 14)
    type_into(row.name, "width")
    assert session.network.blocks[conv].hyperparameters["out_channels"] == Expression("width")
    session.project.undo()
    qtbot.waitUntil(lambda: page.offers[0].name.text() == "channels")


def test_a_bad_name_is_told_under_its_row_and_changes_nothing(page):
    page.add.click()
    type_into(page.offers[0].name, "Two Words")
    assert not page.offers[0].wrong.isHidden() and "Two Words" in page.offers[0].wrong.text()
    assert page.level.module.exposed[0].name == "size"


def test_a_withdrawn_one_leaves_the_list(page, qtbot):
    page.add.click()
    page.offers[0].removed.emit(0)
    qtbot.waitUntil(lambda: not page.offers)
    assert page.level.module.exposed == ()


def test_stepping_out_brings_the_networks_page_back(page, session, qtbot):
    session.step_out()
    session.clear_selection()
    qtbot.waitUntil(lambda: type(page.keep.page).__name__ == "NetworkPage")
