"""The worked examples of five lectures, computed by networks drawn block by block, with their kernels set as weights.

`lecture_vectors.json` holds what is right (`expected`) and what the lecture prints; where the two differ we follow the
former. Every vector of the kinds below is computed, none is left out: the last test counts them.
"""

import json
import math
import re
from collections import Counter
from pathlib import Path

import pytest
import torch

from backend import compile_network
from graph import Network, analyze

VECTORS = json.loads((Path(__file__).parent / "lecture_vectors.json").read_text())["vectors"]
HERE = {
    "conv2d": 22,
    "pool2d": 7,
    "pipeline": 1,
    "param_count": 16,
    "shape_inference": 4,
    "output_size": 12,
    "input_size": 4,
    "activation": 8,
    "rnn_forward": 1,
}
ACTIVATIONS = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid", "softmax": "Softmax", "leaky_relu": "LeakyReLU"}
POOLS = {
    "maxpool2d": "MaxPool2d",
    "avgpool2d": "AvgPool2d",
    "max": "MaxPool2d",
    "average": "AvgPool2d",
    "min": "MinPool2d",
}


def vectors(kind):
    return [pytest.param(v, id=v["id"]) for v in VECTORS if v["kind"] == kind]


class Drawing:
    """A chain of blocks with the weights some of them are given."""

    def __init__(self, shape):
        self.network = Network("Lecture")
        self.last = self.network.add("Input", name="image", shape=tuple(shape))
        self.blocks = [self.last]
        self.weights = {}

    def add(self, type, **values):
        block = self.network.add(type, **values)
        self.network.connect(self.last, block)
        self.blocks.append(block)
        self.last = block
        return block

    def convolve(self, kernel, bias=0, **values):
        """A convolution of one channel with the lecture's kernel, and a bias where it has one."""
        size = (len(kernel), len(kernel[0]))
        block = self.add("Conv2d", out_channels=1, kernel_size=size, bias=bool(bias), **_pairs(values))
        self.weights[f"{block.name}.weight"] = torch.tensor([[kernel]], dtype=torch.float64)
        if bias:
            self.weights[f"{block.name}.bias"] = torch.tensor([bias], dtype=torch.float64)

    def analysis(self):
        return analyze(self.network)

    def module(self):
        """The compiled network in double precision, with the weights of the lecture and no others."""
        self.network.connect(self.last, self.network.add("Output"))
        module = compile_network(self.network).double()
        module.load_state_dict(self.weights)
        return module

    def run(self, image):
        """What the network makes of a single image without channels, as nested lists; the shape was foreseen."""
        foreseen = self.analysis().output(self.last).shape
        data = torch.tensor(image, dtype=torch.float64)[None, None]
        result = self.module()(data)
        assert tuple(result.shape) == (1, *foreseen[1:])
        return result[0, 0]


def _pairs(values):
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def check(result, vector, expected=None):
    expected = vector["expected"] if expected is None else expected
    right = torch.tensor(expected, dtype=torch.float64)
    torch.testing.assert_close(result, right, rtol=1e-10, atol=1e-11)
    says = vector["lecture_says"]
    if not vector["agrees"] and isinstance(says, list):
        printed = torch.tensor(says, dtype=torch.float64)
        assert printed.shape != result.shape or not torch.allclose(result, printed)


@pytest.mark.parametrize("vector", vectors("conv2d"))
def test_convolution(vector):
    given = vector["inputs"]
    image, padding, mode = given["image"], given["padding"], given["padding_mode"]
    drawing = Drawing((1, len(image), len(image[0])))
    if given["padding_value"]:  # a Conv2d pads with zeros: another value is a block of its own
        top, left = padding
        drawing.add("ConstantPad2d", padding=(left, left, top, top), value=float(given["padding_value"]))
        padding = [0, 0]
    drawing.convolve(
        given["kernel"],
        given["bias"],
        stride=given["stride"],
        padding=padding,
        dilation=given["dilation"],
        padding_mode="zeros" if mode == "constant" else mode,
    )
    check(drawing.run(image), vector)


def test_a_true_convolution_would_be_something_else():
    by_id = {vector["id"]: vector for vector in VECTORS}
    turned, lecture = by_id["000-L145-trueconv"], by_id["000-L145-conv5x5"]
    rotated = [row[::-1] for row in lecture["inputs"]["kernel"][::-1]]
    assert turned["inputs"]["kernel"] == rotated and turned["expected"] != lecture["expected"]


@pytest.mark.parametrize("vector", vectors("pool2d"))
def test_pooling(vector):
    given = vector["inputs"]
    image = given["image"]
    drawing = Drawing((1, len(image), len(image[0])))
    values = _pairs({name: given[name] for name in ("stride", "padding", "ceil_mode")})
    drawing.add(POOLS[given["op"]], kernel_size=tuple(given["kernel"]), **values)
    check(drawing.run(image), vector)


