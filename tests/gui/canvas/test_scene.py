"""The scene follows the document: faces, pills, courses and levels of detail, edit by edit as if made anew."""

import random

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor

from graph import Network, commands
from graph.edits import Connect, Disconnect, Move, RemoveBlocks, Rename, SetHyperparameter
from gui.canvas.geometry import PortRef
from gui.canvas.painting import FULL, NAMED
from gui.canvas.scene import CanvasScene


def state(scene):
    """Everything a scene shows, without lanes taken in another order."""
    blocks = {id: (item.face, item.pos().toTuple(), item.size) for id, item in scene.blocks.items()}
    wires = {
        id: (item.text, item.wrong, item.route.start, item.route.end, item.route.lane is None)
        for id, item in scene.wires.items()
    }
    return blocks, wires


def residual(*, middle=3):
    """image -> a chain of `middle` layers -> sum, and a skip from image to sum."""
    net = Network("Residual")
    last = first = net.add("Input", name="image", shape=(4, 8, 8), position=(0, 0))
    for index in range(middle):
        block = net.add("ReLU", name=f"layer{index}", position=(0, 140 * (index + 1)))
        net.connect(last, block)
        last = block
    join = net.add("Add", name="sum", position=(0, 140 * (middle + 1)))
    net.connect(last, join)
    net.connect(first, join)
    return net


# Faces and pills


def test_a_hyperparameter_changes_every_shape_downstream(hands):
    hands.document.do(SetHyperparameter(hands.id("conv"), "out_channels", 7))
    face = hands.canvas.blocks[hands.id("conv")].face
    assert (face.shape, face.parameters) == ("N x 7 x 10 x 10", "70")
    assert hands.canvas.blocks[hands.id("flatten")].face.shape == "N x 700"
    assert hands.canvas.wires[hands.wire("relu", "flatten")].text == "N x 7 x 10 x 10"


@pytest.mark.row(24)
def test_what_differs_from_the_default_stands_on_the_block(hands):
    assert hands.canvas.blocks[hands.id("conv")].face.detail == "4, 3x3"
    hands.document.do(SetHyperparameter(hands.id("conv"), "stride", 2))
    assert "stride 2" in hands.canvas.blocks[hands.id("conv")].face.detail


@pytest.mark.row(25)
def test_an_error_marks_its_block_its_port_and_its_wire(hands):
    hands.document.do(SetHyperparameter(hands.id("conv"), "kernel_size", 40))
    item = hands.canvas.blocks[hands.id("conv")]
    assert item.face.severity == "error" and "40" in item.face.problem
    assert hands.canvas.wires[hands.wire("conv", "relu")].text == "?"
    hands.document.undo()
    assert item.face.severity != "error"
    assert hands.canvas.wires[hands.wire("conv", "relu")].text == "N x 4 x 10 x 10"


def test_a_longer_name_makes_room(hands):
    item = hands.canvas.blocks[hands.id("conv")]
    before = item.size.width
    hands.document.do(Rename(hands.id("conv"), "the_first_convolution_of_the_stem"))
    assert item.size.width > before
    end = hands.canvas.wires[hands.wire("image", "the_first_convolution_of_the_stem")].route.end
    assert end == hands.canvas.port_point(PortRef(item.id, "input", False)).toTuple()


def test_selection_lights_blocks_and_their_wires(hands):
    hands.session.select((hands.id("conv"),))
    lit = {hands.ends(hands.net.wires[id]) for id, item in hands.canvas.wires.items() if item.lit}
    assert lit == {("image", "conv"), ("conv", "relu")}
    hands.session.clear_selection()
    assert not any(item.lit for item in hands.canvas.wires.values())


