"""Keys and the search: placing, removing, copying, selecting, naming, laying out, walking, finding."""

import json
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from graph import Document, Network

Key = Qt.Key
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


def select(hands, *names):
    hands.session.select(hands.id(name) for name in names)


def selected(hands):
    return [hands.net.blocks[id].name for id in hands.session.selection]


# Searching


@pytest.mark.parametrize("key", [Key.Key_Space, Key.Key_Tab])
@pytest.mark.row(1)
def test_a_key_searches_and_enter_places_the_first_hit(empty, one_step, key):
    with one_step(empty, "Add linear"):
        empty.hover(QPoint(500, 300))
        empty.key(key)
        empty.search("dense")
    assert empty.net.block("linear").type == "Linear"
    x, y = empty.net.positions[empty.id("linear")]
    box = empty.canvas.blocks[empty.id("linear")].box()
    assert box.contains(empty.view.mapToScene(QPoint(500, 300)))
    assert (x % 4, y % 4) == (0, 0)


@pytest.mark.row(1)
def test_double_click_on_nothing_searches_there(empty):
    empty.double_click(QPoint(200, 200))
    assert empty.popup() is not None
    empty.search("conv2")
    assert empty.canvas.blocks[empty.id("conv")].box().contains(empty.view.mapToScene(QPoint(200, 200)))
    assert empty.popup() is None
    assert empty.view.hasFocus()


@pytest.mark.row(1)
def test_arrows_choose_another_hit_and_escape_goes_away(empty):
    empty.key(Key.Key_Tab)
    empty.search("pool", accept=False)
    second = empty.titles()[1]
    QTest.keyClick(empty.popup().field, Key.Key_Down)
    QTest.keyClick(empty.popup().field, Key.Key_Return)
    assert [block.type for block in empty.net.blocks.values()] == [second]
    empty.session.clear_selection()
    empty.key(Key.Key_Tab)
    QTest.keyClick(empty.popup().field, Key.Key_Escape)
    assert empty.popup() is None
    assert len(empty.net.blocks) == 1


def test_a_search_without_hits_says_so(empty):
    empty.key(Key.Key_Tab)
    empty.search("qqqqq", accept=False)
    assert "qqqqq" in empty.popup().nothing.text()
    assert empty.titles() == []
    QTest.keyClick(empty.popup().field, Key.Key_Return)
    assert not empty.net.blocks


@pytest.mark.row(2)
def test_with_a_block_selected_the_new_one_lands_wired_in_between(hands, one_step):
    select(hands, "conv")
    with one_step(hands):
        hands.key(Key.Key_Space)
        hands.search("batchnorm2d")
    assert {("conv", "batch_norm"), ("batch_norm", "relu")} <= hands.wires()
    ys = [hands.net.positions[hands.id(n)][1] for n in ("conv", "batch_norm", "relu", "flatten")]
    assert all(after - before >= 76 for before, after in pairwise(ys))


@pytest.mark.row(2)
def test_at_the_end_of_a_chain_the_new_block_is_appended(hands, one_step):
    select(hands, "flatten")
    with one_step(hands):
        hands.key(Key.Key_Tab)
        hands.search("Linear")
    assert ("flatten", "linear") in hands.wires()
    assert hands.net.positions[hands.id("linear")][0] == 0


def test_a_whole_network_is_drawn_with_keys_alone(empty):
    for word in ("input", "conv2d", "relu", "flatten", "linear", "output"):
        empty.key(Key.Key_Tab)
        empty.search(word)
    assert [block.type for block in empty.net.blocks.values()] == [
        "Input", "Conv2d", "ReLU", "Flatten", "Linear", "Output",
    ]  # fmt: skip
    assert len(empty.net.wires) == 5
    assert empty.session.analysis.output("linear") is not None


# Removing and copying


@pytest.mark.row(8)
def test_delete_removes(hands, one_step):
    select(hands, "conv", "relu")
    with one_step(hands, "Remove 2 blocks"):
        hands.key(Key.Key_Delete)
    assert hands.wires() == set()
    assert hands.session.selection == ()