@pytest.mark.parametrize("vector", vectors("pipeline"))
def test_pipeline(vector):
    image = vector["inputs"]["image"]
    drawing = Drawing((1, len(image), len(image[0])))
    for layer in vector["inputs"]["layers"]:
        if layer["op"] == "conv2d":
            drawing.convolve(layer["kernel"], stride=layer["stride"], padding=layer["padding"])
        elif layer["op"] in POOLS:
            drawing.add(POOLS[layer["op"]], kernel_size=tuple(layer["kernel"]), stride=tuple(layer["stride"]))
        else:
            drawing.add(ACTIVATIONS[layer["op"]])
    check(drawing.run(image), vector, vector["expected"]["output"])


def layered(layers, shape, bias):
    """The chain a vector describes; `shape` without the batch."""
    drawing = Drawing(shape)
    for layer in layers:
        op = layer["op"]
        if op == "conv2d":
            sizes = {"kernel_size": layer["kernel"], "stride": layer["stride"], "padding": layer["padding"]}
            drawing.add("Conv2d", out_channels=layer["out_channels"], bias=bias, **_pairs(sizes))
        elif op == "dense":
            drawing.add("Linear", out_features=layer["out_features"], bias=bias)
        elif op in POOLS:
            sizes = {"kernel_size": layer["kernel"], "stride": layer["stride"], "padding": layer.get("padding", 0)}
            drawing.add(POOLS[op], **_pairs(sizes))
        elif op in ("SimpleRNN", "GRU"):
            drawing.add({"SimpleRNN": "RNN"}.get(op, op), hidden_size=layer["hidden_size"], bias=bias)
        else:
            drawing.add({"flatten": "Flatten"}.get(op) or ACTIVATIONS[op])
    return drawing


def check_layers(vector):
    """Counts and shapes layer by layer, with and without biases, and the compiled module's own count."""
    expected, given = vector["expected"], vector["inputs"]
    for bias, key in ((True, "with_bias"), (False, "without_bias")):
        drawing = layered(given["layers"], given["input_shape"], bias)
        analysis = drawing.analysis()
        assert [analysis.output(block).shape[1:] for block in drawing.blocks] == [tuple(s) for s in expected["shapes"]]
        assert [analysis.parameters(block) for block in drawing.blocks[1:]] == expected[f"per_layer_{key}"]
        assert analysis.total_parameters == expected[key]
        drawing.network.connect(drawing.last, drawing.network.add("Output"))
        assert sum(p.numel() for p in compile_network(drawing.network).parameters()) == expected[key]
        says = vector["lecture_says"] or {}
        assert vector["agrees"] or key not in says or says[key] != analysis.total_parameters


@pytest.mark.parametrize("vector", vectors("param_count"))
def test_parameter_counts(vector):
    given, expected = vector["inputs"], vector["expected"]
    if "old" in given:  # a classification head replaced by a smaller one
        for part in ("old", "new"):
            drawing = layered(given[part], (given[part][0]["in_features"],), True)
            assert drawing.analysis().total_parameters == expected[f"{part}_head"]
    elif "torch_with_two_biases" in expected:
        check_recurrent_counts(given["layers"][0], expected)
    else:
        check_layers(vector)


def check_recurrent_counts(layer, expected):
    """torch keeps two bias vectors where the lecture draws one; the arithmetic shown says so."""
    shape, hidden = ("T", layer["input_size"]), layer["hidden_size"]
    drawing = layered([layer], shape, True)
    analysis = drawing.analysis()
    assert analysis.total_parameters == expected["torch_with_two_biases"]
    assert layered([layer], shape, False).analysis().total_parameters == expected["without_bias"]
    one_bias = (expected["torch_with_two_biases"] + expected["without_bias"]) // 2
    assert one_bias == expected["one_bias_vector_formula"]
    arithmetic = dict(analysis.explain(drawing.last))["parameters"]
    assert re.search(rf" \+ 2\*(3\*)?{hidden} =", arithmetic) and arithmetic.endswith(
        f"= {analysis.total_parameters:,}"
    )


@pytest.mark.parametrize("vector", vectors("shape_inference"))
def test_shapes(vector):
    expected = vector["expected"]
    if "flatten" not in expected:
        check_layers(vector)
        return
    drawing = layered(vector["inputs"]["layers"], vector["inputs"]["input_shape"], True)
    analysis = drawing.analysis()
    flatten = next(block for block in drawing.blocks if block.type == "Flatten")
    assert analysis.output(flatten).shape == ("N", expected["flatten"])
    assert analysis.inputs(flatten)["input"].shape == ("N", *expected["before"])


