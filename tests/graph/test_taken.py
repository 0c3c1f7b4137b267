"""What layers take from their input has torch's names, and torch really has those arguments at those places."""

import inspect

import pytest
from torch import nn

from graph import Network, analyze, registry
from graph.taken import names, taken


@pytest.mark.parametrize("declared", [d for d in registry.all_types() if names(d)], ids=lambda d: d.name)
def test_torch_has_these_arguments(declared):
    arguments = list(inspect.signature(getattr(nn, declared.name).__init__).parameters)
    if "args" in arguments:  # the recurrent layers pass theirs on
        arguments = list(inspect.signature(nn.RNNBase.__init__).parameters)
    assert set(names(declared)) <= set(arguments)
    assert not set(names(declared)) & {h.name for h in declared.hyperparameters}


@pytest.mark.parametrize(
    ("type", "shape", "values", "expected"),
    [
        ("Conv2d", (3, 8, 8), {"out_channels": 4, "kernel_size": 3}, [("in_channels", 3)]),
        ("ConvTranspose1d", (5, 8), {"out_channels": 4, "kernel_size": 3}, [("in_channels", 5)]),
        ("Linear", (7,), {"out_features": 2}, [("in_features", 7)]),
        ("GroupNorm", (6, 4, 4), {"num_groups": 3}, [("num_channels", 6)]),
        ("LSTM", ("T", 9), {"hidden_size": 4}, [("input_size", 9)]),
        ("ReLU", (3,), {}, []),
    ],
)
def test_their_values_come_from_the_input(type, shape, values, expected):
    net = Network("Net")
    net.add("Input", name="x", shape=shape)
    block = net.add(type, name="layer", **values)
    net.connect("x", block)
    found = analyze(net)
    told = taken(net.type_of(block), net.values(block), found.inputs(block), found.inferred(block))
    assert list(told) == expected
