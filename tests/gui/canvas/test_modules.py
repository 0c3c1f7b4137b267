"""Modules on the canvas: made of a selection, stepped into and out of, taken apart; one history over all levels."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui.canvas.rename import RenameField

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
pytestmark = pytest.mark.row(20)


def name_it(hands, name):
    field = hands.port.findChildren(RenameField)[-1]
    QTest.keyClicks(field, name)
    QTest.keyClick(field, Qt.Key.Key_Return)


def select(hands, *names):
    hands.session.select([hands.id(name) for name in names])


@pytest.fixture
def made(hands):
    """Hands at a chain image -> stage -> flatten, where stage is conv -> relu."""
    select(hands, "conv", "relu")
    hands.key(Qt.Key.Key_G, CTRL)
    name_it(hands, "conv stage")
    return hands


def test_ctrl_g_makes_a_module_of_the_selection(hands, one_step):
    select(hands, "conv", "relu")
    with one_step(hands, "Make ConvStage"):
        hands.key(Qt.Key.Key_G, CTRL)
        name_it(hands, "conv stage")
    assert hands.wires() == {("image", "convStage"), ("convStage", "flatten")}
    assert hands.net.block("convStage").type == "ConvStage"


def test_escape_makes_none(hands):
    before = hands.snapshot()
    select(hands, "conv", "relu")
    hands.key(Qt.Key.Key_G, CTRL)
    QTest.keyClick(hands.port.findChildren(RenameField)[-1], Qt.Key.Key_Escape)
    assert hands.snapshot() == before and not hands.document.can_undo


def test_what_cannot_be_one_says_why(hands):
    select(hands, "image", "conv")
    hands.key(Qt.Key.Key_G, CTRL)
    name_it(hands, "First")
    assert "Image cannot go into a module" in hands.view.bubble.text


def test_ctrl_shift_g_takes_it_apart(made, one_step):
    with one_step(made, "Unpack 1 module"):
        made.key(Qt.Key.Key_G, CTRL | SHIFT)
    assert made.wires() == {("image", "conv"), ("conv", "relu"), ("relu", "flatten")}


def test_enter_steps_in_and_escape_out(made):
    made.key(Qt.Key.Key_Return)
    assert set(made.canvas.blocks) == set(made.net.blocks) and made.net.name == "ConvStage"
    assert made.view.breadcrumb.isVisible()
    assert [step.text() for step in made.view.breadcrumb.steps] == ["Plain", "convStage"]
    made.key(Qt.Key.Key_Escape)
    assert made.net.name == "Plain" and made.session.selection == (made.id("convStage"),)
    assert not made.view.breadcrumb.isVisible()


def test_double_click_steps_in_and_the_breadcrumb_out(made):
    made.double_click(made.body("convStage"))
    assert made.net.name == "ConvStage"
    made.view.breadcrumb.steps[0].click()
    assert made.net.name == "Plain"


def test_edits_inside_are_seen_outside_and_undone_from_anywhere(made):
    outside = made.canvas.blocks[made.id("convStage")].face.shape
    made.key(Qt.Key.Key_Return)
    select(made, "relu")
    made.key(Qt.Key.Key_Delete, Qt.KeyboardModifier.AltModifier)
    assert "relu" not in {block.name for block in made.net.blocks.values()}
    assert made.session.document.undo_text == "Remove block and bridge in ConvStage"
    select(made, "conv")
    made.key(Qt.Key.Key_Delete, Qt.KeyboardModifier.AltModifier)
    made.key(Qt.Key.Key_Escape)
    assert made.canvas.blocks[made.id("convStage")].face.shape != outside
    for _ in range(2):
        made.key(Qt.Key.Key_Z, CTRL)
    assert made.canvas.blocks[made.id("convStage")].face.shape == outside
    made.key(Qt.Key.Key_Return)
    assert {item.face.name for item in made.canvas.blocks.values()} == {"x", "conv", "relu", "y"}


def test_undo_of_the_module_itself_leads_out(made):
    made.key(Qt.Key.Key_Return)
    made.key(Qt.Key.Key_Z, CTRL)
    assert made.session.path == () and made.net.name == "Plain"
    assert {item.face.name for item in made.canvas.blocks.values()} == {"image", "conv", "relu", "flatten"}
    made.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert "convStage" in {item.face.name for item in made.canvas.blocks.values()}


def test_dragging_inside_moves_there_alone(made, one_step):
    made.key(Qt.Key.Key_Return)
    made.view.fit()
    made.view.zoom_100()
    start = made.body("conv")
    with one_step(made, "Move in ConvStage"):
        made.drag(start, start + type(start)(80, 0))


def test_a_level_is_looked_at_as_it_was_left(made):
    made.view.zoom_at(made.view.viewport().rect().center().toPointF(), 0.5)
    before = made.view.transform(), made.view.visible_area().center()
    made.key(Qt.Key.Key_Return)
    made.key(Qt.Key.Key_Escape)
    after = made.view.transform(), made.view.visible_area().center()
    assert after[0] == before[0]
    assert (after[1] - before[1]).manhattanLength() < 4


def test_a_ready_module_is_found_placed_and_joins_the_project_in_one_step(hands, one_step):
    select(hands, "relu")
    with one_step(hands):
        hands.key(Qt.Key.Key_Tab)
        hands.search("highway")
    assert ("relu", "highway") in hands.wires() and "Highway" in hands.net.modules
    hands.document.undo()
    assert "Highway" not in hands.net.modules


def test_no_module_is_offered_inside_itself(made):
    made.key(Qt.Key.Key_Return)
    made.key(Qt.Key.Key_Tab)
    made.search("ConvStage", accept=False)
    assert "ConvStage" not in made.titles()
