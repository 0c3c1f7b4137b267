"""Which model of a file is read, what it is given, what is noted on the way, and what is told where it cannot be."""

import inspect

import pytest
from torch import nn

from backend.importing import CannotImport
from backend.importing.python.layers import CONTAINERS, SIGNATURES, arguments_of
from backend.importing.python_model import read_python
from graph import analyze, registry

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
SMALL = """
class Small(nn.Module):
    def __init__(self, features=4):
        super().__init__()
        self.fc = nn.Linear(features, 3)

    def forward(self, x):
        return self.fc(x)
"""
NEEDY = SMALL.replace("features=4", "features, depth")


def read(text, name="model.py"):
    return read_python(HEAD + text, name)


def inputs(found):
    types = analyze(found.network)
    return [(types.output(block).shape[1:], types.output(block).dtype) for block in found.network.with_role("input")]


def refused(text):
    with pytest.raises(CannotImport) as told:
        read(text)
    return told.value


def types(found):
    return [block.type for block in found.network.blocks.values()]


# Which model


def test_the_model_that_the_file_makes_is_read():
    assert inputs(read(SMALL + "\nclass Other(nn.Module):\n    pass\n\nnet = Small(7)\n")) == [((7,), "float32")]


def test_without_one_it_is_the_last_class_that_no_other_uses():
    used = "\nclass Head(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.s = Small()\n"
    found = read(SMALL + used + "\n    def forward(self, x):\n        return F.relu(self.s(x))\n")
    assert found.network.name == "Head"


def test_a_function_says_what_a_class_is_made_with():
    made = "\ndef small(**kwargs):\n    return Small(9, 1, **kwargs)\n\ndef large():\n    return Small(99, 1)\n"
    found = read(NEEDY + made)
    assert inputs(found) == [((9,), "float32")]
    assert any("small() was read; the file also has large" in note for note in found.notes)


def test_arguments_that_nobody_gives_are_asked_for():
    error = refused(NEEDY)
    assert error.where == "model.py, line 5"
    assert "Small needs features, depth" in error.text and "model = Small(features=..., depth=...)" in error.text


def test_options_of_the_command_line_have_their_defaults():
    options = """
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--in-features", type=int, default="6")
parser.add_argument("-q", "--quick", action="store_true")
args = parser.parse_args()
model = Small(args.in_features) if not args.quick else None
"""
    assert inputs(read(SMALL + options)) == [((6,), "float32")]


def test_of_several_the_one_that_is_called_is_read():
    several = "\nfirst = Small(5)\nsecond = Small(6)\ny = first(torch.zeros(8, 2, 5))\n"
    found = read(SMALL + several)
    assert inputs(found) == [((2, 5), "float32")]
    assert any("the file makes 2 models, first, second; first was read" in note for note in found.notes)


def test_a_sequential_is_named_as_its_file():
    found = read_python(HEAD + "model = nn.Sequential(nn.Linear(3, 2))", "my tiny-net.py")
    assert found.network.name == "MyTinyNet"


def test_a_file_without_a_model_says_what_would_be_one():
    assert "nn.Sequential" in refused("x = 3").text


# Shapes


EXAMPLES = {
    "model = Small(7)\nmodel(torch.randn(32, 7))": ((7,), "float32"),
    "model = Small(7)\nx = torch.ones((1, 5, 7), dtype=torch.float32)\nprint(model(x).shape)": ((5, 7), "float32"),
    "from torchinfo import summary\nsummary(Small(7), input_size=(1, 2, 7))": ((2, 7), "float32"),
    "from torchsummary import summary\nmodel = Small(7)\nsummary(model, (2, 7))": ((2, 7), "float32"),
    "def main():\n    model = Small(7)\n    model(torch.rand(3, 3, 7))\n\nif __name__ == '__main__':\n    main()": (
        (3, 7),
        "float32",
    ),
}


@pytest.mark.parametrize("around", EXAMPLES)
def test_an_example_in_the_file_tells_the_shape(around):
    found = read(SMALL + "\n" + around)
    assert inputs(found) == [EXAMPLES[around]]
    assert not found.notes


GUESSES = {  # layers -> the shape that fits them
    "nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)": (3, 224, 224),
    "nn.Conv2d(3, 6, 5), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 2)": (
        3,
        32,
        32,
    ),
    "nn.Conv2d(1, 6, 5), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(864, 2)": (1, 28, 28),
    "nn.Conv2d(3, 4, 11, stride=4), nn.Flatten(), nn.Linear(4 * 55 * 55, 2)": (3, 227, 227),
    "nn.Flatten(), nn.Linear(784, 10)": (1, 28, 28),
    "nn.Linear(13, 1)": (13,),
    "nn.Conv1d(2, 4, 3), nn.Flatten(), nn.Linear(4 * 98, 2)": (2, 100),
    "nn.Embedding(50, 4), nn.Flatten(), nn.Linear(64, 2)": (16,),
    "nn.ConvTranspose2d(100, 8, 4), nn.ReLU()": (100, 1, 1),
    "nn.BatchNorm2d(5), nn.Conv2d(5, 2, 1)": (5, 224, 224),
}


