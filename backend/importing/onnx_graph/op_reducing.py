"""Reductions: many values along some dimensions become one."""

from __future__ import annotations

from collections.abc import Callable

from backend.importing.onnx_graph.arranging import leading, on_axis
from backend.importing.onnx_graph.context import Context
from backend.importing.onnx_graph.layout import Layout
from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.op_activation import activate
from backend.importing.onnx_graph.values import Drawn, Value


def _axes(ctx: Context, node: Node, inputs: list, rank: int) -> list[int] | None:
    """The dimensions that are put together, None where nothing is done."""
    given = node.attributes.get("axes")
    if given is None and len(inputs) > 1:
        given = ctx.integers(inputs[1], "axes")
    if not given:
        return None if node.attributes.get("noop_with_empty_axes") else list(range(rank))
    if not all(-rank <= axis < rank for axis in given):
        ctx.fail(f"axes {given} of {rank} dimensions")
    return sorted({axis % rank for axis in given})


def reduce(ctx: Context, x: Drawn, type: str, axes: list[int], keep: bool, **settings) -> Drawn:
    """A reduction block along dimensions of a tensor, which may lie in any order."""
    layout = x.layout
    places = [layout.axis_of(axis) for axis in axes]
    if None in places and len(axes) == 1:
        x, at = on_axis(ctx.drawing, x, axes[0])
        places = [at]
    elif None in places:
        x, back = leading(ctx.drawing, x)
        x, places = x.seen(x.layout.transposed(back)), [back[axis] for axis in axes]
    rank = x.type.rank
    dims = tuple(places)
    if type == "ArgMax":
        settings["dim"] = dims[0] if dims[0] < rank - 1 else -1
    elif type == "Mean" and rank in (3, 4, 5) and dims == tuple(range(2, rank)):
        type = "GlobalAvgPool"
    else:
        settings["dim"] = dims if dims != (rank - 1,) else (-1,)
    settings |= {"keepdim": True} if keep else {}
    found = ctx.drawing.draw(type, {"input": x}, **settings)
    return _seen(found, x, set(axes), set(dims), keep)


def _seen(found: Drawn, x: Drawn, gone: set[int], places: set[int], keep: bool) -> Drawn:
    """The result as ONNX sees it, whatever order its other dimensions lie in."""
    layout = x.layout
    if layout.plain:
        return found
    left = [axis for axis in range(len(layout.axes)) if keep or axis not in places]
    axes = tuple(() if axis in places else layout.axes[axis] for axis in left)
    dims = []
    for i, group in enumerate(layout.dims):
        if i in gone:
            dims += [()] if keep else []
        else:
            dims.append(tuple((left.index(axis), part) for axis, part in group))
    return found.seen(Layout(axes, tuple(dims)))


def _reduction(type: str, **settings) -> Callable:
    def read(ctx: Context, node: Node, inputs: list) -> Value:
        x = ctx.drawn(inputs[0])
        axes = _axes(ctx, node, inputs, len(x.sizes))
        if axes is None:
            return x
        keep = bool(node.attributes.get("keepdims", 1))
        if not keep or not ctx.ones_go(node):
            return reduce(ctx, x, type, axes, keep, **settings)
        found = reduce(ctx, x, type, axes, False, **settings)
        return found.seen(found.layout.unsqueezed(axes))

    return read


def _composed(before: tuple[str, dict] | None, type: str, after: str | None) -> Callable:
    """A reduction with something done to every value before or after it."""
    reduction = _reduction(type)

    def read(ctx: Context, node: Node, inputs: list) -> Value:
        x = ctx.drawn(inputs[0]) if before is None else activate(ctx, inputs[0], before[0], **before[1])
        found = reduction(ctx, node, [x, *inputs[1:]])
        return found if after is None else activate(ctx, found, after)

    return read


def _where_largest(smallest: bool) -> Callable:
    def read(ctx: Context, node: Node, inputs: list) -> Value:
        x = ctx.drawn(inputs[0])
        axis = node.attributes.get("axis", 0)
        rank = len(x.sizes)
        if node.attributes.get("select_last_index") or not -rank <= axis < rank:
            ctx.fail(f"axis {axis} of {rank} dimensions, or the last of several largest values is wanted")
        x = activate(ctx, x, "Negate") if smallest else x
        return reduce(ctx, x, "ArgMax", [axis % rank], bool(node.attributes.get("keepdims", 1)))

    return read


READERS: dict[str, Callable] = {
    "ReduceMean": _reduction("Mean"),
    "ReduceSum": _reduction("Sum"),
    "ReduceMax": _reduction("ReduceMax"),
    "ReduceMin": _reduction("ReduceMin"),
    "ReduceL2": _reduction("Norm", p=2.0),
    "ReduceL1": _reduction("Norm", p=1.0),
    "ReduceSumSquare": _composed(("Power", {"exponent": 2.0}), "Sum", None),
    "ReduceLogSum": _composed(None, "Sum", "Log"),
    "ReduceLogSumExp": _composed(("Exp", {}), "Sum", "Log"),
    "ArgMax": _where_largest(False),
    "ArgMin": _where_largest(True),
}
