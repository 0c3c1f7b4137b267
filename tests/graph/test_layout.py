"""Automatic layout: rows run down, nothing overlaps, trunks stand straight, the same drawing gives the same places."""

import builtins
import subprocess
import sys

import pytest

from graph import Network
from graph.layout import BLOCK_GAP, ROW_GAP, layout

SIZE = (184.0, 76.0)


def chain(count=6):
    net = Network("chain")
    blocks = [net.add("Input", shape=(4,))]
    for _ in range(count - 1):
        blocks.append(net.add("ReLU"))
        net.connect(blocks[-2], blocks[-1])
    return net


def residual(stages=3):
    """Stages of two layers and a skip around them."""
    net = Network("residual")
    last = net.add("Input", shape=(4,))
    for _ in range(stages):
        one, two, join = net.add("ReLU"), net.add("ReLU"), net.add("Add")
        net.connect(last, one)
        net.connect(one, two)
        net.connect(two, join)
        net.connect(last, join)
        last = join
    return net


def branches(width=4):
    """A fan of branches that are joined again, the later ones longer."""
    net = Network("branches")
    root, join = net.add("Input", shape=(4,)), net.add("Concatenate")
    for index in range(width):
        last = root
        for _ in range(index + 1):
            block = net.add("ReLU")
            net.connect(last, block)
            last = block
        net.connect(last, join)
    return net


def dense(count=8):
    """Every block feeds every later one."""
    net = Network("dense")
    blocks = [net.add("Input", shape=(4,))]
    for _ in range(count):
        join = net.add("Add")
        for block in blocks:
            net.connect(block, join)
        blocks.append(join)
    return net


NETWORKS = {"chain": chain, "residual": residual, "branches": branches, "dense": dense}


def sizes_of(net, by_name=None):
    return {id: (by_name or {}).get(block.name, SIZE) for id, block in net.blocks.items()}


def boxes(net, places, sizes):
    return {id: (x - sizes[id][0] / 2, y, x + sizes[id][0] / 2, y + sizes[id][1]) for id, (x, y) in places.items()}


def assert_apart(found, gap):
    items = list(found.values())
    for index, (left, top, right, bottom) in enumerate(items):
        for other in items[index + 1 :]:
            beside = left >= other[2] + gap or other[0] >= right + gap
            above = top >= other[3] + gap or other[1] >= bottom + gap
            assert beside or above


@pytest.fixture(params=["library", "fallback"])
def ordering(request, monkeypatch):
    """Both ways to order rows must give a valid layout."""
    if request.param == "fallback":
        real = builtins.__import__

        def without(name, *args, **kwargs):
            if name == "fast_sugiyama":
                raise ImportError(name)
            return real(name, *args, **kwargs)

        monkeypatch.setattr(builtins, "__import__", without)
    return request.param


@pytest.mark.parametrize("name", NETWORKS)
def test_flow_runs_down_and_nothing_overlaps(name, ordering):
    net = NETWORKS[name]()
    sizes = sizes_of(net)
    places = layout(net, sizes)
    assert places.keys() == net.blocks.keys()
    for wire in net.wires.values():
        assert places[wire.target][1] >= places[wire.source][1] + SIZE[1] + ROW_GAP
    assert_apart(boxes(net, places, sizes), BLOCK_GAP / 2)


@pytest.mark.parametrize("name", ["chain", "residual"])
def test_the_trunk_stands_straight(name, ordering):
    net = NETWORKS[name]()
    assert len({x for x, _ in layout(net, sizes_of(net)).values()}) == 1


def test_rows_follow_real_sizes():
    net = chain(3)
    sizes = sizes_of(net, {"relu": (400.0, 300.0)})
    places = layout(net, sizes)
    assert [y for _, y in places.values()] == [0.0, 76.0 + ROW_GAP, 76.0 + ROW_GAP + 300.0 + ROW_GAP]


def test_a_target_stands_just_above_its_loss():
    net = chain(8)
    label = net.add("Target", name="label", shape=(4,))
    loss = net.add("MSELoss")
    net.connect("relu6", loss, input="input")
    net.connect(label, loss, input="target")
    places = layout(net, sizes_of(net))
    assert places[label.id][1] == places[net.block("relu6").id][1]


def test_wires_of_several_ports_do_not_cross():
    net = Network("ports")
    rows = net.add("Input", shape=(8, 8))
    lstm = net.add("LSTM", hidden_size=4)
    cell, output = net.add("ReLU", name="cell"), net.add("ReLU", name="output")
    net.connect(rows, lstm)
    net.connect(lstm, cell, output="c_n")
    net.connect(lstm, output, output="output")
    places = layout(net, sizes_of(net))
    assert places[output.id][0] < places[cell.id][0]


def test_components_and_lonely_blocks_stand_apart(ordering):
    net = chain(4)
    for index in range(3):
        pair = net.add("Input", shape=(4,), name=f"in{index}"), net.add("Sigmoid")
        net.connect(*pair)
    for _ in range(10):
        net.add("Tanh")
    sizes = sizes_of(net)
    places = layout(net, sizes)
    assert places.keys() == net.blocks.keys()
    assert places[net.block("input").id] == (0.0, 0.0)
    assert_apart(boxes(net, places, sizes), 8)


def test_flow_can_run_right():
    net = residual(1)
    places = layout(net, sizes_of(net), direction="right")
    for wire in net.wires.values():
        assert places[wire.target][0] >= places[wire.source][0] + SIZE[0] + ROW_GAP


def test_a_part_is_laid_out_where_it_was():
    net = chain(6)
    ids = list(net.blocks)
    net.positions.update({id: (500.0 + 40 * index, 900.0 + 10 * index) for index, id in enumerate(ids)})
    places = layout(net, sizes_of(net), only=ids[2:5])
    assert list(places) == ids[2:5]
    assert min(y for _, y in places.values()) == 920.0
    assert {x for x, _ in places.values()} == {620.0}


def test_nothing_is_laid_out_as_nothing():
    assert layout(Network("empty"), {}) == {}


def test_the_layout_is_the_same_in_every_process():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from importlib.util import module_from_spec, spec_from_file_location\n"
        "spec = spec_from_file_location('t', sys.argv[2]); t = module_from_spec(spec); spec.loader.exec_module(t)\n"
        "net = t.branches(5); print(sorted(t.layout(net, t.sizes_of(net)).items()))"
    )
    root = __file__.rsplit("/tests/", 1)[0]
    runs = {
        subprocess.run(
            [sys.executable, "-c", code, root, __file__],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(runs) == 1
