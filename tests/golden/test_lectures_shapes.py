"""Windows one step at a time, receptive fields, whole architectures and their counts, and what is refused."""

import json
import random
from pathlib import Path

import pytest
import torch

from backend import compile_network
from graph import Document, Network, analyze
from graph.depth import depth_of
from graph.edits import SetProperty
from graph.hyperparameter import HyperparameterError
from graph.receptive_field import receptive_field

VECTORS = json.loads((Path(__file__).parent / "lecture_vectors.json").read_text())["vectors"]
OPS = {"maxpool2d": "MaxPool2d", "batchnorm2d": "BatchNorm2d", "globalavgpool": "AdaptiveAvgPool2d", "add": "Add",
       "flatten": "Flatten"}  # fmt: skip


def vectors(*kinds):
    return [pytest.param(v, id=v["id"]) for v in VECTORS if v["kind"] in kinds]


@pytest.mark.parametrize("vector", vectors("conv2d_step"))
def test_one_position_of_a_window(vector):
    given, expected = vector["inputs"], vector["expected"]
    deep = isinstance(given["image"][0][0], list)
    image, kernel = (x if deep else [x] for x in (given["image"], given["kernel"]))
    document = Document(Network("Window"))
    net = document.network
    x = net.add("Input", name="image", shape=(len(image), len(image[0]), len(image[0][0])))
    size, settings = len(kernel[0]), {"stride": tuple(given["stride"]), "padding": tuple(given["padding"])}
    conv = net.add("Conv2d", name="conv", out_channels=1, kernel_size=size, bias="bias" in given, **settings)
    typed = {"weight": [kernel]} | ({"bias": [given["bias"]]} if "bias" in given else {})
    document.do(SetProperty((conv.id,), "weights", typed))
    net.connect(x, conv)
    net.connect(conv, net.add("Output"))
    data = torch.tensor([image], dtype=torch.float32)
    if "first_n" in given:  # the first steps of the window, row by row
        assert compile_network(net)(data).flatten()[: given["first_n"]].tolist() == expected["values"]
        return
    row, column = given["position"]
    assert compile_network(net)(data)[0, 0, row, column].item() == expected["value"]
    rows, columns = receptive_field(net, analyze(net), conv).region((row, column))
    patch = data[0][:, rows.start : rows.stop, columns.start : columns.stop]
    if "patch" in expected:
        assert patch[0].tolist() == expected["patch"]
    if "per_channel" in expected:  # the same window with the kernel of one channel at a time
        for channel, value in enumerate(expected["per_channel"]):
            alone = [layer if i == channel else [[0] * size] * size for i, layer in enumerate(kernel)]
            document.do(SetProperty((conv.id,), "weights", {"weight": [alone], "bias": [0]}))
            assert compile_network(net)(data)[0, 0, row, column].item() == value


@pytest.mark.parametrize("vector", vectors("receptive_field"))
def test_receptive_fields(vector):
    given, expected = vector["inputs"], vector["expected"]
    height, width = given.get("input", (64, 64))
    net = Network("Sees")
    last = net.add("Input", name="image", shape=(1, height, width))
    for layer in given["layers"]:
        values = {"kernel_size": tuple(layer["kernel"]), "stride": tuple(layer["stride"])}
        block = net.add(*(("Conv2d",) if layer["op"] == "conv2d" else ("MaxPool2d",)), **values, **(
            {"out_channels": 1} if layer["op"] == "conv2d" else {}))  # fmt: skip
        net.connect(last, block)
        last = block
    field = receptive_field(net, analyze(net), last)
    assert list(field.size) == expected["size"] and field.stride == (expected["jump"],) * 2
    assert field.size[0] * field.size[1] == expected["pixels"]
    if "covers_whole_input" in expected:
        out = analyze(net).output(last).shape[2:]
        seen = {
            (y, x)
            for row in range(out[0])
            for column in range(out[1])
            for y in field.region((row, column))[0]
            for x in field.region((row, column))[1]
        }
        assert (len(seen) == height * width) == expected["covers_whole_input"]


