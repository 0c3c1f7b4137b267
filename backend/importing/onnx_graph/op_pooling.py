"""Pooling: windows that slide, and pools over everything."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backend.importing.onnx_graph.context import Context
from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.op_activation import rounded
from backend.importing.onnx_graph.op_convolution import borders, size, window
from backend.importing.onnx_graph.op_padding import pad
from backend.importing.onnx_graph.values import Drawn, Value
from graph.dim import is_open

LOWEST = -3.4028234663852886e38  # float32's: a border of it never is the largest


def _window(ctx: Context, node: Node, inputs: list) -> tuple[Drawn, tuple, tuple, tuple, tuple, tuple]:
    x = ctx.plain(inputs[0])
    rank = x.type.rank - 2
    if rank not in (1, 2, 3):
        ctx.fail(f"it pools {x.type}; blocks pool N x channels and one to three directions")
    kernel = window(ctx, node, "kernel_shape", rank, 0)
    if min(kernel) < 1:
        ctx.fail(f"kernel_shape {kernel} is no window")
    stride, dilation = window(ctx, node, "strides", rank), window(ctx, node, "dilations", rank)
    return x, kernel, stride, dilation, *borders(ctx, node, x, kernel, stride, dilation)


def _settings(kernel, stride, begin, ceil: bool) -> dict:
    found = {"kernel_size": size(kernel), "stride": size(stride), "padding": size(begin), "ceil_mode": ceil}
    if found["stride"] == found["kernel_size"]:
        del found["stride"]
    return {name: value for name, value in found.items() if value not in (0, False) or name == "kernel_size"}


def _max_pool(ctx: Context, node: Node, inputs: list) -> Value:
    if len(node.outputs) > 1 and ctx.readers.get(node.outputs[1]):
        ctx.fail("the places of its largest values are used, which ONNX counts over the whole batch and blocks do not")
    x, kernel, stride, dilation, begin, end = _window(ctx, node, inputs)
    x, begin = _padded(ctx, x, kernel, begin, end, LOWEST)
    values = _settings(kernel, stride, begin, bool(node.attributes.get("ceil_mode")))
    if size(dilation) != 1:
        values["dilation"] = size(dilation)
    return ctx.drawing.draw(f"MaxPool{len(kernel)}d", {"input": x}, **values)


def _average_pool(ctx: Context, node: Node, inputs: list) -> Value:
    x, kernel, stride, dilation, begin, end = _window(ctx, node, inputs)
    counts = bool(node.attributes.get("count_include_pad"))
    if max(dilation) > 1:
        ctx.fail("an average over a dilated window is no block")
    before = x
    x, begin = _padded(ctx, x, kernel, begin, end, 0.0)
    if x is not before and not counts:
        return _average_of_inside(ctx, before, x, kernel, stride, end, bool(node.attributes.get("ceil_mode")))
    values = _settings(kernel, stride, begin, bool(node.attributes.get("ceil_mode")))
    if x is before and not counts and any(begin):
        values["count_include_pad"] = False
    if not any(begin) and values.get("ceil_mode") and not counts:
        values["count_include_pad"] = False
    return ctx.drawing.draw(f"AvgPool{len(kernel)}d", {"input": x}, **values)


def _average_of_inside(ctx: Context, x: Drawn, padded: Drawn, kernel, stride, end, ceil: bool) -> Drawn:
    """A mean over what lies inside the input: over all of the window, times how much more than the inside that is."""
    if ceil or any(map(is_open, x.type.dims[2:])):
        ctx.fail("its border does not count and is not the same on both sides; that is drawn for known sizes only")
    factors = np.ones(1, np.float32)
    for n, whole, k, s, e in zip(x.type.dims[2:], padded.type.dims[2:], kernel, stride, end, strict=True):
        begin = whole - n - e
        starts = np.arange(0, whole - k + 1, s)
        inside = np.minimum(starts + k, begin + n) - np.maximum(starts, begin)
        ctx.budget.take((len(starts), factors.size))
        factors = factors[..., None] * (k / np.maximum(inside, 1)).astype(np.float32)
    found = ctx.drawing.draw(f"AvgPool{len(kernel)}d", {"input": padded}, **_settings(kernel, stride, (0,), False))
    scale = ctx.standing(factors)
    ctx.note("An average that leaves its border out is drawn as one with it, times numbers that make up for that")
    return ctx.drawing.draw("Multiply", {"inputs": [found, scale]})


def _padded(ctx: Context, x: Drawn, kernel, begin, end, value: float) -> tuple[Drawn, tuple[int, ...]]:
    """The border in a block of its own where the pooling block cannot have it."""
    if begin == end and all(0 <= 2 * width <= k for width, k in zip(begin, kernel, strict=True)):
        return x, begin
    ctx.note("A pool's border of another width on each side became a padding block in front")
    return pad(ctx, x, [0, 0, *begin], [0, 0, *end], value), (0,) * len(begin)


def _global(type: str) -> Callable:
    def read(ctx: Context, node: Node, inputs: list) -> Value:
        x = ctx.plain(inputs[0])
        if not ctx.ones_go(node):
            return ctx.drawing.draw(type, {"input": x}, keepdim=True)
        found = ctx.drawing.draw(type, {"input": x})
        return found.seen(found.layout.unsqueezed(range(2, x.type.rank)))

    return read


def _lp_pool(ctx: Context, node: Node, inputs: list) -> Value:
    x, kernel, stride, dilation, begin, end = _window(ctx, node, inputs)
    if max(dilation) > 1:
        ctx.fail("a norm over a dilated window is no block")
    x = pad(ctx, x, [0, 0, *begin], [0, 0, *end], 0.0)
    if node.attributes.get("p", 2) % 2:
        x = ctx.drawing.draw("Abs", {"input": x})  # torch takes powers of the values with their signs
    values = _settings(kernel, stride, (0,) * len(kernel), bool(node.attributes.get("ceil_mode")))
    return ctx.drawing.draw(
        f"LPPool{len(kernel)}d", {"input": x}, norm_type=rounded(node.attributes.get("p", 2)), **values
    )


READERS = {
    "MaxPool": _max_pool,
    "AveragePool": _average_pool,
    "GlobalAveragePool": _global("GlobalAvgPool"),
    "GlobalMaxPool": _global("GlobalMaxPool"),
    "LpPool": _lp_pool,
}
