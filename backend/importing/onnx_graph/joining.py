"""Several values that meet in one operation: laid so that they broadcast as blocks, numbers among them drawn.

Knows layouts and how blocks broadcast; nothing of what the operation does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from backend.importing.onnx_graph.arranging import leading, plain
from backend.importing.onnx_graph.context import Context
from backend.importing.onnx_graph.layout import Layout
from backend.importing.onnx_graph.values import Drawn, Known, Value
from graph.dim import N, is_open

Finish = Callable[[Drawn], Drawn]


class DoesNotFit(ValueError):
    """Numbers that do not broadcast against a tensor as it lies."""


def meet(ctx: Context, values: Sequence[Value]) -> tuple[list[Drawn], Finish]:
    """Blocks' outputs that broadcast against each other, and how the result of an operation on them is to be seen."""
    drawn = [value for value in values if isinstance(value, Drawn)]
    rank = max(len(value.sizes) for value in values)
    arrays = {i: ctx.array(value, "operand") for i, value in enumerate(values) if not isinstance(value, Drawn)}
    lying, order = _aligned(ctx, drawn)
    try:
        turned = {i: _turned(ctx, array, lying[0], order) for i, array in arrays.items()}
    except DoesNotFit:
        if order is not None or len(drawn) > 1:
            ctx.fail(_misfit(values))
        real, order = leading(ctx.drawing, drawn[0])
        lying = [real]
        try:
            turned = {i: _turned(ctx, array, real, order) for i, array in arrays.items()}
        except DoesNotFit:
            ctx.fail(_misfit(values))
    rest = iter(lying)
    found = [ctx.standing(turned[i], ctx.source(v)) if i in turned else next(rest) for i, v in enumerate(values)]
    first = lying[0]

    def finish(result: Drawn) -> Drawn:
        layout = Layout.of(result.type.dims)
        if order is not None:
            layout = layout.transposed(order)
        elif not first.layout.plain:
            layout = first.layout
        return result.seen(layout.unsqueezed(range(rank - len(layout.dims))))

    return found, finish


def _aligned(ctx: Context, values: Sequence[Drawn]) -> tuple[list[Drawn], tuple[int, ...] | None]:
    """Tensors that broadcast against each other, and the order that leads from the result back to its own.

    None for an order where the result lies as they do.
    """
    first = values[0].layout
    if all(value.layout == first for value in values):
        return list(values), None
    rank = max(len(value.layout.dims) for value in values)
    ahead = [rank - len(value.layout.dims) for value in values]
    places = {a + at for value, a in zip(values, ahead, strict=True) if (at := value.layout.batch_dim()) is not None}
    same = tuple(range(rank))
    if places <= {0}:
        return [plain(ctx.drawing, value) for value in values], same
    if len(places) > 1:
        ctx.fail("it joins tensors whose batches stand at different places")
    (at,) = places
    order = (at, *(i for i in same if i != at))
    moved = [v.seen(v.layout.unsqueezed(range(a)).transposed(order)) for v, a in zip(values, ahead, strict=True)]
    return [plain(ctx.drawing, value) for value in moved], tuple(order.index(i) for i in same)


def _turned(ctx: Context, array: np.ndarray, value: Drawn, order: tuple[int, ...] | None) -> np.ndarray:
    """Numbers laid so that they broadcast against a block's output; raises DoesNotFit."""
    layout = value.layout
    if order is not None and order != tuple(range(len(order))):
        if array.ndim > len(order):
            raise DoesNotFit
        array = array.reshape((1,) * (len(order) - array.ndim) + array.shape)
        array = array.transpose([order.index(i) for i in range(len(order))])
    elif not layout.plain:
        array = _beside(ctx, array, layout)
    while array.ndim and array.shape[0] == 1:
        array = array[0]
    rank = value.type.rank
    if array.ndim == rank and array.shape[0] == ctx.drawing.batch and value.type.dims[0] == N:
        if not (array == array[:1]).all():
            raise DoesNotFit
        array = array[0]
        while array.ndim and array.shape[0] == 1:
            array = array[0]
    if array.ndim >= rank:
        raise DoesNotFit
    return array


def _beside(ctx: Context, array: np.ndarray, layout: Layout) -> np.ndarray:
    """Numbers that broadcast against a tensor, turned so that they do against the block's output."""
    while array.ndim > len(layout.dims) and array.shape[0] == 1:
        array = array[0]
    if array.ndim > len(layout.dims):
        raise DoesNotFit
    array = array.reshape((1,) * (len(layout.dims) - array.ndim) + array.shape)
    split: list[int] = []
    for size, group in zip(array.shape, layout.dims, strict=True):
        parts = [layout.axes[axis][part] for axis, part in group]
        if size == 1:
            split += [1] * len(parts)
        elif parts == [N] and size == ctx.drawing.batch:
            split.append(size)
        elif not parts or any(map(is_open, parts)):
            raise DoesNotFit
        else:
            split += parts
    if np.prod(split, dtype=np.int64) != array.size:
        raise DoesNotFit
    atoms = layout.order
    array = array.reshape(split).transpose([atoms.index(atom) for atom in sorted(atoms)])
    return _axes_together(ctx, array, layout)


def _axes_together(ctx: Context, array: np.ndarray, layout: Layout) -> np.ndarray:
    """The parts of every axis in one; where only some of them repeat they are spread."""
    spread, shape, at = [], [], 0
    for parts in layout.axes:
        sizes = array.shape[at : at + len(parts)]
        at += len(parts)
        whole = tuple(sizes) if all(size == 1 for size in sizes) or len(parts) == 1 else parts
        spread += whole
        shape.append(int(np.prod(whole, dtype=np.int64)))
    ctx.budget.take(spread, array.itemsize)
    return np.broadcast_to(array, spread).reshape(shape)


def _misfit(values: Sequence[Value]) -> str:
    shapes = " and ".join(" x ".join(map(str, value.sizes)) or "a single value" for value in values)
    fixed = any(isinstance(value, Known) for value in values)
    hint = "; numbers that differ from sample to sample cannot stand in a network" if fixed else ""
    return f"it joins {shapes}, which no block does{hint}"
