"""Convolutions: sizes, parameters, multiply-adds and the words of what cannot be."""

import pytest

from graph.block_type import ShapeError
from graph.dim import symbol

T = symbol("T")
SAME = {"out_channels": 2, "kernel_size": 3, "padding": "same"}
LENET_C1 = {"out_channels": 6, "kernel_size": 5}


@pytest.mark.parametrize(
    ("name", "values", "input", "shape", "parameters", "macs"),
    [
        ("Conv2d", LENET_C1, (1, 32, 32), (6, 28, 28), 156, 117_600),
        ("Conv2d", {"out_channels": 16, "kernel_size": 5}, (6, 14, 14), (16, 10, 10), 2_416, 240_000),
        (
            "Conv2d",
            {"out_channels": 96, "kernel_size": 11, "stride": 4},
            (3, 227, 227),
            (96, 55, 55),
            34_944,
            105_415_200,
        ),
        (
            "Conv2d",
            {"out_channels": 64, "kernel_size": 7, "stride": 2, "padding": 3, "bias": False},
            (3, 224, 224),
            (64, 112, 112),
            9_408,
            118_013_952,
        ),
        ("Conv2d", {"out_channels": 8, "kernel_size": 3, "padding": "same"}, (4, 9, 9), (8, 9, 9), 296, 23_328),
        ("Conv2d", {"out_channels": 8, "kernel_size": 3, "padding": "valid"}, (4, 9, 9), (8, 7, 7), 296, 14_112),
        (
            "Conv2d",
            {"out_channels": 8, "kernel_size": (3, 1), "dilation": 2},
            (4, 9, 9),
            (8, 5, 9),
            104,
            4_320,
        ),
        ("Conv2d", {"out_channels": 32, "kernel_size": 3, "groups": 32}, (32, 8, 8), (32, 6, 6), 320, 10_368),
        ("Conv2d", {"out_channels": 2, "kernel_size": 3}, (1, 8, T), (2, 6, T - 2), 20, 108 * (T - 2)),
        ("Conv2d", {**SAME, "dilation": 2}, (1, 8, T), (2, 8, T), 20, 144 * T),
        ("Conv1d", {"out_channels": 4, "kernel_size": 3, "stride": 2}, (2, T), (4, (T - 3) // 2 + 1), 28, None),
        ("Conv1d", {"out_channels": 4, "kernel_size": 3, "padding": 1}, (2, 10), (4, 10), 28, 240),
        ("Conv3d", {"out_channels": 4, "kernel_size": 3}, (1, 5, 6, 7), (4, 3, 4, 5), 112, 6_480),
        ("ConvTranspose2d", {"out_channels": 8, "kernel_size": 2, "stride": 2}, (16, 7, 7), (8, 14, 14), 520, 25_088),
        (
            "ConvTranspose2d",
            {"out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1, "groups": 2},
            (6, 7, T),
            (4, 14, 2 * T),
            112,
            756 * T,
        ),
    ],
)
def test_sizes_and_counts(infer, name, values, input, shape, parameters, macs):
    inferred = infer(name, input, **values)
    assert inferred.outputs["output"].dims[1:] == shape
    assert inferred.parameters == parameters
    assert macs is None or inferred.macs == macs


def test_the_arithmetic_reads_as_in_lectures(explain):
    lines = explain("Conv2d", (1, 32, 32), **LENET_C1)
    assert lines["height"] == "floor((32 + 2*0 - 5)/1) + 1 = 28"
    assert lines["parameters"] == "6*(1*5*5) + 6 = 156"
    assert lines["multiply-adds"] == "28*28 * 6 * 1*5*5 = 117,600"
    lines = explain("ConvTranspose2d", (16, 7, 7), out_channels=8, kernel_size=2, stride=2)
    assert lines["width"] == "(7 - 1)*2 - 2*0 + 2 = 14"


@pytest.mark.parametrize(
    ("name", "values", "input", "code", "text"),
    [
        (
            "Conv2d",
            LENET_C1,
            (1, 4, 4),
            "kernel_too_large",
            "kernel 5 x 5 is larger than the input 4 x 4: use a smaller kernel or padding of at least 1",
        ),
        (
            "Conv2d",
            {"out_channels": 1, "kernel_size": 7, "padding": 1},
            (1, 2, 2),
            "kernel_too_large",
            "kernel 7 x 7 is larger than the padded input 4 x 4: use a smaller kernel or padding of at least 3",
        ),
        (
            "Conv2d",
            {"out_channels": 1, "kernel_size": 3, "dilation": 4},
            (1, 8, 8),
            "kernel_too_large",
            "kernel 3 x 3 with dilation 4 x 4 spans 9 x 9, which is larger than the input 8 x 8",
        ),
        ("Conv2d", LENET_C1, (28, 28), "rank", "needs N x channels x height x width, but gets N x 28 x 28"),
        ("Conv2d", {**LENET_C1, "groups": 4}, (4, 8, 8), "groups", "6 out_channels cannot be split into 4 groups"),
        ("Conv2d", {**LENET_C1, "groups": 3}, (4, 8, 8), "groups", "4 input channels cannot be split into 3 groups"),
        ("Conv2d", {**LENET_C1, "padding": "same", "stride": 2}, (1, 8, 8), "same_stride", "needs stride 1, not 2 x 2"),
        (
            "Conv2d",
            {**LENET_C1, "padding": 8, "padding_mode": "reflect"},
            (1, 8, 8),
            "padding",
            "reflect can add at most 7 to a size of 8, not 8",
        ),
        (
            "Conv1d",
            {**LENET_C1, "padding": 9, "padding_mode": "circular"},
            (1, 8),
            "padding",
            "circular can add at most 8 to a size of 8, not 9",
        ),
        ("Conv2d", LENET_C1, (T, 8, 8), "open", "must know its number of input channels"),
        (
            "ConvTranspose2d",
            {"out_channels": 1, "kernel_size": 2, "output_padding": 1},
            (1, 3, 3),
            "output_padding",
            "output_padding 1 x 1 must be smaller than the stride 1 x 1",
        ),
        (
            "ConvTranspose2d",
            {"out_channels": 1, "kernel_size": 2, "padding": 2},
            (1, 3, 3),
            "padding",
            "its size would be 0 x 0",
        ),
    ],
)
def test_what_cannot_be_says_what_would_be_right(infer, name, values, input, code, text):
    with pytest.raises(ShapeError) as caught:
        infer(name, input, **values)
    assert caught.value.code == code
    assert text in caught.value.text


def test_whole_numbers_are_refused(infer):
    with pytest.raises(ShapeError, match="computes with float32, but gets int64") as caught:
        infer("Conv2d", (1, 8, 8), "int64", **LENET_C1)
    assert caught.value.code == "dtype"


def test_a_stride_beyond_the_kernel_is_doubted(infer):
    inferred = infer("Conv2d", (1, 9, 9), out_channels=1, kernel_size=2, stride=3)
    assert [code for code, _ in inferred.warnings] == ["skips"]
    assert not infer("Conv2d", (1, 9, 9), out_channels=1, kernel_size=1, stride=2).warnings  # as ResNet's shortcuts do
