"""Products of matrices: Linear where the right side is numbers of the model, else MatMul or Einsum."""

from __future__ import annotations

from functools import partial

import numpy as np

from backend.importing.onnx_graph.arranging import arranged, leading, on_last, plain
from backend.importing.onnx_graph.context import Context
from backend.importing.onnx_graph.joining import meet
from backend.importing.onnx_graph.layout import Layout
from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.op_activation import activate, rounded
from backend.importing.onnx_graph.values import Drawn, Filled, Known, Value, number_of
from graph.dim import N, is_open


def linear(
    ctx: Context, x: Drawn, weight: np.ndarray, bias: np.ndarray | None, weight_of: Value, bias_of: Value | None
) -> Drawn:
    """A Linear block over the last dimension; `weight` is out x in, as torch keeps it."""
    real = on_last(ctx.drawing, x)
    values = {"out_features": weight.shape[0], **({} if bias is not None else {"bias": False})}
    weights = {"weight": weight, **({} if bias is None else {"bias": bias})}
    source = (ctx.source(weight_of), ctx.source(bias_of))
    name = ctx.named(bias_of, weight_of)
    found = ctx.drawing.place_block("Linear", {"input": real}, name, values, weights, source)[0]
    axes = (*real.layout.axes[:-1], () if weight.shape[0] == 1 else (weight.shape[0],))
    last = () if weight.shape[0] == 1 else ((len(axes) - 1, 0),)
    return found.seen(Layout(axes, (*real.layout.dims[:-1], last)))


def _written_out(ctx: Context, value: Value) -> Value:
    """Numbers that are all the same, one by one."""
    closed = isinstance(value, Filled) and not any(map(is_open, value.sizes))
    return Known(ctx.array(value, "operand")) if closed else value


def _gemm(ctx: Context, node: Node, inputs: list) -> Value:
    a, b, c = (*map(partial(_written_out, ctx), inputs), None)[:3]
    alpha, beta = (node.attributes.get(name, 1.0) for name in ("alpha", "beta"))
    x = ctx.drawn(a)
    if node.attributes.get("transA"):
        x = x.seen(x.layout.transposed((1, 0)))
    if isinstance(b, Known) and b.array.ndim == 2 and isinstance(c, Known | Filled | None):
        weight = b.array if node.attributes.get("transB") else b.array.T
        if not node.attributes.get("transB"):
            b = Known(b.array, b.source and f"{b.source}^T")
        bias = None if c is None or number_of(c) == 0 else _bias(ctx, c, weight.shape[0])
        if alpha != 1 or (beta != 1 and bias is not None):
            ctx.note("alpha and beta of Gemm were multiplied into the weights")
            weight, bias = weight * np.float32(alpha), None if bias is None else bias * np.float32(beta)
            b, c = Known(weight), None
        return linear(ctx, x, weight, bias, b, c)
    y = ctx.drawn(b, "right side")
    y = y.seen(y.layout.transposed((1, 0))) if node.attributes.get("transB") else y
    found = matmul(ctx, x, y)
    found = found if alpha == 1 else activate(ctx, found, "Scale", factor=rounded(alpha))
    if c is None:
        return found
    if beta != 1:
        ctx.fail("beta of a Gemm without weights of its own must be 1")
    (left, right), finish = meet(ctx, [found, c])
    return finish(ctx.drawing.draw("Add", {"inputs": [left, right]}))


def _bias(ctx: Context, value: Value, count: int) -> np.ndarray:
    array = ctx.array(value, "bias")
    if array.size not in (1, count) or (array.ndim > 1 and array.shape[-1] != array.size):
        ctx.fail(f"a bias of shape {array.shape} is none for {count} outputs")
    return np.broadcast_to(array.reshape(-1), (count,))


def _matmul_node(ctx: Context, node: Node, inputs: list) -> Value:
    a, b = map(partial(_written_out, ctx), inputs)
    if isinstance(a, Drawn) and isinstance(b, Known) and b.array.ndim == 2 and len(a.sizes) > 1:
        return linear(ctx, a, b.array.T, None, Known(b.array, b.source and f"{b.source}^T"), None)
    return matmul(ctx, a, b)


