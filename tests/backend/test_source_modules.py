"""Modules in generated source: one parametric class each, loops for repeats, and exactly the network that was drawn."""

from itertools import pairwise

import pytest
import torch

from backend import compile_network, generate_source
from backend.source import SourceError
from graph import Network, analyze
from graph.module import Exposed, define


def chain(inner, *blocks):
    for before, after in pairwise(blocks):
        inner.connect(before, after)


def block(net, name="Block", out="=channels"):
    """Convolution, norm, ReLU."""
    module = define(net, name, (Exposed("channels", 8), Exposed("stride", 1), Exposed("bias", True), Exposed("p", 0.1)))
    inner = module.network
    chain(
        inner,
        inner.add("Input", name="x", shape=(8, 16, 16)),
        inner.add("Conv2d", name="conv", out_channels=out, kernel_size=3, stride="=stride", padding=1, bias="=bias"),
        inner.add("BatchNorm2d", name="norm"),
        inner.add("ReLU", name="relu"),
        inner.add("Dropout", name="dropout", p="=p"),
        inner.add("Output", name="y"),
    )
    return module


def network(*instances, shape=(3, 16, 16)):
    net = Network("Net")
    block(net)
    image = net.add("Input", name="image", shape=shape)
    placed = [net.add("Block", name=f"block{i}", **values) for i, values in enumerate(instances, 1)]
    chain(net, image, *placed, net.add("Output", name="out"))
    return net


def agrees(net, *shapes):
    """Compiles, counts and computes what the analysis says; returns the source."""
    found = analyze(net)
    assert found.ok, found.problems
    module = compile_network(net)
    assert sum(p.numel() for p in module.parameters()) == found.total_parameters
    shapes = shapes or [found.output(b).shape[1:] for b in net.with_role("input")]
    result = module(*(torch.randn(2, *shape) for shape in shapes))
    last = net.wires_into("out")[0]
    assert tuple(result.shape) == (2, *found.output(last.source, last.output).shape[1:])
    return str(generate_source(net))


def test_one_class_with_parameters_for_all_places():
    text = agrees(network({"channels": 16}, {"channels": 32, "stride": 2, "bias": False}, {"p": 0.5}))
    assert text.count("class ") == 2
    assert "def __init__(self, in_channels, channels=8, stride=1, bias=True, p=0.1):" in text
    assert "nn.Conv2d(" in text and "stride=stride" in text and "bias=bias" in text and "p=p" in text
    assert "self.block1 = Block(3, channels=16)" in text
    assert "self.block2 = Block(16, channels=32, stride=2, bias=False)" in text
    assert "self.block3 = Block(32, p=0.5)" in text


def test_repeats_are_loops():
    text = agrees(network({"channels": 16, "repeat": 4}))
    assert "nn.Sequential(Block(3, channels=16), *(Block(16, channels=16) for _ in range(3)))" in " ".join(
        text.split()
    ).replace("( ", "(").replace(") )", "))")
    text = agrees(network({"channels": 3, "repeat": 4}))
    assert "nn.Sequential(*(Block(3, channels=3) for _ in range(4)))" in text
    text = agrees(network({"channels": 3, "repeat": 2, "first": "stride=2"}))
    assert "nn.Sequential(Block(3, channels=3, stride=2), Block(3, channels=3))" in text
    assert "nn.Identity()" in agrees(network({"repeat": 0}))


def test_layers_that_grow_are_one_loop():
    net = Network("Net")
    layer = define(net, "DenseLayer", (Exposed("growth", 4),))
    inner = layer.network
    x = inner.add("Input", name="x", shape=(8, 16, 16))
    conv = inner.add("Conv2d", name="conv", out_channels="=growth", kernel_size=3, padding=1)
    join = inner.add("Concatenate", name="join")
    chain(inner, x, join)
    chain(inner, x, conv, join, inner.add("Output", name="y"))
    image = net.add("Input", name="image", shape=(3, 16, 16))
    chain(net, image, net.add("DenseLayer", name="dense", repeat=5, growth=6), net.add("Output", name="out"))
    text = agrees(net)
    assert "nn.Sequential(*(DenseLayer(3 + 6 * i, growth=6) for i in range(5)))" in text


