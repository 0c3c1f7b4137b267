"""ONNX operations one by one: which blocks they become, and that those compute the same."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from backend.importing.onnx_model import read_onnx

pytest.importorskip("onnx")
sys.path.insert(0, str(Path(__file__).parent))
from onnx_made import BOOL, INT64, answers, compiled, computes_the_same, floats, model, node, one, save, types, whole

IMAGE, SEQUENCE, ROW = ("N", 4, 8, 8), ("N", 4, 9), ("N", 6)
VOLUME = ("N", 2, 5, 6, 4)


def case(name, made, *expected):
    return pytest.param(made, list(expected), id=name)


CONVOLUTIONS = [
    case("conv", one("Conv", numbers={"w": floats(6, 4, 3, 3), "b": floats(6)}), "Conv2d"),
    case("no bias", one("Conv", numbers={"w": floats(6, 4, 3, 3)}), "Conv2d"),
    case("1d", one("Conv", SEQUENCE, {"w": floats(6, 4, 3), "b": floats(6)}, pads=[1, 1]), "Conv1d"),
    case("3d", one("Conv", VOLUME, {"w": floats(3, 2, 3, 3, 2)}, strides=[2, 1, 1]), "Conv3d"),
    case(
        "stride and pads", one("Conv", numbers={"w": floats(6, 4, 3, 5)}, strides=[2, 1], pads=[1, 2, 1, 2]), "Conv2d"
    ),
    case("dilated", one("Conv", numbers={"w": floats(6, 4, 3, 3)}, dilations=[2, 2], pads=[2, 2, 2, 2]), "Conv2d"),
    case("groups", one("Conv", numbers={"w": floats(8, 1, 3, 3)}, group=4), "Conv2d"),
    case("uneven", one("Conv", numbers={"w": floats(6, 4, 3, 3)}, pads=[0, 1, 2, 1]), "ZeroPad2d", "Conv2d"),
    case("same", one("Conv", numbers={"w": floats(6, 4, 3, 3)}, auto_pad="SAME_UPPER"), "Conv2d"),
    case(
        "same with stride",
        one("Conv", numbers={"w": floats(6, 4, 3, 3)}, auto_pad="SAME_UPPER", strides=[2, 2]),
        *("ZeroPad2d", "Conv2d"),
    ),
    case("same lower", one("Conv", numbers={"w": floats(6, 4, 2, 2)}, auto_pad="SAME_LOWER"), "ZeroPad2d", "Conv2d"),
    case("valid", one("Conv", numbers={"w": floats(6, 4, 3, 3)}, auto_pad="VALID"), "Conv2d"),
    case("transposed", one("ConvTranspose", numbers={"w": floats(4, 3, 2, 2)}, strides=[2, 2]), "ConvTranspose2d"),
    case(
        "transposed, all settings",
        one(
            *("ConvTranspose", IMAGE, {"w": floats(4, 3, 3, 3), "b": floats(3)}),
            **{"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1], "dilations": [2, 1]},
        ),
        "ConvTranspose2d",
    ),
    case(
        "transposed, cut unevenly",
        one("ConvTranspose", SEQUENCE, {"w": floats(4, 3, 4)}, strides=[2], pads=[1, 2]),
        *("ConvTranspose1d", "ZeroPad1d"),
    ),
    case(
        "transposed to a size",
        one("ConvTranspose", numbers={"w": floats(4, 3, 3, 3)}, strides=[2, 2], output_shape=[18, 18]),
        "ConvTranspose2d",
    ),
]
POOLS = [
    case("max", one("MaxPool", kernel_shape=[2, 2], strides=[2, 2]), "MaxPool2d"),
    case("max, stride 1", one("MaxPool", kernel_shape=[3, 3], pads=[1, 1, 1, 1]), "MaxPool2d"),
    case("max, dilated", one("MaxPool", kernel_shape=[2, 2], dilations=[2, 2]), "MaxPool2d"),
    case("max, uneven", one("MaxPool", kernel_shape=[2, 2], auto_pad="SAME_UPPER"), "ConstantPad2d", "MaxPool2d"),
    case("max, ceil", one("MaxPool", SEQUENCE, kernel_shape=[2], strides=[2], ceil_mode=1), "MaxPool1d"),
    case("max, 3d", one("MaxPool", VOLUME, kernel_shape=[2, 2, 2], strides=[2, 2, 2]), "MaxPool3d"),
    case("average", one("AveragePool", kernel_shape=[2, 2], strides=[2, 2]), "AvgPool2d"),
    case("average without its border", one("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1]), "AvgPool2d"),
    case(
        "average with its border",
        one("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
        "AvgPool2d",
    ),
    case("average, 1d", one("AveragePool", SEQUENCE, kernel_shape=[3], strides=[2]), "AvgPool1d"),
    case(
        "average of what lies inside",
        one("AveragePool", kernel_shape=[2, 2], auto_pad="SAME_UPPER"),
        *("ZeroPad2d", "AvgPool2d", "Constant", "Multiply"),
    ),
    case("global average", one("GlobalAveragePool"), "GlobalAvgPool"),
    case("global max", one("GlobalMaxPool"), "GlobalMaxPool"),
    case("lp", one("LpPool", kernel_shape=[2, 2], strides=[2, 2], p=2), "LPPool2d"),
]
STATISTICS = {"s": floats(4), "b": floats(4), "m": floats(4), "v": floats(4, low=0.5, high=2.0)}
NORMS = [
    case("batch", one("BatchNormalization", numbers=STATISTICS), "BatchNorm2d"),
    case("batch, 1d", one("BatchNormalization", SEQUENCE, STATISTICS, epsilon=1e-3), "BatchNorm1d"),
    case("batch of features", one("BatchNormalization", ("N", 4), STATISTICS), "BatchNorm1d"),
    case("batch, 3d", one("BatchNormalization", ("N", 4, 3, 3, 3), STATISTICS), "BatchNorm3d"),
    case("instance", one("InstanceNormalization", numbers={"s": floats(4), "b": floats(4)}), "InstanceNorm2d"),
    case("layer", one("LayerNormalization", SEQUENCE, {"s": floats(9), "b": floats(9)}), "LayerNorm"),
    case("layer, no offset", one("LayerNormalization", SEQUENCE, {"s": floats(9)}, epsilon=1e-3), "LayerNorm"),
    case(
        "layer over two",
        one("LayerNormalization", SEQUENCE, {"s": floats(4, 9), "b": floats(4, 9)}, axis=1),
        "LayerNorm",
    ),
    case(
        "group",
        one("GroupNormalization", numbers={"s": floats(4), "b": floats(4)}, num_groups=2, opset=21),
        "GroupNorm",
    ),
    case("rms", one("RMSNormalization", SEQUENCE, {"s": floats(9)}, opset=23), "RMSNorm"),
    case("unit vectors", one("LpNormalization", ROW, p=2), "Norm", "Clamp", "Divide"),
]
ACTIVATIONS = [
    case("relu", one("Relu"), "ReLU"),
    case("leaky", one("LeakyRelu", alpha=0.2), "LeakyReLU"),
    case("slope", one("PRelu", numbers={"a": floats(1)}), "PReLU"),
    case("slope per channel", one("PRelu", numbers={"a": floats(4, 1, 1)}), "PReLU"),
    case("elu", one("Elu", alpha=0.7), "ELU"),
    case("selu", one("Selu"), "SELU"),
    case("selu of its own", one("Selu", alpha=1.5, gamma=2.0), "ELU", "Scale"),
    case("celu", one("Celu", alpha=0.5), "CELU"),
    case("sigmoid", one("Sigmoid"), "Sigmoid"),
    case("hard sigmoid of torch", one("HardSigmoid", alpha=1 / 6), "Hardsigmoid"),
    case("hard sigmoid", one("HardSigmoid"), "Scale", "Shift", "Clamp"),
    case("hard swish", one("HardSwish"), "Hardswish"),
    case("tanh", one("Tanh"), "Tanh"),
    case("softplus", one("Softplus"), "Softplus"),
    case("softsign", one("Softsign"), "Softsign"),
    case("softmax", one("Softmax"), "Softmax"),
    case("softmax over channels", one("Softmax", axis=1), "Softmax"),
    case("log softmax", one("LogSoftmax", ROW, axis=-1), "LogSoftmax"),
    case("gelu", one("Gelu"), "GELU"),
    case("gelu by tanh", one("Gelu", approximate="tanh"), "GELU"),
    case("mish", one("Mish"), "Mish"),
    case("threshold", one("ThresholdedRelu", alpha=0.3), "Threshold"),
    case("shrink", one("Shrink", lambd=0.3), "Hardshrink"),
    case("soft shrink", one("Shrink", lambd=0.3, bias=0.3), "Softshrink"),
    case("relu6", one("Clip", numbers={"low": np.float32(0), "high": np.float32(6)}), "ReLU6"),
    case("hard tanh", one("Clip", numbers={"low": np.float32(-1), "high": np.float32(1)}), "Hardtanh"),
    case("clip", one("Clip", numbers={"low": np.float32(-0.3), "high": np.float32(0.4)}), "Clamp"),
    case("clip of opset 6", one("Clip", opset=6, min=-0.2, max=0.5), "Clamp"),
    case("dropout", one("Dropout", numbers={"r": np.float32(0.3)}), "Dropout"),
    case("identity", one("Identity")),
]
NUMBER = {"c": np.float32(0.7)}
ARITHMETIC = [
    case("plus a number", one("Add", numbers=NUMBER), "Shift"),
    case("minus a number", one("Sub", numbers=NUMBER), "Shift"),
    case("times a number", one("Mul", numbers=NUMBER), "Scale"),
    case("by a number", one("Div", numbers=NUMBER), "Scale"),
    case("number minus", model(node("Sub", "c x"), {"x": ROW}, NUMBER), "Negate", "Shift"),
    case("number by", model(node("Div", "c x"), {"x": ROW}, NUMBER), "Power", "Scale"),
    case("plus a parameter", one("Add", numbers={"p": floats(4, 1, 1)}), "Parameter", "Add"),
    case("a parameter that adds places", one("Add", ("N", 1, 4), {"p": floats(5, 1)}), "Parameter", "Add"),
    case("times a parameter", one("Mul", SEQUENCE, {"p": floats(9)}), "Parameter", "Multiply"),
    case("parameter minus", model(node("Sub", "p x"), {"x": ROW}, {"p": floats(6)}), "Parameter", "Subtract"),
    case("square", one("Pow", numbers={"e": np.float32(2)}), "Power"),
    case("exp", one("Exp"), "Exp"),
    case("abs", one("Abs"), "Abs"),
    case("negative", one("Neg"), "Negate"),
    case("at least", one("Max", numbers=NUMBER), "Clamp"),
    case("at most", one("Min", numbers=NUMBER), "Clamp"),
    case("two", model(node("Sub", "x z"), {"x": IMAGE, "z": ("N", 4, 1, 1)}), "Subtract"),
    case("three", model(node("Sum", "x z w"), {"x": ROW, "z": ROW, "w": ROW}), "Add", "Add"),
    case("mean", model(node("Mean", "x z"), {"x": ROW, "z": ROW}), "Add", "Scale"),
    case("larger", model(node("Max", "x z"), {"x": ROW, "z": ROW}), "Subtract", "Compare", "Where"),
    case("divide", model(node("Div", "x z"), {"x": ROW, "z": ROW}), "Divide"),
    case("product", model(node("MatMul", "x z"), {"x": ("N", 5, 3), "z": ("N", 3, 2)}), "MatMul"),
    case(
        "einsum", model(node("Einsum", "x z", equation="bqd,bkd->bqk"), {"x": ("N", 5, 3), "z": ("N", 4, 3)}), "Einsum"
    ),
    case(
        "choice",
        model([node("Greater", "x c", "m"), node("Where", "m x z")], {"x": ROW, "z": ROW}, NUMBER),
        *("Compare", "Where"),
    ),
    case(
        "mask",
        model(node("Where", "m x z"), {"m": ROW, "x": ROW, "z": ROW}, kinds={"m": BOOL}),
        "Where",
    ),
    case(
        "not, and",
        model(
            [node("Less", "x z", "a"), node("Not", "a", "b"), node("And", "a b", "c"), node("Where", "c x z")],
            {"x": ROW, "z": ROW},
        ),
        *("Subtract", "Compare", "Compare", "Multiply", "Where"),
    ),
    case(
        "cast of a mask",
        model([node("Greater", "x c", "m"), node("Cast", "m", to=1)], {"x": ROW}, NUMBER),
        "Compare",
        "Scale",
    ),
]
REDUCTIONS = [
    case("mean over places", one("ReduceMean", numbers={"a": whole(2, 3)}), "GlobalAvgPool"),
    case("mean over places, dropped", one("ReduceMean", numbers={"a": whole(-2, -1)}, keepdims=0), "GlobalAvgPool"),
    case("mean of opset 11", one("ReduceMean", SEQUENCE, axes=[1], keepdims=0, opset=11), "Mean"),
    case("sum", one("ReduceSum", SEQUENCE, {"a": whole(1)}), "Sum"),
    case("max", one("ReduceMax", SEQUENCE, {"a": whole(-1)}, keepdims=0), "ReduceMax"),
    case("min", one("ReduceMin", SEQUENCE, {"a": whole(1, 2)}), "ReduceMin"),
    case("length", one("ReduceL2", ROW, {"a": whole(1)}), "Norm"),
    case("sum of squares", one("ReduceSumSquare", ROW, {"a": whole(1)}), "Power", "Sum"),
    case("log of sum of exp", one("ReduceLogSumExp", ROW, {"a": whole(1)}), "Exp", "Sum", "Log"),
    case("place of the largest", one("ArgMax", ROW, axis=1, keepdims=0), "ArgMax"),
    case("place of the smallest", one("ArgMin", SEQUENCE, axis=-1), "Negate", "ArgMax"),
]
SHAPES = [
    case("flatten", one("Flatten"), "Flatten"),
    case("reshape", one("Reshape", numbers={"s": whole(0, -1)}), "Flatten"),
    case("reshape, split", one("Reshape", ROW, {"s": whole(-1, 2, 3)}), "Unflatten"),
    case("reshape, otherwise", one("Reshape", SEQUENCE, {"s": whole(0, 6, 6)}), "Reshape"),
    case("transpose", one("Transpose", SEQUENCE, perm=[0, 2, 1]), "Transpose"),
    case("permute", one("Transpose", perm=[0, 2, 3, 1]), "Permute"),
    case("unsqueeze", one("Unsqueeze", ROW, {"a": whole(1)}), "Unsqueeze"),
    case("unsqueeze of opset 11", one("Unsqueeze", ROW, axes=[2], opset=11), "Unsqueeze"),
    case("squeeze", one("Squeeze", ("N", 1, 5), {"a": whole(1)}), "Squeeze"),
    case("concat", model(node("Concat", "x z", axis=1), {"x": IMAGE, "z": ("N", 2, 8, 8)}), "Concatenate"),
    case(
        "class token",
        model(node("Concat", "t x", axis=1), {"x": (1, 4, 9)}, {"t": floats(1, 1, 9)}),
        "Parameter",
        "Concatenate",
    ),
    case("split", model(node("Split", "x", "a b", axis=1, num_outputs=2), {"x": IMAGE}, outputs=("a", "b")), "Split"),
    case(
        "split in three",
        model(node("Split", "x s", "a b y", axis=1), {"x": ROW}, {"s": whole(1, 2, 3)}, ("a", "b", "y")),
        *("Split", "Split"),
    ),
    case("slice", one("Slice", SEQUENCE, {"s": whole(1), "e": whole(-2), "a": whole(2), "t": whole(2)}), "Slice"),
    case(
        "slice of two", one("Slice", IMAGE, {"s": whole(1, 2), "e": whole(3, 99), "a": whole(1, -1)}), "Slice", "Slice"
    ),
    case("slice of opset 9", one("Slice", SEQUENCE, starts=[1], ends=[3], axes=[1], opset=9), "Slice"),
    case("one place", one("Gather", SEQUENCE, {"i": np.int64(-1)}, axis=2), "SelectStep"),
    case("a stretch of places", one("Gather", SEQUENCE, {"i": whole(1, 2, 3)}, axis=1), "Slice"),
    case("expand", one("Expand", ("N", 4, 1), {"s": whole(1, 4, 5)}), "Expand"),
    case("tile", one("Tile", SEQUENCE, {"r": whole(1, 2, 1)}), "Repeat"),
    case("pad", one("Pad", numbers={"p": whole(0, 0, 1, 2, 0, 0, 3, 4)}), "ZeroPad2d"),
    case(
        "pad with a value", one("Pad", SEQUENCE, {"p": whole(0, 0, 1, 0, 0, 2), "v": np.float32(0.5)}), "ConstantPad1d"
    ),
    case("reflect", one("Pad", numbers={"p": whole(0, 0, 1, 1, 0, 0, 1, 1)}, mode="reflect"), "ReflectionPad2d"),
    case("edge", one("Pad", numbers={"p": whole(0, 0, 1, 1, 0, 0, 1, 1)}, mode="edge"), "ReplicationPad2d"),
    case("pad channels", one("Pad", numbers={"p": whole(0, 1, 0, 0, 0, 2, 0, 0)}), "Unsqueeze", "ZeroPad3d", "Squeeze"),
    case("pad of opset 9", one("Pad", SEQUENCE, pads=[0, 0, 1, 0, 0, 1], opset=9), "ZeroPad1d"),
    case("pixel shuffle", one("DepthToSpace", blocksize=2, mode="CRD"), "PixelShuffle"),
    case("depth to space", one("DepthToSpace", ("N", 8, 3, 3), blocksize=2), "Unflatten", "Permute", "Reshape"),
    case("space to depth", one("SpaceToDepth", blocksize=2), "Reshape", "Permute", "Flatten"),
    case(
        "nearest",
        one(
            "Resize",
            numbers={"r": floats(0), "s": np.float32([1, 1, 2, 2])},
            mode="nearest",
            nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        ),
        "Upsample",
    ),
    case(
        "bilinear", one("Resize", numbers={"r": floats(0), "s": np.float32([1, 1, 1.5, 2])}, mode="linear"), "Upsample"
    ),
    case(
        "corners",
        one(
            "Resize",
            numbers={"r": floats(0), "s": np.float32([1, 1, 2, 2])},
            mode="linear",
            coordinate_transformation_mode="align_corners",
        ),
        "Upsample",
    ),
    case("cubic", one("Resize", numbers={"r": floats(0), "s": np.float32([1, 1, 2, 2])}, mode="cubic"), "Upsample"),
    case("old upsample", one("Upsample", numbers={"s": np.float32([1, 1, 2, 2])}, opset=9, mode="nearest"), "Upsample"),
]
LINEAR = [
    case("gemm", one("Gemm", ROW, {"w": floats(5, 6), "b": floats(5)}, transB=1), "Linear"),
    case("gemm, not turned", one("Gemm", ROW, {"w": floats(6, 5)}), "Linear"),
    case("gemm with factors", one("Gemm", ROW, {"w": floats(6, 5), "b": floats(5)}, alpha=0.5, beta=2.0), "Linear"),
    case("product with weights", one("MatMul", SEQUENCE, {"w": floats(9, 5)}), "Linear"),
    case(
        "product and sum",
        model([node("MatMul", "x w", "m"), node("Add", "b m")], {"x": SEQUENCE}, {"w": floats(9, 5), "b": floats(5)}),
        "Linear",
    ),
    case(
        "weights from the left",
        model(node("MatMul", "w x"), {"x": SEQUENCE}, {"w": floats(5, 4)}),
        "Parameter",
        "MatMul",
    ),
    case(
        "one hot",
        model(
            node("OneHot", "x d v"), {"x": ("N", 3)}, {"d": np.int64(5), "v": np.float32([0, 1])}, kinds={"x": INT64}
        ),
        "OneHot",
    ),
    case(
        "one hot",
        model(
            node("OneHot", "x d v"), {"x": ("N", 3)}, {"d": np.int64(5), "v": np.float32([0, 1])}, kinds={"x": INT64}
        ),
        "OneHot",
    ),
    case(
        "embedding", model(node("Gather", "w x"), {"x": ("N", 5)}, {"w": floats(5, 3)}, kinds={"x": INT64}), "Embedding"
    ),
]
ALL = [*CONVOLUTIONS, *POOLS, *NORMS, *ACTIVATIONS, *ARITHMETIC, *REDUCTIONS, *SHAPES, *LINEAR]


@pytest.mark.parametrize(("made", "expected"), ALL)
def test_an_operation_becomes_blocks_that_compute_the_same(made, expected, tmp_path):
    imported = computes_the_same(made, tmp_path)
    assert types(imported) == expected


def test_local_response_norm_by_its_formula(tmp_path):
    imported = read_onnx(save(one("LRN", size=3, alpha=0.1, beta=0.6, bias=1.5), tmp_path))
    x = floats(2, 4, 8, 8)
    squares = np.pad(x**2, ((0, 0), (1, 1), (0, 0), (0, 0)))
    around = sum(squares[:, i : i + 4] for i in range(3))
    (found,) = answers(compiled(imported), x)
    np.testing.assert_allclose(found, x / (1.5 + 0.1 / 3 * around) ** 0.6, rtol=1e-5)


def test_softmax_weighed_all_dimensions_from_its_axis_on_before_opset_13(tmp_path):
    imported = read_onnx(save(one("Softmax", SEQUENCE, axis=1, opset=11), tmp_path))
    x = floats(2, 4, 9)
    powers = np.exp(x)
    np.testing.assert_allclose(answers(compiled(imported), x)[0], powers / powers.sum((1, 2), keepdims=True), rtol=1e-5)
    assert types(imported) == ["Flatten", "Softmax", "Unflatten"]


def test_groups_of_a_transposed_convolution(tmp_path):
    weight, x = floats(4, 3, 3, 3), floats(2, 4, 5, 5)
    imported = read_onnx(save(one("ConvTranspose", numbers={"w": weight}, group=2, strides=[2, 2]), tmp_path))
    wanted = torch.nn.functional.conv_transpose2d(torch.from_numpy(x), torch.from_numpy(weight), stride=2, groups=2)
    np.testing.assert_allclose(answers(compiled(imported), x)[0], wanted.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("op", ["Log", "Sqrt", "Reciprocal"])
def test_what_takes_positive_numbers_only(op, tmp_path):
    computes_the_same(one(op), tmp_path, low=0.1)
