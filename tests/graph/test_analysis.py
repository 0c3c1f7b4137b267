"""Analysis: incremental results equal a full pass, broken blocks stay local, problems speak and their fixes work."""

import random

import pytest

from graph import DataSource, Document, Field, Network, Recipe, analyze, commands
from graph.edits import Disconnect, RemoveBlocks, SetHyperparameter


def lenet() -> Network:
    net = Network("LeNet")
    image = net.add("Input", name="image", shape=(1, 32, 32))
    last = net.add("Conv2d", name="conv1", out_channels=6, kernel_size=5)
    net.connect(image, last)
    chain = [
        ("Tanh", {}),
        ("AvgPool2d", {"kernel_size": 2}),
        ("Conv2d", {"out_channels": 16, "kernel_size": 5}),
        ("Tanh", {}),
        ("AvgPool2d", {"kernel_size": 2}),
        ("Flatten", {}),
        ("Linear", {"out_features": 120}),
        ("Tanh", {}),
        ("Linear", {"out_features": 84}),
        ("Tanh", {}),
        ("Linear", {"out_features": 10}),
        ("Output", {}),
    ]
    for kind, values in chain:
        block = net.add(kind, **values)
        net.connect(last, block)
        last = block
    return net


def test_lenet_is_lenet():
    net = lenet()
    analysis = analyze(net)
    assert analysis.ok and not analysis.problems and not analysis.partial
    assert analysis.output("conv1").shape == ("N", 6, 28, 28)
    assert analysis.parameters("conv1") == 156
    assert analysis.total_parameters == 61_706
    # 28*28*6*25 + 10*10*16*6*25 + 400*120 + 120*84 + 84*10
    assert analysis.total_macs == 117_600 + 240_000 + 48_000 + 10_080 + 840


def test_a_broken_block_leaves_everything_before_and_beside_it_exact():
    net = lenet()
    conv = next(b for b in net.blocks.values() if b.type == "Conv2d" and b.name != "conv1")
    net.set(conv, kernel_size=99)
    analysis = analyze(net)
    assert not analysis.ok and analysis.partial
    assert [p.block for p in analysis.problems if p.severity == "error"] == [conv.id]
    assert analysis.parameters("conv1") == 156
    assert analysis.total_parameters == 156
    assert analysis.output(conv) is None


def test_incremental_equals_full_on_a_random_walk():
    rng = random.Random(3)
    document = Document(lenet())
    for _ in range(250):
        net = document.network
        kind = rng.randrange(5)
        try:
            if kind == 0:
                convs = [b.id for b in net.blocks.values() if b.type == "Conv2d"]
                document.do(SetHyperparameter(rng.choice(convs), "kernel_size", rng.choice([1, 3, 5, 31])))
            elif kind == 1 and net.wires:
                document.do(commands.insert_on_wire(net, rng.choice(list(net.wires)), rng.choice(["ReLU", "Flatten"])))
            elif kind == 2 and net.wires:
                document.do(Disconnect((rng.choice(list(net.wires)),)))
            elif kind == 3:
                document.undo()
            else:
                document.do(RemoveBlocks((rng.choice(list(net.blocks)),)))
        except (ValueError, IndexError):
            continue
        full, live = analyze(net), document.analysis
        assert live.total_parameters == full.total_parameters
        assert live.total_macs == full.total_macs
        assert {i: dict(live.outputs(i)) for i in net.blocks} == {i: dict(full.outputs(i)) for i in net.blocks}
        assert [(p.block, p.text) for p in live.problems] == [(p.block, p.text) for p in full.problems]


def broken(*blocks, data=None, wires=()) -> Document:
    net = Network("Broken")
    for kind, name, values in blocks:
        net.add(kind, name=name, **values)
    for source, target, *port in wires:
        net.connect(source, target, input=port[0] if port else None)
    return Document(net, Recipe(data=data) if data else None)


DIGITS = DataSource(
    kind="digits",
    fields=(
        Field(name="image", shape=(1, 8, 8)),
        Field(name="label", dtype="int64", classes=tuple("0123456789")),
    ),
)

