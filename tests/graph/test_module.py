"""Modules: definitions with exposed hyperparameters, instances with values of their own, repeats, nesting."""

import pytest

from graph import Network, analyze
from graph.module import Exposed, ModuleError, define


def bottleneck(network):
    """ResNet's bottleneck with a projection on the shortcut."""
    module = define(network, "Bottleneck", (Exposed("channels", 64), Exposed("stride", 1)))
    inner = module.network
    x = inner.add("Input", name="x", shape=(64, 56, 56))
    conv1 = inner.add("Conv2d", name="conv1", out_channels="=channels", kernel_size=1, bias=False)
    conv2 = inner.add(
        "Conv2d", name="conv2", out_channels="=channels", kernel_size=3, stride="=stride", padding=1, bias=False
    )
    conv3 = inner.add("Conv2d", name="conv3", out_channels="=4*channels", kernel_size=1, bias=False)
    shortcut = inner.add(
        "Conv2d", name="shortcut", out_channels="=4*channels", kernel_size=1, stride="=stride", bias=False
    )
    join = inner.add("Add", name="add")
    output = inner.add("Output", name="y")
    for a, b in ((x, conv1), (conv1, conv2), (conv2, conv3), (conv3, join), (x, shortcut), (shortcut, join)):
        inner.connect(a, b)
    inner.connect(join, output)
    return module


def placed(**values):
    net = Network("Net")
    bottleneck(net)
    image = net.add("Input", name="image", shape=(64, 56, 56))
    block = net.add("Bottleneck", name="block", **values)
    net.connect(image, block)
    return net


def weights(inside, channels, outside):
    return inside * channels + 9 * channels * channels + channels * outside + inside * outside


def test_a_place_has_its_own_values():
    found = analyze(placed(channels=32, stride=2))
    assert found.ok
    assert found.output("block").shape == ("N", 128, 28, 28)
    assert found.parameters("block") == weights(64, 32, 128)
    assert analyze(placed()).output("block").shape == ("N", 256, 56, 56)


def test_repeats_feed_the_output_back():
    found = analyze(placed(channels=16, repeat=3, first="stride=2"))
    assert found.output("block").shape == ("N", 64, 28, 28)
    assert found.parameters("block") == 3 * weights(64, 16, 64)
    macs = [16 * 64 * 56 * 56 + (9 * 16 * 16 + 16 * 64 + 64 * 64) * 28 * 28]
    macs += [(16 * 64 + 9 * 16 * 16 + 16 * 64 + 64 * 64) * 28 * 28] * 2
    assert found.macs("block") == sum(macs)
    names = [name for name, _ in found.inferred("block").weights]
    assert names[0] == "0.conv1.weight" and names[-1] == "2.shortcut.weight" and len(names) == 12


def test_none_is_as_if_it_were_not_there():
    found = analyze(placed(repeat=0))
    assert found.output("block").shape == ("N", 64, 56, 56) and found.parameters("block") == 0


def test_an_edit_inside_is_seen_at_every_place():
    net = placed(channels=32)
    assert analyze(net).parameters("block") == weights(64, 32, 128)
    inner = net.modules["Bottleneck"].network
    inner.set("conv3", out_channels="=2*channels")
    inner.set("shortcut", out_channels="=2*channels")
    assert analyze(net).output("block").shape == ("N", 64, 56, 56)


def test_what_is_wrong_inside_is_said_at_the_place():
    net = placed(channels=32)
    net.modules["Bottleneck"].network.set("conv3", out_channels="=3*channels")
    (problem,) = [p for p in analyze(net).problems if p.severity == "error"]
    assert problem.block == net.block("block").id
    assert problem.text.startswith("add inside: ") and "96" in problem.text and "128" in problem.text


def test_an_expression_without_a_right_value_names_itself():
    net = placed(channels=32)
    net.modules["Bottleneck"].network.set("conv1", out_channels="=channels - 32")
    (problem,) = [p for p in analyze(net).problems if p.severity == "error"]
    assert "conv1 inside: out_channels =channels - 32: out_channels must be" in problem.text
    net.modules["Bottleneck"].network.set("conv1", out_channels="=width")
    assert "width is not exposed" in analyze(net).problems[0].text


def test_modules_nest():
    net = Network("Net")
    bottleneck(net)
    stage = define(net, "Stage", (Exposed("channels", 64), Exposed("blocks", 3), Exposed("stride", 2)))
    inner = stage.network
    x = inner.add("Input", name="x", shape=(64, 56, 56))
    first = inner.add("Bottleneck", name="first", channels="=channels", stride="=stride")
    rest = inner.add("Bottleneck", name="rest", channels="=channels", repeat="=blocks - 1")
    y = inner.add("Output", name="y")
    for a, b in ((x, first), (first, rest), (rest, y)):
        inner.connect(a, b)
    image = net.add("Input", name="image", shape=(64, 56, 56))
    block = net.add("Stage", name="stage", channels=32, blocks=4)
    net.connect(image, block)
    found = analyze(net)
    assert found.output(block).shape == ("N", 128, 28, 28)
    assert found.parameters(block) == weights(64, 32, 128) + 3 * weights(128, 32, 128)


def test_a_module_never_holds_itself():
    net = Network("Net")
    inner = define(net, "Outer").network
    deeper = define(net, "Inner").network
    inner.add("Inner")
    with pytest.raises(ModuleError, match="Inner is part of Outer"):
        deeper.add("Outer")
    with pytest.raises(ModuleError, match="cannot hold itself"):
        inner.add("Outer")


def test_only_one_way_through_can_repeat():
    net = Network("Net")
    inner = define(net, "Two").network
    a, b = inner.add("Input", name="a", shape=(3,)), inner.add("Input", name="b", shape=(3,))
    join, y = inner.add("Add"), inner.add("Output", name="y")
    inner.connect(a, join)
    inner.connect(b, join)
    inner.connect(join, y)
    image = net.add("Input", name="image", shape=(3,))
    two = net.add("Two", name="two", repeat=2)
    net.connect(image, two, input="a")
    net.connect(image, two, input="b")
    assert "only a module with one input and one output can repeat" in analyze(net).problems[0].text
    net.set(two, repeat=1)
    assert analyze(net).ok and analyze(net).output(two).shape == ("N", 3)


@pytest.mark.parametrize("name", ["bottleneck", "Conv2d", "My Block", "", "É", "A" * 50, None])
def test_names_of_modules(name):
    with pytest.raises(ModuleError):
        define(Network("Net"), name)


@pytest.mark.parametrize(
    "exposed",
    [(Exposed("Width", 1),), (Exposed("repeat", 1),), (Exposed("a", 1), Exposed("a", 2)), (Exposed("a", None),),
     (Exposed("a", float("nan")),), (Exposed("a", 10**12),), (Exposed("class", 1),)],
)  # fmt: skip
def test_what_cannot_be_exposed(exposed):
    with pytest.raises(ModuleError):
        define(Network("Net"), "Block", exposed)


@pytest.mark.parametrize("first", ["stride", "stride=", "stride=2/3", "stride=f(2)", "=2", 7, "a=1" * 100])
def test_first_is_settings(first):
    from graph.hyperparameter import HyperparameterError

    with pytest.raises(HyperparameterError):
        placed(first=first)


def test_first_names_what_is_exposed():
    (problem,) = [p for p in analyze(placed(first="width=2")).problems if p.severity == "error"]
    assert problem.text.startswith("First: ") or "width" in problem.text
