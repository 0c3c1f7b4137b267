"""Receptive fields: the lectures' figures, published ones, and torch's gradients as the judge."""

import json
import random
from pathlib import Path

import pytest
import torch

from backend import compile_network
from examples import build_zoo
from graph import Network, analyze, ready_modules
from graph.receptive_field import receptive_field, receptive_fields
from graph.sketch import Sketch

VECTORS = json.loads((Path(__file__).parents[1] / "golden" / "lecture_vectors.json").read_text())
VECTORS = [v for v in (VECTORS if isinstance(VECTORS, list) else VECTORS["vectors"]) if v["kind"] == "receptive_field"]
TYPES = {"conv2d": "Conv2d", "maxpool2d": "MaxPool2d"}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_the_lectures_figures(vector):
    net = Network("Lecture")
    sketch = Sketch(net)
    sketch.add("Input", "image", shape=(1, *vector["inputs"].get("input", (64, 64))))
    for layer in vector["inputs"]["layers"]:
        values = {"out_channels": 1} if layer["op"] == "conv2d" else {}
        sketch.add(TYPES[layer["op"]], kernel_size=tuple(layer["kernel"]), stride=tuple(layer["stride"]), **values)
    field = receptive_field(net, analyze(net), sketch.last)
    expected = vector["expected"]
    assert list(field.size) == expected["size"]
    assert field.stride == (expected["jump"],) * 2
    if "covers_whole_input" in expected:
        covers = all(size >= length for size, length in zip(field.size, field.lengths, strict=True))
        assert covers == expected["covers_whole_input"]


@pytest.mark.parametrize(("name", "size"), [("alexnet", 195), ("vgg16", 212), ("resnet18", 435), ("resnet50", 427)])
def test_published_sizes(name, size):
    """AlexNet and VGG-16: Araujo et al. 2019, table 1, before the last pooling. The ResNets step in the first 3x3
    convolution of a stage, as torchvision's do; the paper's step in the last and see more (483 for ResNet-50)."""
    net = build_zoo.ZOO[name]()
    last = net.wires_into(net.block("pool"))[0].source
    field = receptive_field(net, analyze(net), last)
    assert field.size == (size, size)


def draw(rng):
    """A random chain with a skip now and then."""
    net = Network("Random")
    sketch = Sketch(net)
    sketch.add("Input", "image", shape=(2, 31, 27))
    for _ in range(rng.randint(1, 4)):
        kind = rng.choice(
            ["Conv2d", "MaxPool2d", "AvgPool2d", "ConvTranspose2d", "Upsample", "ZeroPad2d", "skip", "PixelShuffle"]
        )
        kernel, stride = rng.choice([1, 2, 3, (3, 2)]), rng.choice([1, 2])
        if kind in ("Conv2d", "ConvTranspose2d"):
            padding = rng.choice([0, 1]) if kernel not in (1, (1, 1)) else 0
            dilation = rng.choice([1, 2])
            sketch.add(kind, out_channels=4, kernel_size=kernel, stride=stride, padding=padding, dilation=dilation)
        elif kind.endswith("Pool2d"):
            sketch.add(kind, kernel_size=kernel, stride=stride)
        elif kind == "Upsample":
            sketch.add(kind, scale_factor=2, mode=rng.choice(["nearest", "bilinear"]))
        elif kind == "ZeroPad2d":
            sketch.add(kind, padding=(1, 0, 2, 1))
        elif kind == "PixelShuffle":
            sketch.add("Conv2d", out_channels=4, kernel_size=1)
            sketch.add(kind, upscale_factor=2)
        else:
            start = sketch.last
            sketch.add("Conv2d", out_channels=4, kernel_size=3, padding=1)
            one = sketch.last
            two = sketch.add("Conv2d", out_channels=4, kernel_size=1, after=start)
            sketch.add("Add", after=(one, two))
    sketch.add("Output", "y")
    return net


def test_torchs_gradients_stay_within_the_region_and_fill_it():
    rng = random.Random(5)
    compared = 0
    while compared < 60:
        net = draw(rng)
        found = analyze(net)
        if not found.ok or min(found.output(net.wires_into("y")[0].source).dims[2:]) < 1:
            continue
        block = net.wires_into("y")[0].source
        field = receptive_field(net, found, block)
        module = compile_network(net).double()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.fill_(1.0)  # nothing cancels
        image = torch.rand(1, 2, 31, 27, dtype=torch.float64, requires_grad=True)
        result = module(image)
        place = tuple(rng.randrange(size) for size in result.shape[2:])
        result[0, :, place[0], place[1]].sum().backward()
        seen = image.grad[0].abs().sum(0) > 0
        rows, columns = field.region(place)
        inside = torch.zeros_like(seen)
        inside[rows.start : rows.stop, columns.start : columns.stop] = True
        assert not (seen & ~inside).any(), str(net.name)
        kinds = {b.type for b in net.blocks.values()}
        if kinds <= {"Input", "Output", "Conv2d", "AvgPool2d", "Add"} and inside.any() and not _gaps(net):
            assert bool(seen[inside].all())
        compared += 1


def _gaps(net):
    """Dilation, and steps wider than the window, leave holes in what is seen."""
    return any(
        net.values(b).get("dilation", 1) != 1 or net.values(b).get("stride") not in (1, None)
        for b in net.blocks.values()
    )


def test_through_modules_it_is_that_of_the_blocks_inside():
    net = Network("Net")
    ready_modules.add(net, "BasicBlock")
    sketch = Sketch(net)
    sketch.add("Input", "image", shape=(8, 32, 32))
    sketch.add("BasicBlock", "blocks", channels=8, repeat=3)
    sketch.add("GlobalAvgPool", "pool")
    fields = receptive_fields(net, analyze(net))
    image, blocks, pool = (net.block(name).id for name in ("image", "blocks", "pool"))
    assert fields[blocks][image].size == (13, 13) and str(fields[blocks][image]) == "13 x 13"
    assert fields[pool][image].whole and str(fields[pool][image]) == "whole input"


def test_open_sizes_have_fields_too():
    net = Network("Open")
    sketch = Sketch(net)
    sketch.add("Input", "image", shape=(1, "H", "W"))
    sketch.add("Conv2d", "conv", out_channels=2, kernel_size=3)
    field = receptive_field(net, analyze(net), "conv")
    assert field.size == (3, 3) and [str(length) for length in field.lengths] == ["H", "W"]


def test_inside_a_module_that_holds_modules_it_is_of_the_tensor_that_reaches_it():
    from graph import Document
    from graph.level import Level
    from graph.module import define

    net = Network("Net")
    inner = define(net, "Inner").network
    for type, name, values in (("Input", "x", {"shape": (1, 9, 9)}), ("Output", "y", {})):
        inner.add(type, name=name, **values)
    inner.add("Conv2d", name="conv", out_channels=2, kernel_size=3)
    outer = define(net, "Outer").network
    for type, name, values in (("Input", "x", {"shape": (1, 9, 9)}), ("Output", "y", {}), ("Inner", "part", {})):
        outer.add(type, name=name, **values)
    for network, middle in ((inner, "conv"), (outer, "part")):
        network.connect("x", middle)
        network.connect(middle, "y")
    net.add("Input", name="image", shape=(5, 40, 30))
    place = net.add("Outer", name="whole")
    net.connect("image", place)
    level = Level(Document(net), (place.id,))
    field = receptive_field(level.network, level.analysis, "part")
    assert field.lengths == (40, 30) and field.size == (3, 3)
