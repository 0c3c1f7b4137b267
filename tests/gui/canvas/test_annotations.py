"""Frames and notes by hand: made, titled, moved with what they hold, resized, removed; undone and redone."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from graph.annotations import FRAME, NOTE
from gui.canvas.annotation_actions import NoteEditor
from gui.canvas.rename import RenameField

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


def select(hands, *names):
    hands.session.select([hands.id(name) for name in names])


def editor(hands, kind):
    return hands.port.findChildren(kind)[-1]


def only(hands):
    (one,) = hands.net.annotations.values()
    return one


@pytest.fixture
def framed(hands):
    """conv and relu in a frame called Features."""
    select(hands, "conv", "relu")
    hands.key(Key.Key_C)
    field = editor(hands, RenameField)
    QTest.keyClicks(field, "Features")
    QTest.keyClick(field, Key.Key_Return)
    return hands


def title(hands):
    box = hands.canvas.annotations[only(hands).id].box()
    return hands.view.mapFromScene(box.topLeft() + QPointF(40, 12))


@pytest.mark.row(19)
def test_c_frames_the_selection_with_a_title(framed):
    one = only(framed)
    assert (one.kind, one.text) == (FRAME, "Features")
    box = framed.canvas.annotations[one.id].box()
    assert all(box.contains(framed.canvas.blocks[framed.id(name)].box()) for name in ("conv", "relu"))
    assert not box.intersects(framed.canvas.blocks[framed.id("flatten")].box())
    framed.document.undo()
    framed.document.undo()
    assert not framed.net.annotations and not framed.canvas.annotations
    framed.document.redo()
    assert set(framed.canvas.annotations) == {one.id}


@pytest.mark.row(19)
def test_dragging_a_frame_takes_its_contents_in_one_step(framed, one_step):
    before = only(framed)
    with one_step(framed, "Move frame"):
        framed.drag(title(framed), title(framed) + QPoint(100, 40))
    after = only(framed)
    assert (after.x - before.x, after.y - before.y) == (100, 40)
    assert framed.net.positions[framed.id("conv")] == (100, 180)
    assert framed.net.positions[framed.id("flatten")] == (0, 420)
    framed.document.undo()
    assert only(framed) == before and framed.canvas.annotations[before.id].pos().x() == before.x


@pytest.mark.row(19)
def test_its_corner_resizes_it_and_escape_gives_up(framed):
    before = only(framed)
    corner = framed.view.mapFromScene(framed.canvas.annotations[before.id].box().bottomRight() - QPointF(5, 5))
    framed.drag(corner, corner + QPoint(60, 20))
    assert (only(framed).width - before.width, only(framed).height - before.height) == (60, 20)
    framed.document.undo()
    assert only(framed) == before
    framed.drag(corner, corner + QPoint(60, 20), release=False)
    framed.key(Key.Key_Escape)
    assert only(framed) == before and framed.canvas.annotations[before.id].size.width() == before.width


@pytest.mark.row(19)
def test_a_double_click_on_its_title_renames_it_and_delete_removes_it_alone(framed):
    framed.double_click(title(framed))
    field = editor(framed, RenameField)
    field.selectAll()
    QTest.keyClicks(field, "Stage 1")
    QTest.keyClick(field, Key.Key_Return)
    assert only(framed).text == "Stage 1"
    framed.click(title(framed))
    assert framed.canvas.selected_annotations
    blocks = set(framed.net.blocks)
    framed.key(Key.Key_Delete)
    assert not framed.net.annotations and set(framed.net.blocks) == blocks
    framed.document.undo()
    assert only(framed).text == "Stage 1"


@pytest.mark.row(19)
def test_a_box_can_be_dragged_inside_a_frame(framed):
    box = framed.canvas.annotations[only(framed).id].box()
    start = framed.view.mapFromScene(box.topLeft() + QPointF(6, 40))
    framed.drag(start, framed.body("relu") + QPoint(60, 20))
    assert {framed.net.blocks[id].name for id in framed.session.selection} >= {"conv", "relu"}


@pytest.mark.row(37)
def test_n_writes_a_note_in_markdown(hands):
    hands.hover(QPoint(700, 200))
    hands.key(Key.Key_N)
    note = editor(hands, NoteEditor)
    QTest.keyClicks(note, "# Why five")
    QTest.keyClick(note, Key.Key_Return)
    QTest.keyClicks(note, "as in *1998*")
    QTest.keyClick(note, Key.Key_Return, CTRL)
    one = only(hands)
    assert (one.kind, one.text) == (NOTE, "# Why five\nas in *1998*")
    item = hands.canvas.annotations[one.id]
    assert item.words.toPlainText().splitlines()[0] == "Why five"
    assert item.box().contains(hands.view.mapToScene(QPoint(702, 204)))
    hands.document.undo()
    assert only(hands).text == ""
    hands.document.undo()
    assert not hands.canvas.annotations


@pytest.mark.row(37)
def test_a_note_is_dragged_by_its_body_and_edited_by_a_double_click(hands):
    hands.hover(QPoint(700, 200))
    hands.key(Key.Key_N)
    QTest.keyClick(editor(hands, NoteEditor), Key.Key_Escape)
    before = only(hands)
    body = hands.view.mapFromScene(hands.canvas.annotations[before.id].box().center())
    hands.drag(body, body + QPoint(-40, 60))
    assert (only(hands).x - before.x, only(hands).y - before.y) == (-40, 60)
    hands.document.undo()
    assert only(hands) == before
    hands.double_click(body)
    QTest.keyClicks(editor(hands, NoteEditor), "seen")
    QTest.keyClick(editor(hands, NoteEditor), Key.Key_Return, CTRL)
    assert only(hands).text == "seen"


@pytest.mark.row(37)
def test_a_note_loads_nothing_from_outside(hands):
    hands.hover(QPoint(700, 200))
    hands.key(Key.Key_N)
    note = editor(hands, NoteEditor)
    note.setPlainText("![x](file:///etc/hostname) <img src='http://example.org/a.png'> [go](http://example.org)")
    QTest.keyClick(note, Key.Key_Return, CTRL)
    item = hands.canvas.annotations[only(hands).id]
    assert item.words.resource(2, __import__("PySide6.QtCore", fromlist=["QUrl"]).QUrl("file:///etc/hostname")) is None
    hands.view.grab()


def test_colours_are_chosen_by_the_right_button(framed):
    menu = framed.view.annotation_menu(only(framed).id)
    colours = next(action.menu() for action in menu.actions() if action.menu() is not None)
    next(action for action in colours.actions() if action.text() == "Green").trigger()
    assert only(framed).colour == "green"
    framed.document.undo()
    assert only(framed).colour == "grey"