CASES = {
    "not_connected": broken(("Input", "x", {"shape": (4,)}), ("Linear", "fc", {"out_features": 2})),
    "kernel_too_large": broken(
        ("Input", "x", {"shape": (1, 4, 4)}),
        ("Conv2d", "conv", {"out_channels": 2, "kernel_size": 5}),
        wires=[("x", "conv")],
    ),
    "needs_flatten": broken(
        ("Input", "x", {"shape": (1, 4, 4)}), ("Linear", "fc", {"out_features": 2}), wires=[("x", "fc")]
    ),
    "groups": broken(
        ("Input", "x", {"shape": (3, 4, 4)}),
        ("Conv2d", "conv", {"out_channels": 4, "kernel_size": 1, "groups": 2}),
        wires=[("x", "conv")],
    ),
    "bound_shape": broken(("Input", "x", {"shape": (3, 4, 4), "field": "image"}), data=DIGITS),
    "unbound": broken(("Input", "x", {"field": "picture"}), data=DIGITS),
    "not_bound": broken(("Input", "x", {"shape": (3, 4, 4)}), data=DIGITS),
    "unused": broken(("Input", "x", {"shape": (4,)}), ("Linear", "fc", {"out_features": 2}), wires=[("x", "fc")]),
    "linear_linear": broken(
        ("Input", "x", {"shape": (4,)}),
        ("Linear", "fc1", {"out_features": 2}),
        ("Linear", "fc2", {"out_features": 2}),
        ("Output", "y", {}),
        wires=[("x", "fc1"), ("fc1", "fc2"), ("fc2", "y")],
    ),
    "double_softmax": broken(
        ("Input", "x", {"shape": (4,)}),
        ("Target", "t", {"shape": (), "dtype": "int64"}),
        ("Linear", "fc", {"out_features": 2}),
        ("Softmax", "softmax", {}),
        ("CrossEntropyLoss", "loss", {}),
        wires=[("x", "fc"), ("fc", "softmax"), ("softmax", "loss", "input"), ("t", "loss", "target")],
    ),
    "spare_classes": broken(
        ("Input", "x", {"field": "image"}),
        ("Target", "t", {"field": "label"}),
        ("Flatten", "flat", {}),
        ("Linear", "fc", {"out_features": 12}),
        ("CrossEntropyLoss", "loss", {}),
        data=DIGITS,
        wires=[("x", "flat"), ("flat", "fc"), ("fc", "loss", "input"), ("t", "loss", "target")],
    ),
}


@pytest.mark.parametrize("code", CASES)
def test_the_first_fix_solves_its_problem(code):
    document = CASES[code]
    found = [p for p in document.analysis.problems if p.code == code]
    assert found, [p.code for p in document.analysis.problems]
    assert found[0].fixes and found[0].text
    before = len(found)
    document.apply_fix(found[0].fixes[0])
    assert len([p for p in document.analysis.problems if p.code == code]) < before
    document.undo()
    assert len([p for p in document.analysis.problems if p.code == code]) == before


def test_too_few_classes_is_an_error_that_can_be_mended():
    document = broken(
        ("Input", "x", {"field": "image"}),
        ("Target", "t", {"field": "label"}),
        ("Flatten", "flat", {}),
        ("Linear", "fc", {"out_features": 4}),
        ("CrossEntropyLoss", "loss", {}),
        data=DIGITS,
        wires=[("x", "flat"), ("flat", "fc"), ("fc", "loss", "input"), ("t", "loss", "target")],
    )
    problem = next(p for p in document.analysis.problems if p.severity == "error")
    assert "10" in problem.text and "4" in problem.text
    document.apply_fix(problem.fixes[0])
    assert document.analysis.ok and document.network.values("fc")["out_features"] == 10


def test_open_dimensions_flow_through():
    net = Network("Open")
    net.add("Input", name="x", shape=(3, "H", "W"))
    net.add("Conv2d", name="conv", out_channels=8, kernel_size=3, stride=2, padding=1)
    net.connect("x", "conv")
    assert analyze(net).output("conv").shape == ("N", 8, "floor((H - 1)/2) + 1", "floor((W - 1)/2) + 1")
