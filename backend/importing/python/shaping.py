"""Shapes of tensors: view, permute, cat and their kin become the block that says the same of one sample.

Blocks have the batch in front. Where the source moves it, only the order of dimensions is remembered, until they meet
a block that minds.
"""

from __future__ import annotations

from typing import Any

from backend.importing.python.arithmetic import as_tensor
from backend.importing.python.constant_blocks import filled_tensor
from backend.importing.python.drawing import (
    axis_of,
    dims_of,
    draw,
    here,
    output,
    physical,
    place,
    settled,
)
from backend.importing.python.learned import batch_of, learned_as_tensor, per_sample
from backend.importing.python.reshaping import given_sizes, order_with
from backend.importing.python.running import Run
from backend.importing.python.sequences import items_of
from backend.importing.python.values import Learned, Numbers, Tensor
from graph.dim import Expr, N, is_open


def permute(run: Run, x: Any, *dims: Any) -> Tensor:
    """The dimensions in another order; the batch is only moved in mind."""
    wanted = given_sizes(run, dims)
    x = as_tensor(run, x)
    rank = len(dims_of(run, x))
    axes = [axis % rank for axis in wanted if isinstance(axis, int) and -rank <= axis < rank]
    if sorted(axes) != list(range(rank)):
        run.refuse(f"permute names {wanted}, and a tensor with {rank} dimensions has 0 to {rank - 1}, each once")
    order = x.order or tuple(range(rank))
    return _ordered(run, Tensor(x.level, x.block, x.port), tuple(order[axis] for axis in axes))


def _ordered(run: Run, x: Tensor, order: tuple[int, ...]) -> Tensor:
    """The block's tensor with its dimensions in this order: drawn as far as the batch stays in front."""
    dims = physical(run, x).dims
    batch = dims.index(N) if N in dims else None
    if order == tuple(range(len(order))):
        return x
    if batch is None and is_open(dims[0]):
        batch = 0
    if batch is None or order[0] == batch:
        return _permuted(run, x, order)
    rest = [axis for axis in order if axis != batch]
    front = (batch, *rest)
    moved = x if front == tuple(range(len(order))) else _permuted(run, x, front)
    at = order.index(batch)
    return Tensor(moved.level, moved.block, moved.port, tuple(order_with(at, len(order))))


def _permuted(run: Run, x: Tensor, order: tuple[int, ...]) -> Tensor:
    moved = [axis for axis, before in enumerate(order) if axis != before]
    if len(moved) == 2 and 0 not in moved:
        last = moved[1] == len(order) - 1
        return draw(run, "Transpose", x, {"dim0": moved[0], "dim1": -1 if last else moved[1]})
    return draw(run, "Permute", x, {"dims": order})


def transpose(run: Run, x: Any, dim0: int, dim1: int) -> Tensor:
    tensor = as_tensor(run, x)
    rank = len(dims_of(run, tensor))
    order = list(range(rank))
    a, b = dim0 % rank, dim1 % rank
    order[a], order[b] = order[b], order[a]
    return permute(run, tensor, order)


def squeeze(run: Run, x: Any, dim: Any = None) -> Tensor:
    """Sizes of 1 go; without a dimension all of them."""
    tensor = as_tensor(run, x)
    if dim is not None:
        for axis in sorted((one % len(dims_of(run, tensor)) for one in given_sizes(run, (dim,))), reverse=True):
            if dims_of(run, tensor)[axis] == 1:
                tensor = _drop(run, tensor, axis)
        return tensor
    for axis in reversed(range(len(dims_of(run, tensor)))):
        if dims_of(run, tensor)[axis] == 1:
            tensor = _drop(run, tensor, axis)
    return tensor


def _drop(run: Run, x: Tensor, axis: int) -> Tensor:
    at = axis_of(run, x, axis)
    after = draw(run, "Squeeze", Tensor(x.level, x.block, x.port), {"dim": at})
    return _renumbered(after, x.order, at)


def _renumbered(after: Tensor, order: tuple[int, ...] | None, gone: int) -> Tensor:
    """The order once one of the block's dimensions is gone."""
    if order is None:
        return after
    left = tuple(one - (one > gone) for one in order if one != gone)
    return Tensor(after.level, after.block, after.port, None if left == tuple(range(len(left))) else left)


