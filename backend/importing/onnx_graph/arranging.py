"""Layouts made real: the reshapes and transposes of a file drawn as blocks, where somebody needs the real shape.

What is drawn once is used again. Knows layouts and a drawing; nothing of ONNX's operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend.importing.onnx_graph.drawing import Drawing, Wired
from backend.importing.onnx_graph.layout import Atom, Group, Layout, exact
from backend.importing.onnx_graph.values import Drawn
from graph import registry
from graph.dim import Dim, N, is_open, product


def plain(drawing: Drawing, value: Drawn) -> Drawn:
    """The tensor in its own shape and order."""
    return value if value.layout.plain else arranged(drawing, value, value.layout.dims)


def leading(drawing: Drawing, value: Drawn) -> tuple[Drawn, tuple[int, ...]]:
    """The tensor with the batch in front, and the order that leads back to its own."""
    layout = value.layout
    at = layout.batch_dim()
    if layout.plain or not at:
        back = tuple(range(len(layout.dims)))
        return plain(drawing, value), back
    order = (at, *(i for i in range(len(layout.dims)) if i != at))
    back = tuple(order.index(i) for i in range(len(order)))
    return plain(drawing, value.seen(layout.transposed(order))), back


def on_axis(drawing: Drawing, value: Drawn, dim: int) -> tuple[Drawn, int]:
    """The tensor with a block's axis that is this dimension, and which one it is; others may lie as they do."""
    axis = value.layout.axis_of(dim)
    if axis is not None:
        return value, axis
    group = value.layout.dims[dim]
    if len(group) == 1:
        groups = _runs(sorted(value.layout.order), group)
        return arranged(drawing, value, groups), groups.index(group)
    real, back = leading(drawing, value)
    return real.seen(real.layout.transposed(back)), back[dim]


def on_last(drawing: Drawing, value: Drawn) -> Drawn:
    """The tensor with its last dimension as the block's last axis; the others may lie as they do."""
    layout = value.layout
    last = layout.axis_of(len(layout.dims) - 1)
    if last == len(layout.axes) - 1:
        return value
    rest = sorted(atom for group in layout.dims[:-1] for atom in group)
    return arranged(drawing, value, (*_runs(rest), layout.dims[-1]))


def _runs(atoms: Sequence[Atom], alone: Group = ()) -> list[Group]:
    """Parts of one axis that follow each other put together, but for those that stand alone."""
    groups: list[Group] = []
    for atom in atoms:
        before = groups[-1][-1] if groups else None
        if before == (atom[0], atom[1] - 1) and atom not in alone and before not in alone:
            groups[-1] = (*groups[-1], atom)
        else:
            groups.append((atom,))
    return groups


def arranged(drawing: Drawing, value: Drawn, groups: Sequence[Group]) -> Drawn:
    """A block's output whose axes are these groups of parts; the tensor's dimensions stay what they are."""
    groups = tuple(groups)
    key = (value.block, value.port, value.layout.axes, groups)
    if key not in drawing.made:
        drawing.made[key] = _draw(drawing, value, groups)
    real = drawing.made[key]
    places = {atom: (axis, part) for axis, group in enumerate(groups) for part, atom in enumerate(group)}
    axes = tuple(tuple(value.layout.axes[axis][part] for axis, part in group) for group in groups)
    dims = tuple(tuple(places[atom] for atom in group) for group in value.layout.dims)
    return real.seen(Layout(axes, dims).transposed(range(len(dims))))


def _draw(drawing: Drawing, value: Drawn, groups: tuple[Group, ...]) -> Drawn:
    layout = value.layout
    order = [atom for group in groups for atom in group]
    target = tuple(map(layout.size, groups))
    natural = sorted(order)
    if order == natural:
        return reshape(drawing, value, target)
    whole = all(len(parts) < 2 for parts in layout.axes) and all(len(group) < 2 for group in groups)
    if whole and len(groups) == len(layout.axes):
        ones = iter(axis for axis, parts in enumerate(layout.axes) if not parts)
        return _permute(drawing, value, tuple(group[0][0] if group else next(ones) for group in groups))
    split = reshape(drawing, value, tuple(layout.axes[axis][part] for axis, part in natural))
    turned = _permute(drawing, split, tuple(natural.index(atom) for atom in order))
    return reshape(drawing, turned, target)


