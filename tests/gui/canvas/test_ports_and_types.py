"""Wires by clicks, all wires of a port at once, the lit way of a wire, and another type for a block."""

import pytest
from PySide6.QtCore import QPoint, Qt

from graph import Document, Network
from graph.network import ConnectError
from graph.type_change import change_type

Key = Qt.Key
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


def select(hands, *names):
    hands.session.select([hands.id(name) for name in names])


@pytest.mark.row(29)
def test_a_click_on_a_port_and_one_on_another_wire_them(hands, one_step):
    hands.document.do(__import__("graph.commands", fromlist=["add"]).add(hands.net, "Tanh", (260, 280)))
    with one_step(hands, "Connect"):
        hands.click(hands.output("conv"))
        assert hands.view.tool is not None
        hands.hover(hands.input("tanh") + QPoint(0, -30))
        hands.hover(hands.input("tanh"))
        hands.click(hands.input("tanh"))
        assert hands.view.tool is None
    assert ("conv", "tanh") in hands.wires()


@pytest.mark.row(29)
def test_escape_gives_the_clicked_wire_up(hands):
    before = hands.snapshot()
    hands.click(hands.output("conv"))
    hands.hover(hands.point(300, 300))
    hands.key(Key.Key_Escape)
    assert hands.view.tool is None and hands.snapshot() == before


@pytest.fixture
def fan(hands):
    """image -> conv -> relu, tanh: two wires at one output."""
    from graph import commands

    hands.document.do(commands.add(hands.net, "Tanh", (260, 280)))
    hands.document.do(commands.connect(hands.net, "conv", "tanh"))
    return hands


@pytest.mark.row(28)
def test_ctrl_and_a_drag_take_all_wires_of_a_port(fan, one_step):
    with one_step(fan, "Move wires"):
        fan.drag(fan.output("conv"), fan.output("image"), held=CTRL)
    assert {("image", "relu"), ("image", "tanh"), ("image", "conv")} <= fan.wires()
    assert not {("conv", "relu"), ("conv", "tanh")} & fan.wires()


@pytest.mark.row(28)
def test_alt_and_a_click_break_all_wires_of_a_port(fan, one_step):
    with one_step(fan):
        fan.click(fan.output("conv"), held=ALT)
    assert not {("conv", "relu"), ("conv", "tanh")} & fan.wires()
    assert ("image", "conv") in fan.wires()


@pytest.mark.row(30)
def test_hovering_a_wire_lights_its_way(fan):
    fan.hover(fan.on_wire("conv", "relu", 0.3))
    lit = {fan.ends(fan.net.wires[id]) for id, item in fan.canvas.wires.items() if item.lit}
    assert lit == {("image", "conv"), ("conv", "relu"), ("relu", "flatten")}
    fan.hover(fan.point(420, 10))
    assert not any(item.lit for item in fan.canvas.wires.values())


@pytest.mark.row(36)
def test_shift_r_changes_the_type_and_keeps_wires(hands, one_step):
    select(hands, "relu")
    with one_step(hands, "Change relu to LeakyReLU"):
        hands.key(Key.Key_R, SHIFT)
        hands.search("leaky")
    assert hands.net.block("relu").type == "LeakyReLU"
    assert {("conv", "relu"), ("relu", "flatten")} <= hands.wires()
    assert hands.canvas.blocks[hands.id("relu")].face.type == "LeakyReLU"


def chain(*blocks):
    net = Network("Types")
    last = net.add("Input", name="x", shape=(4, 12, 12))
    for type, name, values in blocks:
        block = net.add(type, name=name, **values)
        net.connect(last, block)
        last = block
    return Document(net)


def test_shared_hyperparameters_keep_their_values():
    document = chain(
        ("MaxPool2d", "pool", {"kernel_size": 3, "stride": 2, "padding": 1, "dilation": 1}), ("ReLU", "r", {})
    )
    pool = document.network.block("pool").id
    document.do(change_type(document.network, pool, "AvgPool2d"))
    assert document.network.block("pool").hyperparameters == {"kernel_size": 3, "stride": 2, "padding": 1}
    assert document.analysis.output("r").shape == ("N", 4, 6, 6)
    document.undo()
    assert document.network.block("pool").type == "MaxPool2d"
    assert document.network.block("pool").hyperparameters["dilation"] == 1


