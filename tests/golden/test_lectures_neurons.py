"""Neurons and small networks of them, with the lectures' weights typed into their blocks."""

import itertools
import json
from pathlib import Path

import pytest
import torch

from backend import compile_network
from graph import Document, Network
from graph.edits import SetProperty

VECTORS = json.loads((Path(__file__).parent / "lecture_vectors.json").read_text())["vectors"]
HERE = ("neuron", "neuron_network", "capability", "property")
BENDS = {"torch.sign": "Sign", "step(z>0)->1 else 0": "Step", "sigmoid": "Sigmoid"}


def vectors(kind):
    return [pytest.param(v, id=v["id"]) for v in VECTORS if v["kind"] == kind]


class Chain:
    """Blocks behind one another, their weights typed in by hand; every one of them is an output, too."""

    def __init__(self, features):
        self.document = Document(Network("Lecture"))
        self.network = self.document.network
        self.last = self.network.add("Input", name="x", shape=(features,))
        self.outputs = []

    def linear(self, weight, bias):
        block = self.add("Linear", out_features=len(weight), bias=bias is not None)
        typed = {"weight": weight} if bias is None else {"weight": weight, "bias": bias}
        self.document.do(SetProperty((block.id,), "weights", typed))
        return block

    def add(self, type, **values):
        block = self.network.add(type, **values)
        self.network.connect(self.last, block)
        self.last = block
        self.outputs.append(block)
        return block

    def run(self, rows):
        """What every block makes of these samples, in order."""
        for block in self.outputs:
            self.network.connect(block, self.network.add("Output"))
        module = compile_network(self.network).double()
        found = module(torch.tensor(rows, dtype=torch.float64))
        return found if isinstance(found, tuple) else (found,)


@pytest.mark.parametrize("vector", vectors("neuron"))
def test_neuron(vector):
    given, expected = vector["inputs"], vector["expected"]
    chain = Chain(len(given["x"]))
    chain.linear([given["weights"]], [given["bias"]])
    chain.add(BENDS[given["activation"]])
    net, out = (value.item() for value in chain.run([given["x"]]))
    assert net == pytest.approx(expected.get("net", expected.get("z")))
    assert out == pytest.approx(expected.get("out", expected.get("y")), rel=1e-9)


@pytest.mark.parametrize("vector", vectors("neuron_network"))
def test_network_of_neurons(vector):
    given, expected = vector["inputs"], vector["expected"]
    hidden, output = given["network"]["hidden"], given["network"]["output"]
    chain = Chain(2)
    chain.linear([neuron["weights"] for neuron in hidden], [neuron["bias"] for neuron in hidden])
    chain.add(BENDS[given["activation"]])
    chain.linear([output["weights"]], [output["bias"]])
    chain.add(BENDS[given["activation"]])
    before, inside, behind, y = (value.flatten().tolist() for value in chain.run([given["x"]]))
    assert inside == [expected["v1"], expected["v2"]] and y == [expected["y"]]
    if "pre" in expected:
        assert [*before, *behind] == expected["pre"]
    says = vector["lecture_says"] or {}
    assert vector["agrees"] or says["y"] != y[0]


@pytest.mark.parametrize("vector", vectors("capability"))
def test_one_threshold_unit_cannot_be_xor(vector):
    """Every line through a fine grid of weights: three of four points at best."""
    expected = vector["expected"]
    points = [[0, 0], [0, 1], [1, 0], [1, 1]]
    grid = [w / 2 for w in range(-5, 6)]
    rows = list(itertools.product(grid, grid, grid))
    chain = Chain(2)
    chain.linear([[a, b] for a, b, _ in rows], [bias for _, _, bias in rows])  # each output another unit
    chain.add("Step")
    answers = chain.run(points)[-1]
    best = int((answers == torch.tensor([0.0, 1.0, 1.0, 0.0])[:, None]).sum(0).max())
    assert best == expected["best_correct_of_4"] and (best == 4) == expected["can_represent"]


def by_id(id):
    return next(v for v in VECTORS if v["id"] == id)


def test_linear_layers_collapse_into_one():
    vector = by_id("004-L297-linear-collapse")
    given, expected = vector["inputs"], vector["expected"]
    two = Chain(2)
    two.linear(given["W1"], None)
    two.linear(given["W2"], None)
    product = (torch.tensor(given["W2"]) @ torch.tensor(given["W1"])).tolist()
    one = Chain(2)
    one.linear(product, None)
    assert two.run([given["x"]])[-1].flatten().tolist() == expected["two_layers"]
    assert one.run([given["x"]])[-1].flatten().tolist() == expected["one_layer"]


def test_softmax_always_sums_to_one():
    vector = by_id("004-L3250-probsum")
    chain = Chain(2)
    chain.add("Softmax", dim=1)
    (shares,) = chain.run(vector["inputs"]["logits"])
    assert shares.sum(1).tolist() == pytest.approx(vector["expected"]["sums"])


def test_weights_into_a_node_move_alike_when_all_its_inputs_are_positive():
    vector = by_id("002-L577-sign-pattern")
    chain = Chain(6)
    chain.linear([[0.3, -0.2, 0.5, -0.7, 0.1, 0.4]], [0.1])
    chain.add("Sigmoid")
    chain.network.connect(chain.last, chain.network.add("Output"))
    module = compile_network(chain.network)
    (module(torch.rand(1, 6) + 0.01) - 1).square().sum().backward()
    slopes = next(p.grad for name, p in module.named_parameters() if name.endswith("weight"))
    assert bool((slopes > 0).all() or (slopes < 0).all()) == vector["expected"]["all_weight_grads_same_sign"]


def test_pooling_forgives_a_small_shift_and_no_large_one():
    expected = by_id("003-L873-shift")["expected"]
    net = Network("Pool")
    net.connect(net.add("Input", name="x", shape=(1, 6, 6)), net.add("MaxPool2d", name="pool", kernel_size=2))
    net.connect("pool", net.add("Output"))
    module = compile_network(net)

    def pooled(row, column):
        image = torch.zeros(1, 1, 6, 6)
        image[0, 0, row, column] = 1
        return module(image)

    assert torch.equal(pooled(2, 2), pooled(3, 3)) == expected["shift1_same"]
    assert torch.equal(pooled(2, 2), pooled(4, 4)) == expected["shift2_same"]


def test_all_vectors_of_these_kinds_are_computed():
    assert [sum(v["kind"] == kind for v in VECTORS) for kind in HERE] == [11, 7, 1, 4]
    assert {v["id"] for v in VECTORS if v["kind"] == "property"} == {
        "004-L297-linear-collapse", "004-L3250-probsum", "002-L577-sign-pattern", "003-L873-shift",
    }  # fmt: skip
