"""Hostile drawings: whatever names and values a network carries, only generated source leaves the generator.

`NETLOOM_HOSTILE_GRAPHS` sets how many graphs are tried. Every payload carries the word `pwned`: a program in whose
syntax tree it appears is foreign, whatever else it does.
"""

import ast
import os
import random
import re

from backend import generate_source
from backend.source import ForeignSource, SourceError
from backend.source.validation import validate
from graph import Field, Network, registry
from graph.network import Block

GRAPHS = int(os.environ.get("NETLOOM_HOSTILE_GRAPHS", "2500"))


class SlyText(str):
    """A str that turns into code wherever it is printed."""

    def __repr__(self):
        return "pwned()"

    __str__ = __iter__ = __format__ = lower = strip = isprintable = lambda self, *_: "pwned()"


class SlyInt(int):
    """An int that turns into code wherever it is printed."""

    __repr__ = __str__ = __format__ = lambda self, *_: "pwned()"


NAMES = [
    "conv1",
    "Conv 1",
    "conv 1",
    "x",
    "h",
    "loss",
    "compute",
    "objective",
    "class",
    "\u0441lass",
    "pwned",
    "pwned()",
    "conv1; pwned()",
    "conv1 = pwned() #",
    "a\nimport pwned",
    "a\r\npwned()",
    "a\x0cpwned()",
    "a\u2028import pwned\u2029",
    "a\x85pwned()",
    "\u202epwned()\u202c",
    '"""; import pwned; """',
    "'); __import__('pwned'); ('",
    "{pwned()}",
    "\\",
    "\\\npwned()",
    "# -*- coding: utf-7 -*- +AAo-pwned()",
    "__init__",
    "__class__",
    "__getattr__",
    "__import__('pwned')",
    "forward",
    "training",
    "state_dict",
    "self",
    "torch",
    "nn",
    "F",
    "super",
    "eval",
    "print",
    "lambda",
    "\x00pwned",
    "\ud800pwned",
    "\U0001d4ec\U0001d4f5\U0001d4ea\U0001d4fc\U0001d4fc",
    "ﬁ",
    "é" * 300,
    "x" * 5000,
    "",
    " ",
    "1",
    "١",
    "_",
    SlyText("conv1"),
    SlyText("pwned()"),
    SlyText("a\npwned()"),
]
VALUES = [
    SlyInt(3),
    SlyText("same"),
    SlyText("reflect"),
    (1, SlyInt(1)),
    [SlyInt(2), 2],
    "pwned()",
    "3); pwned(",
    "same\npwned()",
    10**30,
    -(10**30),
    2**31,
    0,
    -1,
    True,
    1.5,
    float("inf"),
    float("-inf"),
    float("nan"),
    None,
    b"pwned",
    {"pwned": 1},
    {"pwned"},
    object(),
    [[[[[[[[1]]]]]]]],
    (),
    (1, 2, 3, 4, 5),
    3 + 4j,
    lambda: "pwned()",
]
KINDS = {
    "Conv2d": {"out_channels": 4, "kernel_size": 3, "padding": "same"},
    "Linear": {"out_features": 4},
    "ReLU": {},
    "BatchNorm2d": {},
    "LSTM": {"hidden_size": 4},
    "Flatten": {},
    "Reshape": {"shape": (4, -1)},
    "Softmax": {"dim": 1},
    "Upsample": {"scale_factor": 2.0, "mode": "nearest"},
    "Add": {},
    "Concatenate": {},
}


def hostile_graph(draw, with_values):
    """A random network past every check of the editor: names, and perhaps values, no editor would store."""
    net = Network()
    net.name = draw.choice(NAMES)
    placed = [_place(net, draw, "Input", {"shape": (4, 8, 8)}, False)]
    for _ in range(draw.randint(2, 6)):
        kind = draw.choice(list(KINDS))
        block = _place(net, draw, kind, dict(KINDS[kind]), with_values)
        declared = registry.block_type(kind)
        for _ in range(2 if declared.inputs[0].many else 1):
            net.connect(draw.choice(placed), block, input=declared.inputs[0].name)
        placed.append(block)
    if draw.random() < 0.7:
        for block in draw.sample(placed, draw.randint(1, 2)):
            net.connect(block, _place(net, draw, "Output", {}, False))
    if draw.random() < 0.5:
        target = _place(net, draw, "Target", {"shape": (), "dtype": "int64", "field": "pwned() \u202e\n"}, False)
        loss = _place(net, draw, "CrossEntropyLoss", {}, False)
        net.connect(placed[-1], loss, input="input")
        net.connect(target, loss, input="target")
    if draw.random() < 0.2:
        _place(net, draw, "pwned()\nimport pwned", {"pwned": "pwned()"}, False)
    return net


