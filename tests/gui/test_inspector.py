"""The inspector with real keys: every edit is one of the document, and nothing typed is lost."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from graph.edits import RemoveBlocks, SetHyperparameter
from gui import theme
from gui.panels.block_form import BlockForm
from gui.panels.fields import BoolField, ChoiceField, TextField
from gui.panels.inspector import Inspector
from gui.panels.network_page import NetworkPage
from gui.panels.number_field import NumberField


@pytest.fixture
def inspector(session, shown):
    return shown(Inspector(session), 340, 700)


@pytest.fixture
def inspect(inspector, session, ids, qtbot):
    """Select blocks by name and return their page."""

    def select(*names) -> BlockForm:
        session.select(ids[name] for name in names)
        inspector.updates.flush()
        return inspector.page

    return select


def retype(field, text: str) -> None:
    field.editor.setFocus()
    field.line.selectAll()
    QTest.keyClicks(field.line, text)


def value(session, id, name):
    return session.network.values(id)[name]


def test_fields_follow_the_declarations(inspect):
    fields = inspect("conv1").form.fields
    assert list(fields)[:2] == ["out_channels", "kernel_size"]
    assert isinstance(fields["out_channels"], NumberField) and isinstance(fields["kernel_size"], TextField)
    assert isinstance(fields["bias"], BoolField) and isinstance(fields["padding_mode"], ChoiceField)
    assert fields["out_channels"].line.text() == "6" and fields["kernel_size"].line.text() == "5"


def test_typing_changes_shapes_at_once_and_is_one_step(inspect, session, ids):
    page = inspect("conv1")
    retype(page.form.fields["out_channels"], "12")
    assert value(session, ids["conv1"], "out_channels") == 12
    assert session.analysis.output(ids["conv1"]).shape == ("N", 12, 28, 28)
    session.document.undo()
    assert value(session, ids["conv1"], "out_channels") == 6


def test_a_wrong_value_stays_typed_and_names_the_rule(inspect, inspector, session, ids):
    page = inspect("conv1")
    field = page.form.fields["kernel_size"]
    retype(field, "3 x q")
    assert value(session, ids["conv1"], "kernel_size") == 3  # what was right so far
    assert field.line.text() == "3 x q" and field.wrong.isVisible()
    assert "kernel_size must be" in field.wrong.text() and "3 x 3" in field.wrong.text()
    inspector.updates.flush()
    page.refresh()
    assert field.line.text() == "3 x q"
    QTest.keyClick(field.line, Qt.Key.Key_Backspace)
    QTest.keyClicks(field.line, "5")
    assert value(session, ids["conv1"], "kernel_size") == (3, 5)
    assert not field.wrong.isVisible()


def test_out_of_range_is_said_not_cut_off(inspect, session, ids):
    field = inspect("conv1").form.fields["out_channels"]
    retype(field, "0")
    assert value(session, ids["conv1"], "out_channels") == 6
    assert field.line.text() == "0" and "at least 1" in field.wrong.text()


def test_steps_by_arrow_keys_within_the_range(inspect, session, ids):
    field = inspect("conv1").form.fields["groups"]
    field.editor.setFocus()
    QTest.keyClick(field.editor, Qt.Key.Key_Down)
    assert value(session, ids["conv1"], "groups") == 1
    QTest.keyClick(field.editor, Qt.Key.Key_Up)
    assert value(session, ids["conv1"], "groups") == 2


def test_choice_and_switch(inspect, session, ids):
    form = inspect("conv1").form
    form.fields["padding_mode"].box.setFocus()
    QTest.keyClicks(form.fields["padding_mode"].box, "refl")
    form.fields["padding_mode"].box.activated.emit(form.fields["padding_mode"].box.currentIndex())
    assert value(session, ids["conv1"], "padding_mode") == "reflect"
    box = form.fields["bias"].box
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert value(session, ids["conv1"], "bias") is False


def test_reset_goes_back_to_the_default(inspect, inspector, session, ids, qtbot):
    form = inspect("conv1").form
    assert not form.resets["stride"].isVisible()
    retype(form.fields["stride"], "2")
    inspector.updates.flush()
    assert form.resets["stride"].isVisible()
    QTest.mouseClick(form.resets["stride"], Qt.MouseButton.LeftButton)
    assert "stride" not in session.network.blocks[ids["conv1"]].hyperparameters
    inspector.updates.flush()
    assert form.fields["stride"].line.text() == "1" and not form.resets["stride"].isVisible()


def test_the_default_typed_is_no_setting(inspect, session, ids):
    form = inspect("conv1").form
    retype(form.fields["stride"], "2")
    retype(form.fields["stride"], "1")
    assert "stride" not in session.network.blocks[ids["conv1"]].hyperparameters


def test_renaming_and_a_name_that_is_taken(inspect, session, ids):
    page = inspect("conv1")
    page.name.setFocus()
    page.name.selectAll()
    QTest.keyClicks(page.name, "conv2")
    QTest.keyClick(page.name, Qt.Key.Key_Return)
    assert session.network.blocks[ids["conv1"]].name == "conv1"
    assert page.name.text() == "conv2" and page.name_wrong.isVisible() and "unique" in page.name_wrong.text()
    page.name.selectAll()
    QTest.keyClicks(page.name, "edges")
    QTest.keyClick(page.name, Qt.Key.Key_Return)
    assert session.network.blocks[ids["conv1"]].name == "edges" and not page.name_wrong.isVisible()


@pytest.mark.row(26)
def test_several_blocks_change_in_one_step(inspect, inspector, session, ids):
    page = inspect("conv1", "conv2")
    field = page.form.fields["out_channels"]
    assert field.line.text() == "" and field.line.placeholderText() == "several values"
    assert page.form.fields["kernel_size"].line.text() == "5"
    retype(page.form.fields["padding"], "2")
    assert [value(session, ids[name], "padding") for name in ("conv1", "conv2")] == [2, 2]
    assert session.document.undo_text == "Set padding of 2 blocks"
    session.document.undo()
    assert [value(session, ids[name], "padding") for name in ("conv1", "conv2")] == [0, 0]


def test_different_types_share_what_they_declare_alike(inspect):
    page = inspect("conv1", "pool1", "relu1")
    assert list(page.form.fields) == []
    assert dict((what, number) for what, number, _ in page.totals.rows)["parameters"] == "156"


def test_shapes_unfold_the_arithmetic(inspect):
    told = inspect("conv1").explained.told()
    assert told["input"] == ("N x 1 x 32 x 32", "") and told["output"] == ("N x 6 x 28 x 28", "")
    assert told["height"] == ("28", "floor((32 + 2*0 - 5)/1) + 1")
    assert told["parameters"] == ("156", "6*(1*5*5) + 6")
    assert told["multiply-adds"] == ("117,600", "28*28 * 6 * 1*5*5")
    assert told["memory a sample"] == ("18.4 KiB", "6*28*28 values * 4 bytes")


def test_problems_stand_on_the_page_with_their_fixes(inspect, inspector, session, ids):
    page = inspect("conv1")
    retype(page.form.fields["kernel_size"], "40")
    inspector.updates.flush()
    row = page.problems.itemAt(0).widget()
    assert "40" in row.problem.text and row.fixes
    assert page.form.fields["kernel_size"].editor.property("wrong") == "true"
    QTest.mouseClick(row.fixes[0], Qt.MouseButton.LeftButton)
    assert not session.analysis.problems_of(ids["conv1"])


def test_fields_of_the_data_are_offered_to_inputs(inspect, session, ids):
    field = inspect("image").form.fields["field"]
    offered = [field.box.itemData(i) for i in range(field.box.count())]
    assert offered == [None, "image", "label"]
    field.box.setCurrentIndex(1)
    field.box.activated.emit(1)
    assert value(session, ids["image"], "field") == "image"


def test_what_is_inferred_stands_in_grey(inspect, inspector, session, ids):
    session.document.do(SetHyperparameter(ids["image"], "field", "image"))
    from graph.edits import UNSET

    session.document.do(SetHyperparameter(ids["image"], "shape", UNSET))
    shape = inspect("image").form.fields["shape"]
    assert shape.line.text() == "" and shape.line.placeholderText() == "1 x 32 x 32"


def test_nothing_selected_shows_the_network(inspector, session):
    inspector.updates.flush()
    page = inspector.page
    assert isinstance(page, NetworkPage) and page.name.text() == "LeNet"
    assert page.totals.told()["parameters"][0] == "61,706"


def test_the_recipe_is_edited_and_undone(inspector, session):
    inspector.updates.flush()
    recipe = inspector.page.recipe
    retype(recipe.fields["learning_rate"], "0.05")
    assert session.document.recipe.learning_rate == 0.05
    retype(recipe.fields["epochs"], "30")
    assert session.document.recipe.epochs == 30
    session.document.undo()
    inspector.updates.flush()
    assert session.document.recipe.epochs == 10 and recipe.fields["epochs"].text() == "10"
    retype(recipe.fields["batch_size"], "0")
    assert session.document.recipe.batch_size == 64 and "from 1" in recipe.fields["batch_size"].wrong.text()


def test_the_other_training_settings_are_one_press_away(inspector, qtbot):
    inspector.updates.flush()
    with qtbot.waitSignal(inspector.recipe_requested):
        inspector.page.more.click()


def test_the_selected_block_may_vanish(inspect, inspector, session, ids):
    inspect("conv1")
    session.document.do(RemoveBlocks((ids["conv1"],)))
    inspector.updates.flush()
    assert isinstance(inspector.page, NetworkPage)
    session.document.undo()
    assert isinstance(inspect("conv1"), BlockForm)


def test_it_survives_a_change_of_theme(inspect, inspector, app):
    inspect("conv1")
    theme.apply(app, "light")
    inspector.updates.flush()
    assert isinstance(inspector.page, BlockForm)
    theme.apply(app, "dark")


def test_a_requested_field_gets_the_cursor(inspect, inspector, session, ids, qtbot):
    session.select((ids["fc1"],))
    session.field_requested.emit(ids["fc1"], "out_features")
    assert inspector.page.form.fields["out_features"].editor.hasFocus()


def test_the_wheel_scrolls_and_does_not_turn_values(inspect, session, ids):
    from PySide6.QtCore import QPoint, QPointF
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    page = inspect("conv1")
    page.name.setFocus()
    editor = page.form.fields["out_channels"].editor
    middle = QPointF(editor.rect().center())
    turn = QWheelEvent(
        middle, editor.mapToGlobal(middle), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(editor, turn)
    assert value(session, ids["conv1"], "out_channels") == 6


def test_looking_at_a_block_supposes_nothing(inspect, session):
    page = inspect("conv1")
    assert not session.what_if.active and not page.explained._differing()


def test_the_receptive_field_follows_with_its_steps(inspect, qtbot):
    tree = inspect("conv2").explained
    qtbot.waitUntil(lambda: "receptive field" in tree.told())
    told = tree.told()
    assert told["receptive field"][0] == "14 x 14"
    assert told["pool1"] == ("6", "5 + (2 - 1)*1, steps of 2*1 = 2") and told["conv2"] == ("14", "6 + (5 - 1)*2")


def test_what_is_unfolded_stays_so_and_the_tree_is_as_high_as_its_rows(inspect, inspector, session, ids):
    tree = inspect("conv1").explained
    before = tree.height()
    output = next(i for i in range(tree.rows.rowCount()) if tree.rows.item(i).text() == "output")
    tree.collapse(tree.rows.index(output, 0))
    assert tree.height() < before
    session.document.do(SetHyperparameter(ids["conv1"], "stride", 2))
    inspector.updates.flush()
    assert not tree.isExpanded(tree.rows.index(output, 0)) and tree.told()["height"][0] == "14"


def test_what_would_differ_is_marked_in_the_tree_while_it_is_tried(inspect, inspector, session, ids):
    page = inspect("conv1")
    page.form.fields["out_channels"].step(2)
    told = page.explained.told()
    assert told["parameters"] == ("208", "8*(1*5*5) + 8")
    assert {item.text() for item in page.explained._differing()} == {
        "output", "parameters", "multiply-adds", "memory a sample",
    }  # fmt: skip
    page.form.fields["out_channels"].take_back()
    assert page.explained.told()["parameters"][0] == "156" and not page.explained._differing()


def test_the_tree_is_copied_as_text(inspect):
    from PySide6.QtGui import QGuiApplication

    tree = inspect("fc3").explained
    tree.copy()
    assert "parameters: 10*84 + 10 = 850" in QGuiApplication.clipboard().text()


def test_what_comes_from_the_input_is_told_in_grey(inspect, inspector, session, ids):
    page = inspect("conv2")
    assert page.form.facts["in_channels"].text() == "6"
    session.document.do(SetHyperparameter(ids["conv1"], "out_channels", 9))
    inspector.updates.flush()
    assert page.form.facts["in_channels"].text() == "9"
    assert inspect("fc1", "fc2").form.facts["in_features"].text() == "several values"
    assert not inspect("relu1").form.facts


def test_the_networks_totals_unfold_into_its_blocks(inspector, session, qtbot):
    inspector.updates.flush()
    totals = inspector.page.totals
    qtbot.waitUntil(lambda: "memory of training" in totals.told())
    told = totals.told()
    assert told["blocks"][0] == "16" and told["weights"] == ("241 KiB", "61,706 parameters * 4 bytes")
    parameters = next(tree for tree in totals.roots() if tree.what == "parameters")
    assert [one.value for one in parameters.because] == ["156", "2,416", "48,120", "10,164", "850"]


def test_nothing_is_cut_off_in_a_narrow_panel(inspect, inspector):
    inspector.resize(300, 400)
    for names in (("conv1",), ("fc1",), ("image",), ("loss",)):
        page = inspect(*names)
        assert page.minimumSizeHint().width() <= inspector.area.viewport().width(), names
