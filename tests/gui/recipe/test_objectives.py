"""Objectives and groups of weights by hand: cards, blocks from the canvas's selection, one undoable step a change."""

import pytest
from PySide6.QtTest import QTest

from graph.edits import RemoveBlocks, SetRecipe
from graph.objective import LossShare, Objective, ParameterGroup


def retype(field, text):
    field.line.selectAll()
    QTest.keyClicks(field.line, text)


def loss_field(card, id):
    return card.losses.fields[f"loss {id}"]


@pytest.fixture
def two_losses(session, ids):
    """LeNet with a second loss on its logits."""
    session.network.connect(session.network.blocks[ids["fc3"]], second := session.network.add("MSELoss", name="other"))
    return ids["loss"], second.id


def test_objectives_are_added_named_moved_and_removed(panel, flushed, session, ids):
    assert panel.objectives.nothing.isVisibleTo(panel)
    session.select((ids["fc1"], ids["fc2"]))
    panel.objectives.add_button.click()
    flushed()
    session.select(())
    panel.objectives.add_button.click()
    first, second = flushed().objectives
    assert first.trains == (ids["fc1"], ids["fc2"]) and second.trains == ()
    assert [card.trains.names.text() for card in panel.objectives.cards] == ["fc1, fc2", "all blocks"]
    assert first.name != second.name
    card = panel.objectives.cards[1]
    card.name.setText("critic")
    card.name.editingFinished.emit()
    assert flushed().objectives[1].name == "critic"
    assert not panel.objectives.cards[0].up.isEnabled() and not panel.objectives.cards[1].down.isEnabled()
    panel.objectives.cards[1].up.click()
    assert [one.name for one in flushed().objectives] == ["critic", first.name]
    panel.objectives.cards[0].gone.click()
    assert flushed().objectives == (first,)
    session.project.undo()
    session.project.undo()
    assert [one.name for one in flushed().objectives] == [first.name, "critic"]


@pytest.mark.parametrize("name", ["", "objective 1"])
def test_a_name_that_cannot_be_is_told_in_place(panel, flushed, name):
    panel.objectives.add()
    flushed()
    panel.objectives.add()
    before = flushed()
    card = panel.objectives.cards[1]
    card.name.setText(name)
    card.name.editingFinished.emit()
    assert flushed() == before and card.wrong.isVisibleTo(panel) and card.name.text() == name
    card.name.setText("objective 3")
    card.name.editingFinished.emit()
    assert not card.wrong.isVisibleTo(panel) and flushed().objectives[1].name == "objective 3"


def test_losses_get_weights_and_leave_the_sum(panel, flushed, two_losses):
    one, other = two_losses
    panel.objectives.add()
    flushed()
    card = panel.objectives.cards[0]
    assert loss_field(card, one).text() == loss_field(card, other).text() == "1"
    retype(loss_field(card, other), "0.5")
    assert flushed().objectives[0].losses == (LossShare(loss=one), LossShare(loss=other, weight=0.5))
    retype(loss_field(card, other), "1")
    assert flushed().objectives[0].losses == ()  # all at 1 is how it began
    loss_field(card, other).line.clear()
    loss_field(card, other).line.textEdited.emit("")
    assert flushed().objectives[0].losses == (LossShare(loss=one),)
    assert loss_field(card, other).line.placeholderText() == "not counted"
    loss_field(card, one).line.clear()
    loss_field(card, one).line.textEdited.emit("")
    assert flushed().objectives[0].losses == (LossShare(loss=one),)
    assert "at least" in loss_field(card, one).wrong.text()


def test_turns_weighting_and_rate(panel, flushed):
    panel.objectives.add()
    flushed()
    card = panel.objectives.cards[0]
    retype(card.form.fields["steps"], "5")
    retype(card.form.fields["learning_rate"], "0.01")
    box = card.form.fields["weighting"].box
    box.setCurrentIndex(1)
    box.activated.emit(1)
    found = flushed().objectives[0]
    assert (found.steps, found.learning_rate, found.weighting) == (5, 0.01, "learned")
    card.form.resets["steps"].click()
    assert flushed().objectives[0].steps == 1
    retype(card.form.fields["steps"], "2000")
    assert flushed().objectives[0].steps != 2000 and "1,000" in card.form.fields["steps"].wrong.text()