def architecture(nodes, shape, bias):
    net = Network("Architecture")
    made = {"in": net.add("Input", name="image", shape=tuple(shape))}
    for node in nodes:
        op, values = node["op"], {}
        if op == "conv2d":
            values = {"out_channels": node["out_channels"], "groups": node.get("groups", 1)}
            values["bias"] = bias and node.get("bias", True)
        if op == "dense":
            values = {"out_features": node["out_features"], "bias": bias}
        if op == "globalavgpool":
            values = {"output_size": 1}
        if "kernel" in node:
            values["kernel_size"] = tuple(node["kernel"])
        values |= {name: tuple(node[name]) for name in ("stride", "padding") if name in node}
        type = {"conv2d": "Conv2d", "dense": "Linear"}.get(op) or OPS[op]
        made[node["id"]] = net.add(type, name=node["id"], **values)
        for source in node["inputs"]:
            net.connect(made[source], made[node["id"]])
    return net, made[nodes[-1]["id"]]


@pytest.mark.parametrize("vector", vectors("architecture"))
def test_architectures(vector):
    given, expected = vector["inputs"], vector["expected"]
    for bias in (True, False):
        net, last = architecture(given["nodes"], given["input_shape"], bias)
        analysis = analyze(net)
        assert analysis.total_parameters == expected["with_bias" if bias else "without_bias"]
    assert list(analysis.output(last).shape[1:]) == expected["output_shape"]
    assert depth_of(net, analysis).layers == expected["weighted_depth"]
    assert len(given["nodes"]) == expected["nodes"] == len(net.blocks) - 1
    assert round(expected["with_bias"] / 1e6) == expected["millions_rounded"]


@pytest.mark.parametrize("vector", vectors("arithmetic"))
def test_parameters_of_two_layers(vector):
    net = Network("Dense")
    x, first, second = (net.add("Input", shape=(320,)), net.add("Linear", out_features=84, bias=False),
                        net.add("Linear", out_features=10, bias=False))  # fmt: skip
    net.connect(x, first)
    net.connect(first, second)
    assert vector["inputs"]["expression"] == "320*84 + 84*10"
    assert analyze(net).total_parameters == vector["expected"]["value"]


@pytest.mark.parametrize("vector", vectors("validation"))
def test_what_cannot_be_is_refused(vector):
    given = vector["inputs"]
    assert vector["expected"]["valid"] is False
    with pytest.raises(HyperparameterError, match=r"stride must be .* at least 1"):
        Network("Stride").add(
            "Conv2d", out_channels=1, kernel_size=tuple(given["kernel"]), stride=tuple(given["stride"])
        )


@pytest.mark.parametrize("vector", vectors("uncertainty"))
def test_a_posterior_drawn_with_blocks(vector):
    """prior times likelihood, divided by their sum."""
    given = vector["inputs"]
    net = Network("Bayes")
    for name in ("prior", "likelihood"):
        net.add("Input", name=name, shape=(2,))
    both = net.add("Multiply", name="both")
    net.connect("prior", both)
    net.connect("likelihood", both)
    total = net.add("Sum", name="total", dim=1, keepdim=True)
    net.connect(both, total)
    share = net.add("Divide", name="posterior")
    net.connect(both, share, input="input")
    net.connect(total, share, input="other")
    net.connect(share, net.add("Output"))
    rows = [torch.tensor([given[name]], dtype=torch.float64) for name in ("prior", "likelihood")]
    assert compile_network(net)(*rows)[0].tolist() == pytest.approx(vector["expected"]["posterior"])


def test_the_counts_hold_for_any_drawing_order():
    """Blocks wired in another order are the same architecture."""
    vector = next(v for v in VECTORS if v["id"] == "000-L799-alexnet-60M")
    nodes = list(vector["inputs"]["nodes"])
    net, _ = architecture(nodes, vector["inputs"]["input_shape"], True)
    wires = list(net.wires.values())
    for wire in wires:
        net.remove_wire(wire.id)
    random.Random(0).shuffle(wires)
    for wire in wires:
        net.insert_wire(wire)
    assert analyze(net).total_parameters == vector["expected"]["with_bias"]