@pytest.mark.parametrize("seed", range(4))
def test_following_edits_is_the_same_as_building_anew(hands, seed):
    draw = random.Random(seed)
    document, net = hands.document, hands.net
    for _ in range(40):
        ids, wires = list(net.blocks), list(net.wires)
        act = draw.randrange(8)
        if act == 0 or len(ids) < 3:
            document.do(commands.add(net, draw.choice(["ReLU", "Add", "Conv2d"]), (draw.randrange(900), 40.0)))
        elif act == 1:
            document.do(RemoveBlocks((draw.choice(ids),)))
        elif act == 2 and wires:
            document.do(Disconnect((draw.choice(wires),)))
        elif act == 3:
            source, target = draw.choice(ids), draw.choice(ids)
            if net.why_not(source, None, target, None) is None:
                document.do(Connect(net.new_wire(source, target)))
        elif act == 4:
            document.do(Move({draw.choice(ids): (draw.randrange(900), draw.randrange(900))}))
        elif act == 5 and wires:
            wire = draw.choice(wires)
            if net.type_of(net.wires[wire].source).outputs:
                document.do(commands.insert_on_wire(net, wire, "Tanh"))
        elif act == 6:
            document.undo()
        else:
            document.redo()
    followed, anew = state(hands.canvas), state(CanvasScene(hands.session))
    assert followed[0] == anew[0]
    assert followed[1].keys() == anew[1].keys()
    for id, wire in followed[1].items():
        assert wire[:3] == anew[1][id][:3]


# Courses


def test_a_skip_bends_around_what_is_in_its_way(hands):
    net = residual()
    scene = canvas_of(hands, net)
    skip = next(w for w in net.wires.values() if w.source == net.block("image").id and w.slot == 1)
    item = scene.wires[skip.id]
    assert item.route.lane is not None
    points = [item.path.pointAtPercent(step / 200) for step in range(201)]
    for index in range(3):
        box = scene.blocks[net.block(f"layer{index}").id].box().adjusted(-4, -4, 4, 4)
        assert not any(box.contains(point) for point in points)


def test_two_skips_of_one_stretch_take_two_lanes(hands):
    net = residual(middle=4)
    net.connect("layer0", "sum")
    net.connect("image", "sum")
    scene = canvas_of(hands, net)
    lanes = [item.route.lane for item in scene.wires.values() if item.route.lane is not None]
    assert len(lanes) == 3 and len(set(lanes)) == 3


def test_the_straight_wire_into_a_merge_lands_in_the_middle(hands):
    net = residual()
    scene = canvas_of(hands, net)
    ends = sorted(scene.wires[wire.id].route.end[0] for wire in net.wires_into("sum"))
    assert ends[0] == 0.0 and ends[1] > 0.0


def test_a_wire_that_must_climb_goes_around(hands):
    hands.document.do(Move({hands.id("relu"): (0.0, -200.0)}))
    item = hands.canvas.wires[hands.wire("conv", "relu")]
    assert item.route.lane is not None
    for name in ("image", "conv"):
        box = hands.canvas.blocks[hands.id(name)].box()
        assert abs(item.route.lane - box.center().x()) > box.width() / 2


def test_moving_a_block_into_a_wires_way_makes_it_bend(hands):
    hands.document.do(Move({hands.id("flatten"): (0.0, 900.0)}))
    hands.net.add("Sigmoid", name="side", position=(500, 560))
    hands.canvas.rebuild()
    wire = hands.canvas.wires[hands.wire("relu", "flatten")]
    assert wire.route.lane is None
    hands.document.do(Move({hands.id("side"): (0.0, 560.0)}))
    assert wire.route.lane is not None
    hands.document.undo()
    assert wire.route.lane is None


def test_the_nearest_thing_is_hit(hands):
    conv = hands.canvas.blocks[hands.id("conv")]
    assert hands.canvas.block_at(conv.box().center()) is conv
    assert hands.canvas.block_at(QPointF(500, 500)) is None
    port = hands.canvas.port_at(conv.port_point("output", True) + QPointF(5, 3), 10)
    assert port == PortRef(conv.id, "output", True)
    middle = hands.canvas.wires[hands.wire("conv", "relu")].middle
    assert hands.canvas.wire_at(middle + QPointF(4, 0), 7).id == hands.wire("conv", "relu")
    assert hands.canvas.wire_at(middle + QPointF(40, 0), 7) is None