@pytest.mark.parametrize("layers", GUESSES)
def test_without_one_the_usual_shapes_are_tried_until_all_agrees(layers):
    found = read(f"model = nn.Sequential({layers})")
    assert [shape for shape, _ in inputs(found)] == [GUESSES[layers]]
    assert any("was assumed" in note for note in found.notes)
    assert analyze(found.network).ok


def test_where_no_shape_fits_the_nearest_attempt_is_told():
    error = refused("model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(7, 2))")
    assert "in_features 7" in error.text and "no shape that was tried fits" in error.text


def test_a_size_that_an_example_contradicts_is_noted():
    found = read("model = nn.Sequential(nn.Linear(7, 2))\nmodel(torch.zeros(1, 9))")
    assert any("in_features 7, but gets 9" in note for note in found.notes)


def test_sequences_with_the_batch_second_are_turned():
    text = """
class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(4, 5)
        self.out = nn.Linear(5, 2)

    def forward(self, x):
        y, h = self.rnn(x)
        return self.out(y[-1])
"""
    found = read(text + "\nmodel = Reader()\nmodel(torch.zeros(9, 2, 4))")
    assert any("batch second" in note for note in found.notes)
    out = analyze(found.network)
    assert out.ok and "GRU" in types(found)


# What is recognised


SAMPLING = """
class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.mu = nn.Linear(8, 2)
        self.logvar = nn.Linear(8, 2)

    def reparameterize(self, mu, logvar):
        {}

    def forward(self, x):
        return self.reparameterize(self.mu(x), self.logvar(x))
"""
WAYS = {
    "std = torch.exp(0.5 * logvar)\n        eps = torch.randn_like(std)\n        return mu + eps * std": True,
    "std = logvar.mul(0.5).exp_()\n        eps = torch.randn_like(std)\n        return eps.mul(std).add_(mu)": True,
    "return mu + torch.randn_like(mu) * (logvar / 2).exp()": True,
    "if self.training:\n            mu = mu + torch.randn_like(mu) * (logvar / 2).exp()\n        return mu": False,
}


@pytest.mark.parametrize("way", WAYS)
def test_sampling_becomes_one_block(way):
    found = read(SAMPLING.format(way))
    assert sorted(types(found)) == ["Input", "Linear", "Linear", "Output", "Reparameterize"]
    block = next(block for block in found.network.blocks.values() if block.type == "Reparameterize")
    assert found.network.values(block)["sample_in_evaluation"] is WAYS[way]
    wired = {wire.input: found.network.blocks[wire.source].name for wire in found.network.wires_into(block)}
    assert wired == {"mean": "mu", "log_variance": "logvar"}


def test_noise_while_training_becomes_a_block():
    body = "if self.training:\n            x = x + torch.randn_like(x) * 0.3\n        return self.fc(x)"
    found = read(SMALL.replace("return self.fc(x)", body))
    assert types(found) == ["Input", "GaussianNoise", "Linear", "Output"]


def test_layers_that_are_never_called_are_told():
    found = read(SMALL.replace("self.fc =", "self.spare = nn.Linear(9, 9)\n        self.fc ="))
    assert any("never calls spare" in note for note in found.notes)


def test_ways_to_begin_and_frozen_layers_come_along():
    more = "\nmodel = Small()\nnn.init.xavier_normal_(model.fc.weight, gain=2.0)\nmodel.fc.requires_grad_(False)\n"
    block = read(SMALL + more).network.block("fc")
    assert block.frozen and block.initial["weight"].kind == "xavier_normal"


def test_one_definition_serves_all_that_are_drawn_alike():
    text = """
class Unit(nn.Module):
    def __init__(self, width, slope=0.1):
        super().__init__()
        self.fc = nn.Linear(width, 2 * width)
        self.act = nn.LeakyReLU(slope)

    def forward(self, x):
        return self.act(self.fc(x))


class Tower(nn.Module):
    def __init__(self):
        super().__init__()
        self.units = nn.Sequential(*[Unit(4 * 2**i, 0.1 * (i + 1)) for i in range(3)])

    def forward(self, x):
        return self.units(x)
"""
    network = read(text).network
    assert list(network.modules) == ["Unit"]
    assert {one.name: one.default for one in network.modules["Unit"].exposed} == {"width": 4, "slope": 0.1}
    inner = network.modules["Unit"].network.block("fc")
    assert str(inner.hyperparameters["out_features"]) == "=2*width"
    units = [block for block in network.blocks.values() if block.type == "Unit"]
    assert [network.values(unit)["width"] for unit in units] == [4, 8, 16]
    assert analyze(network).total_parameters == 4 * 8 + 8 + 8 * 16 + 16 + 16 * 32 + 32