@pytest.mark.parametrize("type", ["Conv2d", "MaxPool2d"])
@pytest.mark.parametrize("vector", vectors("output_size"))
def test_output_sizes(vector, type):
    given, expected = vector["inputs"], vector["expected"]
    drawing = Drawing((1, *given["input"]))
    values = _pairs({name: given[name] for name in ("stride", "padding", "dilation")})
    if type == "Conv2d":
        values["out_channels"] = 1
    block = drawing.add(type, kernel_size=tuple(given["kernel"]), **values)
    analysis = drawing.analysis()
    height, width = analysis.output(block).shape[2:]
    assert [height, width] == expected["output"]
    size, kernel, stride, padding = (given[name][0] for name in ("input", "kernel", "stride", "padding"))
    shown = dict(analysis.explain(block))["height"]
    assert shown == f"floor(({size} + 2*{padding} - {kernel})/{stride}) + 1 = {height}"
    if "smaller_by_factor_5_exactly" in expected:
        assert (height * 5 == size) == expected["smaller_by_factor_5_exactly"]
    assert drawing.network and tuple(compile_with_output(drawing)(torch.zeros(1, 1, *given["input"])).shape[2:]) == (
        height,
        width,
    )


def compile_with_output(drawing):
    drawing.network.connect(drawing.last, drawing.network.add("Output"))
    return compile_network(drawing.network)


@pytest.mark.parametrize("vector", vectors("input_size"))
def test_input_sizes(vector):
    drawing = Drawing(vector["inputs"]["shape"])
    drawing.add("Flatten")
    assert drawing.analysis().output(drawing.last).shape == ("N", vector["expected"]["n"])


@pytest.mark.parametrize("vector", vectors("activation"))
def test_activations(vector):
    given, expected = vector["inputs"], vector["expected"]
    numbers = given["z"] if isinstance(given["z"], list) else [given["z"]]
    drawing = Drawing((len(numbers),))
    slope = given.get("negative_slope")
    drawing.add(ACTIVATIONS[given["fn"]], **({"negative_slope": slope} if isinstance(slope, float) else {}))
    z = torch.tensor([numbers], dtype=torch.float64, requires_grad=True)
    value = compile_with_output(drawing).double()(z)
    if "sum" in expected:
        assert math.isclose(value.sum().item(), expected["sum"], rel_tol=1e-12)
    check(value[0].detach(), vector, as_list(expected["value"]))
    if "derivative" in expected:
        (slope,) = torch.autograd.grad(value.sum(), z)
        check(slope[0], vector, as_list(expected["derivative"]))


def as_list(value):
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("vector", vectors("rnn_forward"))
def test_recurrent_steps(vector):
    given, expected = vector["inputs"], vector["expected"]
    net = Network("Carry")
    sequence = net.add("Input", name="sequence", shape=("T", 1))
    lstm = net.add(given["kind"], name="lstm", hidden_size=1)
    net.connect(sequence, lstm)
    for port in ("output", "h_n", "c_n"):
        net.connect(lstm, net.add("Output", name=port), output=port)
    module = compile_network(net).double()
    column = {name: torch.tensor(given[name], dtype=torch.float64)[:, None] for name in ("weight_ih", "weight_hh")}
    module.load_state_dict(
        {
            "lstm.weight_ih_l0": column["weight_ih"],
            "lstm.weight_hh_l0": column["weight_hh"],
            "lstm.bias_ih_l0": torch.tensor(given["bias"], dtype=torch.float64),
            "lstm.bias_hh_l0": torch.zeros(4, dtype=torch.float64),
        }
    )
    steps = torch.tensor(given["sequence"], dtype=torch.float64)[None, :, None]
    outputs, h_n, c_n = (value.detach().flatten() for value in module(steps))
    check(outputs, vector, expected["outputs"])
    check(h_n, vector, [expected["final_h"]])
    check(c_n, vector, [expected["final_carry_c"]])


def test_all_vectors_of_these_kinds_are_computed(request):
    """75 of 75, each by the block the lecture means."""
    there = Counter(vector["kind"] for vector in VECTORS)
    assert {kind: there[kind] for kind in HERE} == HERE
    assert sum(HERE.values()) == 75
    assert all(v["inputs"]["op"] in POOLS for v in VECTORS if v["kind"] == "pool2d")
    slips = [v["id"] for v in VECTORS if v["kind"] in HERE and not v["agrees"]]
    print("\n" + ", ".join(f"{kind} {count} of {count}" for kind, count in HERE.items()) + f"; lecture slips: {slips}")
