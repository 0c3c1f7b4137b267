"""Several nodes that are one layer: MatMul with Add, GELU by its error function, SiLU, Mish, old layer norms.

Rewrites the list of nodes before anything is drawn. Looks only at nodes and at numbers of the model.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from backend.importing.imported import CannotImport
from backend.importing.onnx_graph.model_file import FUSED, ModelFile, Node


@dataclass(slots=True)
class Rewriting:
    """The nodes by what they make and who reads it, while some are put together."""

    model: ModelFile
    makers: dict[str, Node] = field(default_factory=dict)
    readers: dict[str, list[Node]] = field(default_factory=dict)
    replaced: dict[int, Node | None] = field(default_factory=dict)  # by id: what stands in a node's place
    notes: dict[str, str] = field(default_factory=dict)  # output of a node -> what is said of it

    def maker(self, name: str, op: str) -> Node | None:
        """The node that makes a value, where it is of this operation and not part of something else yet."""
        node = self.makers.get(name)
        return (
            node if node is not None and node.op == op and not node.domain and id(node) not in self.replaced else None
        )

    def only_reader(self, name: str) -> Node | None:
        found = self.readers.get(name, [])
        return found[0] if len(found) == 1 and name not in self.model.outputs else None

    def number(self, name: str) -> float | None:
        """The one number that a value is by the file."""
        array = self.array(name, 1)
        return None if array is None or array.size != 1 else float(array.reshape(-1)[0])

    def array(self, name: str, most: int = 2**31) -> np.ndarray | None:
        """An initializer or the value of a Constant, where it has at most so many numbers."""
        try:
            if name in self.model.tensors:
                small = math.prod(self.model.tensors.shape(name)) <= most
                return self.model.tensors[name] if small else None
            node = self.makers.get(name)
            if node is not None and node.op == "Identity" and node.inputs[0] != name:
                return self.array(node.inputs[0], most)
            if node is not None and node.op == "Constant" and "value" in node.attributes:
                proto = node.attributes["value"]
                return self.model.tensors.array(proto, node.place) if math.prod(proto.dims) <= most else None
        except CannotImport:
            return None
        return None

    def replace(self, last: Node, by: Node, parts: list[Node], note: str) -> None:
        """Put one node in the place of several; those others read are kept for them."""
        self.replaced[id(last)] = by
        for part in parts:
            if all(id(reader) in self.replaced for out in part.outputs for reader in self.readers.get(out, [])):
                self.replaced[id(part)] = None
        if note:
            self.notes[by.outputs[0]] = note


def rewritten(model: ModelFile) -> tuple[list[Node], dict[str, str]]:
    """The nodes with layers put together, and what is to be said of those, by output."""
    state = Rewriting(model)
    for node in model.nodes:
        for name in node.outputs:
            state.makers[name] = node
        for name in node.inputs:
            state.readers.setdefault(name, []).append(node)
    for node in model.nodes:
        if not node.domain and node.op in PATTERNS and id(node) not in state.replaced:
            PATTERNS[node.op](state, node)
    nodes = [state.replaced.get(id(node), node) for node in model.nodes]
    return [node for node in nodes if node is not None], state.notes


def _other(node: Node, name: str) -> str | None:
    """The other input of a node of two."""
    if len(node.inputs) != 2 or name not in node.inputs:
        return None
    return node.inputs[1] if node.inputs[0] == name else node.inputs[0]


def _name(first: Node, last: Node) -> str:
    """What the layer is called: the scope of its nodes, else what the last was exported as."""
    return first.name if "/" in first.name else last.name


def _near(a: float | None, b: float) -> bool:
    return a is not None and math.isclose(a, b, rel_tol=1e-3)


def _linear(state: Rewriting, node: Node) -> bool:
    """MatMul with a matrix of the model, and the Add of a row behind it."""
    if len(node.inputs) != 2:
        return False
    add = state.only_reader(node.outputs[0])
    weight = state.model.tensors.shape(node.inputs[1]) if node.inputs[1] in state.model.tensors else ()
    if add is None or add.op != "Add" or add.domain or len(weight) != 2 or node.inputs[0] in state.model.tensors:
        return False
    bias = _other(add, node.outputs[0])
    array = None if bias is None else state.array(bias)
    if array is None or array.shape != (weight[1],):
        return False
    fused = Node("Linear", add.name, (*node.inputs, bias), add.outputs, {}, FUSED)
    state.replace(add, fused, [node], "")
    return True


def _erf_gelu(state: Rewriting, node: Node) -> bool:
    """x*(1 + erf(x/sqrt(2)))/2, its factors in any order."""
    scaled = state.maker(node.inputs[0], "Div") or state.maker(node.inputs[0], "Mul")
    if scaled is None:
        return False
    divides = scaled.op == "Div"
    x, factor = scaled.inputs if divides or state.number(scaled.inputs[1]) is not None else scaled.inputs[::-1]
    if not _near(state.number(factor), math.sqrt(2) if divides else math.sqrt(0.5)):
        return False
    plus = state.only_reader(node.outputs[0])
    if plus is None or plus.op != "Add" or not _near(state.number(_other(plus, node.outputs[0]) or ""), 1.0):
        return False
    times = state.only_reader(plus.outputs[0])
    if times is None or times.op != "Mul":
        return False
    factor = _other(times, plus.outputs[0])
    parts = [times, plus, node, scaled]
    if factor == x:
        last = state.only_reader(times.outputs[0])
        if last is None or last.op != "Mul" or not _near(state.number(_other(last, times.outputs[0]) or ""), 0.5):
            return False
        parts = [times, plus, node, scaled]
    else:
        half = state.makers.get(factor or "")
        if (
            half is not None
            and half.op == "Mul"
            and x in half.inputs
            and _near(state.number(_other(half, x) or ""), 0.5)
        ):
            last, parts = times, [half, plus, node, scaled]
        elif _near(state.number(factor or ""), 0.5):
            last = state.only_reader(times.outputs[0])
            if last is None or last.op != "Mul" or _other(last, times.outputs[0]) != x:
                return False
        else:
            return False
    fused = Node("Gelu", _name(node, last), (x,), last.outputs)
    state.replace(last, fused, parts, "x times its error function is read as GELU")
    return True


def _gated(op: str, fused: str, settings: dict[str, float], note: str) -> Callable:
    """x times a bend of x."""

    def pattern(state: Rewriting, node: Node) -> bool:
        times = state.only_reader(node.outputs[0])
        if times is None or times.op != "Mul" or times.domain or _other(times, node.outputs[0]) != node.inputs[0]:
            return False
        if any(not _near(node.attributes.get(name, -1.0), value) for name, value in settings.items()):
            return False
        state.replace(times, Node(fused, _name(node, times), node.inputs, times.outputs), [node], note)
        return True

    return pattern


def _mish(state: Rewriting, node: Node) -> bool:
    soft = state.maker(node.inputs[0], "Softplus")
    times = state.only_reader(node.outputs[0])
    if soft is None or times is None or times.op != "Mul" or _other(times, node.outputs[0]) != soft.inputs[0]:
        return False
    fused = Node("Mish", _name(node, times), soft.inputs, times.outputs)
    state.replace(times, fused, [node, soft], "x times Tanh of Softplus is read as Mish")
    return True


def _relu6(state: Rewriting, node: Node) -> bool:
    """A Relu before or behind a Clip to 6."""
    clip = state.only_reader(node.outputs[0])
    if clip is None or clip.op not in ("Clip", "Min"):
        return False
    if clip.op == "Min":
        high = state.number(_other(clip, node.outputs[0]) or "")
        low = None
    else:
        low, high = (
            clip.attributes.get(name)
            if len(clip.inputs) <= at or not clip.inputs[at]
            else state.number(clip.inputs[at])
            for at, name in ((1, "min"), (2, "max"))
        )
    if high != 6 or (low is not None and low > 0):
        return False
    fused = Node("Clip", _name(node, clip), node.inputs, clip.outputs, {"min": 0.0, "max": 6.0})
    state.replace(clip, fused, [node], f"Relu and {clip.op} at 6 are read as ReLU6")
    return True


def _layer_norm(state: Rewriting, node: Node) -> bool:
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
    epsilon = state.number(_other(shifted, variance.outputs[0]) or "")
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
        "LayerNormalization", _name(node, plus), (x, weight, bias), plus.outputs, {"axis": -1, "epsilon": epsilon}
    )
    parts = [times, node, root, shifted, variance, square, centred, mean]
    state.replace(plus, fused, parts, "Means, differences and a square root are read as LayerNorm")
    return True


def _group_norm(state: Rewriting, node: Node) -> bool:
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
    fused = Node("GroupNorm", _name(node, last), (split.inputs[0], *arrays), last.outputs, settings, FUSED)
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
    name = _other(node, before.outputs[0])
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
    name = _other(node, before.outputs[0])
    array = None if name is None else state.array(name)
    return name if array is not None and array.ndim == 1 else None


PATTERNS: dict[str, Callable[[Rewriting, Node], bool]] = {
    "MatMul": _linear,
    "Erf": _erf_gelu,
    "Sigmoid": _gated("Sigmoid", "Swish", {}, "x times its Sigmoid is read as SiLU"),
    "HardSigmoid": _gated("HardSigmoid", "HardSwish", {"alpha": 1 / 6}, "x times its HardSigmoid is read as Hardswish"),
    "Tanh": _mish,
    "Relu": _relu6,
    "Div": _layer_norm,
    "InstanceNormalization": _group_norm,
}
