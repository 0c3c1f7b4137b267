"""Borders: Pad as the padding block of its mode and directions; negative widths crop."""

from __future__ import annotations

from collections.abc import Sequence

from backend.importing.onnx_graph.arranging import plain
from backend.importing.onnx_graph.context import Context
from backend.importing.onnx_graph.layout import Layout
from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.values import Drawn, Value, number_of

MODES = {"constant": "ConstantPad", "reflect": "ReflectionPad", "edge": "ReplicationPad", "wrap": "CircularPad"}


def pad(ctx: Context, x: Drawn, begin: Sequence[int], end: Sequence[int], value: float, mode="constant") -> Drawn:
    """A padding block around a plain tensor; where channels are padded they become a direction of their own."""
    if not any(begin) and not any(end):
        return x
    rank = len(begin)
    channels = rank > 1 and bool(begin[1] or end[1])
    directions = rank - 1 if channels else rank - 2
    if begin[0] or end[0]:
        ctx.fail("it pads the batch, which no block does")
    if not 1 <= directions <= 3:
        ctx.fail(f"it pads {directions} directions of {x.type}; blocks pad one to three")
    if channels:
        x = plain(ctx.drawing, x.seen(Layout.of(x.type.dims).unsqueezed([1])))
    sides = list(zip(begin, end, strict=True))[-directions:]
    widths = tuple(width for pair in reversed(sides) for width in pair)
    kind = "ZeroPad" if mode == "constant" and value == 0 else MODES[mode]
    settings = {"value": value} if kind == "ConstantPad" else {}
    padding = widths[0] if len(set(widths)) == 1 else widths
    name = f"{ctx.drawing.label}_pad"
    found = ctx.drawing.draw(f"{kind}{directions}d", {"input": x}, name, padding=padding, **settings)
    return found.seen(Layout.of(found.type.dims).squeezed([1])) if channels else found


def _pad(ctx: Context, node: Node, inputs: list) -> Value:
    x = ctx.plain(inputs[0])
    mode = node.attributes.get("mode", "constant")
    if mode not in MODES:
        ctx.fail(f"mode {mode!r:.40} is none of {', '.join(MODES)}")
    if ctx.opset < 11:
        pads, given = node.attributes.get("pads") or node.attributes.get("paddings"), None
        value = node.attributes.get("value", 0.0)
    else:
        pads = ctx.integers(inputs[1], "pads")
        given = inputs[2] if len(inputs) > 2 else None
        value = 0.0 if given is None else number_of(given)
    rank = x.type.rank
    axes = ctx.integers(inputs[3], "axes") if len(inputs) > 3 else None
    axes = list(range(rank)) if axes is None else axes
    if value is None or pads is None or len(pads) != 2 * len(axes) or not all(-rank <= a < rank for a in axes):
        ctx.fail(f"its widths are not two known numbers for each of {len(axes)} dimensions, and one known value")
    begin, end = [0] * rank, [0] * rank
    for i, axis in enumerate(axes):
        begin[axis], end[axis] = pads[i], pads[len(axes) + i]
    return pad(ctx, x, begin, end, float(value), mode)


READERS = {"Pad": _pad}
