"""The last gate before text leaves the generator: generated source passes, everything else is stopped."""

import pytest

from backend import generate_source
from backend.source import ForeignSource
from backend.source.validation import validate
from graph import Network, registry
from graph.block_type import Call

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
