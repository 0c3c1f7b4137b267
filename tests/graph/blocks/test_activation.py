"""Activations: the shape stays, nothing is learned, whole numbers only where torch takes them."""

import math

import pytest
import torch
from torch import nn

from graph import registry
from graph.block_type import ShapeError
from graph.blocks import activation
from graph.dim import N, symbol
from graph.tensor_type import TensorType

T = symbol("T")
ALL = [declared.__name__ for declared in activation.BLOCK_TYPES]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("input", [(10,), (6, 28, T), ()])
def test_the_shape_stays(infer, name, input):
    inferred = infer(name, input)
    assert inferred.outputs["output"] == TensorType((N, *input))
    assert inferred.parameters == inferred.macs == 0


@pytest.mark.parametrize("name", [name for name in ALL if "Softmax" not in name and name != "GELU"])
def test_the_formula_is_what_torch_computes(explain, name):
    formula = explain(name, (1,))["each value"].split(", and")[0]
    for x in (-4.0, -0.7, 0.0, 0.3, 2.5):
        value, _, otherwise = formula.partition(" where x > 0, else ")
        known = {"x": x, "exp": math.exp, "log": math.log}
        ours = eval(value if not otherwise or x > 0 else otherwise, known)
        assert ours == pytest.approx(getattr(nn, name)()(torch.tensor(x)).item(), abs=1e-6)


def test_softmax_runs_along_the_last_dimension_and_says_so():
    softmax = registry.block_type("Softmax")
    inputs = {"input": TensorType((N, 6, 10))}
    call = softmax.module(softmax.complete({}), inputs, None)
    assert (call.function, call.kwargs) == ("nn.Softmax", {"dim": -1})


def test_softmax_along_what_is_not_there(infer):
    with pytest.raises(ShapeError, match=r"dim 3 is no dimension of N x 6 x 10: it has 3, counted -3 to 2"):
        infer("Softmax", (6, 10), dim=3)
    assert infer("LogSoftmax", (6, 10), dim=0).warnings[0][0] == "batch"


def test_whole_numbers(infer):
    assert infer("ReLU", (4,), "int64").outputs["output"].dtype == "int64"
    assert infer("Sigmoid", (4,), "bool").outputs["output"].dtype == "float32"
    with pytest.raises(ShapeError, match="GELU computes with float32, but gets int64"):
        infer("GELU", (4,), "int64")
