"""Losses of values and margins, and metrics: which tensors go together, and what is written of them."""

import pytest
import torch
from torch.nn import functional as F

from backend import generate_source
from graph import Network, registry
from graph.block_type import ShapeError
from graph.dim import N, symbol
from graph.tensor_type import TensorType

T = symbol("T")
LABEL, FLOATS = "int64", "float32"


def ports(name, *shapes, kinds=()):
    names = [port.name for port in registry.block_type(name).inputs]
    kinds = kinds or (FLOATS,) * len(names)
    return {port: TensorType((N, *s), kind) for port, s, kind in zip(names, shapes, kinds, strict=True)}


@pytest.mark.parametrize(
    ("name", "values", "shapes", "kinds", "output"),
    [
        ("HuberLoss", {"delta": 2.0}, [(3,), (3,)], (), ()),
        ("HuberLoss", {"reduction": "none"}, [(T,), (T,)], (), (N, T)),
        ("KLDivLoss", {"reduction": "batchmean"}, [(10,), (10,)], (), ()),
        ("PoissonNLLLoss", {}, [(1,), (1,)], (FLOATS, LABEL), ()),
        ("GaussianNLLLoss", {"reduction": "none"}, [(3, 4), (3, 4), (3, 1)], (), (N, 3, 4)),
        ("GaussianNLLLoss", {"reduction": "none"}, [(3, 4), (3, 4), (3,)], (), (N, 3, 4)),
        ("SoftMarginLoss", {}, [(1,), (1,)], (FLOATS, LABEL), ()),
        ("MultiLabelSoftMarginLoss", {"reduction": "none"}, [(5,), (5,)], (), (N,)),
        ("HingeEmbeddingLoss", {}, [(1,), (1,)], (), ()),
        ("MultiMarginLoss", {"p": 2}, [(5,), ()], (FLOATS, LABEL), ()),
        ("MultiLabelMarginLoss", {"reduction": "none"}, [(5,), (5,)], (FLOATS, LABEL), (N,)),
        ("MarginRankingLoss", {"margin": 0.5}, [(), (), ()], (), ()),
        ("CosineEmbeddingLoss", {"reduction": "none"}, [(8,), (8,), ()], (), (N,)),
        ("TripletMarginLoss", {"reduction": "none"}, [(T, 8)] * 3, (), (N, T)),
        ("TopKAccuracy", {}, [(10,), ()], (FLOATS, LABEL), ()),
        ("MeanAbsoluteError", {}, [(3,), (3,)], (), ()),
        ("MeanSquaredError", {}, [(3, T), (3, T)], (), ()),
    ],
)
def test_what_goes_together(infer, name, values, shapes, kinds, output):
    (found,) = infer(name, ports(name, *shapes, kinds=kinds), **values).outputs.values()
    assert found == TensorType(output)


@pytest.mark.parametrize(
    ("name", "shapes", "kinds", "code", "port", "text"),
    [
        ("HuberLoss", [(3,), (3,)], (FLOATS, LABEL), "dtype", "target", "alike, here float32"),
        ("KLDivLoss", [(3,), (3,)], (FLOATS, LABEL), "dtype", "target", "probabilities in float32"),
        ("GaussianNLLLoss", [(3,), (3,), (2,)], (), "target_shape", "var", "the var must be N x 3"),
        ("MultiLabelSoftMarginLoss", [(), ()], (), "rank", "input", "needs scores N x classes"),
        ("MultiMarginLoss", [(5,), ()], (), "dtype", "target", "class numbers in int64"),
        ("MultiMarginLoss", [(5, 2), (2,)], (FLOATS, LABEL), "rank", "input", "needs scores N x classes"),
        ("MultiLabelMarginLoss", [(5,), (4,)], (FLOATS, LABEL), "target_shape", "target", "must be N x 5"),
        ("MarginRankingLoss", [(1,), (), ()], (), "target_shape", "input2", "the input2 must be N x 1"),
        ("CosineEmbeddingLoss", [(8,), (8,), (1,)], (), "target_shape", "target", "one target each, N"),
        ("TripletMarginLoss", [(8,), (8,), (9,)], (), "target_shape", "negative", "the negative must be N x 8"),
        ("TripletMarginLoss", [(8,), (T,), (8,)], (), "open", "positive", "is open"),
        ("TopKAccuracy", [(4,), ()], (FLOATS, LABEL), "classes", "input", "no top 5 of 4 classes"),
        ("TopKAccuracy", [(4,), (4,)], (), "dtype", "target", "class numbers"),
        ("MeanAbsoluteError", [(4,), ()], (), "target_shape", "target", "must be N x 4"),
    ],
)
def test_what_does_not_go_together(infer, name, shapes, kinds, code, port, text):
    with pytest.raises(ShapeError) as caught:
        infer(name, ports(name, *shapes, kinds=kinds))
    assert (caught.value.code, caught.value.port) == (code, port)
    assert text in caught.value.text


def test_the_mean_of_a_divergence_is_doubted(infer):
    assert infer("KLDivLoss", ports("KLDivLoss", (3,), (3,))).warnings[0][0] == "kl_mean"
    assert not infer("KLDivLoss", ports("KLDivLoss", (3,), (3,)), reduction="batchmean").warnings


def written(name, shapes, kinds=(), **values):
    """The objective of a network that compares Inputs with each other."""
    net = Network("Judge")
    block = net.add(name, name="judge", **values)
    for port, tensor in ports(name, *shapes, kinds=kinds).items():
        net.connect(net.add("Input", name=port, shape=tensor.dims[1:], dtype=tensor.dtype), block, input=port)
    answer = net.add("Linear", name="fc", out_features=2)
    net.connect(net.add("Input", name="image", shape=(3,)), answer)
    net.connect(answer, net.add("Output", name="out"))
    text = generate_source(net).text
    return next(line.strip() for line in text.split("\n") if line.strip().startswith(("loss = ", "judge = ")))


def test_expressions_name_every_input_and_only_what_differs_from_torch():
    assert written("TripletMarginLoss", [(8,)] * 3, swap=True) == (
        "loss = F.triplet_margin_loss(anchor, positive, negative, swap=True)"
    )
    assert written("GaussianNLLLoss", [(3,)] * 3) == "loss = F.gaussian_nll_loss(x, target, var)"
    assert written("TopKAccuracy", [(10,), ()], (FLOATS, LABEL)) == (
        "judge = (x.topk(5, dim=1).indices == target.unsqueeze(1)).any(dim=1).float().mean()"
    )


def test_the_top_k_hold_the_right_class():
    scores = torch.tensor([[3.0, 2, 1, 0], [0, 1, 2, 3], [0, 3, 1, 2]])
    expression = "(x.topk(2, dim=1).indices == y.unsqueeze(1)).any(dim=1).float().mean()"
    declared = registry.block_type("TopKAccuracy")

    class Here:
        values = {"k": 2}  # noqa: RUF012

        one = staticmethod(lambda port: {"input": "x", "target": "y"}[port])

    assert declared.forward(Here) == expression
    found = eval(expression, {"x": scores, "y": torch.tensor([1, 0, 3]), "F": F})
    assert found.item() == pytest.approx(2 / 3)
