"""Activations and dropout: nodes that change every value by itself, or weigh one dimension, as blocks of that name."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from backend.importing.onnx_graph.arranging import on_axis, plain
from backend.importing.onnx_graph.context import Context
from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.values import Drawn, Value, number_of

SELU_ALPHA, SELU_GAMMA = 1.6732632423543772, 1.0507009873554805


def activate(ctx: Context, operand: Value, type: str, /, **settings) -> Drawn:
    """A block that changes every value by itself, so that the layout stays."""
    x = ctx.drawn(operand)
    return ctx.drawing.draw(type, {"input": x}, **settings).seen(x.layout)


def _simple(type: str, **renamed: tuple[str, float]) -> Callable:
    """A block whose settings are attributes by another name, with ONNX's defaults."""

    def read(ctx: Context, node: Node, inputs: list) -> Value:
        settings = {ours: node.attributes.get(theirs, default) for ours, (theirs, default) in renamed.items()}
        return activate(ctx, inputs[0], type, **{name: rounded(value) for name, value in settings.items()})

    return read


def rounded(number: float) -> float:
    """A float32 of a file as the short number a person wrote: 0.01 for 0.009999999776."""
    if not math.isfinite(number):
        return number
    short = float(f"{number:.6g}")
    return short if np.float32(short) == np.float32(number) else float(number)


def _selu(ctx: Context, node: Node, inputs: list) -> Value:
    alpha, gamma = node.attributes.get("alpha", SELU_ALPHA), node.attributes.get("gamma", SELU_GAMMA)
    if math.isclose(alpha, SELU_ALPHA, rel_tol=1e-5) and math.isclose(gamma, SELU_GAMMA, rel_tol=1e-5):
        return activate(ctx, inputs[0], "SELU")
    bent = activate(ctx, inputs[0], "ELU", alpha=rounded(alpha))
    return activate(ctx, bent, "Scale", factor=rounded(gamma))


def _hard_sigmoid(ctx: Context, node: Node, inputs: list) -> Value:
    alpha, beta = node.attributes.get("alpha", 0.2), node.attributes.get("beta", 0.5)
    if math.isclose(alpha, 1 / 6, rel_tol=1e-4) and beta == 0.5:
        return activate(ctx, inputs[0], "Hardsigmoid")
    scaled = activate(ctx, inputs[0], "Scale", factor=rounded(alpha))
    shifted = activate(ctx, scaled, "Shift", amount=rounded(beta))
    ctx.note("HardSigmoid with a slope of its own is drawn as Scale, Shift and Clamp")
    return activate(ctx, shifted, "Clamp", min=0.0, max=1.0)


def _gelu(ctx: Context, node: Node, inputs: list) -> Value:
    return activate(ctx, inputs[0], "GELU", approximate=node.attributes.get("approximate", "none"))


def _prelu(ctx: Context, node: Node, inputs: list) -> Value:
    x, slope = ctx.drawn(inputs[0]), ctx.array(inputs[1], "slope")
    slopes = slope.size
    shape = tuple(size for size in slope.shape if size != 1)
    x = plain(ctx.drawing, x)
    at = slope.ndim - len(x.sizes) + 1 if slopes > 1 else None
    by_channel = (
        slopes == 1
        or (ctx.opset < 7 and slope.ndim == 1)
        or (len(shape) == 1 and 0 <= at < slope.ndim and slope.shape[at] == slopes)
    )
    if not by_channel:
        ctx.fail(f"a slope of shape {slope.shape} is none per channel, which is what PReLU learns")
    name = ctx.named(inputs[1])
    values = {"num_parameters": slopes} if slopes > 1 else {}
    weights = {"weight": slope.reshape(-1)}
    return ctx.drawing.place_block("PReLU", {"input": x}, name, values, weights)[0]


def clip(ctx: Context, node: Node, inputs: list) -> Value:
    """Values cut off: ReLU6 for 0 to 6, ReLU from 0, Hardtanh for -1 to 1, else Clamp."""
    low, high = (_bound(ctx, node, inputs, at, name) for at, name in ((1, "min"), (2, "max")))
    if (low, high) == (0, 6):
        return activate(ctx, inputs[0], "ReLU6")
    if (low, high) == (0, None) and ctx.drawn(inputs[0]).type.is_float:
        return activate(ctx, inputs[0], "ReLU")
    if (low, high) == (-1, 1):
        return activate(ctx, inputs[0], "Hardtanh")
    if low is None and high is None:
        return inputs[0]
    return activate(ctx, inputs[0], "Clamp", min=low, max=high)