def test_modules_in_modules_pass_their_arithmetic_on():
    net = Network("Net")
    block(net, out="=2*channels")
    stage = define(net, "Stage", (Exposed("width", 8), Exposed("blocks", 2)))
    inner = stage.network
    chain(
        inner,
        inner.add("Input", name="x", shape=(3, 16, 16)),
        inner.add("Block", name="first", channels="=width", stride=2),
        inner.add("Block", name="rest", channels="=width", repeat="=blocks - 1"),
        inner.add("Output", name="y"),
    )
    image = net.add("Input", name="image", shape=(3, 32, 32))
    stages = [net.add("Stage", name=f"stage{i}", width=4 * i, blocks=i + 1) for i in (1, 2, 3)]
    chain(net, image, *stages, net.add("Output", name="out"))
    text = agrees(net)
    assert text.count("class ") == 3
    assert "self.first = Block(in_channels, channels=width, stride=2)" in text
    assert "nn.Sequential(*(Block(2 * width, channels=width) for _ in range(blocks - 1)))" in text
    assert "self.stage3 = Stage(16, width=12, blocks=4)" in text


def test_several_inputs_and_sizes_name_what_they_are():
    net = Network("Net")
    inner = define(net, "Merge").network
    a, b = inner.add("Input", name="a", shape=(4, 8, 8)), inner.add("Input", name="b", shape=(4, 8, 8))
    conv = inner.add("Conv2d", name="conv", out_channels=4, kernel_size=1)
    add, flat = inner.add("Add", name="add"), inner.add("Flatten", name="flat")
    chain(inner, a, conv, add)
    chain(inner, b, add, flat, inner.add("Linear", name="fc", out_features=3), inner.add("Output", name="y"))
    one, two = net.add("Input", name="one", shape=(2, 8, 8)), net.add("Input", name="two", shape=(4, 8, 8))
    merge = net.add("Merge", name="merge")
    net.connect(one, merge, input="a")
    net.connect(two, merge, input="b")
    chain(net, merge, net.add("Output", name="out"))
    text = agrees(net)
    assert "def __init__(self, a_channels, a_height, a_width):" in text
    assert "nn.Linear(4 * a_height * a_width, 3)" in text
    assert "self.merge = Merge(2, 8, 8)" in text


def test_values_in_forward_are_kept_on_the_module():
    net = Network("Net")
    inner = define(net, "Heads", (Exposed("heads", 2),)).network
    chain(
        inner,
        inner.add("Input", name="x", shape=(6, 4)),
        inner.add("Reshape", name="split", shape="=heads, 12//heads, 2"),
        inner.add("Output", name="y"),
    )
    image = net.add("Input", name="image", shape=(6, 4))
    chain(net, image, net.add("Heads", name="heads", heads=3), net.add("Output", name="out"))
    text = agrees(net)
    assert "self.heads = heads" in text and "self.heads" in text.split("def forward")[1]


def test_places_that_need_other_texts_get_other_classes():
    net = Network("Net")
    inner = define(net, "Pool").network
    x = inner.add("Input", name="x", shape=(4, 8, 8))
    chain(inner, x, inner.add("Upsample", name="up", scale_factor=2), inner.add("Output", name="y"))
    image = net.add("Input", name="image", shape=(2, 8, 8))
    chain(net, image, net.add("Pool", name="a"), net.add("Pool", name="b"), net.add("Output", name="out"))
    assert agrees(net).count("class Pool") == 1


def test_what_is_wrong_inside_names_the_place():
    net = network({"channels": 16})
    net.modules["Block"].network.set("conv", kernel_size=30)
    with pytest.raises(SourceError, match=r"block1: conv inside: kernel 30 x 30"):
        generate_source(net)


def test_hostile_names_stay_outside():
    net = Network("Net")
    module = define(net, "Range", (Exposed("range", 3), Exposed("self", 2), Exposed("torch", 1)))
    inner = module.network
    chain(
        inner,
        inner.add("Input", name="import os", shape=(8, 16, 16)),
        inner.add("Conv2d", name="in_channels", out_channels="=range*self*torch", kernel_size=1),
        inner.add("Output", name="__class__"),
    )
    image = net.add("Input", name="image", shape=(3, 16, 16))
    chain(net, image, net.add("Range", name="channels", repeat=2), net.add("Output", name="out"))
    text = agrees(net)
    assert "range_" in text and "self_" in text and "torch_" in text


def test_lines_of_a_class_belong_to_the_blocks_inside():
    from examples import build_zoo

    net = build_zoo.ZOO["resnet50"]()
    source = generate_source(net)
    lines = source.text.split("\n")
    assert {module for module, _ in source.inner_blocks} <= set(net.modules)
    for (module, id), numbers in source.inner_blocks.items():
        name = net.modules[module].network.blocks[id].name
        made = [n for n in numbers if lines[n - 1].strip().startswith("self.")]
        assert all(lines[n - 1].strip().startswith(f"self.{name} ") for n in made)
        assert all(source.inner_lines[n] == (module, id) for n in made)
    classes = {line.split("(")[0].removeprefix("class ") for line in lines if line.startswith("class ")}
    assert {module for module, _ in source.inner_blocks} <= classes
    assert not source.inner_lines.keys() & source.lines.keys()
