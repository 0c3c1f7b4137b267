"""Normalization: the statistics and factors of the model become the weights of the norm of that name."""

from __future__ import annotations

import numpy as np

from backend.importing.onnx_graph.arranging import on_last
from backend.importing.onnx_graph.context import Context
from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.op_activation import rounded
from backend.importing.onnx_graph.values import Drawn, Value
from graph.dim import is_open

EPSILON = 1e-5


def _epsilon(node: Node) -> dict[str, float]:
    given = rounded(node.attributes.get("epsilon", EPSILON))
    return {} if given == EPSILON else {"eps": given}


def _batch_norm(ctx: Context, node: Node, inputs: list) -> Value:
    x = ctx.plain(inputs[0])
    names = ("weight", "bias", "running_mean", "running_var")
    weights = {name: ctx.array(value, name) for name, value in zip(names, inputs[1:5], strict=True)}
    if x.type.rank not in (2, 3, 4, 5):
        ctx.fail(f"it normalizes {x.type}; blocks take 2 to 5 dimensions")
    channels = x.type.dims[1]
    if any(array.shape != (channels,) for array in weights.values()):
        ctx.fail(f"its factors and averages must be {channels} each, one for every channel of {x.type}")
    if any(name and ctx.readers.get(name) for name in node.outputs[1:]):
        ctx.fail("its running averages are used, which blocks keep to themselves; export the model for inference")
    if node.attributes.get("training_mode"):
        ctx.note("Batch normalization in training mode is read as one that uses its running averages in evaluation")
    weights["num_batches_tracked"] = np.zeros((), np.int64)
    values = _epsilon(node)
    momentum = rounded(1 - node.attributes.get("momentum", 0.9))
    if abs(momentum - 0.1) > 1e-6 and 0 <= momentum <= 1:
        values["momentum"] = momentum
    type = f"BatchNorm{max(1, x.type.rank - 2)}d"
    return ctx.drawing.place_block(type, {"input": x}, ctx.named(*inputs[1:4]), values, weights)[0]


def _instance_norm(ctx: Context, node: Node, inputs: list) -> Value:
    x = ctx.plain(inputs[0])
    weight, bias = ctx.array(inputs[1], "scale"), ctx.array(inputs[2], "offset")
    if x.type.rank not in (3, 4, 5):
        ctx.fail(f"it normalizes {x.type}; blocks take N x channels and one to three directions")
    values, weights = _epsilon(node), {}
    if (weight != 1).any() or bias.any():
        values["affine"], weights = True, {"weight": weight, "bias": bias}
    type = f"InstanceNorm{x.type.rank - 2}d"
    return ctx.drawing.place_block(type, {"input": x}, ctx.named(*inputs[1:3]), values, weights)[0]


def _layer_norm(ctx: Context, node: Node, inputs: list) -> Value:
    return _over_last(ctx, node, inputs, "LayerNorm")


def _rms_norm(ctx: Context, node: Node, inputs: list) -> Value:
    return _over_last(ctx, node, inputs, "RMSNorm")


def _over_last(ctx: Context, node: Node, inputs: list, type: str) -> Drawn:
    x = ctx.drawn(inputs[0])
    rank = len(x.sizes)
    axis = node.attributes.get("axis", -1)
    if not -rank <= axis < rank or any(name and ctx.readers.get(name) for name in node.outputs[1:]):
        ctx.fail(f"axis {axis} of {rank} dimensions, or its mean and deviation are used, which blocks keep")
    shape = x.sizes[axis % rank :]
    if any(map(is_open, shape)):
        ctx.fail(f"it normalizes over {' x '.join(map(str, shape))}, whose size is open")
    weight = ctx.array(inputs[1], "scale") if len(inputs) > 1 and inputs[1] is not None else np.ones(1, np.float32)
    bias = ctx.array(inputs[2], "offset") if len(inputs) > 2 and inputs[2] is not None else None
    weights = {"weight": np.broadcast_to(weight, shape)}
    values = {"normalized_shape": shape} if len(shape) > 1 else {}
    if type == "RMSNorm":
        values["eps"] = rounded(node.attributes.get("epsilon", EPSILON))
    else:
        values |= _epsilon(node)
        if bias is None:
            values["bias"] = False
        else:
            weights["bias"] = np.broadcast_to(bias, shape)
    x = on_last(ctx.drawing, x) if len(shape) == 1 else ctx.plain(x)
    found = ctx.drawing.place_block(type, {"input": x}, ctx.named(*inputs[1:3]), values, weights)[0]
    return found.seen(x.layout)


