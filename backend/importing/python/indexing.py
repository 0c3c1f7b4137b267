"""Square brackets: items of lists and containers, steps and stretches of tensors, entries that are set."""

from __future__ import annotations

from typing import Any

import numpy as np

from backend.importing.python.arithmetic import as_tensor
from backend.importing.python.constant_tensors import made, stand_in
from backend.importing.python.drawing import dims_of
from backend.importing.python.running import Run
from backend.importing.python.sequences import items_of, key_of
from backend.importing.python.shaping import slice_of, step_of, unsqueeze
from backend.importing.python.values import (
    Container,
    Example,
    Instance,
    Learned,
    Named,
    Native,
    Numbers,
    OpenShape,
    Outside,
    Tensor,
    Unknown,
    kind_of,
)
from graph.dim import Expr


def item(run: Run, value: Any, index: Any) -> Any:
    """value[index]."""
    for one in (value, *_tuple(index)):
        if isinstance(one, Unknown):
            return one
    if isinstance(value, Instance) and value.children is not None:
        value = value.children
    if isinstance(value, Tensor | Learned):
        return _of_tensor(run, as_tensor(run, value), index)
    if isinstance(value, Numbers):
        return _of_numbers(run, value, index)
    if isinstance(value, Container):
        return _of_container(run, value, index)
    if isinstance(value, Named):
        value = value.values
    if isinstance(value, dict):
        key = key_of(run, index)
        return value[key] if key in value else run.unknown(f"there is no {key!r:.40} in this dictionary")
    if isinstance(value, list | tuple | str | range):
        return _of_list(run, value, index)
    if isinstance(value, Example):
        return value
    if value is None or isinstance(value, bool | int | float):
        run.refuse(f"{kind_of(value)} has no items")
    if isinstance(value, Outside | Native):
        return value  # List[int], Optional[Tensor]
    return run.unknown(f"{kind_of(value)} has no items that are known")


def _of_list(run: Run, value: Any, index: Any) -> Any:
    if isinstance(index, slice):
        return value[index] if all(isinstance(b, int | None) for b in _bounds(index)) else run.unknown("not known")
    if not isinstance(index, int) or not -len(value) <= index < len(value):
        return run.unknown(f"there is no item {index!r:.20} among {len(value)}")
    return value[index]


def _bounds(index: slice) -> tuple[Any, Any, Any]:
    return index.start, index.stop, index.step


def _of_container(run: Run, value: Container, index: Any) -> Any:
    if isinstance(index, slice):
        names = list(value.children)[index]
        return Container(value.kind, {str(i): value.children[name] for i, name in enumerate(names)}, value.line)
    if isinstance(index, int) and -len(value.children) <= index < len(value.children):
        return value.items[index]
    found = value.children.get(str(index))
    return (
        run.unknown(f"there is no {index!r:.40} among the layers of this nn.{value.kind}") if found is None else found
    )


def _of_numbers(run: Run, value: Numbers, index: Any) -> Any:
    parts = tuple(slice(None, 1, None) if isinstance(one, Expr) else one for one in _tuple(index))
    parts = tuple(_stop_one(one) if isinstance(one, slice) else one for one in parts)
    if any(isinstance(one, Numbers | Tensor) for one in parts):
        return run.unknown("an index that is a tensor is not read")
    after = stand_in(value)[parts]
    if value.array is None:
        return Numbers(tuple(map(int, after.shape)), value.dtype, None, value.fill, value.spread)
    return made(run, np.asarray(after), value.dtype)


def _stop_one(part: slice) -> slice:
    """A stretch up to the size of the batch is one of a single sample."""
    return slice(*(1 if isinstance(one, Expr) else one for one in _bounds(part)))


def _tuple(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _of_tensor(run: Run, x: Tensor, index: Any) -> Any:
    """Steps, stretches, new dimensions; from the back, so that what is gone moves nothing in front."""
    parts = list(_tuple(index))
    rank = len(dims_of(run, x))
    named = sum(part is not None and part is not ... for part in parts)
    if named > rank:
        run.misfit(f"{named} indices are given to a tensor with {rank} dimensions")
    if ... in [part for part in parts if part is ...]:
        at = next(i for i, part in enumerate(parts) if part is ...)
        parts[at : at + 1] = [slice(None)] * (rank - named)
    axes: list[tuple[int, Any]] = []
    axis = 0
    for part in parts:
        axes.append((axis, part))
        axis += part is not None
    for axis, part in reversed(axes):
        x = _one_index(run, x, axis, part)
    return x


def _one_index(run: Run, x: Tensor, axis: int, part: Any) -> Tensor:
    run.need(part)
    if part is None:
        return unsqueeze(run, x, axis)
    if isinstance(part, slice):
        return slice_of(run, x, axis, *_bounds(part))
    if isinstance(part, bool) or not isinstance(part, int):
        run.refuse(f"{kind_of(part)} as an index of a tensor is no block: only numbers, stretches, None and ... are")
    return step_of(run, x, axis, part)


def assign(run: Run, holder: Any, index: Any, value: Any) -> None:
    """holder[index] = value."""
    run.need(holder)
    if isinstance(holder, Instance) and holder.children is not None:
        holder = holder.children
    if isinstance(holder, dict):
        holder[key_of(run, index)] = value
        run.not_too_many(holder)
    elif isinstance(holder, list) and isinstance(index, int) and -len(holder) <= index < len(holder):
        holder[index] = value
    elif isinstance(holder, Container):
        names = list(holder.children)
        name = names[index] if isinstance(index, int) and -len(names) <= index < len(names) else str(index)
        holder.children[name] = value
    elif isinstance(holder, Numbers):
        _set_numbers(run, holder, index, value)
    elif isinstance(holder, Tensor):
        run.refuse("values are put into a part of a tensor here, which is no block: join parts with torch.cat")
    else:
        run.refuse(f"an item of {kind_of(holder)} is set here, which is not read")


def _set_numbers(run: Run, holder: Numbers, index: Any, value: Any) -> None:
    """Numbers put into a constant tensor, as position tables are filled."""
    given = value.array if isinstance(value, Numbers) else value
    if holder.array is None or not isinstance(given, np.ndarray | int | float):
        holder.array, holder.fill, holder.spread = None, None, None
        return
    array = holder.array.copy()
    array[_tuple(index)] = given
    after = made(run, array, holder.dtype)
    holder.array, holder.fill = after.array, after.fill


def unpacked(run: Run, value: Any, count: int) -> list[Any]:
    """The values that `a, b = value` gives."""
    if isinstance(value, OpenShape):
        for index in value.example.indices:
            value.example.hints.setdefault(("rank", index), count)
    if isinstance(value, Unknown):
        return [value] * count
    if isinstance(value, Example):
        return [run.unknown("the shape of the input is being looked for")] * count
    return items_of(run, value)
