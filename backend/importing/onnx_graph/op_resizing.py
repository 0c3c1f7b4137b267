"""Resize and Upsample: images drawn larger or smaller, where the block Upsample rounds places as the file does."""

from __future__ import annotations

import numpy as np

from backend.importing.onnx_graph.context import Context
from backend.importing.onnx_graph.layout import exact
from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.op_activation import rounded
from backend.importing.onnx_graph.values import Value
from graph.dim import is_open

INTERPOLATING = {1: "linear", 2: "bilinear", 3: "trilinear"}


def _upsample(ctx: Context, node: Node, inputs: list) -> Value:
    """The operation before opset 10, which places as torch's nearest does, or by corners it does not."""
    scales = node.attributes.get("scales")
    if scales is None:
        scales = [float(number) for number in ctx.array(inputs[1], "scales").reshape(-1)]
    mode = node.attributes.get("mode", "nearest")
    if mode != "nearest":
        ctx.fail(f"Upsample in mode {mode!r:.40} lays places otherwise than torch; only nearest is the same")
    return _drawn(ctx, inputs[0], {"mode": "nearest"}, scales, None)


def _resize(ctx: Context, node: Node, inputs: list) -> Value:
    x = ctx.plain(inputs[0])
    scales, sizes = (inputs[i] if len(inputs) > i else None for i in (2, 3))
    if ctx.opset < 11:
        scales, sizes = inputs[1], None
    given = None
    if scales is not None and np.size(ctx.array(scales, "scales")):
        given = [float(number) for number in ctx.array(scales, "scales").reshape(-1)]
    wanted = ctx.sizes(sizes, "sizes") if sizes is not None else None
    axes = node.attributes.get("axes")
    if axes is not None:
        given = given and _spread(ctx, given, axes, [1.0] * x.type.rank)
        wanted = wanted and _spread(ctx, wanted, axes, list(x.type.dims))
    if node.attributes.get("keep_aspect_ratio_policy", "stretch") != "stretch" or node.attributes.get("antialias"):
        ctx.fail("it keeps the aspect ratio or smoothes, which the block Upsample does not")
    return _drawn(ctx, x, _mode(ctx, node, x, given, wanted), given, wanted)


def _spread(ctx: Context, values: list, axes: list[int], whole: list) -> list:
    if len(values) != len(axes) or not all(-len(whole) <= axis < len(whole) for axis in axes):
        ctx.fail(f"axes {axes} do not suit {values}")
    for axis, value in zip(axes, values, strict=True):
        whole[axis] = value
    return whole


def _mode(ctx: Context, node: Node, x, scales, sizes) -> dict:
    """Torch's mode that lays places as the file does; refuses where there is none."""
    mode = node.attributes.get("mode", "nearest")
    places = node.attributes.get("coordinate_transformation_mode", "half_pixel" if ctx.opset > 10 else "asymmetric")
    rank = x.type.rank - 2
    if mode == "nearest":
        rounding = node.attributes.get("nearest_mode", "round_prefer_floor")
        if (places, rounding) == ("asymmetric", "floor") or ctx.opset < 11:
            return {"mode": "nearest"}
        if places in ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel") and _by_whole_numbers(
            x, scales, sizes
        ):
            return {"mode": "nearest"}
        if (places, rounding) == ("half_pixel", "round_prefer_ceil"):
            return {"mode": "nearest-exact"}
        ctx.fail(f"nearest with {places} and {rounding} lays places otherwise than torch")
    if mode not in ("linear", "cubic") or not 1 <= rank <= 3 or (mode == "cubic" and rank != 2):
        ctx.fail(f"mode {mode!r:.40} for {x.type} is none that the block Upsample has")
    name = "bicubic" if mode == "cubic" else INTERPOLATING[rank]
    if mode == "cubic" and abs(node.attributes.get("cubic_coeff_a", -0.75) + 0.75) > 1e-6:
        ctx.fail("cubic_coeff_a is not -0.75, which torch computes with")
    if node.attributes.get("exclude_outside"):
        ctx.fail("exclude_outside is not what torch does")
    if places == "align_corners" and scales is not None and not _lands(x, scales):
        ctx.fail("it scales to a size that is no whole number, and align_corners then lays places otherwise than torch")
    if places == "pytorch_half_pixel" and sizes is not None and 1 in sizes[2:]:
        ctx.fail("it makes a direction of size 1 by pytorch_half_pixel, which torch itself does otherwise")
    if places == "align_corners":
        return {"mode": name, "align_corners": True}
    if places in ("half_pixel", "pytorch_half_pixel"):
        return {"mode": name}
    ctx.fail(f"{mode} with {places} lays places otherwise than torch: half_pixel and align_corners are the same")


def _by_whole_numbers(x, scales, sizes) -> bool:
    if scales is not None:
        return all(scale == int(scale) for scale in scales)
    pairs = zip(x.type.dims, sizes or (), strict=False)
    return all(a == b or (not is_open(a) and not is_open(b) and b % a == 0) for a, b in pairs)


def _lands(x, scales) -> bool:
    """Whether every size times its factor is a whole number."""
    pairs = zip(x.type.dims, scales, strict=False)
    return all(scale == int(scale) or (not is_open(n) and n * scale == int(n * scale)) for n, scale in pairs)


def _drawn(ctx: Context, value: Value, settings: dict, scales, sizes) -> Value:
    x = ctx.plain(value)
    rank = x.type.rank
    if scales is not None and len(scales) == rank and scales[0] == scales[1] == 1:
        factors = tuple(rounded(scale) for scale in scales[2:])
        settings["scale_factor"] = factors[0] if len(set(factors)) == 1 else factors
    elif sizes is not None and len(sizes) == rank and sizes[1] == x.type.dims[1]:
        factors = [_factor(a, b) for a, b in zip(x.type.dims[2:], sizes[2:], strict=True)]
        if None not in factors:
            settings["scale_factor"] = factors[0] if len(set(factors)) == 1 else tuple(factors)
        elif any(map(is_open, sizes[2:])):
            ctx.fail(f"its size {' x '.join(map(str, sizes))} is open; give the model's input numbers")
        else:
            settings["size"] = tuple(sizes[2:])
    else:
        ctx.fail(f"it resizes {x.type} by {scales if scales is not None else sizes}; blocks keep batch and channels")
    return ctx.drawing.draw("Upsample", {"input": x}, **settings)


def _factor(before, after) -> float | None:
    """How many times a dimension grows, where that is a whole number."""
    factor = exact(after, before)
    return float(factor) if isinstance(factor, int) and factor > 0 else None


READERS = {"Resize": _resize, "Upsample": _upsample}
