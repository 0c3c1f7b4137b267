"""Augmentations by hand: added from the menu, set, moved, removed, normalized; each one step that is undone."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph import Recipe
from graph.augmentation import AUGMENTATIONS, Augmentation
from graph.edits import SetRecipe
from gui.recipe.augmentation_form import SHOWN


@pytest.fixture
def form(panel, flushed):
    flushed()
    return panel.augmentation


def pick(form, title):
    next(action for action in form.menu.actions() if action.text() == title).trigger()


def retype(field, text):
    field.line.setFocus()
    field.line.selectAll()
    QTest.keyClicks(field.line, text)
    QTest.keyClick(field.line, Qt.Key.Key_Return)
    QApplication.processEvents()


def kinds(recipe):
    return [one.kind for one in recipe.augmentation]


def test_every_kind_is_in_the_menu_and_can_be_added(form, flushed):
    assert form.nothing.isVisibleTo(form)
    titles = [action.text() for action in form.menu.actions() if action.isEnabled() and action.text()]
    assert titles == [one.title.capitalize() for one in AUGMENTATIONS.values()]
    for title in titles:
        pick(form, title)
    assert kinds(flushed()) == list(AUGMENTATIONS)
    assert [card.name.text() for card in form.cards][:2] == ["1  Horizontal flip", "2  Vertical flip"]
    assert not form.nothing.isVisibleTo(form)
    form.edits.session.project.undo()
    assert kinds(flushed()) == list(AUGMENTATIONS)[:-1]


def test_values_are_set_and_put_back(form, flushed):
    pick(form, "Rotation")
    flushed()
    card = form.cards[0]
    retype(card.form.fields["degrees"], "30")
    assert flushed().augmentation == (Augmentation(kind="rotation", arguments={"degrees": 30.0}),)
    retype(card.form.fields["p"], "0.25")
    assert flushed().augmentation[0].p == 0.25
    card.form.resets["degrees"].click()
    card.form.resets["p"].click()
    assert flushed().augmentation == (Augmentation(kind="rotation"),)
    form.edits.session.project.undo()
    assert flushed().augmentation[0].p == 0.25 and card.form.fields["p"].text() == "0.25"


def test_what_two_values_forbid_together_is_told_in_place(form, flushed):
    pick(form, "Affine")
    flushed()
    field = form.cards[0].form.fields["smallest_scale"]
    retype(field, "2")
    assert flushed().augmentation == (Augmentation(kind="affine"),)
    assert "at most largest_scale" in field.wrong.text()


def test_the_order_is_changed_and_an_end_is_an_end(form, flushed):
    for title in ("Crop", "Blur", "Mixup"):
        pick(form, title)
    flushed()
    assert not form.cards[0].up.isEnabled() and not form.cards[2].down.isEnabled()
    form.cards[2].up.click()
    assert kinds(flushed()) == ["crop", "mixup", "blur"]
    form.cards[0].down.click()
    assert kinds(flushed()) == ["mixup", "crop", "blur"]
    form.cards[1].gone.click()
    assert kinds(flushed()) == ["mixup", "blur"]
    form.edits.session.project.undo()
    assert kinds(flushed()) == ["mixup", "crop", "blur"]


def test_numbers_are_asked_for_where_they_are_given(form, flushed):
    rows = form.normalization
    assert not rows.fields["mean"].isVisibleTo(form)
    choice = rows.fields["kind"].editor
    choice.setCurrentIndex(choice.findData("given"))
    choice.activated.emit(choice.currentIndex())
    assert flushed().normalization.kind == "given" and rows.fields["mean"].isVisibleTo(form)
    retype(rows.fields["mean"], "0.5 0.4 0.3")
    assert flushed().normalization.mean == (0.5, 0.4, 0.3)
    retype(rows.fields["deviation"], "0")
    assert "above 0" in rows.fields["deviation"].wrong.text() and flushed().normalization.deviation == (1.0,)
    retype(rows.fields["deviation"], "0.5 0.2")
    assert "3 means but 2" in rows.fields["deviation"].wrong.text() and flushed().normalization.deviation == (0.5,)
    retype(rows.fields["deviation"], "0.5 0.2 0.1")
    assert not rows.fields["deviation"].wrong.text() and flushed().normalization.deviation == (0.5, 0.2, 0.1)


def test_more_than_can_be_looked_at_are_counted(form, flushed):
    many = Recipe(augmentation=[{"kind": "crop"}] * (SHOWN + 4))
    form.edits.session.project.do(SetRecipe(many))
    flushed()
    assert len(form.cards) == SHOWN and form.more.text() == "And 4 more."


def test_a_closed_section_says_what_is_done(panel, form, flushed):
    panel.sections["augmentation"].set_open(False)
    assert panel.sections["augmentation"].summary.fullest == "none"
    form.add("crop")
    form.edits.having("", normalization={"kind": "data"})
    flushed()
    assert panel.sections["augmentation"].summary.fullest == "crop, normalized"


def test_without_training_processes_there_is_no_preview(form):
    assert not form.preview.isVisibleTo(form)