def _permute(drawing: Drawing, value: Drawn, order: tuple[int, ...]) -> Drawn:
    moved = [axis for axis, old in enumerate(order) if axis != old]
    if len(moved) == 2 and 0 not in moved:
        return _block(drawing, "Transpose", {"input": value}, dim0=moved[0], dim1=moved[1])
    return _block(drawing, "Permute", {"input": value}, dims=order)


def reshape(drawing: Drawing, value: Drawn, target: tuple[Dim, ...]) -> Drawn:
    """The block that gives the output this shape, the values in their order; none where it has it."""
    shape = value.type.dims
    if shape == target:
        return value
    ends = _steps(drawing, value, target)
    if ends is not None:
        return ends
    ahead, behind = _alike(shape, target)
    old, new = shape[ahead : len(shape) - behind], target[ahead : len(target) - behind]
    if ahead and not old and new == (1,):
        return _block(drawing, "Unsqueeze", {"input": value}, dim=ahead)
    if not new and old == (1,):
        return _block(drawing, "Squeeze", {"input": value}, dim=ahead)
    if not new and ahead > 1 and all(size == 1 for size in old):
        ahead, old, new = ahead - 1, shape[ahead - 1 : len(shape) - behind], target[ahead - 1 : ahead]
    if len(new) == 1 and len(old) > 1 and ahead:
        settings = {"start_dim": ahead, "end_dim": ahead + len(old) - 1 if behind else -1}
        return _block(drawing, "Flatten", {"input": value}, **settings)
    if len(old) == 1 and len(new) > 1 and ahead:
        return _block(drawing, "Unflatten", {"input": value}, dim=ahead, unflattened_size=numbers(drawing, new))
    if shape and target and shape[0] == target[0]:
        return _block(drawing, "Reshape", {"input": value}, shape=numbers(drawing, target[1:]))
    drawing.fail(f"{_by(shape)} cannot be laid out as {_by(target)}: the batch has to stay in front")


def _block(drawing: Drawing, type: str, inputs: Wired, **values: Any) -> Drawn:
    """A block of this making, called after its type: no node of the file is it alone."""
    return drawing.draw(type, inputs, registry.default_name(registry.block_type(type)), **values)


def _steps(drawing: Drawing, value: Drawn, target: tuple[Dim, ...]) -> Drawn | None:
    """Steps put among the samples, or taken out again, where that is what the new shape asks for."""
    shape = value.type.dims
    if not shape or not target or shape[0] == target[0] or not is_open(target[0]):
        return None
    if shape[0] == N:
        count = len(shape)
        inner = next((i for i in range(2, count + 1) if product(shape[:i]) == target[0]), None)
        steps = exact(target[0], N)
        if inner != 2 and steps is not None:
            value = reshape(drawing, value, (N, steps, *target[1:]))
        elif inner is None:
            return None
        merged = _block(drawing, "MergeSteps", {"input": value})
        drawing.merged.setdefault(tuple(value.type.dims[:2]), value)
        return reshape(drawing, merged, target)
    like = drawing.merged.get(tuple(target[:2]))
    if like is None:
        like = next((v for dims, v in drawing.merged.items() if product(dims) == shape[0]), None)
    if like is None or target[0] != N:
        return None
    split = _block(drawing, "SplitSteps", {"input": value, "like": like})
    return reshape(drawing, split, target)


def _alike(a: Sequence[Dim], b: Sequence[Dim]) -> tuple[int, int]:
    """How many dimensions are the same at the beginning, and of the rest at the end."""
    most = min(len(a), len(b))
    ahead = next((i for i in range(most) if a[i] != b[i]), most)
    behind = next((i for i in range(most - ahead) if a[-1 - i] != b[-1 - i]), most - ahead)
    return ahead, behind


def numbers(drawing: Drawing, sizes: Sequence[Dim]) -> tuple[int, ...]:
    """Sizes as a block takes them: one that is open is worked out."""
    numbers = tuple(-1 if is_open(size) else size for size in sizes)
    if numbers.count(-1) > 1:
        drawing.fail(f"a shape with several open dimensions cannot be drawn: {_by(sizes)}")
    return numbers


def _by(sizes: Sequence[Dim]) -> str:
    return " x ".join(map(str, sizes)) or "a single value"