def _place(net, draw, type, values, with_values):
    if with_values and draw.random() < 0.4:
        names = [h.name for h in registry.block_type(type).hyperparameters]
        values[draw.choice([*names, "pwned=pwned(), **", SlyText("kernel_size")])] = draw.choice(VALUES)
    name = draw.choice([name for name in NAMES if name not in net._ids_by_name])
    block = Block(net.fresh_block_id(), type, name, values)
    net.insert_block(block, (0.0, 0.0))
    return block


CALLED = {"super", "print", "len", "load_file", "model"}


def is_foreign(text):
    """Whether a payload got into the program; an own look at the tree, apart from the generator's gate.

    A block may be called pwned, and so may its variable and submodule; nothing of the name may be imported or called.
    """
    tree = ast.parse(text)
    classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in CALLED | classes:
            return True
        if isinstance(node, ast.alias) and node.name not in ("torch", "nn", "sys", "load_file", "torch.nn.functional"):
            return True
        if isinstance(node, ast.Constant) and "pwned" in str(node.value):
            return True
        if isinstance(node, ast.Attribute) and not _is_of_self(node) and re.match("pwned|__(?!init__$)", node.attr):
            return True
        if isinstance(node, ast.keyword) and "pwned" in (node.arg or "pwned"):
            return True
    return False


def _is_of_self(node):
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def test_no_hostile_graph_gets_anything_into_the_text():
    draw = random.Random(2)
    written = refused = 0
    for index in range(GRAPHS):
        net = hostile_graph(draw, with_values=index % 3 == 0)
        for options in ({}, {"partial": True, "example": True}):
            try:
                text = generate_source(net, (Field(name="image", shape=(1, 8, 8)),), **options).text
            except SourceError as error:
                refused += 1
                assert str(error)
                continue
            written += 1
            validate(text)
            assert not is_foreign(text), text
            assert text.isascii() or all(c.isprintable() or c == "\n" for c in text)
            assert len(text.split("\n")) == len(text.splitlines()) + 1
            assert not any("coding" in line for line in text.split("\n")[:2])
    assert written > GRAPHS * 0.6 and refused > GRAPHS * 0.1


def careless(net):
    """A generator as one writes it in an afternoon: names and values straight into the text."""
    lines = [f'"""{net.name}"""', "from torch import nn", "", f"class {net.name or 'Net'}(nn.Module):"]
    lines += ["    def __init__(self):", "        super().__init__()"]
    for block in net.blocks.values():
        values = ", ".join(f"{name}={value!r}" for name, value in block.hyperparameters.items())
        lines.append(f"        self.{block.name} = nn.{block.type}({values})")
    return "\n".join(lines)


def test_a_careless_generator_fails_the_same_test():
    draw = random.Random(2)
    foreign = 0
    for _ in range(500):
        net = hostile_graph(draw, with_values=True)
        net.name = "Net"
        for id in list(net.blocks)[3:]:
            for wire in {w.id for w in net.wires_into(id) + net.wires_out(id)}:
                net.remove_wire(wire)
            net.remove_block(id)
        try:
            foreign += is_foreign(careless(net))
        except (SyntaxError, ValueError):
            continue  # most of it is no Python at all
    assert foreign > 5


def test_the_gate_stops_what_the_rest_lets_through(monkeypatch):
    """With names passed on as they are, hostile graphs do reach the gate, and none gets past it."""
    from backend.source import identifiers, validation

    def as_they_are(self, blocks):
        self.blocks = {id: identifiers.plain(name) for id, name, _ in blocks}

    monkeypatch.setattr(identifiers.Names, "assign", as_they_are)
    monkeypatch.setattr("backend.source.wrapping.WIDTH", 10**9)
    draw = random.Random(4)
    stopped = 0
    for _ in range(300):
        try:
            text = generate_source(hostile_graph(draw, with_values=False)).text
        except ForeignSource:
            stopped += 1
        except SourceError:
            continue
        else:
            assert not is_foreign(text), text
    assert stopped > 30

    monkeypatch.setattr("backend.source.validate", lambda text: None)
    foreign = 0
    for _ in range(600):
        try:
            foreign += is_foreign(generate_source(hostile_graph(draw, with_values=False)).text)
        except (SourceError, SyntaxError, ValueError):
            continue
    assert foreign > 0, "without the gate nothing foreign got through: this test tests nothing"
    assert validation.validate is validate