def test_blocks_come_from_the_selection_and_are_shown_there(panel, flushed, session, ids):
    panel.objectives.add()
    flushed()
    row = panel.objectives.cards[0].trains
    assert not row.take.isEnabled() and "Select blocks" in row.take.toolTip()
    session.select((ids["conv1"], ids["conv2"]))
    assert row.take.isEnabled()
    row.take.click()
    assert flushed().objectives[0].trains == (ids["conv1"], ids["conv2"])
    session.select(())
    row.show_them.click()
    assert session.selection == (ids["conv1"], ids["conv2"])
    row.all.click()
    assert flushed().objectives[0].trains == ()


def test_what_is_not_in_the_network_is_said(panel, flushed, session, ids):
    lost = Objective(name="lost", losses=(LossShare(loss="b999"),), trains=(ids["conv1"],))
    session.project.do(SetRecipe(session.project.recipe.having(objectives=(lost,))))
    flushed()
    card = panel.objectives.cards[0]
    assert "b999" in card.complaint.text() and card.complaint.isVisibleTo(panel)
    session.project.do(RemoveBlocks((ids["conv1"],)))
    flushed()
    assert "not there" in card.trains.names.text()


def test_another_loss_block_gets_its_row(panel, flushed, session, ids):
    from graph.edits import Rename

    panel.objectives.add()
    flushed()
    session.project.do(Rename(ids["loss"], "error"))
    flushed()
    assert panel.objectives.cards[0].losses.titles[f"loss {ids['loss']}"].text() == "error"


def test_groups_take_blocks_from_each_other(panel, flushed, session, ids):
    assert not panel.groups.add_button.isEnabled()
    session.select((ids["conv1"], ids["fc1"]))
    panel.groups.add_button.click()
    flushed()
    session.select((ids["fc1"],))
    panel.groups.add_button.click()
    assert [group.blocks for group in flushed().groups] == [(ids["conv1"],), (ids["fc1"],)]
    session.project.undo()
    assert [group.blocks for group in flushed().groups] == [(ids["conv1"], ids["fc1"])]
    session.project.redo()
    flushed()
    session.select((ids["conv1"],))
    panel.groups.cards[1].blocks.take.click()
    assert [group.blocks for group in flushed().groups] == [(ids["conv1"],)]  # an empty group goes


def test_a_groups_rate_and_decay(panel, flushed, session, ids):
    group = ParameterGroup(blocks=(ids["conv1"],))
    session.project.do(SetRecipe(session.project.recipe.having(groups=(group,))))
    flushed()
    card = panel.groups.cards[0]
    retype(card.form.fields["learning_rate_factor"], "0")
    retype(card.form.fields["weight_decay"], "0.1")
    assert flushed().groups[0] == ParameterGroup(blocks=(ids["conv1"],), learning_rate_factor=0.0, weight_decay=0.1)
    assert panel.forms["regularisation"].is_shown("decay_norms_and_biases")
    retype(card.form.fields["weight_decay"], "99")
    assert "10" in card.form.fields["weight_decay"].wrong.text() and flushed().groups[0].weight_decay != 99
    card.gone.click()
    assert flushed().groups == () and panel.groups.nothing.isVisibleTo(panel)


def test_a_thousand_groups_of_a_file_stay_bearable(panel, flushed, session, ids):
    groups = tuple(ParameterGroup(blocks=tuple(f"b{n}" for n in range(500))) for _ in range(300))
    session.project.do(SetRecipe(session.project.recipe.having(groups=groups)))
    flushed()
    assert len(panel.groups.cards) == 50 and panel.groups.more.text() == "And 250 groups besides."
    assert len(panel.groups.cards[0].blocks.names.toolTip()) < 2000


def test_cards_are_made_where_somebody_looks(panel, flushed):
    panel.sections["objectives"].set_open(False)
    one = Objective(name="objective 1")
    session = panel.session
    session.project.do(SetRecipe(session.project.recipe.having(objectives=(one,))))
    flushed()
    assert panel.objectives.cards == [] and panel.sections["objectives"].summary.fullest == "objective 1"
    panel.sections["objectives"].set_open(True)
    assert len(panel.objectives.cards) == 1


def test_a_new_objective_comes_into_view_to_be_named(panel, flushed, qtbot):
    panel.objectives.add_button.click()
    qtbot.waitUntil(lambda: bool(panel.objectives.cards) and panel.objectives.cards[0].name.hasFocus())
    qtbot.waitUntil(lambda: not panel.objectives.cards[0].visibleRegion().isEmpty())
    name = panel.objectives.cards[0].name
    QTest.keyClicks(name, "critic")
    name.editingFinished.emit()
    assert flushed().objectives[0].name == "critic"