def unsqueeze(run: Run, x: Any, dim: int) -> Tensor:
    tensor = as_tensor(run, x)
    rank = len(dims_of(run, tensor)) + 1
    at = dim % rank
    if tensor.order is None and at:
        return draw(run, "Unsqueeze", tensor, {"dim": -1 if at == rank - 1 and dim < 0 else at})
    if tensor.order is None and not _has_batch(run, tensor):
        return draw(run, "Unsqueeze", tensor, {"dim": at})
    order = tensor.order or tuple(range(rank - 1))
    after = draw(run, "Unsqueeze", Tensor(tensor.level, tensor.block, tensor.port), {"dim": rank - 1})
    return _ordered(run, after, (*order[:at], rank - 1, *order[at:]))


def _has_batch(run: Run, x: Tensor) -> bool:
    return any(is_open(dim) for dim in physical(run, x).dims)


def cat(run: Run, tensors: Any, dim: int = 0) -> Tensor:
    """torch.cat; a single tensor stays as it is."""
    found = [one for one in items_of(run, tensors)]
    if not found:
        run.refuse("torch.cat of nothing")
    drawn = [_for_joining(run, one, found) for one in found]
    if len(drawn) == 1:
        return drawn[0]
    _one_order(run, drawn)
    axis = axis_of(run, drawn[0], dim)
    values = {} if axis == 1 else {"dim": -1 if dim < 0 and drawn[0].order is None and dim == -1 else axis}
    block = place(run, "Concatenate", [(None, one) for one in drawn], values)
    return output(run, block, here(run, *drawn), order=drawn[0].order)


def _for_joining(run: Run, value: Any, others: list[Any]) -> Tensor:
    """A parameter that stands beside samples, such as a class token, is there once for each."""
    level = run.level
    beside = any(isinstance(one, Tensor) and _has_batch(run, one) for one in others)
    if isinstance(value, Learned) and level is not None and value.shape[:1] == (1,) and beside:
        return per_sample(run, value)
    if isinstance(value, Numbers) and value.fill is not None and level and beside and value.shape[:1] == (1,):
        return filled_tensor(run, value, None, batch_of(run, level))
    return as_tensor(run, value)


def _one_order(run: Run, tensors: list[Tensor]) -> None:
    if len({one.order for one in tensors}) > 1:
        run.refuse("tensors are joined here that have the batch in different dimensions: bring it to the front")


def stack(run: Run, tensors: Any, dim: int = 0) -> Tensor:
    """torch.stack; in front of the batch the steps stand behind it in the block, and the order says so."""
    found = items_of(run, tensors)
    drawn = [_for_joining(run, one, found) for one in found]
    _one_order(run, drawn)
    rank = len(dims_of(run, drawn[0])) + 1
    at = dim % rank
    if drawn[0].order is not None:
        run.refuse("tensors are stacked here whose batch is not in front: bring it there with permute")
    where = 1 if at == 0 and _has_batch(run, drawn[0]) else at
    block = place(run, "Stack", [(None, one) for one in drawn], {} if where == 1 else {"dim": where})
    made = output(run, block, here(run, *drawn))
    return made if where == at else _ordered(run, made, tuple(order_with(1, rank)))


def slice_of(run: Run, x: Tensor, axis: int, start: Any, end: Any, step: Any = 1) -> Tensor:
    """A stretch of one of the source's dimensions."""
    for bound in (start, end, step):
        run.need(bound)
    at = axis_of(run, x, axis)
    size = physical(run, x).dims[at]
    if is_open(size) and (end is None or end == size) and not start and step in (None, 1):
        return x
    if not all(isinstance(one, int | type(None)) for one in (start, end, step)):
        run.refuse("a stretch whose ends depend on the batch is no block")
    start, step = start or 0, step or 1
    if isinstance(size, int):
        if (end is None or end >= size) and not start and step == 1:
            return x
        end = None if end is not None and end >= size else end
    values = {"start": start, "end": end, "step": step}
    values |= {} if at == 1 else {"dim": at}
    after = draw(run, "Slice", Tensor(x.level, x.block, x.port), values)
    return Tensor(after.level, after.block, after.port, x.order)


def step_of(run: Run, x: Tensor, axis: int, index: int) -> Tensor:
    """One step of a dimension, which is gone afterwards."""
    at = axis_of(run, x, axis)
    values = {"index": index} | ({} if at == 1 else {"dim": at})
    after = draw(run, "SelectStep", Tensor(x.level, x.block, x.port), values)
    return _renumbered(after, x.order, at)