# Levels of detail and states, by the colours that are painted


def colours(image, area: QRectF):
    return {image.pixelColor(x, y).name() for x in range(int(area.left()), int(area.right()))
            for y in range(int(area.top()), int(area.bottom()))}  # fmt: skip


@pytest.mark.parametrize("zoom, far", [(FULL * 1.2, False), (NAMED * 1.2, False), (NAMED * 0.6, True)])
@pytest.mark.row(16)
def test_every_level_shows_the_family(hands, zoom, far):
    hands.view.zoom_at(hands.port.rect().center().toPointF(), zoom / hands.view.zoom)
    assert hands.view.far == far
    centre = hands.body("conv")
    seen = colours(hands.view.viewport().grab().toImage(), QRectF(centre.x() - 110, centre.y() - 10, 220, 20))
    assert QColor("#56B4E9").name() in seen


def test_themes_swap_while_open(hands):
    from PySide6.QtWidgets import QApplication

    from gui import theme

    corner = QRectF(2, 2, 4, 4)
    dark = colours(hands.view.viewport().grab().toImage(), corner)
    theme.apply(QApplication.instance(), "light")
    try:
        light = colours(hands.view.viewport().grab().toImage(), corner)
    finally:
        theme.apply(QApplication.instance(), "dark")
    assert QColor(next(iter(dark))).lightness() < 60 < 200 < QColor(next(iter(light))).lightness()


# Words


@pytest.mark.row(23)
def test_a_wire_explains_itself(hands):
    point = hands.canvas.wires[hands.wire("conv", "relu")].middle
    text = hands.view._explain(point)
    for words in ("conv → relu", "N x 4 x 10 x 10", "400 values a sample, 1.6 KiB", "floor((12 + 2*0 - 3)/1) + 1 = 10"):
        assert words in text


def test_an_unknown_shape_names_its_culprit(hands):
    hands.document.do(SetHyperparameter(hands.id("conv"), "kernel_size", 40))
    text = hands.view._explain(hands.canvas.wires[hands.wire("relu", "flatten")].middle)
    assert "not known yet: conv:" in text and "40" in text


@pytest.mark.row(24)
def test_blocks_and_ports_explain_themselves(hands):
    box = hands.canvas.blocks[hands.id("conv")].box()
    assert "multiply-adds a sample" in hands.view._explain(box.center())
    assert "output" in hands.view._explain(hands.canvas.port_point(PortRef(hands.id("conv"), "output", True)))
    assert hands.view._explain(QPointF(700, 700)) == ""


@pytest.mark.row(25)
def test_hovering_a_broken_block_says_what_is_wrong(hands):
    hands.document.do(SetHyperparameter(hands.id("conv"), "kernel_size", 40))
    hands.hover(hands.body("conv"))
    assert "40" in hands.view.bubble.text
    hands.hover(hands.point(400, 400))
    assert hands.view.bubble.text == ""


def canvas_of(hands, net):
    from graph import Document

    hands.session.set_document(Document(net))
    return hands.canvas


def test_a_block_that_is_talked_about_lights_with_its_wires(hands):
    hands.session.pointed.emit(hands.id("conv"))
    assert hands.canvas.blocks[hands.id("conv")].look.hovered
    lit = {hands.ends(hands.net.wires[id]) for id, item in hands.canvas.wires.items() if item.lit}
    assert lit == {("image", "conv"), ("conv", "relu")}
    hands.session.pointed.emit("")
    assert not hands.canvas.blocks[hands.id("conv")].look.hovered
    assert not any(item.lit for item in hands.canvas.wires.values())
