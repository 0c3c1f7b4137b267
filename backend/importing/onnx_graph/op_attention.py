"""Attention as one node, as newer exporters write it: scores, a softmax over them, and the values they weigh."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from backend.importing.onnx_graph.arranging import numbers, plain
from backend.importing.onnx_graph.context import Context
from backend.importing.onnx_graph.joining import meet
from backend.importing.onnx_graph.layout import exact
from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.op_activation import activate, over, rounded
from backend.importing.onnx_graph.op_linear import matmul
from backend.importing.onnx_graph.values import Drawn, Known, Value
from graph.dim import is_open


def _attention(ctx: Context, node: Node, inputs: list) -> Value:
    inputs = [*inputs, *([None] * 6)]
    strange = [name for name in node.attributes if name not in UNDERSTOOD]
    if any(value is not None for value in inputs[4:7]) or node.attributes.get("softcap") or strange:
        ctx.fail("it keeps keys of steps before, caps its scores, or has lengths or windows, which is not drawn")
    heads = (node.attributes.get("q_num_heads"), *[node.attributes.get("kv_num_heads")] * 2)
    flat = len(inputs[0].sizes) == 3
    query, key, value = (_headed(ctx, x, count) for x, count in zip(inputs, heads, strict=False))
    key, value = (_as_many(ctx, x, query.sizes[1]) for x in (key, value))
    if is_open(query.sizes[-1]):
        ctx.fail("the size of its heads is open")
    scores = matmul(ctx, query, key.seen(key.layout.transposed((0, 1, 3, 2))))
    factor = node.attributes.get("scale", 1 / math.sqrt(query.sizes[-1]))
    scores = activate(ctx, scores, "Scale", factor=rounded(factor))
    for mask in (inputs[3], _causal(ctx, node, scores)):
        scores = scores if mask is None else _masked(ctx, scores, mask)
    found = matmul(ctx, over(ctx, "Softmax", scores, 3), value)
    if not flat:
        return found
    joined = found.layout.transposed((0, 2, 1, 3))
    return found.seen(joined.reshaped((*joined.sizes[:2], joined.sizes[2] * joined.sizes[3]), ctx.drawing.batch))


def _headed(ctx: Context, value: Value, heads: int | None) -> Drawn:
    """Batch, heads, steps and features."""
    x = ctx.drawn(value)
    if len(x.sizes) == 4:
        return x
    if len(x.sizes) != 3 or not heads or heads < 1:
        ctx.fail(f"it reads a tensor of {len(x.sizes)} dimensions with {heads} heads; 3 or 4 dimensions are read")
    parts = x.layout.reshaped((*x.sizes[:2], heads, -1), ctx.drawing.batch)
    return x.seen(parts.transposed((0, 2, 1, 3)))


def _as_many(ctx: Context, x: Drawn, heads: int) -> Drawn:
    """Keys or values of few heads, each for several heads that ask."""
    times = exact(heads, x.sizes[1])
    if times == 1:
        return x
    if not isinstance(times, int):
        ctx.fail(f"{heads} heads ask {x.sizes[1]}, which is no whole number for each")
    real = plain(ctx.drawing, x.seen(x.layout.unsqueezed([2])))
    shape = numbers(ctx.drawing, (x.sizes[1], times, *x.sizes[2:]))
    several = ctx.drawing.draw("Expand", {"input": real}, shape=shape)
    return several.seen(several.layout.reshaped((*x.sizes[:1], heads, *x.sizes[2:])))


def _causal(ctx: Context, node: Node, scores: Drawn) -> Value | None:
    if not node.attributes.get("is_causal"):
        return None
    steps = scores.sizes[2:]
    if any(map(is_open, steps)):
        ctx.fail("it is causal over an open number of steps; give the model's input a number there")
    ctx.budget.take(steps, 4)
    return Known(np.triu(np.full(steps, -np.inf, np.float32), 1))


def _masked(ctx: Context, scores: Drawn, mask: Value) -> Drawn:
    """Scores with a mask added, or left out where it says no."""
    if isinstance(mask, Known) and mask.array.dtype == bool:
        mask = Known(np.where(mask.array, 0, -np.inf).astype(np.float32))
    if isinstance(mask, Drawn) and mask.type.dtype == "bool":
        ctx.fail("its mask of yes and no is computed; one of numbers that are added can be drawn")
    (left, right), finish = meet(ctx, [scores, mask])
    return finish(ctx.drawing.draw("Add", {"inputs": [left, right]}))


UNDERSTOOD = frozenset(
    ("scale", "is_causal", "q_num_heads", "kv_num_heads", "softmax_precision", "softcap", "qk_matmul_output_mode")
)
READERS: dict[str, Callable] = {"Attention": _attention}