def split(run: Run, tensor: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Parts of a size each, or of the sizes given."""
    x = as_tensor(run, tensor)
    size = dims_of(run, x)[dim]
    if not isinstance(size, int):
        run.refuse("the batch cannot be split")
    given = split_size_or_sections
    if isinstance(given, int):
        if given < 1:
            run.refuse("parts have a size of at least 1")
        sizes = [min(given, size - at) for at in range(0, size, given)] if size // given < 1000 else []
    else:
        sizes = given_sizes(run, (given,))
    if sum(sizes) != size:
        run.misfit(f"parts of {sizes} do not make up the {size} of dimension {dim}")
    return _parts(run, x, dim, sizes)


def _parts(run: Run, x: Tensor, dim: int, sizes: list[int]) -> tuple[Tensor, ...]:
    if len(sizes) == 1:
        return (x,)
    if len(sizes) == 2:
        at = axis_of(run, x, dim)
        halves = sizes[0] == sizes[1]
        values = ({} if halves else {"size": sizes[0]}) | ({} if at == 1 else {"dim": at})
        block = place(run, "Split", [(None, Tensor(x.level, x.block, x.port))], values)
        return tuple(output(run, block, x.level, port, x.order) for port in ("first", "rest"))
    parts, start = [], 0
    for size in sizes:
        parts.append(slice_of(run, x, dim, start, start + size))
        start += size
    return tuple(parts)


def chunk(run: Run, input: Any, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    x = as_tensor(run, input)
    size = dims_of(run, x)[dim]
    if not isinstance(size, int) or not 1 <= chunks <= 1000:
        run.refuse("chunk needs a known size and a number of parts")
    return split(run, x, -(-size // chunks), dim)


def unbind(run: Run, input: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Every step of a dimension by itself."""
    x = as_tensor(run, input)
    size = dims_of(run, x)[dim]
    if not isinstance(size, int) or size > 1000:
        run.refuse("a loop over the batch, or over more than 1,000 steps, is no drawing")
    return tuple(step_of(run, x, dim, index) for index in range(size))


def expand(run: Run, x: Any, *sizes: Any) -> Tensor:
    """Sizes of 1 appear as often as asked; a parameter gets the batch."""
    wanted = given_sizes(run, sizes)
    if isinstance(x, Learned | Numbers):
        return _expand_learned(run, x, wanted)
    dims = dims_of(run, x)
    while len(wanted) > len(dims):
        x = unsqueeze(run, x, 0)
        dims = dims_of(run, x)
    if all(one in (-1, dim) for one, dim in zip(wanted, dims, strict=True)):
        return x
    x = settled(run, x, "expand")
    shape = tuple(dim if one == -1 else one for one, dim in zip(wanted[1:], dims[1:], strict=True))
    return draw(run, "Expand", x, {"shape": tuple(-1 if is_open(one) else one for one in shape)})


def _expand_learned(run: Run, x: Any, wanted: list[Any]) -> Tensor:
    shape = x.shape
    if isinstance(x, Learned) and len(wanted) == len(shape) and wanted and isinstance(wanted[0], Expr):
        tensor = per_sample(run, x)
        return expand(run, tensor, -1, *wanted[1:])
    if isinstance(x, Learned) and len(wanted) == len(shape) + 1 and isinstance(wanted[0], Expr):
        begins = Numbers((1, *shape), x.begins.dtype, None, x.begins.fill, x.begins.spread)
        inner = Learned(begins, x.line, x.spread, x.fill, x.way, x.frozen, x.serial)
        return expand(run, per_sample(run, inner), -1, *wanted[1:])
    tensor = learned_as_tensor(run, x) if isinstance(x, Learned) else as_tensor(run, x)
    return expand(run, tensor, *wanted)


def repeat(run: Run, x: Any, *sizes: Any) -> Tensor:
    """Copies side by side."""
    wanted = given_sizes(run, sizes)
    if isinstance(x, Learned) and wanted and isinstance(wanted[0], Expr) and len(wanted) >= len(x.shape):
        if len(wanted) == len(x.shape) + 1:
            return _expand_learned(run, x, [wanted[0], *(-1 for _ in x.shape)])
        tensor, wanted = per_sample(run, x), [1, *wanted[1:]]
    else:
        tensor = as_tensor(run, x)
    while len(wanted) > len(dims_of(run, tensor)):
        tensor = unsqueeze(run, tensor, 0)
    if all(one == 1 for one in wanted):
        return tensor
    tensor = settled(run, tensor, "repeat")
    if wanted[0] != 1:
        run.refuse("the batch is repeated here; a drawing keeps as many samples as it gets")
    return draw(run, "Repeat", tensor, {"repeats": tuple(wanted[1:])})