def _group_norm(ctx: Context, node: Node, inputs: list) -> Value:
    x = ctx.plain(inputs[0])
    groups = node.attributes.get("num_groups", 1)
    channels = x.type.dims[1] if x.type.rank > 1 else 0
    if is_open(channels) or groups < 1 or channels % groups:
        ctx.fail(f"{channels} channels of {x.type} do not make {groups} groups")
    arrays = {"weight": ctx.array(inputs[1], "scale"), "bias": ctx.array(inputs[2], "offset")}
    if ctx.opset < 21:
        arrays = {n: np.repeat(a, channels // groups) if a.size == groups else a for n, a in arrays.items()}
    values = {"num_groups": groups, **_epsilon(node)}
    return ctx.drawing.place_block("GroupNorm", {"input": x}, ctx.named(*inputs[1:3]), values, arrays)[0]


def _grouped(ctx: Context, node: Node, inputs: list) -> Value:
    """A GroupNorm that patterns.py put together; the file may say the shape it gave back."""
    x = ctx.plain(inputs[0])
    groups, shape = node.attributes["num_groups"], node.attributes.get("shape")
    channels = x.type.dims[1] if x.type.rank > 2 else 1
    said = shape is None or (
        len(shape) == x.type.rank and all(a in (-1, b) for a, b in zip(shape[1:], x.sizes[1:], strict=True))
    )
    if is_open(channels) or channels % groups or not said:
        ctx.fail(f"{channels} channels of {x.type} do not make {groups} groups that become {shape} again")
    values = {"num_groups": groups, **_epsilon(node)}
    if len(inputs) == 1:
        return ctx.drawing.place_block("GroupNorm", {"input": x}, (), {**values, "affine": False})[0]
    arrays = {n: ctx.array(v, n).reshape(-1) for n, v in zip(("weight", "bias"), inputs[1:], strict=True)}
    return ctx.drawing.place_block("GroupNorm", {"input": x}, ctx.named(*inputs[1:]), values, arrays)[0]


def _lrn(ctx: Context, node: Node, inputs: list) -> Value:
    size = node.attributes.get("size", 0)
    if size % 2 == 0:
        ctx.fail(f"it looks at {size} channels; for an even number blocks look at other neighbours than ONNX does")
    named = {"alpha": ("alpha", 1e-4), "beta": ("beta", 0.75), "k": ("bias", 1.0)}
    values = {ours: rounded(node.attributes.get(theirs, default)) for ours, (theirs, default) in named.items()}
    return ctx.drawing.draw("LocalResponseNorm", {"input": ctx.plain(inputs[0])}, size=size, **values)


def _lp_norm(ctx: Context, node: Node, inputs: list) -> Value:
    x = ctx.plain(inputs[0])
    axis, p = node.attributes.get("axis", -1), node.attributes.get("p", 2)
    length = ctx.drawing.draw("Norm", {"input": x}, dim=(axis,), p=float(p), keepdim=True)
    length = ctx.drawing.draw("Clamp", {"input": length}, min=1e-12, max=None)  # zero stays zero
    return ctx.drawing.draw("Divide", {"input": x, "other": length})


READERS = {
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": _instance_norm,
    "LayerNormalization": _layer_norm,
    "RMSNormalization": _rms_norm,
    "GroupNormalization": _group_norm,
    "netloom.GroupNorm": _grouped,
    "LRN": _lrn,
    "LpNormalization": _lp_norm,
}