def test_ports_of_other_names_take_the_wires_in_order():
    document = chain(("ReLU", "r", {}))
    net = document.network
    add = net.add("Add", name="join")
    net.connect("x", add)
    net.connect("r", add)
    net.connect(add, net.add("Output", name="y"))
    document.do(change_type(net, add.id, "Concatenate"))
    assert sorted(net.blocks[w.source].name for w in net.wires_into(add)) == ["r", "x"]
    document.do(change_type(net, add.id, "Subtract"))
    assert [w.input for w in net.wires_into(add)] == ["input"]  # the second had no port of its own to go to
    assert [net.blocks[w.target].name for w in net.wires_out(add)] == ["y"]


def test_its_own_type_is_none_to_change_to():
    document = chain(("ReLU", "r", {}))
    with pytest.raises(ConnectError, match="r is a ReLU already"):
        change_type(document.network, document.network.block("r").id, "ReLU")


def test_weights_of_the_old_type_go_and_who_took_them_has_its_own():
    from graph.edits import SetProperty

    document = chain(("Linear", "a", {"out_features": 12}), ("Linear", "b", {"out_features": 12}))
    net = document.network
    a, b = net.block("a").id, net.block("b").id
    document.do(SetProperty((b,), "reuses", a))
    document.do(change_type(net, a, "ReLU"))
    assert net.blocks[b].reuses is None and document.analysis.parameters("b") == 12 * 12 + 12
    document.undo()
    assert net.blocks[b].reuses == a


@pytest.mark.row(35)
@pytest.mark.parametrize(("key", "way", "text"), [(Key.Key_B, "bypassed", "Bypass"), (Key.Key_M, "muted", "Mute")])
def test_b_bypasses_and_m_mutes_and_once_more_puts_back(hands, key, way, text):
    select(hands, "conv")
    shape = hands.canvas.blocks[hands.id("relu")].face.shape
    hands.key(key)
    assert hands.net.block("conv").aside == way and hands.document.undo_text == text
    assert hands.canvas.blocks[hands.id("conv")].face.aside == way
    assert hands.canvas.blocks[hands.id("relu")].face.shape == "N x 1 x 12 x 12" != shape
    hands.document.undo()
    assert hands.canvas.blocks[hands.id("relu")].face.shape == shape
    hands.document.redo()
    hands.key(key)
    assert hands.net.block("conv").aside == "" and hands.canvas.blocks[hands.id("relu")].face.shape == shape


@pytest.mark.row(35)
def test_an_input_says_why_it_cannot_be_muted(hands):
    select(hands, "image")
    hands.key(Key.Key_M)
    assert "cannot be bypassed or muted" in hands.view.bubble.text and not hands.document.can_undo


@pytest.mark.row(38)
def test_h_folds_a_block_to_its_title_and_wires_follow(hands, one_step):
    select(hands, "conv")
    item = hands.canvas.blocks[hands.id("conv")]
    before = item.size.height
    hands.key(Key.Key_H)
    assert hands.document.undo_text == "Fold" and item.size.height < before * 0.6
    wire = hands.canvas.wires[hands.wire("conv", "relu")]
    assert wire.route.start[1] == item.box().bottom()
    hands.document.undo()
    assert item.size.height == before and wire.route.start[1] == item.box().bottom()
    hands.document.redo()
    hands.key(Key.Key_H)
    assert not hands.net.block("conv").folded and item.size.height == before


@pytest.mark.row(38)
def test_a_module_shows_its_repeat_count(hands):
    from graph.edits import SetHyperparameter
    from graph.module_commands import make_module

    hands.document.do(make_module(hands.net, [hands.id("relu")], "Bend", hands.session.analysis))
    place = next(b.id for b in hands.net.blocks.values() if b.type == "Bend")
    assert hands.canvas.blocks[place].face.repeat == 1
    hands.document.do(SetHyperparameter(place, "repeat", 3))
    assert hands.canvas.blocks[place].face.repeat == 3
    hands.view.grab()
