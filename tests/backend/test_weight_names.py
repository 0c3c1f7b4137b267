"""The names and shapes told from a drawing are those torch gives the generated module, in its order."""

import pytest

import examples
from backend.compile import compile_program
from backend.source import generate_source
from backend.transfer import shapes
from backend.weight_names import all_weights, weights_by_block
from graph import Network, analyze, load_project
from graph.edits import SetProperty


def told(network, analysis, fields=()):
    return weights_by_block(network, analysis, generate_source(network, fields, analysis=analysis))


@pytest.mark.parametrize("name", ["googlenet", "resnet18", "lenet5"])
def test_networks_of_the_zoo(name):
    document = load_project(next(path for path in examples.zoo() if path.stem == name))
    found = all_weights(told(document.network, document.analysis, document.recipe.fields))
    module = compile_program(document.network, document.recipe.fields).module
    assert list(found.items()) == list(shapes(module.state_dict()).items())


def test_shared_tied_frozen_and_odd_layers():
    net = Network("Odd")
    last = net.add("Input", name="x", shape=(8, 6))
    first = None
    for kind, name, values in (
        ("Linear", "in", {"out_features": 6}),
        ("Linear", "again", {"out_features": 6}),
        ("Linear", "tied", {"out_features": 6, "bias": False}),
        ("LayerNorm", "norm", {"normalized_shape": (6,)}),
        ("BatchNorm1d", "plain", {"affine": False}),
        ("LSTM", "rnn", {"hidden_size": 5, "bidirectional": True}),
    ):
        block = net.add(kind, name=name, **values)
        net.connect(last, block)
        first, last = first or block, block
    net.connect(last, net.add("Output", name="y"))
    from graph import Document

    document = Document(net)
    document.do(SetProperty((net.block("again").id, net.block("tied").id), "reuses", first.id))
    document.do(SetProperty((first.id,), "frozen", True))
    by_block = told(net, analyze(net))
    module = compile_program(net).module
    assert all_weights(by_block) == shapes(module.state_dict())
    assert net.block("again").id not in by_block and net.block("tied").id in by_block
