"""What slides, pools and pads in one to three directions: sizes, arithmetic in words, what cannot be and why."""

import pytest

from graph.block_type import ShapeError
from graph.dim import N, symbol
from graph.tensor_type import TensorType

T, H = symbol("T"), symbol("H")


@pytest.mark.parametrize(
    ("name", "values", "input", "shape", "parameters"),
    [
        ("ConvTranspose1d", {"out_channels": 4, "kernel_size": 4, "stride": 2, "padding": 1}, (8, T), (4, 2 * T), 132),
        ("ConvTranspose3d", {"out_channels": 2, "kernel_size": 2, "stride": 2}, (3, 4, 5, 6), (2, 8, 10, 12), 50),
        (
            "ConvTranspose3d",
            {"out_channels": 2, "kernel_size": (1, 3, 3), "bias": False},
            (3, 4, 5, 6),
            (2, 4, 7, 8),
            54,
        ),
        ("AvgPool3d", {"kernel_size": 2}, (3, 4, 6, 8), (3, 2, 3, 4), 0),
        ("LPPool1d", {"norm_type": 2, "kernel_size": 3}, (3, 10), (3, 3), 0),
        ("LPPool2d", {"norm_type": 1, "kernel_size": 2, "ceil_mode": True}, (3, 5, 7), (3, 3, 4), 0),
        ("LPPool3d", {"norm_type": 2, "kernel_size": 2}, (3, 4, 4, 6), (3, 2, 2, 3), 0),
        ("AdaptiveAvgPool1d", {"output_size": 4}, (3, T), (3, 4), 0),
        ("AdaptiveAvgPool3d", {"output_size": (1, None, 2)}, (3, 4, 5, 6), (3, 1, 5, 2), 0),
        ("AdaptiveMaxPool1d", {"output_size": 4}, (3, 9), (3, 4), 0),
        ("AdaptiveMaxPool3d", {"output_size": 2}, (3, T, 5, 6), (3, 2, 2, 2), 0),
        ("GlobalAvgPool", {}, (512, T, H), (512,), 0),
        ("GlobalMaxPool", {"keepdim": True}, (512, 7), (512, 1), 0),
        ("FractionalMaxPool2d", {"kernel_size": 2, "output_ratio": 0.5}, (3, 8, T), (3, 4, T // 2), 0),
        ("FractionalMaxPool3d", {"kernel_size": 2, "output_size": (2, 3, 4)}, (3, 6, 6, 6), (3, 2, 3, 4), 0),
        ("MinPool2d", {"kernel_size": 3, "stride": 2, "padding": 1}, (6, 9, 9), (6, 5, 5), 0),
        ("MedianPool2d", {"kernel_size": 3, "stride": 1, "padding": 1}, (6, T, 9), (6, T, 9), 0),
        ("ZeroPad1d", {"padding": (2, 0)}, (3, T), (3, T + 2), 0),
        ("ZeroPad3d", {"padding": (1, 0, 2, 0, 3, 0)}, (3, 4, 5, 6), (3, 7, 7, 7), 0),
        ("ConstantPad1d", {"padding": 1, "value": 2.0}, (3, 8), (3, 10), 0),
        ("ConstantPad3d", {"padding": -1, "value": 0.0}, (3, 4, 5, 6), (3, 2, 3, 4), 0),
        ("ReflectionPad2d", {"padding": 3}, (3, 224, 224), (3, 230, 230), 0),
        ("ReplicationPad3d", {"padding": (0, 0, 0, 0, 1, 0)}, (3, T, 5, 6), (3, T + 1, 5, 6), 0),
        ("CircularPad2d", {"padding": (4, 4, 0, 0)}, (3, 4, 8), (3, 4, 16), 0),
        ("FixedConv2d", {"kernel": "sharpen", "padding": 1}, (3, T, 9), (3, T, 9), 0),
        ("FixedConv2d", {"numbers": [[1, 2]], "padding": (0, 1, 0, 0)}, (3, 7, 9), (3, 7, 9), 0),
    ],
)
def test_sizes(infer, name, values, input, shape, parameters):
    inferred = infer(name, input, **values)
    assert inferred.outputs["output"].dims == (N, *shape)
    assert inferred.parameters == parameters


@pytest.mark.parametrize(
    ("name", "values", "input", "what", "words"),
    [
        (
            "ConvTranspose1d",
            {"out_channels": 4, "kernel_size": 4, "stride": 2, "padding": 1},
            (8, 10),
            "length",
            "(10 - 1)*2 - 2*1 + 4 = 20",
        ),
        (
            "LPPool2d",
            {"norm_type": 2, "kernel_size": 2},
            (3, 8, 8),
            "value",
            "(x1^2 + ... + x4^2)^(1/2) of the 4 values of a window",
        ),
        ("ReflectionPad2d", {"padding": (1, 2, 3, 0)}, (3, 8, 9), "height", "8 + 3 + 0 = 11"),
        ("ReflectionPad2d", {"padding": (1, -2, 3, 0)}, (3, 8, 9), "width", "9 + 1 + (-2) = 8"),
        (
            "FixedConv2d",
            {"stride": 2, "padding": (0, 0, 1, 0)},
            (3, 9, 9),
            "height",
            "floor((9 + 1 + 0 - 3)/2) + 1 = 4",
        ),
        ("FixedConv2d", {}, (3, 9, 9), "multiply-adds", "3*7*7 * 3*3 = 1,323"),
        ("FixedConv2d", {"kernel": "sharpen"}, (3, 9, 9), "kernel", "0 -1 0; -1 5 -1; 0 -1 0"),
        ("FractionalMaxPool2d", {"kernel_size": 2, "output_ratio": 0.7}, (3, 9, 9), "height", "floor(9*0.7) = 6"),
        ("GlobalAvgPool", {}, (512, 7, 7), "mean over", "7*7 values of each channel"),
    ],
)
def test_the_arithmetic_reads_as_in_lectures(explain, name, values, input, what, words):
    assert explain(name, input, **values)[what] == words


@pytest.mark.parametrize(
    ("name", "values", "input", "code", "text"),
    [
        ("ConvTranspose3d", {"out_channels": 2, "kernel_size": 2}, (3, 4, 4), "rank", "N x channels x depth"),
        (
            "AvgPool3d",
            {"kernel_size": 3, "padding": 1},
            (3, 2, 4, 4),
            "kernel_too_large",
            "whose border does not count",
        ),
        ("FractionalMaxPool2d", {"kernel_size": 2}, (3, 8, 8), "fractional", "neither is set"),
        ("FractionalMaxPool2d", {"kernel_size": 2, "output_ratio": 1.0}, (3, 8, 8), "fractional", "between 0 and 1"),
        ("FractionalMaxPool2d", {"kernel_size": 3, "output_size": 7}, (3, 8, 8), "kernel_too_large", "need 9 values"),
        ("FractionalMaxPool2d", {"kernel_size": 2, "output_ratio": 0.7}, (3, T, 8), "open", "that 0.7 multiplies"),
        (
            "ReflectionPad2d",
            {"padding": 8},
            (3, 8, 9),
            "padding",
            "8 has 7 values to mirror, not 8: use padding of at most 7",
        ),
        ("CircularPad1d", {"padding": 9}, (3, 8), "padding", "use padding of at most 8"),
        ("ZeroPad1d", {"padding": (-5, -4)}, (3, 8), "padding", "crop less"),
        (
            "FixedConv2d",
            {"numbers": [[1.0] * 5]},
            (3, 4, 4),
            "fixed_kernel",
            "kernel 1 x 5 is larger than the input 4 x 4",
        ),
        ("FixedConv2d", {"padding": 4, "padding_mode": "reflect"}, (3, 4, 4), "padding", "can add at most 3"),
        (
            "MedianPool2d",
            {"kernel_size": 2, "padding": 1, "padding_mode": "reflect"},
            (3, 1, 4),
            "padding",
            "at most 0",
        ),
        ("GlobalAvgPool", {}, (512,), "rank", "one to three directions"),
    ],
)
def test_what_cannot_be_says_what_would_be_right(infer, name, values, input, code, text):
    with pytest.raises(ShapeError) as caught:
        infer(name, input, **values)
    assert caught.value.code == code
    assert text in caught.value.text


@pytest.mark.parametrize(
    ("places", "like", "code", "text"),
    [
        (TensorType((N, 3, 4, 4)), None, "dtype", "the int64 indices of a max pool"),
        (TensorType((N, 3, 4, 5), "int64"), None, "unpool", "take both from one max pool"),
        (TensorType((N, 3, 4, 4), "int64"), TensorType((N, 3, 11, 9)), "unpool", "a stride or more from the 11 x 9"),
    ],
)
def test_unpooling_needs_what_its_pool_gave(infer, places, like, code, text):
    inputs = {"input": TensorType((N, 3, 4, 4)), "indices": places, **({"like": like} if like else {})}
    with pytest.raises(ShapeError) as caught:
        infer("MaxUnpool2d", inputs, kernel_size=2)
    assert caught.value.code == code
    assert text in caught.value.text
