"""Shapes: reshapes and transposes change how a tensor is seen; copies, joins and sizes become blocks or numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from backend.importing.onnx_graph.arranging import numbers, plain
from backend.importing.onnx_graph.context import Context
from backend.importing.onnx_graph.layout import Layout, Misfit
from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.values import Begun, Counted, Drawn, Filled, Known, Value
from graph.dim import N, is_open

MOST_FILLED = 2**16  # numbers that are written out at once; more stay a number and a shape


def sizes_value(sizes: list) -> Value:
    """Sizes as numbers where all are known."""
    if any(map(is_open, sizes)):
        array = np.empty(len(sizes), dtype=object)
        array[:] = sizes
        return Counted(array)
    return Known(np.array(sizes, np.int64))


def filled(ctx: Context, number, dtype: str, sizes: list) -> Value:
    """One number in a shape; written out where it is small."""
    if any(not is_open(size) and size < 0 for size in sizes) or len(sizes) > 16:
        ctx.fail(f"its shape {' x '.join(map(str, sizes))} is none")
    if not any(map(is_open, sizes)) and math.prod(sizes) <= MOST_FILLED:
        ctx.budget.take(sizes, np.dtype(dtype).itemsize)
        return Known(np.full(sizes, number, dtype))
    return Filled(number, tuple(sizes), dtype)


def _shape(ctx: Context, node: Node, inputs: list) -> Value:
    sizes = list(inputs[0].sizes)
    return sizes_value(sizes[slice(node.attributes.get("start", 0), node.attributes.get("end"))])


def _size(ctx: Context, node: Node, inputs: list) -> Value:
    total = math.prod(inputs[0].sizes)
    if is_open(total):
        array = np.empty((), dtype=object)
        array[()] = total
        return Counted(array)
    return Known(np.array(total, np.int64))


def _constant(ctx: Context, node: Node, inputs: list) -> Value:
    for name, value in node.attributes.items():
        match name:
            case "value":
                return Known(ctx.tensors.array(value, node.place))
            case "value_float" | "value_floats":
                return Known(np.array(value, np.float32))
            case "value_int" | "value_ints":
                return Known(np.array(value, np.int64))
    ctx.fail("it holds no numbers: texts and sparse tensors cannot be read")


def _constant_of_shape(ctx: Context, node: Node, inputs: list) -> Value:
    given = node.attributes.get("value")
    array = np.zeros(1, np.float32) if given is None else ctx.tensors.array(given, node.place)
    if array.size != 1:
        ctx.fail("its value is no single number")
    return filled(ctx, array.reshape(-1)[0].item(), array.dtype.name, ctx.sizes(inputs[0], "shape"))


def _seen(ctx: Context, x: Value, change: Callable[[Layout], Layout]) -> Value:
    """A tensor in another shape or order, or what is one number everywhere."""
    if isinstance(x, Filled):
        return Filled(x.number, change(Layout.of(x.sizes)).sizes, x.dtype)
    x = ctx.drawn(x)
    try:
        return x.seen(change(x.layout))
    except Misfit as fault:
        ctx.fail(str(fault))


def reshaped(ctx: Context, x: Value, sizes: list) -> Value:
    """A tensor in another shape; a block where dimensions are cut across each other, as 4 x 9 made 6 x 6."""
    if not isinstance(x, Drawn):
        return _seen(ctx, x, lambda layout: layout.reshaped(sizes))
    try:
        return x.seen(x.layout.reshaped(sizes, ctx.drawing.batch))
    except Misfit as fault:
        why = fault
    real = plain(ctx.drawing, x)
    if real is not x:
        return reshaped(ctx, real, sizes)
    front, samples = real.type.dims[:1], [size for size in sizes[1:] if not is_open(size)]
    if front != (N,) or sizes[0] not in (N, -1, ctx.drawing.batch) or len(samples) < len(sizes) - 1:
        ctx.fail(str(why))
    values = math.prod(real.type.dims[1:])
    if is_open(values) or (-1 not in samples and math.prod(samples) != values):
        ctx.fail(str(why))
    return ctx.drawing.draw("Reshape", {"input": real}, shape=tuple(samples))


def _reshape(ctx: Context, node: Node, inputs: list) -> Value:
    x = inputs[0]
    sizes = node.attributes.get("shape") or ctx.sizes(inputs[1], "shape")
    sizes = list(sizes)
    if not node.attributes.get("allowzero"):
        if any(size == 0 and i >= len(x.sizes) for i, size in enumerate(sizes)):
            ctx.fail(f"shape {sizes} takes over a dimension that its input has not")
        sizes = [x.sizes[i] if size == 0 else size for i, size in enumerate(sizes)]
    if any(not is_open(size) and size < -1 for size in sizes) or sizes.count(-1) > 1 or len(sizes) > 16:
        ctx.fail(f"{' x '.join(map(str, sizes))} is no shape")
    return reshaped(ctx, x, sizes)


def _flatten(ctx: Context, node: Node, inputs: list) -> Value:
    sizes, axis = inputs[0].sizes, node.attributes.get("axis", 1)
    if not -len(sizes) <= axis <= len(sizes):
        ctx.fail(f"axis {axis} of {len(sizes)} dimensions")
    axis = axis if axis >= 0 else axis + len(sizes)
    return reshaped(ctx, inputs[0], [math.prod(sizes[:axis]), math.prod(sizes[axis:])])


def _transpose(ctx: Context, node: Node, inputs: list) -> Value:
    rank = len(inputs[0].sizes)
    order = node.attributes.get("perm") or list(reversed(range(rank)))
    if sorted(order) != list(range(rank)):
        ctx.fail(f"perm {order} is no order of {rank} dimensions")
    return _seen(ctx, inputs[0], lambda layout: layout.transposed(order))


def axes(ctx: Context, node: Node, inputs: list, rank: int) -> list[int] | None:
    """Axes from an attribute or an input, counted from 0."""
    given = node.attributes.get("axes")
    if given is None and len(inputs) > 1:
        given = ctx.integers(inputs[1], "axes")
    if given is None:
        return None
    if not all(-rank <= axis < rank for axis in given) or len({axis % rank for axis in given}) < len(given):
        ctx.fail(f"axes {given} of {rank} dimensions")
    return [axis % rank for axis in given]


def _squeeze(ctx: Context, node: Node, inputs: list) -> Value:
    x = inputs[0]
    gone = axes(ctx, node, inputs, len(x.sizes))
    gone = [i for i, size in enumerate(x.sizes) if size == 1] if gone is None else gone
    if any(x.sizes[i] == N for i in gone):
        ctx.fail("it takes the batch away, which a network has to keep")
    return _seen(ctx, x, lambda layout: layout.squeezed(gone))


def _unsqueeze(ctx: Context, node: Node, inputs: list) -> Value:
    given = node.attributes.get("axes") or ctx.integers(inputs[1], "axes")
    rank = len(inputs[0].sizes) + len(given)
    if rank > 16 or not all(-rank <= axis < rank for axis in given):
        ctx.fail(f"axes {given} of {rank} dimensions")
    if isinstance(inputs[0], Begun):
        x, places = inputs[0], {axis % rank for axis in given}
        left = [i for i in range(rank) if i not in places]
        return Begun(np.expand_dims(x.array, tuple(places)), left[x.axis], x.size, x.source)
    return _seen(ctx, inputs[0], lambda layout: layout.unsqueezed(axis % rank for axis in given))


def _concat(ctx: Context, node: Node, inputs: list) -> Value:
    inputs = [value for value in inputs if not (isinstance(value, Known) and not value.array.size)]
    rank = len(inputs[0].sizes)
    axis = node.attributes.get("axis", 0)
    if not -rank <= axis < rank or any(len(value.sizes) != rank for value in inputs):
        ctx.fail(f"it joins along axis {axis} tensors of {', '.join(str(len(v.sizes)) for v in inputs)} dimensions")
    if len(inputs) == 1:
        return inputs[0]
    axis %= rank
    drawn = [value for value in inputs if isinstance(value, Drawn)]
    if not drawn and all(isinstance(v, Filled) and v.number == inputs[0].number for v in inputs):
        sizes = list(inputs[0].sizes)
        sizes[axis] = sum((value.sizes[axis] for value in inputs[1:]), start=sizes[axis])
        return Filled(inputs[0].number, tuple(sizes), inputs[0].dtype)
    lead = drawn[0].layout.batch_dim() if drawn else 0
    order = list(range(rank))
    if lead:
        order.insert(0, order.pop(lead))
    parts = [_part(ctx, value, order) for value in inputs]
    found = ctx.drawing.draw("Concatenate", {"inputs": parts}, dim=order.index(axis))
    return found.seen(Layout.of(found.type.dims).transposed(order.index(i) for i in range(rank)))


def _part(ctx: Context, value: Value, order: list[int]) -> Drawn:
    """A tensor that is joined, batch in front; numbers stand there once for every sample."""
    if isinstance(value, Drawn):
        return plain(ctx.drawing, value.seen(value.layout.transposed(order)))
    array = ctx.array(value, "part").transpose(order)
    if not array.ndim or array.shape[0] not in (1, ctx.drawing.batch) or not (array == array[:1]).all():
        ctx.fail(f"it joins numbers of shape {array.shape} to the batch, which differ from sample to sample")
    return ctx.standing(array[0], ctx.source(value), like=ctx.drawing.first_input)


def _expand(ctx: Context, node: Node, inputs: list) -> Value:
    x, wanted = inputs[0], ctx.sizes(inputs[1], "shape")
    rank = max(len(x.sizes), len(wanted))
    own = [1] * (rank - len(x.sizes)) + list(x.sizes)
    asked = [1] * (rank - len(wanted)) + list(wanted)
    target = [a if b == 1 else b for a, b in zip(asked, own, strict=True)]
    if any(a not in (1, b, ctx.drawing.batch if b == N else b) for a, b in zip(asked, target, strict=True)):
        ctx.fail(f"it spreads {' x '.join(map(str, own))} to {' x '.join(map(str, asked))}, which no block does")
    if not isinstance(x, Drawn):
        return _expanded_numbers(ctx, x, target)
    x = _seen(ctx, x, lambda layout: layout.unsqueezed(range(rank - len(x.sizes))))
    if tuple(target) == x.sizes:
        return x
    real = plain(ctx.drawing, x)
    if real.type.dims[:1] != (N,):
        ctx.fail("it spreads a tensor over the batch; blocks do that with numbers of their own only")
    if any(is_open(a) and a != b for a, b in zip(target, own, strict=True)):
        ctx.fail(f"it spreads a tensor to {' x '.join(map(str, target))}, whose size is open")
    return ctx.drawing.draw("Expand", {"input": real}, shape=numbers(ctx.drawing, target[1:]))


def _expanded_numbers(ctx: Context, x: Value, target: list) -> Value:
    if isinstance(x, Filled):
        return filled(ctx, x.number, x.dtype, target)
    array = ctx.array(x, "input")
    if (array == array.flat[0]).all():
        return filled(ctx, array.flat[0].item(), array.dtype.name, target)
    array = array.reshape((1,) * (len(target) - array.ndim) + array.shape)
    if target[0] != N or array.shape[0] != 1 or any(map(is_open, target[1:])):
        ctx.fail(f"it spreads numbers over {' x '.join(map(str, target))}, whose size is open")
    ctx.budget.take(target[1:], array.itemsize)
    sample = np.broadcast_to(array[0], target[1:])
    return ctx.standing(sample, ctx.source(x), like=ctx.drawing.first_input)


def _tile(ctx: Context, node: Node, inputs: list) -> Value:
    x, times = inputs[0], ctx.sizes(inputs[1], "repeats")
    if len(times) != len(x.sizes):
        ctx.fail(f"repeats {times} are not one for each of {len(x.sizes)} dimensions")
    if not isinstance(x, Drawn):
        if any(a != 1 for a in x.sizes[:1]) or any(map(is_open, times[1:])):
            ctx.fail("it repeats numbers as often as an open size says")
        array = ctx.array(x, "input")
        sample = [a * b for a, b in zip(array.shape[1:], times[1:], strict=True)]
        ctx.budget.take(sample, array.itemsize)
        tiled = Known(np.tile(array, [1, *times[1:]]), ctx.source(x))
        return _expanded_numbers(ctx, tiled, [times[0], *sample])
    real = plain(ctx.drawing, x)
    if times[0] != 1 or any(is_open(t) or t < 1 for t in times):
        ctx.fail(f"it repeats a tensor {' x '.join(map(str, times))} times; the batch stays as it is")
    return ctx.drawing.draw("Repeat", {"input": real}, repeats=tuple(times[1:]))


def _depth_to_space(ctx: Context, node: Node, inputs: list) -> Value:
    x, r = ctx.plain(inputs[0]), node.attributes.get("blocksize", 0)
    if x.type.rank != 4 or r < 1 or is_open(x.type.dims[1]) or x.type.dims[1] % (r * r):
        ctx.fail(f"blocksize {r} does not suit {x.type}")
    channels = x.type.dims[1] // (r * r)
    if node.attributes.get("mode", "DCR") == "CRD" or channels == 1:
        return ctx.drawing.draw("PixelShuffle", {"input": x}, upscale_factor=r)
    _, _, h, w = x.type.dims
    parts = x.layout.reshaped((N, r, r, channels, h, w)).transposed((0, 3, 4, 1, 5, 2))
    return x.seen(parts.reshaped((N, channels, h * r, w * r)))


def _space_to_depth(ctx: Context, node: Node, inputs: list) -> Value:
    x, r = ctx.plain(inputs[0]), node.attributes.get("blocksize", 0)
    if x.type.rank != 4 or r < 1 or any(is_open(size) or size % r for size in x.type.dims[2:]):
        ctx.fail(f"blocksize {r} does not suit {x.type}")
    _, c, h, w = x.type.dims
    if c == 1 or node.attributes.get("mode", "DCR") == "CRD":
        return ctx.drawing.draw("PixelUnshuffle", {"input": x}, downscale_factor=r)
    parts = x.layout.reshaped((N, c, h // r, r, w // r, r)).transposed((0, 3, 5, 1, 2, 4))
    return x.seen(parts.reshaped((N, c * r * r, h // r, w // r)))


READERS: dict[str, Callable] = {
    "Shape": _shape,
    "Size": _size,
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Concat": _concat,
    "Expand": _expand,
    "Tile": _tile,
    "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _space_to_depth,
}
