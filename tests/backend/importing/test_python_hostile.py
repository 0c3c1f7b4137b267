"""Sources that mean harm or make no sense: an answer in time, in bounds, and of one kind."""

import ast
import copy
import random
from pathlib import Path

import pytest

from backend.importing import CannotImport, Imported
from backend.importing.python_model import read_python

SOURCES = [path.read_text() for path in sorted((Path(__file__).parent / "sources").glob("*.py"))]
HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"


def model(begin="self.l = nn.Linear(4, 4)", body="return self.l(x)", ahead=""):
    begin, body = (text.replace("\n", "\n        ") for text in (begin, body))
    return f"""{HEAD}{ahead}
class M(nn.Module):
    def __init__(self):
        super().__init__()
        {begin}

    def forward(self, x):
        {body}
"""


def answer(text):
    try:
        return read_python(text, "model.py")
    except CannotImport as error:
        assert error.where.startswith("model.py") and error.text
        return error


NO_PYTHON = {
    "brackets": "x = " + "(" * 5000 + "1" + ")" * 5000,
    "attributes": "x = a" + ".b" * 50000,
    "terms": "x = " + "1+" * 50000 + "1",
    "signs": "x = " + "-" * 50000 + "1",
    "large": "x = 1\n" * 200_000,
    "null": "x = 1\0",
    "syntax": "def f(:",
    "empty": "",
    "surrogate": "x = '\ud800'",
    "itself": HEAD + "class A(A):\n    pass\n",
}


@pytest.mark.parametrize("name", NO_PYTHON)
def test_what_is_no_model_is_refused(name):
    assert isinstance(answer(NO_PYTHON[name]), CannotImport)


BOUNDED = {
    "power": model("self.l = nn.Linear(4, 2**10**9)"),
    "powers": model("n = 10\nfor _ in range(99):\n    n = n**9\nself.l = nn.Linear(4, n)"),
    "shift": model("self.l = nn.Linear(4, 1 << 10**9)"),
    "text": model("s = 'a'\nfor _ in range(99):\n    s = s + s\nself.l = nn.Linear(4, len(s))"),
    "joined": model("self.l = nn.Linear(4, len(('x' * 9999).join(['y' * 9999] * 9999)))"),
    "list": model("s = [1]\nfor _ in range(99):\n    s = s + s\nself.l = nn.Linear(4, len(s))"),
    "repeated": model("self.l = nn.Linear(4, len([0] * 10**9))"),
    "equal": model("s = t = []\nfor _ in range(99):\n    s, t = [s, s], [t, t]\nself.l = nn.Linear(4, int(s == t))"),
    "key": model("s = ()\nfor _ in range(99):\n    s = (s, s)\nself.l = nn.Linear(4, len({s: 1}))"),
    "results": model(body="s = [x]\nfor _ in range(99):\n    s = [s, s]\nreturn s"),
    "forever": model("while True:\n    pass"),
    "recursion": model(body="return self.forward(x)"),
    "lambda": model("f = lambda g: g(g)\nf(f)"),
    "itself": model("self.l = M()"),
    "layers": model(body="for _ in range(9999):\n    x = torch.tanh(torch.relu(x))\nreturn x"),
    "numbers": model("a = torch.arange(10**6).view(-1, 1) * torch.arange(10**6)\nself.l = nn.Linear(4, int(a.sum()))"),
    "places": model("self.l = nn.Linear(4, len(torch.arange(0, 1, 1e-300)))"),
    "ring": model("self.s = nn.Sequential()\nself.s.add_module('a', self.s)", "return self.s(x)"),
    "lists": model("d = []\nfor i in range(9999):\n    d.append([0] * 9999)\nself.l = nn.Linear(4, len(d))"),
    "infinite": model("self.l = nn.Linear(4, int(float('inf')))"),
}


@pytest.mark.parametrize("name", BOUNDED)
def test_what_grows_without_end_is_refused(name):
    assert isinstance(answer(BOUNDED[name]), CannotImport)


def test_code_around_the_model_that_never_ends_is_left():
    found = answer(HEAD + "while True:\n    x = 1\n" + model().removeprefix(HEAD))
    assert isinstance(found, Imported)
    assert any("not read to its end" in note for note in found.notes)


def test_nothing_of_a_source_is_run(tmp_path):
    mark = tmp_path / "mark"
    harm = f"""import os
os.system("touch {mark}")
__import__("os").system("touch {mark}")
eval("open({str(mark)!r}, 'w')")
exec("open({str(mark)!r}, 'w')")
open({str(mark)!r}, "w")
().__class__.__bases__[0].__subclasses__()
"""
    inside = 'import os\nos.system("touch {}")\nself.l = nn.Linear(4, 4)'.format(mark)  # noqa: UP032 (braces)
    assert isinstance(answer(harm + model(inside)), Imported)
    assert not mark.exists()


WORDS = [
    ast.parse(text, mode="eval").body
    for text in """-1|0|None|[]|{}|x|x.shape|x.size(0)|range(10**9)|[[0]]*9999|self|torch.zeros(3)|x[0]|x[:,0]|x.T
x.mean()|x.max(1)|x.permute(1,0,2)|torch.stack([x,x])|x.view(-1)|x.transpose(0,1)|x.chunk(3,1)|x@x|x>0|x.squeeze()
torch.randn_like(x)|x.flatten()|x.expand(3,-1)|x[...,0]|x[None]|nn.LSTM(3,4)(x)|x.reshape(2,-1)|x.std(1)|2**10**9
""".replace("\n", "|")
    .strip("|")
    .split("|")
]


def mutated(tree, chance):
    """Another source: an expression exchanged, a statement left out or said twice."""
    tree = copy.deepcopy(tree)
    for _ in range(chance.choice((1, 1, 2))):
        nodes = list(ast.walk(tree))
        lists = [v for n in nodes for _, v in ast.iter_fields(n) if isinstance(v, list) and v]
        places = [(one, i) for one in lists for i, part in enumerate(one) if isinstance(part, ast.expr | ast.stmt)]
        held, index = chance.choice(places)
        if isinstance(held[index], ast.stmt):
            if chance.random() < 0.5 and len(held) > 1:
                del held[index]
            else:
                held.insert(chance.randrange(len(held)), copy.deepcopy(held[index]))
        elif not isinstance(getattr(held[index], "ctx", None), ast.Store | ast.Del):
            held[index] = copy.deepcopy(chance.choice(WORDS))
    return tree


@pytest.mark.parametrize("seed", range(3))
def test_mutated_sources_are_read_or_refused(seed):
    chance = random.Random(seed)
    trees = [ast.parse(text) for text in SOURCES if len(text) < 3000]
    outcomes = []
    for _ in range(60):
        try:
            text = ast.unparse(mutated(chance.choice(trees), chance))
        except (ValueError, TypeError, AttributeError):
            continue  # a tree that is no text
        outcomes.append(type(answer(text)))
    assert set(outcomes) == {Imported, CannotImport}


def test_torn_texts_are_read_or_refused():
    chance = random.Random(5)
    for _ in range(120):
        text = chance.choice(SOURCES)
        at, length = chance.randrange(len(text)), chance.randrange(1, 40)
        put = chance.choice(("", "(", ")", "\n", "\t", ":", "0", "*", "\u2028", "self", "\0"))
        answer(text[:at] + put + text[at + length :])