def test_layers_shared_by_two_classes_are_drawn_where_they_can_be_shared():
    text = """
class Half(nn.Module):
    def __init__(self, shared):
        super().__init__()
        self.shared = shared
        self.own = nn.Linear(4, 4)

    def forward(self, x):
        return torch.tanh(self.own(self.shared(x)))


class Both(nn.Module):
    def __init__(self):
        super().__init__()
        table = nn.Linear(4, 4)
        self.a, self.b = Half(table), Half(table)

    def forward(self, x):
        return self.a(x) + self.b(x)
"""
    network = read(text).network
    assert analyze(network).total_parameters == 3 * (4 * 4 + 4)


def test_fixed_numbers_too_many_for_a_constant_are_a_frozen_parameter():
    found = read(SMALL.replace("return self.fc(x)", "return x @ torch.linspace(0, 1, 160).view(4, 40)"))
    block = next(block for block in found.network.blocks.values() if block.type == "Parameter")
    assert block.frozen and len(block.weights["weight"][0]) == 4
    assert any("Parameter block that is frozen" in note for note in found.notes)


# Errors


ERRORS = {  # forward -> the line in the file, and a word of what is told
    "return torch.fft.fft(x)": "torch.fft.fft",
    "return x.cumsum(1)": "cumsum",
    "if x.sum() > 0:\n            x = x * 2\n        return x": "values of a tensor",
    "return x[x > 0]": "index",
    "x[:, 0] = 1\n        return x": "torch.cat",
    "return self.missing(x)": "no attribute missing",
    "return undefined(x)": "undefined is not defined",
    "return x.view(3, 7)": "do not fill",
    "return self.fc(x, x)": "takes one tensor",
    "return F.relu": "nothing to draw",
    "for i in range(x.size(0)):\n            x = x + i\n        return x": "batch",
    "raise ValueError(x)": "raises an error",
    "return nn.Hardsilu()(x)": "no block type",
}


@pytest.mark.parametrize("body", ERRORS)
def test_what_cannot_be_read_is_told_with_its_line(body):
    error = refused(SMALL.replace("return self.fc(x)", body))
    line = int(error.where.removeprefix("model.py, line ")) if "line" in error.where else 10
    assert 9 <= line <= 12
    assert ERRORS[body] in error.text


def test_a_layer_from_elsewhere_is_named():
    text = "import torchvision\n" + SMALL.replace("nn.Linear(features, 3)", "torchvision.models.resnet18()")
    assert "torchvision.models.resnet18 is not in this file" in refused(text).text


# The table of layers


@pytest.mark.parametrize("type", SIGNATURES)
def test_arguments_stand_in_torch_order(type):
    names = [name for name, _ in arguments_of(type)]
    torch_names = list(inspect.signature(getattr(nn, type).__init__).parameters)[1:]
    if "args" in torch_names:  # RNN, LSTM, GRU and layers without arguments
        assert type in ("RNN", "LSTM", "GRU") or not names
        return
    known = [name for name in torch_names if name in names]
    assert known == names
    between = torch_names[: torch_names.index(names[-1])] if names else []
    assert [name for name in between if name not in names] == []


def test_every_layer_is_a_block():
    for type in SIGNATURES:
        plain = type.removeprefix("Lazy")
        if not plain.startswith("Upsampling") and plain != "Transformer":
            assert registry.is_known(plain), type
    blocks = {one.name for one in registry.all_types() if one.role == "layer" and hasattr(nn, one.name)}
    assert blocks - {"Parameter"} <= set(SIGNATURES) | set(CONTAINERS)


def test_saved_hyperparameters_are_attributes():
    model = SMALL.replace(
        "self.fc = nn.Linear(features, 3)",
        "self.save_hyperparameters()\n        self.fc = nn.Linear(self.hparams.features, 3)",
    )
    assert analyze(read(model).network).total_parameters == 15


def test_numbers_that_are_no_sides_of_pictures_are_not_tried_as_such():
    convolution = """
class Net(nn.Module):
    def __init__(self, {}=8, classes=1000):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        return self.conv(x)
"""
    for name, side in (("round_nearest", 224), ("growth", 224), ("image_size", 8), ("res", 8)):
        assert inputs(read(convolution.format(name)))[0][0] == (3, side, side), name
