"""What is computed while reading and changes shapes: parts, joins, copies, sums; sizes checked before memory is taken.

Every function takes the budget, the node and its arrays, None for those that are not there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backend.importing.onnx_graph.budget import Budget, CannotFold
from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.tensors import KINDS

Array = np.ndarray
FAR = 2**31
DTYPES = {
    number: np.dtype("float32" if name in ("bfloat16", "float16", "float64") else name)
    for number, name in KINDS.items()
}


def numbers(array: Array | None) -> list[int] | None:
    """Whole numbers of an input, None where it is not there; raises CannotFold for open sizes and for many."""
    if array is None:
        return None
    if array.dtype == object or array.dtype.kind not in "iu" or array.size > 10_000:
        raise CannotFold("whole numbers are wanted here, and known ones")
    return [int(value) for value in array.reshape(-1)]


def axes_of(node: Node, inputs: list, at: int = 1) -> list[int] | None:
    """Axes, which older models write as an attribute and newer ones as an input."""
    given = node.attributes.get("axes")
    return given if given is not None else numbers(inputs[at]) if len(inputs) > at else None


def _axis(node: Node, rank: int, default: int = 0) -> int:
    axis = node.attributes.get("axis", default)
    if not -rank <= axis < max(rank, 1):
        raise CannotFold(f"axis {axis} of {rank} dimensions")
    return axis


def _reshape(budget: Budget, node: Node, inputs: list) -> Array:
    x = inputs[0]
    shape = node.attributes.get("shape") or numbers(inputs[1])
    if not node.attributes.get("allowzero"):
        shape = [x.shape[i] if size == 0 else size for i, size in enumerate(shape)]
    return _arranged(budget, x, shape)


def _arranged(budget: Budget, x: Array, shape) -> Array:
    """An array in another shape: a copy where its numbers do not lie one behind the other."""
    if not x.flags.c_contiguous:
        budget.take(x.shape, x.itemsize)
    return x.reshape(shape)


def _squeeze(budget: Budget, node: Node, inputs: list) -> Array:
    axes = axes_of(node, inputs)
    return np.squeeze(inputs[0], None if axes is None else tuple(axes))


def _unsqueeze(budget: Budget, node: Node, inputs: list) -> Array:
    return np.expand_dims(inputs[0], tuple(axes_of(node, inputs)))


def _concat(budget: Budget, node: Node, inputs: list) -> Array:
    parts = [x for x in inputs if x is not None]
    budget.take((sum(x.size for x in parts),), max(x.itemsize for x in parts))
    return np.concatenate(parts, _axis(node, parts[0].ndim))


def _slice(budget: Budget, node: Node, inputs: list) -> Array:
    x = inputs[0]
    if "starts" in node.attributes:
        starts, ends, axes, steps = (node.attributes.get(name) for name in ("starts", "ends", "axes", "steps"))
    else:
        starts, ends, axes, steps = (numbers(inputs[i]) if i < len(inputs) else None for i in range(1, 5))
    axes = list(range(len(starts))) if axes is None else axes
    index: list[Any] = [slice(None)] * x.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps or [1] * len(axes), strict=True):
        end = None if step < 0 and end < -x.shape[axis] else max(min(end, FAR), -FAR)
        index[axis] = slice(max(min(start, FAR), -FAR), end, step)
    return x[tuple(index)]


def _gather(budget: Budget, node: Node, inputs: list) -> Array:
    x, index = inputs
    axis = _axis(node, x.ndim)
    budget.take((*x.shape[:axis], *index.shape, *x.shape[axis % x.ndim + 1 :]), x.itemsize)
    return np.take(x, index.astype(np.int64), axis)


def _split(budget: Budget, node: Node, inputs: list) -> list[Array]:
    x, axis = inputs[0], _axis(node, inputs[0].ndim)
    sizes = node.attributes.get("split") or (numbers(inputs[1]) if len(inputs) > 1 else None)
    if sizes is None:
        each = -(-x.shape[axis] // len(node.outputs))
        return np.split(x, range(each, each * len(node.outputs), each), axis)
    return np.split(x, np.cumsum(sizes[:-1]), axis)


def _expand(budget: Budget, node: Node, inputs: list) -> Array:
    shape = np.broadcast_shapes(inputs[0].shape, tuple(numbers(inputs[1])))
    budget.take(shape, inputs[0].itemsize)
    return np.broadcast_to(inputs[0], shape)


def _tile(budget: Budget, node: Node, inputs: list) -> Array:
    x, times = inputs[0], numbers(inputs[1])
    budget.take([size * time for size, time in zip(x.shape, times, strict=True)], x.itemsize)
    return np.tile(x, times)


def _cast(budget: Budget, node: Node, inputs: list) -> Array:
    x, to = inputs[0], node.attributes.get("to")
    if to not in DTYPES:
        raise CannotFold(f"numbers of kind {to}")
    if x.dtype == object:
        return x  # sizes stay what they are, also as floats
    budget.take(x.shape, DTYPES[to].itemsize)
    return x.astype(DTYPES[to])


def _range(budget: Budget, node: Node, inputs: list) -> Array:
    start, limit, step = (x.reshape(-1)[0] for x in inputs)
    if any(x.dtype == object for x in inputs) or step == 0:
        raise CannotFold("Range over an open size: give the input a number there")
    count = max(0, int(np.ceil((limit - start) / step)))
    budget.take((count,), inputs[0].itemsize)
    return (start + np.arange(count) * step).astype(inputs[0].dtype)


def _where(budget: Budget, node: Node, inputs: list) -> Array:
    budget.take(np.broadcast_shapes(*(x.shape for x in inputs)), max(x.itemsize for x in inputs[1:]))
    return np.where(inputs[0].astype(bool), inputs[1], inputs[2])


def _trilu(budget: Budget, node: Node, inputs: list) -> Array:
    x = inputs[0]
    budget.take(x.shape, x.itemsize)
    k = numbers(inputs[1])[0] if len(inputs) > 1 and inputs[1] is not None else 0
    return (np.triu if node.attributes.get("upper", 1) else np.tril)(x, max(min(k, FAR), -FAR))


def _matmul(budget: Budget, node: Node, inputs: list) -> Array:
    a, b = inputs
    if object in (a.dtype, b.dtype) or a.ndim > 2 or b.ndim > 2 or a.size * (b.shape[-1] if b.ndim else 1) > 10**9:
        raise CannotFold("MatMul of numbers that depend on no input")
    budget.take((*a.shape[:-1], *b.shape[1:]), a.itemsize)
    return a @ b


def _clip(budget: Budget, node: Node, inputs: list) -> Array:
    low, high = (inputs[i] if len(inputs) > i else None for i in (1, 2))
    budget.take(inputs[0].shape, inputs[0].itemsize)
    low = node.attributes.get("min") if low is None else low
    high = node.attributes.get("max") if high is None else high
    return inputs[0] if low is None and high is None else np.clip(inputs[0], low, high).astype(inputs[0].dtype)


def _transpose(budget: Budget, node: Node, inputs: list) -> Array:
    return np.transpose(inputs[0], node.attributes.get("perm"))


def _flatten(budget: Budget, node: Node, inputs: list) -> Array:
    axis = node.attributes.get("axis", 1)
    return _arranged(budget, inputs[0], (int(np.prod(inputs[0].shape[:axis], dtype=np.int64)), -1))


def _cumsum(budget: Budget, node: Node, inputs: list) -> Array:
    if node.attributes.get("exclusive") or node.attributes.get("reverse") or inputs[0].dtype == object:
        raise CannotFold("CumSum of this kind")
    budget.take(inputs[0].shape, inputs[0].itemsize)
    return np.cumsum(inputs[0], numbers(inputs[1])[0]).astype(inputs[0].dtype)


def _reduction(function: Callable) -> Callable:
    def compute(budget: Budget, node: Node, inputs: list) -> Array:
        x, axes = inputs[0], axes_of(node, inputs)
        if not axes and node.attributes.get("noop_with_empty_axes"):
            return x
        budget.take(x.shape, x.itemsize)
        keep = bool(node.attributes.get("keepdims", 1))
        found = function(x, axis=None if not axes else tuple(axes), keepdims=keep)
        return np.asarray(found, dtype=object if x.dtype == object else None).astype(x.dtype)

    return compute


TABLE: dict[str, Callable] = {
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Concat": _concat,
    "Slice": _slice,
    "Gather": _gather,
    "Split": _split,
    "Expand": _expand,
    "Tile": _tile,
    "Cast": _cast,
    "Range": _range,
    "Where": _where,
    "Trilu": _trilu,
    "MatMul": _matmul,
    "Clip": _clip,
    "Transpose": _transpose,
    "Flatten": _flatten,
    "CumSum": _cumsum,
    "ReduceSum": _reduction(np.sum),
    "ReduceProd": _reduction(np.prod),
    "ReduceMax": _reduction(np.max),
    "ReduceMin": _reduction(np.min),
    "ReduceMean": _reduction(np.mean),
}
