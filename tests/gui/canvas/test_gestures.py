"""Gestures with the mouse, each undone and redone: moving, wiring, rewiring, cutting, selecting, panning, zooming."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
RIGHT, MIDDLE = Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton


def drop(hands, type, point, held=Qt.KeyboardModifier.NoModifier, release=True):
    """Drag a block in from the palette."""
    data = QMimeData()
    data.setData("application/x-netloom-block", type.encode())
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    QApplication.sendEvent(hands.port, QDragEnterEvent(point, copy, data, left, held))
    QApplication.sendEvent(hands.port, QDragMoveEvent(point, copy, data, left, held))
    if release:
        QApplication.sendEvent(hands.port, QDropEvent(QPointF(point), copy, data, left, held))


# Moving


@pytest.mark.row(12)
def test_a_drag_moves_a_block_and_sends_one_edit(hands, one_step):
    told = []
    hands.document.changed.connect(told.append)
    start = hands.body("conv")
    with one_step(hands, "Move"):
        hands.press(start)
        hands.move(start + QPoint(60, 30))
        hands.move(start + QPoint(120, 40))
        assert not told
        assert hands.canvas.blocks[hands.id("conv")].pos().x() == 120
        hands.release(start + QPoint(120, 40))
    assert hands.net.positions[hands.id("conv")] == (120, 180)


def test_a_drag_of_one_selected_block_moves_all_selected(hands, one_step):
    hands.session.select((hands.id("conv"), hands.id("relu")))
    with one_step(hands):
        hands.drag(hands.body("conv"), hands.body("conv") + QPoint(200, 0))
    assert {hands.net.positions[hands.id(n)][0] for n in ("conv", "relu")} == {200}
    assert hands.net.positions[hands.id("flatten")] == (0, 420)


def test_a_block_snaps_under_its_neighbour(hands):
    hands.drag(hands.body("conv"), hands.body("conv") + QPoint(100, 0))
    hands.drag(hands.body("conv"), hands.body("conv") + QPoint(-97, 0))
    assert hands.net.positions[hands.id("conv")][0] == 0


def test_escape_gives_a_drag_up(hands):
    before = hands.snapshot()
    hands.drag(hands.body("conv"), hands.body("conv") + QPoint(90, 90), release=False)
    hands.key(Qt.Key.Key_Escape)
    hands.release(hands.body("conv"))
    assert hands.snapshot() == before
    assert hands.shown()[0] == before[1]
    assert not hands.document.can_undo


@pytest.mark.row(11)
def test_alt_drag_copies(hands, one_step):
    hands.session.select((hands.id("conv"), hands.id("relu")))
    with one_step(hands):
        hands.drag(hands.body("conv"), hands.body("conv") + QPoint(300, 0), held=ALT)
        copies = [hands.net.blocks[id].name for id in hands.session.selection]
    assert copies == ["conv1", "relu1"]
    assert len(hands.net.blocks) == 6
    assert ("conv1", "relu1") in hands.wires()
    assert hands.net.positions[hands.id("conv")] == (0, 140)
    assert hands.net.positions[hands.id("conv1")] == (300, 140)


def test_an_unwired_block_let_go_on_a_wire_is_inserted(hands, one_step):
    hands.net.add("Tanh", name="tanh", position=(300, 200))
    hands.canvas.rebuild()
    with one_step(hands, "Insert tanh"):
        hands.drag(hands.body("tanh"), hands.on_wire("conv", "relu"))
    assert {("conv", "tanh"), ("tanh", "relu")} <= hands.wires()
    assert ("conv", "relu") not in hands.wires()


# Wiring


def test_a_wire_is_drawn_from_output_to_input(hands, one_step):
    hands.net.add("Output", name="answer", position=(0, 560))
    hands.canvas.rebuild()
    with one_step(hands, "Connect"):
        hands.drag(hands.output("flatten"), hands.input("answer"))
    assert ("flatten", "answer") in hands.wires()


def test_a_wire_is_drawn_backwards_from_input_to_output(hands, one_step):
    hands.net.add("Output", name="answer", position=(0, 560))
    hands.canvas.rebuild()
    with one_step(hands):
        hands.drag(hands.input("answer"), hands.output("flatten"))
    assert ("flatten", "answer") in hands.wires()


@pytest.mark.row(6)
def test_a_wire_dropped_on_a_body_takes_the_first_fitting_port(hands, one_step):
    hands.net.add("MSELoss", name="loss", position=(320, 280))
    hands.canvas.rebuild()
    for source, port in (("flatten", "input"), ("relu", "target")):
        with one_step(hands):
            hands.drag(hands.output(source), hands.body("loss"))
        assert hands.net.wires_at(hands.id("loss"), port)


def test_a_wire_of_the_wrong_shape_is_drawn_and_the_numbers_said(hands, one_step):
    hands.net.add("LSTM", name="lstm", hidden_size=4, position=(320, 280))
    hands.canvas.rebuild()
    with one_step(hands):
        hands.drag(hands.output("relu"), hands.body("lstm"))
        assert "N x 4 x 10 x 10" in hands.view.bubble.text
    assert [wire.input for wire in hands.net.wires_into(hands.id("lstm"))] == ["input"]
    assert hands.canvas.blocks[hands.id("lstm")].face.severity == "error"


@pytest.mark.row(5)
def test_fitting_ports_attract_from_a_distance(hands):
    hands.net.add("Output", name="answer", position=(240, 420))
    hands.canvas.rebuild()
    hands.drag(hands.output("relu"), hands.input("answer") + QPoint(-18, -18))
    assert ("relu", "answer") in hands.wires()


@pytest.mark.parametrize(
    "source, target, words",
    [
        ("side", "conv", "is taken by image"),
        ("flatten", "image", "has no input"),
    ],
)
@pytest.mark.row(5)
def test_a_wire_that_cannot_be_is_refused_with_the_reason(hands, source, target, words):
    hands.net.add("Input", name="side", shape=(1, 12, 12), position=(300, 0))
    hands.canvas.rebuild()
    before = hands.snapshot()
    hands.drag(hands.output(source), hands.body(target))
    assert hands.snapshot() == before
    assert words in hands.view.bubble.text
    assert hands.popup() is None


@pytest.mark.row(5)
def test_a_cycle_is_refused_with_its_names(hands):
    hands.net.add("Add", name="sum", position=(300, 140))
    hands.net.connect("image", "sum")
    hands.net.add("ReLU", name="after", position=(300, 280))
    hands.net.connect("sum", "after")
    hands.canvas.rebuild()
    hands.drag(hands.output("after"), hands.input("sum", "inputs"))
    assert ("after", "sum") not in hands.wires()
    assert "cycle: sum already leads to after" in hands.view.bubble.text


@pytest.mark.row(5)
def test_ports_that_do_not_fit_dim_and_say_why_with_numbers(hands):
    hands.net.add("Conv2d", name="huge", out_channels=2, kernel_size=50, position=(320, 280))
    hands.canvas.rebuild()
    hands.drag(hands.output("conv"), hands.body("huge"), release=False)
    assert hands.canvas.blocks[hands.id("huge")].look.dimmed
    assert "50" in hands.view.bubble.text and "10" in hands.view.bubble.text
    hands.key(Qt.Key.Key_Escape)
    assert not hands.canvas.blocks[hands.id("huge")].look.dimmed
    assert not hands.view.bubble.text


@pytest.mark.row(3)
def test_a_wire_dropped_on_nothing_offers_what_fits_and_arrives_wired(hands, one_step):
    spot = hands.point(260, 300)
    with one_step(hands):
        hands.drag(hands.output("conv"), spot)
        assert "What takes N x 4 x 10 x 10" in hands.popup().note.text()
        assert "MaxPool2d" in hands.titles() and "LSTM" not in hands.titles()
        hands.search("max")
        assert hands.session.selection == (hands.id("max_pool"),)
    assert ("conv", "max_pool") in hands.wires()
    assert hands.net.positions[hands.id("max_pool")] == (260, 300)


@pytest.mark.row(3)
def test_a_wire_pulled_backwards_to_nothing_offers_sources(hands):
    hands.net.add("CrossEntropyLoss", name="loss", position=(300, 420))
    hands.canvas.rebuild()
    hands.drag(hands.input("loss", "target"), hands.point(400, 320))
    assert hands.titles()[0] == "Target"
    hands.search("")
    assert ("target", "loss") in hands.wires()


@pytest.mark.row(7)
def test_a_wire_pulled_off_and_dropped_on_nothing_is_removed(hands, one_step):
    with one_step(hands, "Disconnect"):
        hands.drag(hands.on_wire("relu", "flatten", 0.8), hands.point(300, 380))
    assert ("relu", "flatten") not in hands.wires()
    assert hands.popup() is None


@pytest.mark.row(7)
def test_a_wire_pulled_off_its_input_is_led_to_another(hands, one_step):
    hands.net.add("Output", name="answer", position=(300, 420))
    hands.canvas.rebuild()
    with one_step(hands, "Rewire"):
        hands.drag(hands.input("flatten"), hands.input("answer"))
    assert ("relu", "answer") in hands.wires() and ("relu", "flatten") not in hands.wires()


@pytest.mark.row(7)
def test_a_wire_pulled_off_its_output_begins_elsewhere(hands, one_step):
    with one_step(hands, "Rewire"):
        hands.drag(hands.on_wire("relu", "flatten", 0.3), hands.body("conv"))
    assert ("conv", "flatten") in hands.wires() and ("relu", "flatten") not in hands.wires()


def test_a_wire_put_back_where_it_was_is_no_step(hands):
    hands.drag(hands.input("flatten"), hands.input("flatten") + QPoint(12, -6))
    hands.press(hands.input("flatten"))
    hands.move(hands.point(200, 400))
    hands.move(hands.input("flatten"))
    hands.release(hands.input("flatten"))
    assert ("relu", "flatten") in hands.wires()
    assert not hands.document.can_undo


@pytest.mark.row(9)
def test_ctrl_right_drag_cuts_the_wires_it_crosses(hands, one_step):
    hands.net.connect("image", hands.net.add("Sigmoid", name="side", position=(200, 140)))
    hands.canvas.rebuild()
    with one_step(hands, "Cut 2 wires"):
        hands.drag(hands.point(-150, 118), hands.point(320, 118), button=RIGHT, held=CTRL)
    assert hands.wires() == {("conv", "relu"), ("relu", "flatten")}


# From the palette


@pytest.mark.row(4)
def test_a_block_dropped_from_the_palette_lands_there(hands, one_step):
    with one_step(hands, "Add sigmoid"):
        drop(hands, "Sigmoid", hands.point(300, 300))
        assert hands.session.selection == (hands.id("sigmoid"),)
    assert hands.net.positions[hands.id("sigmoid")] == (300, 264)


@pytest.mark.row(4)
def test_a_block_dropped_on_a_wire_is_inserted_and_makes_room(hands, one_step):
    spot = hands.on_wire("conv", "relu")
    drop(hands, "BatchNorm2d", spot, release=False)
    assert hands.canvas.wires[hands.wire("conv", "relu")].hovered
    with one_step(hands, "Insert batch_norm"):
        drop(hands, "BatchNorm2d", spot)
    assert {("conv", "batch_norm"), ("batch_norm", "relu")} <= hands.wires()
    assert hands.net.positions[hands.id("relu")][1] >= hands.net.positions[hands.id("batch_norm")][1] + 76
    assert hands.net.positions[hands.id("flatten")][1] > 420


@pytest.mark.row(4)
def test_alt_suppresses_the_insertion(hands):
    drop(hands, "BatchNorm2d", hands.on_wire("conv", "relu"), held=ALT)
    assert ("conv", "relu") in hands.wires()
    assert hands.net.wires_into(hands.id("batch_norm")) == []


def test_a_foreign_drop_is_left_alone(hands):
    drop(hands, "NoSuchBlock", hands.point(300, 300))
    assert len(hands.net.blocks) == 4


# Selecting


@pytest.mark.row(10)
def test_a_box_selects_shift_adds_ctrl_toggles(hands):
    def box(top, bottom, held=Qt.KeyboardModifier.NoModifier):
        hands.drag(hands.point(-200, top), hands.point(200, bottom), held=held)
        return {hands.net.blocks[id].name for id in hands.session.selection}

    assert box(130, 230) == {"conv"}
    assert box(270, 370, SHIFT) == {"conv", "relu"}
    assert box(130, 230, CTRL) == {"relu"}
    assert box(600, 640) == set()


def test_clicks_select_and_clear(hands):
    hands.click(hands.body("conv"))
    assert hands.session.selection == (hands.id("conv"),)
    hands.click(hands.body("relu"), held=SHIFT)
    assert hands.session.selection == (hands.id("conv"), hands.id("relu"))
    hands.click(hands.body("conv"), held=CTRL)
    assert hands.session.selection == (hands.id("relu"),)
    hands.click(hands.point(300, 20))
    assert hands.session.selection == ()


def test_a_clicked_wire_is_selected_and_deleted(hands, one_step):
    hands.click(hands.on_wire("conv", "relu"))
    assert hands.canvas.selected_wires == (hands.wire("conv", "relu"),)
    with one_step(hands, "Disconnect"):
        hands.key(Qt.Key.Key_Delete)
    assert ("conv", "relu") not in hands.wires()


# Looking around


@pytest.mark.row(13)
def test_the_middle_button_pans(hands):
    before = hands.view.mapToScene(QPoint(400, 400))
    hands.drag(QPoint(400, 400), QPoint(500, 350), button=MIDDLE)
    moved = hands.view.mapToScene(QPoint(500, 350)) - before
    assert abs(moved.x()) <= 1 and abs(moved.y()) <= 1


@pytest.mark.row(13)
def test_space_drag_pans_and_does_not_search(hands):
    before = hands.view.mapToScene(QPoint(100, 100))
    QTest.keyPress(hands.view, Qt.Key.Key_Space)
    hands.drag(QPoint(100, 100), QPoint(180, 140))
    QTest.keyRelease(hands.view, Qt.Key.Key_Space)
    assert (hands.view.mapToScene(QPoint(180, 140)) - before).manhattanLength() <= 2
    assert hands.popup() is None
    assert hands.session.selection == ()


@pytest.mark.parametrize("clicks", [3, -3])
@pytest.mark.row(13)
def test_the_wheel_zooms_to_the_cursor(hands, clicks):
    point = QPoint(300, 200)
    before = hands.view.mapToScene(point)
    hands.wheel(point, clicks)
    assert (hands.view.zoom > 1) == (clicks > 0)
    assert (hands.view.mapToScene(point) - before).manhattanLength() <= 2 / hands.view.zoom


@pytest.mark.row(15)
def test_a_drag_at_the_edge_scrolls_the_view(hands, qtbot):
    hands.view.zoom_100()
    start = hands.body("conv")
    before = hands.view.mapToScene(QPoint(0, 0)).x()
    hands.drag(start, QPoint(hands.port.width() - 4, start.y()), release=False)
    qtbot.waitUntil(lambda: hands.view.mapToScene(QPoint(0, 0)).x() > before + 100, timeout=3000)
    far = hands.canvas.blocks[hands.id("conv")].pos().x()
    hands.release(QPoint(hands.port.width() - 4, start.y()))
    assert hands.net.positions[hands.id("conv")][0] >= far > 400