def _matmul_with_bias(ctx: Context, node: Node, inputs: list) -> Value:
    """A MatMul with the Add behind it, as patterns.py puts them together."""
    x, b, c = inputs
    bias = _bias(ctx, c, b.array.shape[1])
    if isinstance(x, Filled) and x.number == 0 and all(size in (1, N) for size in x.sizes[:-1]):
        ahead = (1,) * (len(x.sizes) - 1)  # a state that is zero for every sample
        return Known(bias.reshape(*ahead, -1), ctx.source(c))
    return linear(ctx, ctx.drawn(x), b.array.T, bias, Known(b.array, b.source and f"{b.source}^T"), c)


def matmul(ctx: Context, a: Value, b: Value) -> Drawn:
    """The product of two tensors, neither of which are weights of a Linear."""
    if not isinstance(a, Drawn) or not isinstance(b, Drawn):
        return _with_numbers(ctx, a, b)
    if min(len(a.sizes), len(b.sizes)) < 2:
        left, right = plain(ctx.drawing, a), plain(ctx.drawing, b)
        return ctx.drawing.draw("MatMul", {"input": left, "other": right})
    rank = max(len(a.sizes), len(b.sizes))
    a, b = (v.seen(v.layout.unsqueezed(range(rank - len(v.sizes)))) for v in (a, b))
    together = _by_parts(ctx, a, b, rank)
    if together is not None:
        return together
    real = [leading(ctx.drawing, value) for value in (a, b)]
    if len({back for _, back in real}) > 1:
        ctx.fail("it multiplies tensors whose batches stand at different places")
    (left, back), (right, _) = real
    if back != tuple(range(rank)):
        ctx.fail("it multiplies over the batch, which blocks keep in front")
    return ctx.drawing.draw("MatMul", {"input": left, "other": right})


def _with_numbers(ctx: Context, a: Value, b: Value) -> Drawn:
    """One side is a matrix, or several, of the model's own."""
    fixed, tensor = (b, a) if isinstance(a, Drawn) else (a, b)
    array = ctx.array(fixed, "operand")
    real, back = leading(ctx.drawing, tensor)
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    if back != tuple(range(len(back))) or array.ndim >= real.type.rank or array.ndim < 2:
        ctx.fail("it multiplies the batch with a matrix, which blocks keep apart")
    matrix = ctx.standing(array, ctx.source(fixed))
    ports = (real, matrix) if isinstance(a, Drawn) else (matrix, real)
    return ctx.drawing.draw("MatMul", dict(zip(("input", "other"), ports, strict=True)))


def _by_parts(ctx: Context, a: Drawn, b: Drawn, rank: int) -> Drawn | None:
    """Tensors whose leading dimensions are made of the same parts, such as batch and heads; None where they are not."""
    if a.layout.plain and b.layout.plain:
        return None
    ahead = [[atom for group in v.layout.dims[: rank - 2] for atom in group] for v in (a, b)]
    sizes = [[v.layout.axes[axis][part] for axis, part in atoms] for v, atoms in zip((a, b), ahead, strict=True)]
    if sizes[0] != sizes[1] or N not in sizes[0]:
        return None
    order = sorted(range(len(sizes[0])), key=lambda i: sizes[0][i] != N)
    real = [
        arranged(ctx.drawing, v, (*((atoms[i],) for i in order), *v.layout.dims[-2:]))
        for v, atoms in zip((a, b), ahead, strict=True)
    ]
    found = ctx.drawing.draw("MatMul", {"input": real[0], "other": real[1]})
    axes = Layout.of(found.type.dims).axes
    groups, at = [], 0
    for group in a.layout.dims[: rank - 2]:
        groups.append(tuple((order.index(at + i), 0) for i in range(len(group))))
        at += len(group)
    last = tuple(((len(order) + i, 0),) if axes[len(order) + i] else () for i in range(2))
    return found.seen(Layout(axes, (*groups, *last)))


def _einsum(ctx: Context, node: Node, inputs: list) -> Value:
    equation = node.attributes.get("equation", "").replace(" ", "")
    if "." in equation:
        ctx.fail(f"{equation!r} leaves dimensions unnamed; Einsum blocks name every one")
    if "->" not in equation:
        letters = sorted(letter for letter in set(equation) - {","} if equation.count(letter) == 1)
        equation = f"{equation}->{''.join(letters)}"
    tensors = [ctx.plain(value) for value in inputs]
    return ctx.drawing.draw("Einsum", {"inputs": tensors}, equation=equation)


READERS = {
    "Gemm": _gemm,
    "MatMul": _matmul_node,
    "netloom.Linear": _matmul_with_bias,
    "Einsum": _einsum,
}
