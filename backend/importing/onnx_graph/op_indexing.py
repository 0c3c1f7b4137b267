"""Parts of tensors: slices, single steps, splits, and rows of tables looked up by number."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from backend.importing.onnx_graph.arranging import on_axis, plain
from backend.importing.onnx_graph.context import GIVE_NUMBERS, Context
from backend.importing.onnx_graph.layout import Layout
from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.values import Begun, Drawn, Filled, Known, Value, number_of
from graph.dim import is_open

FAR = 2**31 - 1
MOST_STEPS = 2**17  # that are counted where a length is open


def _resized(found: Drawn, x: Drawn, axis: int) -> Drawn:
    """A result that differs from its input in the size of one axis, seen as its input was."""
    if x.layout.plain:
        return found
    size = found.type.dims[axis]
    parts = () if size == 1 else (size,)
    axes = (*x.layout.axes[:axis], parts, *x.layout.axes[axis + 1 :])
    dims = tuple(tuple(atom for atom in group if atom[0] != axis or parts) for group in x.layout.dims)
    return found.seen(Layout(axes, dims))


def cut(ctx: Context, x: Drawn, dim: int, start: int, end: int | None, step: int = 1) -> Drawn:
    """A Slice block along one dimension."""
    real, axis = on_axis(ctx.drawing, x, dim)
    settings = {"start": start, "end": end, "step": step}
    settings = {name: value for name, value in settings.items() if value not in (0 if name != "end" else None, None)}
    if settings.get("step") == 1:
        del settings["step"]
    return _resized(ctx.drawing.draw("Slice", {"input": real}, dim=axis, **settings), real, axis)


def pick(ctx: Context, x: Drawn, dim: int, index: int) -> Drawn:
    """A SelectStep block: one place of a dimension, which goes."""
    real, axis = on_axis(ctx.drawing, x, dim)
    found = ctx.drawing.draw("SelectStep", {"input": real}, index=index, dim=axis)
    if real.layout.plain:
        return found
    axes = (*real.layout.axes[:axis], *real.layout.axes[axis + 1 :])
    moved = [tuple((a - (a > axis), part) for a, part in group) for group in real.layout.dims]
    return found.seen(Layout(axes, tuple(group for i, group in enumerate(moved) if i != dim)))


def _slice(ctx: Context, node: Node, inputs: list) -> Value:
    x = inputs[0]
    if "starts" in node.attributes:
        starts, ends, axes = (node.attributes.get(name) for name in ("starts", "ends", "axes"))
        steps = None
    else:
        given = [ctx.sizes(v, "bounds") if v is not None else None for v in [*inputs[1:], None, None, None][:4]]
        starts, ends, axes, steps = given
    rank = len(x.sizes)
    if starts is None or ends is None:
        ctx.fail("it has no bounds")
    axes = list(range(len(starts))) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    if not len(starts) == len(ends) == len(axes) == len(steps) or not all(-rank <= axis < rank for axis in axes):
        ctx.fail(f"bounds {starts} to {ends} do not suit axes {axes} of {rank} dimensions")
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        x = _cut_known(ctx, x, axis % rank, start, end, step, ctx.ones_go(node))
    return x


def _cut_known(ctx: Context, x: Value, axis: int, start, end, step, one_goes: bool) -> Value:
    """One dimension cut; a single place is picked where its dimension goes at once."""
    size = x.sizes[axis]
    if is_open(start) or is_open(step) or step < 1:
        ctx.fail(f"it cuts from {start} in steps of {step}; a block Slice goes forward from a known place")
    if isinstance(x, Known) and is_open(end) and start == 0 and step == 1:
        return Begun(x.array, axis, end, x.source)
    if is_open(end) and end != size:
        ctx.fail(f"it cuts up to {end}, which is open; {GIVE_NUMBERS}")
    end = None if end == size or end >= FAR or (not is_open(size) and end >= size) else end
    start = 0 if not is_open(size) and start <= -size else start
    if end is None and start == 0 and step == 1:
        return x
    if isinstance(x, Filled):
        if is_open(size):
            ctx.fail("it cuts an open dimension")
        sizes = (*x.sizes[:axis], len(range(size)[start:end:step]), *x.sizes[axis + 1 :])
        return Filled(x.number, sizes, x.dtype)
    if one_goes and not is_open(size) and len(range(size)[start:end:step]) == 1:
        picked = pick(ctx, ctx.drawn(x), axis, range(size)[start:end:step][0])
        return picked.seen(picked.layout.unsqueezed([axis]))
    return cut(ctx, ctx.drawn(x), axis, start, end, step)


def _gather(ctx: Context, node: Node, inputs: list) -> Value:
    x, index = inputs
    rank = len(x.sizes)
    axis = node.attributes.get("axis", 0)
    if not -rank <= axis < rank:
        ctx.fail(f"axis {axis} of {rank} dimensions")
    if isinstance(index, Drawn):
        return _looked_up(ctx, x, index, axis)
    if isinstance(x, Known) and axis == 0 and x.array.ndim == 2 and isinstance(index, Begun | Filled):
        return _rows(ctx, node, x, index)
    numbers = ctx.array(index, "index")
    axis %= rank
    if isinstance(x, Filled):
        return Filled(x.number, (*x.sizes[:axis], *numbers.shape, *x.sizes[axis + 1 :]), x.dtype)
    tensor = ctx.drawn(x)
    if not numbers.ndim:
        return pick(ctx, tensor, axis, int(numbers))
    return _several(ctx, tensor, axis, numbers)


def _rows(ctx: Context, node: Node, table: Known, index: Begun | Filled) -> Value:
    """Rows of a table in an order that the model knows: for the first steps of a sequence, or one for all."""
    if isinstance(index, Filled):
        if not all(reader.op == "Add" for reader in ctx.readers.get(node.outputs[0], ())):
            ctx.fail(f"it looks up the same row for {' x '.join(map(str, index.sizes))} places, which are open")
        ahead = (1,) * len(index.sizes)
        return Known(table.array[int(index.number)].reshape(*ahead, -1))
    numbers = index.array
    if numbers.ndim == 1:
        numbers = numbers[: len(table.array)]  # counted as far as they are wanted
    ctx.budget.take((*numbers.shape, table.array.shape[1]), 4)
    whole = numbers.size == len(table.array) and (numbers.reshape(-1) == np.arange(numbers.size)).all()
    return Begun(table.array[numbers], index.axis, index.size, table.source if whole else "")


def _range(ctx: Context, node: Node, inputs: list) -> Value:
    """Counting up to an open size."""
    start, _, step = (number_of(value) for value in inputs)
    limit = ctx.sizes(inputs[1], "limit")
    if (start, step) != (0, 1) or len(limit) != 1:
        ctx.fail(f"it counts to an open size otherwise than from 0 by ones; {GIVE_NUMBERS}")
    return Begun(np.arange(MOST_STEPS), 0, limit[0])


def _several(ctx: Context, x: Drawn, axis: int, numbers: np.ndarray) -> Drawn:
    """Several places of a dimension: a stretch of them is a Slice."""
    if numbers.ndim != 1 or not numbers.size:
        ctx.fail(f"it picks places of shape {numbers.shape}; blocks pick one, or a stretch")
    found = [int(number) for number in numbers]
    size = x.sizes[axis]
    if not is_open(size):
        found = [number % size for number in found if -size <= number < size]
    steps = {b - a for a, b in pairwise(found)} or {1}
    step = steps.pop()
    if len(found) < numbers.size or steps or step < 1 or found[0] < 0:
        ctx.fail(f"it picks places {found[:8]}, which are no stretch that goes forward in equal steps")
    return cut(ctx, x, axis, found[0], found[-1] + 1, step)


def _looked_up(ctx: Context, table: Value, index: Drawn, axis: int) -> Drawn:
    if not isinstance(table, Known) or table.array.ndim != 2 or axis not in (0, -2) or table.array.dtype.kind != "f":
        ctx.fail("it picks by numbers that are computed from the input; blocks look up rows of a table of the model's")
    rows, width = table.array.shape
    values = {"num_embeddings": rows, "embedding_dim": width}
    name, source = ctx.named(table), (table.source,)
    weights = {"weight": table.array}
    found = ctx.drawing.place_block("Embedding", {"input": index}, name, values, weights, source)[0]
    axes = (*index.layout.axes, () if width == 1 else (width,))
    last = () if width == 1 else ((len(axes) - 1, 0),)
    return found.seen(Layout(axes, (*index.layout.dims, last)))


def _split(ctx: Context, node: Node, inputs: list) -> list[Value]:
    x = inputs[0]
    rank = len(x.sizes)
    axis = node.attributes.get("axis", 0)
    if not -rank <= axis < rank or is_open(x.sizes[axis]):
        ctx.fail(f"it splits axis {axis} of {rank} dimensions, whose size must be known")
    axis %= rank
    whole, parts = x.sizes[axis], len(node.outputs)
    sizes = node.attributes.get("split")
    if sizes is None and len(inputs) > 1:
        sizes = ctx.integers(inputs[1], "sizes")
    if sizes is None:
        each = -(-whole // parts)
        sizes = [min(each, whole - i * each) for i in range(parts)]
    if len(sizes) != parts or sum(sizes) != whole or min(sizes) < 1:
        ctx.fail(f"parts of {sizes} do not make {whole}")
    return _parts(ctx, ctx.drawn(x), axis, sizes)


def _parts(ctx: Context, x: Drawn, dim: int, sizes: list[int]) -> list[Value]:
    if all(size == 1 for size in sizes):
        picked = [pick(ctx, x, dim, i) for i in range(len(sizes))]
        return [one.seen(one.layout.unsqueezed([dim])) for one in picked]
    found: list[Value] = []
    rest, axis = on_axis(ctx.drawing, x, dim)
    for i, size in enumerate(sizes[:-1]):
        whole = sum(sizes[i:])
        settings = {} if 2 * size == whole else {"size": size}
        first, left = ctx.drawing.place_block("Split", {"input": rest}, (), {"dim": axis, **settings})
        found.append(_resized(first, rest, axis))
        rest = _resized(left, rest, axis)
    return [*found, rest]


def _one_hot(ctx: Context, node: Node, inputs: list) -> Value:
    depth, values = number_of(inputs[1]), ctx.array(inputs[2], "values")
    index = ctx.drawn(inputs[0])
    usual = values.dtype.kind == "f" and values.reshape(-1).tolist() == [0, 1]
    if depth is None or not usual or node.attributes.get("axis", -1) not in (-1, len(index.sizes)):
        ctx.fail("the block OneHot gives 0 and 1 in float32 along a new last dimension of a known size")
    index = plain(ctx.drawing, index)
    return ctx.drawing.draw("OneHot", {"input": index}, num_classes=int(depth))


READERS: dict[str, Callable] = {
    "Slice": _slice,
    "Gather": _gather,
    "Split": _split,
    "OneHot": _one_hot,
    "Range": _range,
}
