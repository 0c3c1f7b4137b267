"""The weights of a block in the inspector: freezing, ways to begin, typed-in numbers, sharing; all undoable."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from graph import Document, Network
from graph.edits import SetHyperparameter, SetProperty
from gui.panels.inspector import Inspector
from gui.panels.matrix_field import MatrixField
from gui.session import Session


@pytest.fixture
def inspector(session, shown):
    made = shown(Inspector(session), 340, 1100)
    yield made
    made.close()


@pytest.fixture
def weights(inspector, session, ids):
    """Select blocks by name and return the section of their weights."""

    def select(*names):
        session.select(ids[name] for name in names)
        inspector.updates.flush()
        return inspector.page.weights

    return select


def choose(form, row, text):
    """Pick from a list as a hand does."""
    box = form.form.fields[row].box
    index = box.findText(text)
    assert index >= 0, [box.itemText(i) for i in range(box.count())]
    box.setCurrentIndex(index)
    box.activated.emit(index)


def block(session, ids, name):
    return session.network.blocks[ids[name]]


def test_blocks_without_weights_have_no_such_section(weights):
    assert not weights("relu1").isVisible()
    assert weights("conv1").isVisible() and list(weights("conv1").form.fields) == ["trains", "weight", "bias"]


def test_several_blocks_are_frozen_in_one_step(weights, inspector, session, ids):
    form = weights("conv1", "relu1", "fc1")
    form.form.fields["trains"].box.setFocus()
    QTest.keyClick(form.form.fields["trains"].box, Qt.Key.Key_Space)
    assert not block(session, ids, "relu1").frozen
    assert block(session, ids, "conv1").frozen and block(session, ids, "fc1").frozen
    assert session.document.undo_text == "Freeze"
    session.document.undo()
    assert not block(session, ids, "conv1").frozen and not block(session, ids, "fc1").frozen
    session.document.redo()
    inspector.updates.flush()
    assert not form.form.fields["trains"].box.isChecked() and form.form.resets["trains"].isVisible()
    told = weights("conv1") and inspector.page.explained.told()
    assert told["frozen"][0] == "156"


def test_a_weight_begins_in_another_way_with_its_arguments(weights, inspector, session, ids):
    form = weights("conv1")
    choose(form, "weight", "xavier uniform")
    inspector.updates.flush()
    gain = form.form.fields["weight gain"]
    gain.editor.setFocus()
    gain.line.selectAll()
    QTest.keyClicks(gain.line, "relu")
    way = block(session, ids, "conv1").initial["weight"]
    assert (way.kind, dict(way.arguments)) == ("xavier_uniform", {"gain": "relu"})
    gain.line.selectAll()
    QTest.keyClicks(gain.line, "swish")
    assert "gain must be a number, or one of" in gain.wrong.text()
    assert dict(block(session, ids, "conv1").initial["weight"].arguments)["gain"] == "relu"
    QTest.mouseClick(form.form.resets["weight"], Qt.MouseButton.LeftButton)
    assert not block(session, ids, "conv1").initial


def test_an_impossible_pair_of_arguments_is_said(weights, inspector, session, ids):
    form = weights("conv1")
    choose(form, "bias", "uniform")
    inspector.updates.flush()
    low = form.form.fields["bias a"]
    low.line.selectAll()
    QTest.keyClicks(low.line, "5")
    assert "must be below b" in low.wrong.text()
    assert dict(block(session, ids, "conv1").initial["bias"].arguments) == {"a": 0.0, "b": 1.0}


def test_numbers_are_typed_in_and_pasted(weights, inspector, session, ids):
    session.document.do(SetHyperparameter(ids["conv1"], "out_channels", 1))
    session.document.do(SetHyperparameter(ids["conv1"], "kernel_size", 2))
    form = weights("conv1")
    choose(form, "weight", "typed in")
    inspector.updates.flush()
    field = form.form.fields["weight numbers"]
    assert field.text.toPlainText() == "0 0\n0 0"
    field.text.setFocus()
    field.text.selectAll()
    QTest.keyClicks(field.text, "1 -1; 0.5 ")
    assert "every row must be as long as the others" in field.wrong.text()
    QTest.keyClicks(field.text, "2")
    assert not field.wrong.isVisible()
    assert block(session, ids, "conv1").weights["weight"] == ((((1.0, -1.0), (0.5, 2.0)),),)
    field.text.selectAll()
    field.text.insertPlainText("tensor([[1., 2.], [3., 4.]])")
    assert block(session, ids, "conv1").weights["weight"] == ((((1.0, 2.0), (3.0, 4.0)),),)
    choose(form, "weight", "as torch does")
    assert not block(session, ids, "conv1").weights
    session.document.undo()
    assert block(session, ids, "conv1").weights["weight"] == ((((1.0, 2.0), (3.0, 4.0)),),)


def test_numbers_that_no_longer_fit_say_so(weights, inspector, session, ids):
    form = weights("fc3")
    choose(form, "bias", "typed in")
    session.document.do(SetHyperparameter(ids["fc3"], "out_features", 3))
    inspector.updates.flush()
    assert "These numbers are 10; here it takes 3" in form.form.fields["bias numbers"].wrong.text()


def test_weights_of_another_block_are_used_and_given_back(app, shown):
    net = Network("Twins")
    net.add("Input", name="x", shape=(4,))
    for name in ("a", "b"):
        net.add("Linear", name=name, out_features=4)
    net.connect("x", "a")
    net.connect("a", "b")
    session = Session(Document(net))
    inspector = shown(Inspector(session), 340, 900)
    session.select((net.block("b").id,))
    inspector.updates.flush()
    form = inspector.page.weights
    choose(form, "whose", "those of a")
    assert net.block("b").reuses == net.block("a").id and session.analysis.total_parameters == 20
    inspector.updates.flush()
    assert "weight" not in form.form.fields
    QTest.mouseClick(form.form.resets["whose"], Qt.MouseButton.LeftButton)
    inspector.updates.flush()
    assert net.block("b").reuses is None and "weight" in form.form.fields
    inspector.close()


def test_frozen_by_somebody_else_is_seen(weights, inspector, session, ids):
    form = weights("conv2")
    session.document.do(SetProperty((ids["conv2"],), "frozen", True))
    inspector.updates.flush()
    assert not form.form.fields["trains"].box.isChecked()


def test_a_kernel_is_edited_in_a_grid(app, shown):
    net = Network("Edges")
    net.add("Input", name="image", shape=(1, 9, 9))
    net.add("FixedConv2d", name="edges", kernel="sharpen")
    net.connect("image", "edges")
    session = Session(Document(net))
    inspector = shown(Inspector(session), 340, 900)
    session.select((net.block("edges").id,))
    inspector.updates.flush()
    field = inspector.page.form.fields["numbers"]
    assert isinstance(field, MatrixField) and field.cells[1][1].property("role") == "stand-in"
    assert [[cell.text() for cell in row] for row in field.cells] == [
        ["0", "-1", "0"],
        ["-1", "5", "-1"],
        ["0", "-1", "0"],
    ]
    field.cells[0][2].setFocus()
    field.cells[0][2].selectAll()
    QTest.keyClicks(field.cells[0][2], "1/4")
    assert net.block("edges").hyperparameters["numbers"][0] == (0.0, -1.0, 0.25)
    field.cells[2][2].setFocus()
    field.cells[2][2].selectAll()
    QTest.keyClicks(field.cells[2][2], "x")
    assert "is no number" in field.wrong.text()
    field.line.setFocus()
    field.line.selectAll()
    QTest.keyClicks(field.line, "1 2; 3 4")
    inspector.updates.flush()
    assert [[cell.text() for cell in row] for row in field.cells] == [["1", "2"], ["3", "4"]]
    QTest.mouseClick(inspector.page.form.resets["numbers"], Qt.MouseButton.LeftButton)
    inspector.updates.flush()
    assert field.cells[1][1].text() == "5" and len(field.cells) == 3
    inspector.close()


def test_a_module_is_frozen_whole_and_its_weights_are_decided_inside(app, shown):
    from examples import build_zoo

    session = Session(Document(build_zoo.ZOO["resnet18"]()))
    inspector = shown(Inspector(session), 340, 900)
    place = next(id for id in session.network.blocks if session.can_step_into(id))
    session.select((place,))
    inspector.updates.flush()
    form = inspector.page.weights
    assert "decided at the blocks inside" in form.note.text() and set(form.form.fields) <= {"trains", "whose"}
    form.form.fields["trains"].box.setFocus()
    QTest.keyClick(form.form.fields["trains"].box, Qt.Key.Key_Space)
    assert session.network.blocks[place].frozen
    inspector.close()
