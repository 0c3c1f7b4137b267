"""Pooling: sizes with and without ceil_mode, and the words of what cannot be."""

import pytest
import torch
from torch import nn

from backend import compile_network, generate_source
from graph import Document, Network, analyze
from graph.block_type import ShapeError
from graph.dim import symbol

T = symbol("T")


@pytest.mark.parametrize(
    ("name", "values", "input", "shape"),
    [
        ("MaxPool2d", {"kernel_size": 2}, (6, 28, 28), (6, 14, 14)),
        ("MaxPool2d", {"kernel_size": 2}, (6, 5, T), (6, 2, (T - 2) // 2 + 1)),
        ("MaxPool2d", {"kernel_size": 3, "stride": 2}, (96, 55, 55), (96, 27, 27)),
        ("MaxPool2d", {"kernel_size": 3, "stride": 2, "padding": 1}, (64, 112, 112), (64, 56, 56)),
        ("MaxPool2d", {"kernel_size": 2, "ceil_mode": True}, (6, 5, 5), (6, 3, 3)),
        ("MaxPool2d", {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True}, (6, 5, 7), (6, 2, 3)),
        ("MaxPool2d", {"kernel_size": 3, "stride": 1, "dilation": 2}, (6, 7, 9), (6, 3, 5)),
        ("MaxPool1d", {"kernel_size": 4}, (3, 10), (3, 2)),
        ("MaxPool3d", {"kernel_size": (1, 2, 2)}, (3, 4, 6, 8), (3, 4, 3, 4)),
        ("AvgPool1d", {"kernel_size": 3, "stride": 1, "padding": 1}, (3, T), (3, T)),
        ("AvgPool2d", {"kernel_size": 2}, (6, 28, 28), (6, 14, 14)),
        ("AvgPool2d", {"kernel_size": 2, "divisor_override": 1}, (6, 28, 28), (6, 14, 14)),
        ("AdaptiveAvgPool2d", {"output_size": 1}, (512, 7, T), (512, 1, 1)),
        ("AdaptiveAvgPool2d", {"output_size": (None, 3)}, (512, T, 7), (512, T, 3)),
        ("AdaptiveMaxPool2d", {"output_size": (6, 2)}, (8, 4, 4), (8, 6, 2)),
    ],
)
def test_sizes(infer, name, values, input, shape):
    inferred = infer(name, input, **values)
    assert inferred.outputs["output"].dims[1:] == shape
    assert inferred.parameters == inferred.macs == 0


def test_the_arithmetic_reads_as_in_lectures(explain):
    assert explain("MaxPool2d", (6, 28, 28), kernel_size=2)["height"] == "floor((28 + 2*0 - 2)/2) + 1 = 14"
    assert explain("MaxPool2d", (6, 6, 5), kernel_size=3, stride=2, ceil_mode=True)["height"] == (
        "ceil((6 + 2*0 - 3)/2) + 1 = 3"
    )
    assert "one window over all 7" in explain("AdaptiveAvgPool2d", (6, 7, 7), output_size=1)["width"]


@pytest.mark.parametrize(
    ("name", "values", "input", "code", "text"),
    [
        (
            "MaxPool2d",
            {"kernel_size": 2},
            (6, 1, 1),
            "kernel_too_large",
            "window 2 x 2 is larger than the input 1 x 1: use a smaller kernel or padding of at least 1",
        ),
        ("MaxPool2d", {"kernel_size": 3, "padding": 2}, (6, 8, 8), "padding", "padding 2 x 2 is more than half"),
        ("AvgPool2d", {"kernel_size": 2}, (6, 8), "rank", "needs N x channels x height x width, but gets N x 6 x 8"),
        ("AdaptiveAvgPool2d", {"output_size": 1}, (6,), "rank", "but gets N x 6"),
    ],
)
def test_what_cannot_be_says_what_would_be_right(infer, name, values, input, code, text):
    with pytest.raises(ShapeError) as caught:
        infer(name, input, **values)
    assert caught.value.code == code
    assert text in caught.value.text


def test_whole_numbers_pass_where_torch_lets_them(infer):
    assert infer("MaxPool2d", (1, 4, 4), "uint8", kernel_size=2).outputs["output"].dtype == "uint8"
    with pytest.raises(ShapeError, match="computes with float32"):
        infer("AdaptiveAvgPool2d", (1, 4, 4), "uint8", output_size=2)


def test_the_places_of_the_largest_values_come_on_demand(infer):
    inferred = infer("MaxPool2d", (3, 9, 9), kernel_size=2, return_indices=True)
    assert [(port, t.shape, t.dtype) for port, t in inferred.outputs.items()] == [
        ("output", ("N", 3, 4, 4), "float32"),
        ("indices", ("N", 3, 4, 4), "int64"),
    ]
    assert list(infer("MaxPool2d", (3, 9, 9), kernel_size=2).outputs) == ["output"]


def unpooling_network(**settings):
    net = Network("SegNet")
    image = net.add("Input", shape=(3, 9, 9))
    pool = net.add("MaxPool2d", "pool", kernel_size=2, **settings)
    unpool = net.add("MaxUnpool2d", "unpool", kernel_size=2)
    net.connect(image, pool)
    net.connect(pool, unpool, input="input")
    net.connect(pool, unpool, output="indices", input="indices")
    net.connect(image, unpool, input="like")
    return net


def test_unpooling_restores_the_size_that_pooling_rounded_away():
    net = unpooling_network(return_indices=True)
    assert analyze(net).output("unpool").shape == ("N", 3, 9, 9)
    text = str(generate_source(net))
    assert "h, pool_indices = self.pool(x)" in text
    assert "h = self.unpool(h, pool_indices, output_size=x.shape[2:])" in text
    image = torch.rand(2, 3, 9, 9)
    pooled, places = nn.functional.max_pool2d(image, 2, return_indices=True)
    expected = nn.functional.max_unpool2d(pooled, places, 2, output_size=(9, 9))
    assert torch.equal(compile_network(net)(image), expected)


def test_a_wire_from_an_output_that_is_not_given_says_how_to_get_it():
    problem = analyze(unpooling_network()).problems_of("unpool")[0]
    assert problem.code == "no_such_output"
    assert problem.text == "pool gives no indices as it is set; they come with return_indices"
    (fix,) = problem.fixes
    document = Document(unpooling_network())
    document.do(document.analysis.problems_of("unpool")[0].fixes[0].edit(document.network, document.recipe))
    assert document.analysis.output("unpool").shape == ("N", 3, 9, 9)
    assert "return_indices" in fix.title


def test_min_and_median_pooling_reproduce_the_lecture():
    image = torch.tensor([[[[1.0, 2, 2, 4], [2, 5, 1, 8], [3, 0, 4, 4], [6, 1, 7, 6]]]])
    for name, expected in (("MinPool2d", [[1, 1], [0, 4]]), ("MedianPool2d", [[2, 2], [1, 4]])):
        net = Network(name)
        net.connect(net.add("Input", shape=(1, 4, 4)), net.add(name, kernel_size=2))
        assert compile_network(net)(image).tolist() == [[expected]], name
