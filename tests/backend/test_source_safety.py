"""Hostile drawings: whatever names and values a network carries, only generated source leaves the generator.

`NETLOOM_HOSTILE_GRAPHS` sets how many graphs are tried. Every payload carries the word `pwned`: a program in whose
syntax tree it appears is foreign, whatever else it does.
"""

import ast
import os
import random
import re

import pytest

from backend import generate_source
from backend.source import ForeignSource, SourceError
from backend.source.validation import validate
from graph import Field, Network, registry
from graph.block_type import Call
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


SAFE = """from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(1, 1)

    def forward(self, image):
        x = self.fc(image)
        return x
"""


def test_the_gate_lets_generated_source_pass():
    validate(SAFE)


@pytest.mark.parametrize(
    ("part", "foreign"),
    [
        ("from torch import nn", "from torch import nn, hub"),
        ("from torch import nn", "import os\nfrom torch import nn"),
        ("from torch import nn", "from torch import *"),
        ("from torch import nn", "# coding: utf-7\nfrom torch import nn"),
        ("from torch import nn", '"""pwned()"""\nfrom torch import nn'),
        ("from torch import nn", "from torch import nn\nx = 1"),
        ("(nn.Module)", "(nn.Module, object)"),
        ("(nn.Module)", "(nn.Module, metaclass=x)"),
        ("(nn.Module)", "(x.y)"),
        ("class Net", "class eval"),
        ("class Net", "class Exception"),
        ("class Net", "@x\nclass Net"),
        ("nn.Linear(1, 1)", "nn.Linear(*x)"),
        ("nn.Linear(1, 1)", "nn.Linear(**x)"),
        ("nn.Linear(1, 1)", "nn.Linear(1, eval)"),
        ("nn.Linear(1, 1)", "nn.Linear('two words')"),
        ("nn.Linear(1, 1)", "nn.Linear(b'x')"),
        ("nn.Linear(1, 1)", "nn.Linear(1e999)"),
        ("nn.Linear(1, 1)", "nn.Linear(99999999999999999999)"),
        ("nn.Linear(1, 1)", "nn.Linear(f'{x}')"),
        ("nn.Linear(1, 1)", "nn.Linear(...)"),
        ("nn.Linear(1, 1)", "nn.Linear(1 if x else 2)"),
        ("nn.Linear(1, 1)", "nn.Linear((lambda: 1)())"),
        ("nn.Linear(1, 1)", "nn.Linear([i for i in x])"),
        ("nn.Linear(1, 1)", "nn.Linear(y := 1)"),
        ("nn.Linear(1, 1)", "nn.modules.os"),
        ("nn.Linear(1, 1)", "nn.LazyLinear(1)"),
        ("self.fc =", "self.forward ="),
        ("self.fc =", "self.__class__ ="),
        ("self.fc =", "self.fc.weight ="),
        ("self.fc =", "nn.Linear ="),
        ("self.fc =", "self.fc: int ="),
        ("self.fc =", "a = b ="),
        ("def forward(self, image)", "def __getattr__(self, image)"),
        ("def forward(self, image)", "def forward(self, *image)"),
        ("def forward(self, image)", "def forward(self, image=1)"),
        ("def forward(self, image)", "def forward(self, image: int)"),
        ("def forward(self, image)", "async def forward(self, image)"),
        ("def forward(self, image)", "def forward(self, image) -> int"),
        ("def forward(self, image)", "@x\n    def forward(self, image)"),
        ("x = self.fc(image)", "x = image.__class__"),
        ("x = self.fc(image)", "x = image.numpy()"),
        ("x = self.fc(image)", "x = torch.load(image)"),
        ("x = self.fc(image)", "x = torch.hub.load(image)"),
        ("x = self.fc(image)", "x = F.os(image)"),
        ("x = self.fc(image)", "x = open(image)"),
        ("x = self.fc(image)", "x = image(1)(2)"),
        ("x = self.fc(image)", "x = super(1).forward()"),
        ("x = self.fc(image)", "global x"),
        ("x = self.fc(image)", "del image"),
        ("x = self.fc(image)", "import os"),
        ("x = self.fc(image)", "while 1: pass"),
        ("x = self.fc(image)", "with x: pass"),
        ("x = self.fc(image)", "for x in image: pass"),
        ("x = self.fc(image)", "raise x"),
        ("x = self.fc(image)", "x = yield"),
        ("x = self.fc(image)", "сlass = 1"),
        ("return x", "return print(x)"),
        ("return x", "return sys.argv"),
        ("return x", "return x\n\n\nif __name__ == '__main__':\n    pass\nelse:\n    pass"),
        ("return x", "return x\n\n\nif __name__ == '__main__':\n    import os"),
        ("return x", "return x\n\n\nif __name__ == '__main__':\n    exec(x)"),
        ("return x", "return x\n\n\nclass Other(object):\n    pass"),
        ("return x", "return x\n\n\nclass Other(nn.Module):\n    x = 1"),
        ("return x", "self.fc.weight = x\n        return x"),
        ("return x", "self.fc.training = nn.Parameter(x)\n        return x"),
        ("return x", "return nn.init.load_(x)"),
        ("return x", "return nn.Sequential(*x)"),
        ("return x", "return [x for _ in range(3)]"),
        ("return x", "return nn.Sequential(*(x for x in open(x)))"),
        ("return x", "return nn.Sequential(*(x.exp() for _ in range(3)))"),
        ("return x", "return nn.Sequential(*(Net(x) for _ in range(3)))"),
        ("return x", "return x\n\n\ndef other(x):\n    pass"),
        ("return x", "return x\n\n\nprint(x)"),
        ("return x", "return ("),
        ("return x", "return x\x00"),
    ],
)
def test_the_gate_stops_everything_else(part, foreign):
    assert part in SAFE
    text = SAFE.replace(part, foreign, 1)
    with pytest.raises(ForeignSource):
        validate(text)


@pytest.mark.parametrize(
    "function",
    [
        "eval",
        "torch.load",
        "nn.modules.os.system",
        "nn.ReLU().__class__",
        "nn.ReLU(); import os; nn.ReLU",
        "(lambda: 1)",
    ],
)
def test_a_block_type_that_names_a_foreign_constructor_is_stopped(function, monkeypatch):
    monkeypatch.setattr(type(registry.block_type("ReLU")), "module", lambda *_: Call(function, (1,)))
    with pytest.raises(ForeignSource):
        generate_source(one_relu())


FOREIGN = ["open(x)", "x.numpy()", "x.__class__", "torch.load(x)", "x; import os", "[i for i in x]"]


@pytest.mark.parametrize("expression", [*FOREIGN, "x\n        import os"])
def test_a_block_type_that_writes_a_foreign_expression_is_stopped(expression, monkeypatch):
    monkeypatch.setattr(type(registry.block_type("ReLU")), "forward", lambda *_: expression)
    with pytest.raises(ForeignSource):
        generate_source(one_relu())


def one_relu():
    net = Network("Net")
    net.connect(net.add("Input", name="x", shape=(3,)), net.add("ReLU", name="relu"))
    return net
