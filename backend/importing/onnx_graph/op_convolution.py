"""Convolutions and their transposes: weights of the model, borders that blocks take or a padding block in front."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.importing.onnx_graph.context import Context
from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.op_padding import pad
from backend.importing.onnx_graph.values import Drawn, Value
from graph.dim import is_open


def _conv(ctx: Context, node: Node, inputs: list) -> Value:
    x, weight, bias, rank = _operands(ctx, inputs)
    kernel = weight.shape[2:]
    stride, dilation = window(ctx, node, "strides", rank), window(ctx, node, "dilations", rank)
    begin, end = borders(ctx, node, x, kernel, stride, dilation)
    if begin != end or any(width < 0 for width in begin):
        x = pad(ctx, x, [*([0] * 2), *begin], [*([0] * 2), *end], 0.0)
        begin = (0,) * rank
        ctx.note("A border of another width on each side became a ZeroPad block in front")
    values = {
        "out_channels": weight.shape[0],
        "kernel_size": size(kernel),
        "stride": size(stride),
        "padding": size(begin),
        "dilation": size(dilation),
        "groups": node.attributes.get("group", 1),
        "bias": bias is not None,
    }
    return place(ctx, f"Conv{rank}d", x, values, weight, bias, inputs)


def _conv_transpose(ctx: Context, node: Node, inputs: list) -> Value:
    x, weight, bias, rank = _operands(ctx, inputs)
    groups = node.attributes.get("group", 1)
    kernel = weight.shape[2:]
    stride, dilation = window(ctx, node, "strides", rank), window(ctx, node, "dilations", rank)
    extra = window(ctx, node, "output_padding", rank, 0)
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    begin, end, extra = _cut(ctx, node, x, spans, stride, extra)
    cropped = None
    if begin != end:
        cropped, begin, end = (begin, end), (0,) * rank, (0,) * rank
    values = {
        "out_channels": weight.shape[1] * groups,
        "kernel_size": size(kernel),
        "stride": size(stride),
        "padding": size(begin),
        "output_padding": size(extra),
        "groups": groups,
        "bias": bias is not None,
        "dilation": size(dilation),
    }
    found = place(ctx, f"ConvTranspose{rank}d", x, values, weight, bias, inputs)
    if cropped is None:
        return found
    ctx.note("What a transposed convolution cuts off by another width on each side became a block behind it")
    return pad(ctx, found, [0, 0, *(-w for w in cropped[0])], [0, 0, *(-w for w in cropped[1])], 0.0)


def _operands(ctx: Context, inputs: list) -> tuple[Drawn, np.ndarray, np.ndarray | None, int]:
    x, weight = ctx.plain(inputs[0]), ctx.array(inputs[1], "weight")
    bias = ctx.array(inputs[2], "bias") if len(inputs) > 2 and inputs[2] is not None else None
    rank = weight.ndim - 2
    if rank not in (1, 2, 3) or 0 in weight.shape:
        ctx.fail(f"a kernel of shape {weight.shape} is none of 1 to 3 directions")
    return x, weight, bias, rank


def place(ctx: Context, type: str, x: Drawn, values, weight, bias, inputs) -> Drawn:
    """A block with its kernels; settings that are torch's defaults stay unsaid."""
    defaults = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1, "bias": True}
    said = {name: value for name, value in values.items() if defaults.get(name) != value}
    weights = {"weight": weight, **({} if bias is None else {"bias": bias})}
    source = tuple(ctx.source(value) for value in inputs[1:3])
    return ctx.drawing.place_block(type, {"input": x}, ctx.named(*inputs[1:3]), said, weights, source)[0]


def _cut(
    ctx: Context, node: Node, x: Drawn, spans, stride, extra
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """What is cut off the output at the beginning and the end of every direction, and what is added to it."""
    mode, wanted = node.attributes.get("auto_pad", "NOTSET"), node.attributes.get("output_shape")
    rank = len(spans)
    if not wanted and mode in ("NOTSET", "VALID"):
        pads = node.attributes.get("pads") if mode == "NOTSET" else None
        return *_sides(ctx, pads, rank), extra
    before = x.type.dims[2:]
    if any(map(is_open, before)):
        ctx.fail("its borders follow from the size of its input, which is open; give the model's input numbers")
    wanted = wanted[-rank:] if wanted else [n * s for n, s in zip(before, stride, strict=True)]
    total = [s * (n - 1) + e + span - w for n, s, e, span, w in zip(before, stride, extra, spans, wanted, strict=True)]
    extra = tuple(e + max(0, -t) for e, t in zip(extra, total, strict=True))
    total = [max(0, t) for t in total]
    first = tuple(t // 2 if mode == "SAME_UPPER" else t - t // 2 for t in total)
    return first, tuple(t - f for t, f in zip(total, first, strict=True)), extra


def borders(
    ctx: Context, node: Node, x: Drawn, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The widths of the border at the beginning and the end of every direction."""
    mode = node.attributes.get("auto_pad", "NOTSET")
    if mode in ("NOTSET", "VALID", ""):
        return _sides(ctx, node.attributes.get("pads") if mode != "VALID" else None, len(kernel))
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        ctx.fail(f"auto_pad {mode!r:.40} is none of NOTSET, VALID, SAME_UPPER and SAME_LOWER")
    total = []
    for n, k, s, d in zip(x.type.dims[2:], kernel, stride, dilation, strict=True):
        span = d * (k - 1) + 1
        if s == 1:
            total.append(span - 1)
        elif is_open(n):
            ctx.fail(f"auto_pad {mode} follows from the size of its input, which is open; write pads instead")
        else:
            total.append(max(0, (-(-n // s) - 1) * s + span - n))
    first = tuple(t - t // 2 if mode == "SAME_LOWER" else t // 2 for t in total)
    return first, tuple(t - f for t, f in zip(total, first, strict=True))


def _sides(ctx: Context, pads: Sequence[int] | None, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    pads = pads or [0] * (2 * rank)
    if len(pads) != 2 * rank:
        ctx.fail(f"pads {pads} are not two for each of {rank} directions")
    return tuple(pads[:rank]), tuple(pads[rank:])


def window(ctx: Context, node: Node, name: str, rank: int, default: int = 1) -> tuple[int, ...]:
    """An attribute that has a number for every direction."""
    given = node.attributes.get(name) or [default] * rank
    if len(given) != rank:
        ctx.fail(f"{name} {given} are not one for each of {rank} directions")
    return tuple(given)


def size(numbers: Sequence[int]) -> int | tuple[int, ...]:
    """One number where all directions are alike."""
    numbers = tuple(map(int, numbers))
    return numbers[0] if len(set(numbers)) == 1 else numbers


READERS = {"Conv": _conv, "ConvTranspose": _conv_transpose}