@pytest.mark.row(8)
def test_alt_delete_bridges(hands, one_step):
    select(hands, "conv", "relu")
    with one_step(hands):
        hands.key(Key.Key_Delete, ALT)
    assert hands.wires() == {("image", "flatten")}


@pytest.mark.row(11)
def test_copy_and_paste_as_text(hands, one_step):
    select(hands, "conv", "relu")
    hands.key(Key.Key_C, CTRL)
    assert json.loads(QGuiApplication.clipboard().text())
    hands.hover(QPoint(800, 300))
    with one_step(hands, "Paste 2 blocks"):
        hands.key(Key.Key_V, CTRL)
        assert selected(hands) == ["conv1", "relu1"]
    assert ("conv1", "relu1") in hands.wires()
    assert hands.net.block("conv1").hyperparameters == hands.net.block("conv").hyperparameters


@pytest.mark.row(11)
def test_cut_and_paste(hands, one_step):
    select(hands, "relu")
    with one_step(hands):
        hands.key(Key.Key_X, CTRL)
    assert "relu" not in {block.name for block in hands.net.blocks.values()}
    hands.key(Key.Key_V, CTRL)
    assert hands.net.block("relu").type == "ReLU"


def test_what_is_no_block_is_not_pasted_and_told(hands):
    QGuiApplication.clipboard().setText("to be or not to be")
    hands.key(Key.Key_V, CTRL)
    assert len(hands.net.blocks) == 4
    assert "Nothing to paste" in hands.view.bubble.text
    assert not hands.document.can_undo


@pytest.mark.row(11)
def test_duplicate(hands, one_step):
    select(hands, "conv")
    with one_step(hands):
        hands.key(Key.Key_D, CTRL)
        assert selected(hands) == ["conv1"]


# Selecting and walking


@pytest.mark.row(10)
def test_select_all_none_inverse(hands):
    hands.key(Key.Key_A, CTRL)
    assert len(hands.session.selection) == 4
    hands.key(Key.Key_Escape)
    assert hands.session.selection == ()
    select(hands, "conv")
    hands.key(Key.Key_I, CTRL)
    assert set(selected(hands)) == {"image", "relu", "flatten"}


@pytest.mark.row(22)
def test_arrows_walk_along_the_wires(hands):
    walked = []
    for key in (Key.Key_Down, Key.Key_Down, Key.Key_Down, Key.Key_Up):
        hands.key(key)
        walked += selected(hands)
    assert walked == ["image", "conv", "relu", "conv"]


@pytest.mark.row(22)
def test_arrows_walk_to_what_stands_beside(hands):
    hands.net.add("Sigmoid", name="side", position=(300, 150))
    hands.canvas.rebuild()
    select(hands, "conv")
    hands.key(Key.Key_Right)
    assert selected(hands) == ["side"]
    hands.key(Key.Key_Left)
    assert selected(hands) == ["conv"]


@pytest.mark.row(22)
def test_ctrl_arrows_move_and_are_one_step(hands, one_step):
    select(hands, "conv")
    with one_step(hands, "Move"):
        for _ in range(3):
            hands.key(Key.Key_Right, CTRL)
        hands.key(Key.Key_Down, CTRL)
    assert hands.net.positions[hands.id("conv")] == (24, 148)


@pytest.mark.row(17)
def test_find_jumps_to_a_block_by_name_type_or_value(hands):
    for words, name in (("flat", "flatten"), ("conv2d", "conv"), ("3x3", "conv"), ("N x 144", "conv")):
        hands.key(Key.Key_F, CTRL)
        hands.search(words, accept=False)
        if words == "N x 144":
            assert hands.titles() == []
            QTest.keyClick(hands.popup().field, Key.Key_Escape)
            continue
        QTest.keyClick(hands.popup().field, Key.Key_Return)
        assert selected(hands) == [name]
        assert hands.view.visible_area().contains(hands.canvas.blocks[hands.id(name)].box())


# Naming and arranging


def rename_field(hands):
    return hands.port.findChild(QLineEdit, "rename_field")


