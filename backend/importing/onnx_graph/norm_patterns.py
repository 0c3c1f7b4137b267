"""Norms that a file writes as several nodes: layer norms before opset 17, and group norms as instance norms."""

from __future__ import annotations

from backend.importing.onnx_graph.model_file import FUSED, Node
from backend.importing.onnx_graph.rewriting import Rewriting, layer_name, other


def layer_norm(state: Rewriting, node: Node) -> bool:
    """(x - mean)/sqrt(mean((x - mean)^2) + eps), then times a row and plus a row: layer norm before opset 17."""
    centred, root = (state.makers.get(name) for name in node.inputs[:2])
    if centred is None or centred.op != "Sub" or root is None or root.op != "Sqrt":
        return False
    shifted = state.maker(root.inputs[0], "Add")
    x, mean = centred.inputs[0], state.maker(centred.inputs[1], "ReduceMean")
    if shifted is None or mean is None or mean.inputs[0] != x or _axes_of(state, mean) != [-1]:
        return False
    variance = next((found for name in shifted.inputs if (found := state.maker(name, "ReduceMean"))), None)
    if variance is None or _axes_of(state, variance) != [-1]:
        return False
    epsilon = state.number(other(shifted, variance.outputs[0]) or "")
    square = state.makers.get(variance.inputs[0])
    if epsilon is None or square is None or not _is_square(state, square, centred.outputs[0], x, mean):
        return False
    times = state.only_reader(node.outputs[0])
    weight = _row(state, times, "Mul", node)
    plus = state.only_reader(times.outputs[0]) if weight else None
    bias = _row(state, plus, "Add", times) if weight else None
    if not weight or not bias:
        return False
    fused = Node(
        "LayerNormalization", layer_name(node, plus), (x, weight, bias), plus.outputs, {"axis": -1, "epsilon": epsilon}
    )
    parts = [times, node, root, shifted, variance, square, centred, mean]
    state.replace(plus, fused, parts, "Means, differences and a square root are read as LayerNorm")
    return True


def group_norm(state: Rewriting, node: Node) -> bool:
    """A reshape to groups, an instance norm that scales nothing, the shape from before, a factor and an offset."""
    split, back = state.maker(node.inputs[0], "Reshape"), state.only_reader(node.outputs[0])
    scale, offset = (state.array(name, 4096) for name in node.inputs[1:3])
    shape = None if split is None or len(split.inputs) < 2 else state.array(split.inputs[1], 16)
    if shape is None or scale is None or offset is None or shape.size != 3 or back is None or back.op != "Reshape":
        return False
    groups = int(shape[1])
    if shape[0] not in (0, 1) or shape[2] != -1 or scale.size != groups or (scale != 1).any() or offset.any():
        return False
    again = state.array(back.inputs[1], 16)
    if again is None and not _is_shape_of(state, back.inputs[1], split.inputs[0]):
        return False
    settings = {"num_groups": groups, "epsilon": node.attributes.get("epsilon", 1e-5)}
    settings |= {} if again is None else {"shape": [int(size) for size in again]}
    times = state.only_reader(back.outputs[0])
    weight = _per_channel(state, times, "Mul", back)
    plus = state.only_reader(times.outputs[0]) if weight else None
    bias = _per_channel(state, plus, "Add", times) if weight else None
    last, arrays = (plus, (weight, bias)) if bias else (back, ())
    fused = Node("GroupNorm", layer_name(node, last), (split.inputs[0], *arrays), last.outputs, settings, FUSED)
    parts = [*([times, back] if bias else []), node, split]
    state.replace(last, fused, parts, "Reshapes around an instance norm are read as GroupNorm")
    return True


def _is_shape_of(state: Rewriting, name: str, tensor: str) -> bool:
    maker = state.makers.get(name)
    return (
        maker is not None and maker.op == "Shape" and maker.inputs[0] == tensor and not any(maker.attributes.values())
    )


def _per_channel(state: Rewriting, node: Node | None, op: str, before: Node) -> str | None:
    """The numbers, one for every channel of an image or sequence, that a node multiplies with or adds."""
    if node is None or node.op != op:
        return None
    name = other(node, before.outputs[0])
    array = None if name is None else state.array(name)
    channels_only = array is not None and array.ndim > 1 and array.size == array.shape[0] > 1
    return name if channels_only else None


def _axes_of(state: Rewriting, node: Node) -> list[int] | None:
    if len(node.inputs) > 1:
        array = state.array(node.inputs[1], 16)
        return None if array is None else [int(axis) for axis in array.reshape(-1)]
    return node.attributes.get("axes")


def _is_square(state: Rewriting, square: Node, centred: str, x: str, mean: Node) -> bool:
    base = square.inputs[0]
    again = state.makers.get(base)
    same = base == centred or (again is not None and again.op == "Sub" and again.inputs == (x, mean.outputs[0]))
    if square.op == "Pow":
        return same and state.number(square.inputs[1]) == 2
    return square.op == "Mul" and same and square.inputs[0] == square.inputs[1]


def _row(state: Rewriting, node: Node | None, op: str, before: Node) -> str | None:
    """The row of numbers that a node multiplies with or adds."""
    if node is None or node.op != op:
        return None
    name = other(node, before.outputs[0])
    array = None if name is None else state.array(name)
    return name if array is not None and array.ndim == 1 else None