def _bound(ctx: Context, node: Node, inputs: list, at: int, name: str) -> float | None:
    given = inputs[at] if len(inputs) > at else None
    number = node.attributes.get(name) if given is None else number_of(given)
    if given is not None and number is None:
        ctx.fail(f"its {name} is no single known number")
    return None if number is None or abs(number) > 3e38 else rounded(number)


def _softmax(type: str) -> Callable:
    def read(ctx: Context, node: Node, inputs: list) -> Value:
        x = ctx.drawn(inputs[0])
        rank = len(x.sizes)
        axis = node.attributes.get("axis", -1 if ctx.opset >= 13 else 1)
        if not -rank <= axis < rank:
            ctx.fail(f"axis {axis} of {rank} dimensions")
        axis %= rank
        if ctx.opset < 13 and any(size != 1 for size in x.sizes[axis + 1 :]):
            rows = x.seen(x.layout.reshaped((*x.sizes[:axis], -1), ctx.drawing.batch))
            found = over(ctx, type, rows, axis)
            return found.seen(found.layout.reshaped(x.sizes, ctx.drawing.batch))
        return over(ctx, type, x, axis)

    return read


def over(ctx: Context, type: str, value: Drawn, axis: int) -> Drawn:
    """A softmax along one dimension, wherever it lies."""
    real, at = on_axis(ctx.drawing, value, axis)
    dim = -1 if at == real.type.rank - 1 else at
    return ctx.drawing.draw(type, {"input": real}, dim=dim).seen(real.layout)


def _shrink(ctx: Context, node: Node, inputs: list) -> Value:
    lambd, bias = rounded(node.attributes.get("lambd", 0.5)), rounded(node.attributes.get("bias", 0.0))
    if bias not in (0, lambd):
        ctx.fail(f"bias {bias:g} is neither 0, as Hardshrink has it, nor lambd {lambd:g}, as Softshrink has it")
    return activate(ctx, inputs[0], "Softshrink" if bias else "Hardshrink", lambd=lambd)


def _dropout(ctx: Context, node: Node, inputs: list) -> Value:
    if len(node.outputs) > 1 and ctx.readers.get(node.outputs[1]):
        ctx.fail("its mask is used, which a block Dropout does not give")
    given = inputs[1] if len(inputs) > 1 else None
    ratio = node.attributes.get("ratio", 0.5) if given is None else number_of(given)
    if ratio is None or not 0 <= ratio <= 1:
        ctx.fail("its ratio is no known number from 0 to 1")
    return activate(ctx, inputs[0], "Dropout", p=rounded(ratio))


def _swish(ctx: Context, node: Node, inputs: list) -> Value:
    if node.attributes.get("alpha", 1.0) != 1.0:
        ctx.fail("Swish with another alpha than 1 is no SiLU")
    return activate(ctx, inputs[0], "SiLU")


def _threshold(ctx: Context, node: Node, inputs: list) -> Value:
    return activate(ctx, inputs[0], "Threshold", threshold=rounded(node.attributes.get("alpha", 1.0)), value=0.0)


READERS: dict[str, Callable] = {
    "Relu": _simple("ReLU"),
    "LeakyRelu": _simple("LeakyReLU", negative_slope=("alpha", 0.01)),
    "Elu": _simple("ELU", alpha=("alpha", 1.0)),
    "Celu": _simple("CELU", alpha=("alpha", 1.0)),
    "Selu": _selu,
    "Sigmoid": _simple("Sigmoid"),
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _simple("Hardswish"),
    "Tanh": _simple("Tanh"),
    "Softplus": _simple("Softplus"),
    "Softsign": _simple("Softsign"),
    "Softmax": _softmax("Softmax"),
    "LogSoftmax": _softmax("LogSoftmax"),
    "Gelu": _gelu,
    "Mish": _simple("Mish"),
    "Swish": _swish,
    "PRelu": _prelu,
    "ThresholdedRelu": _threshold,
    "Shrink": _shrink,
    "Clip": clip,
    "Dropout": _dropout,
    "Sign": _simple("Sign"),
    "Exp": _simple("Exp"),
    "Log": _simple("Log"),
    "Sqrt": _simple("Sqrt"),
    "Abs": _simple("Abs"),
    "Neg": _simple("Negate"),
}