@pytest.mark.row(21)
def test_f2_renames_in_place(hands, one_step):
    select(hands, "conv")
    with one_step(hands, "Rename to stem"):
        hands.key(Key.Key_F2)
        QTest.keyClicks(rename_field(hands), "stem")
        QTest.keyClick(rename_field(hands), Key.Key_Return)
    assert hands.canvas.blocks[hands.id("stem")].face.name == "stem"


@pytest.mark.row(21)
def test_double_click_on_the_title_renames_and_escape_does_not(hands):
    hands.double_click(hands.title("conv"))
    QTest.keyClicks(rename_field(hands), "other")
    QTest.keyClick(rename_field(hands), Key.Key_Escape)
    assert hands.net.block("conv").type == "Conv2d"
    assert not hands.document.can_undo


def test_a_taken_name_is_refused_with_the_reason(hands):
    select(hands, "conv")
    hands.key(Key.Key_F2)
    QTest.keyClicks(rename_field(hands), "relu")
    QTest.keyClick(rename_field(hands), Key.Key_Return)
    assert hands.net.block("conv").type == "Conv2d"
    assert "relu" in hands.view.bubble.text and "unique" in hands.view.bubble.text


@pytest.mark.row(18)
def test_l_lays_out_in_one_step(hands, one_step):
    hands.net.positions.update({id: (index * 300.0, 37.0) for index, id in enumerate(hands.net.blocks)})
    hands.canvas.rebuild()
    with one_step(hands, "Lay out"):
        hands.key(Key.Key_L)
    assert len({x for x, _ in hands.net.positions.values()}) == 1


@pytest.mark.row(18)
def test_l_with_a_selection_leaves_the_rest(hands):
    hands.net.positions[hands.id("relu")] = (400.0, 300.0)
    hands.canvas.rebuild()
    select(hands, "conv", "relu")
    hands.key(Key.Key_L)
    places = hands.net.positions
    assert places[hands.id("conv")][0] == places[hands.id("relu")][0]
    assert places[hands.id("image")] == (0, 0) and places[hands.id("flatten")] == (0, 420)


def test_the_layout_glides_and_ends_at_the_documents_places(hands, qtbot):
    hands.net.positions.update({id: (index * 300.0, 37.0) for index, id in enumerate(hands.net.blocks)})
    hands.canvas.rebuild()
    hands.view.motion = True
    start = hands.canvas.blocks[hands.id("flatten")].pos()
    hands.key(Key.Key_L)
    assert hands.canvas.blocks[hands.id("flatten")].pos() == start
    goal = hands.net.positions[hands.id("flatten")]
    qtbot.waitUntil(lambda: hands.canvas.blocks[hands.id("flatten")].pos().toTuple() == goal, timeout=2000)


@pytest.mark.row(14)
def test_fit_selection_and_hundred_percent(hands):
    hands.key(Key.Key_Home)
    assert hands.view.visible_area().contains(hands.canvas.content())
    select(hands, "flatten")
    hands.key(Key.Key_F)
    centre = hands.view.visible_area().center() - hands.canvas.blocks[hands.id("flatten")].box().center()
    assert centre.manhattanLength() < 4
    hands.view.zoom_at(hands.port.rect().center().toPointF(), 0.5)
    hands.key(Key.Key_0, CTRL)
    assert hands.view.zoom == pytest.approx(1.0)


def test_the_empty_canvas_leads_to_the_examples(empty, qtbot):
    empty.view.grab()
    with qtbot.waitSignal(empty.view.example_requested):
        empty.click(empty.view._empty.link.center().toPoint())


def test_another_document_is_shown_whole(hands):
    from graph import Document

    other = Network("Other")
    other.connect(other.add("Input", shape=(4,)), other.add("Linear", out_features=2))
    hands.session.set_document(Document(other))
    assert hands.shown()[1] == {("input", "linear")}
    assert len({place for place in hands.shown()[0].values()}) == 2  # built in code, laid out when shown


def test_another_document_closes_the_search(hands):
    hands.key(Qt.Key.Key_Space)
    assert hands.popup() is not None
    hands.session.set_document(Document(Network("Other")))
    assert hands.popup() is None
