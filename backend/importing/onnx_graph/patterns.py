"""Several nodes that are one layer: MatMul with Add, GELU by its error function, SiLU, Mish, norms.

Rewrites the list of nodes before anything is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from backend.importing.onnx_graph.model_file import FUSED, ModelFile, Node
from backend.importing.onnx_graph.norm_patterns import group_norm, layer_norm
from backend.importing.onnx_graph.rewriting import Rewriting, layer_name, near, other


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


def _linear(state: Rewriting, node: Node) -> bool:
    """MatMul with a matrix of the model, and the Add of a row behind it."""
    if len(node.inputs) != 2:
        return False
    add = state.only_reader(node.outputs[0])
    weight = state.model.tensors.shape(node.inputs[1]) if node.inputs[1] in state.model.tensors else ()
    if add is None or add.op != "Add" or add.domain or len(weight) != 2 or node.inputs[0] in state.model.tensors:
        return False
    bias = other(add, node.outputs[0])
    array = None if bias is None else state.array(bias)
    if array is None or array.shape != (weight[1],):
        return False
    fused = Node("Linear", add.name, (*node.inputs, bias), add.outputs, {}, FUSED)
    state.replace(add, fused, [node], "")
    return True


def _erf_gelu(state: Rewriting, node: Node) -> bool:
    """x*(1 + erf(x/sqrt(2)))/2, its factors in any order."""
    scaled, x = _by_root_of_two(state, node.inputs[0])
    plus = state.only_reader(node.outputs[0])
    if scaled is None or plus is None or plus.op != "Add" or not state.is_near(other(plus, node.outputs[0]), 1.0):
        return False
    last, parts, factors = plus, [plus, node, scaled], []
    while len(factors) < 2 and (times := state.only_reader(last.outputs[0])) is not None and times.op == "Mul":
        factor = other(times, last.outputs[0])
        half = state.maker(factor, "Mul")
        if half is not None and x in half.inputs:
            factors += [x, other(half, x)]
            parts.append(half)
        else:
            factors.append(factor)
        parts.insert(0, times)
        last = times
    if x not in factors or not any(state.is_near(factor, 0.5) for factor in factors) or len(factors) != 2:
        return False
    fused = Node("Gelu", layer_name(node, last), (x,), last.outputs)
    state.replace(last, fused, parts[1:], "x times its error function is read as GELU")
    return True


def _by_root_of_two(state: Rewriting, name: str) -> tuple[Node | None, str]:
    """The node that divides by the root of two, and what it divides."""
    node = state.maker(name, "Div") or state.maker(name, "Mul")
    if node is None:
        return None, ""
    x, factor = node.inputs
    if node.op == "Mul" and state.number(factor) is None:
        x, factor = factor, x
    root = math.sqrt(2) if node.op == "Div" else math.sqrt(0.5)
    return (node, x) if state.is_near(factor, root) else (None, "")


def _gated(op: str, fused: str, settings: dict[str, float], note: str) -> Callable:
    """x times a bend of x."""

    def pattern(state: Rewriting, node: Node) -> bool:
        times = state.only_reader(node.outputs[0])
        if times is None or times.op != "Mul" or times.domain or other(times, node.outputs[0]) != node.inputs[0]:
            return False
        if any(not near(node.attributes.get(name, -1.0), value) for name, value in settings.items()):
            return False
        state.replace(times, Node(fused, layer_name(node, times), node.inputs, times.outputs), [node], note)
        return True

    return pattern


def _mish(state: Rewriting, node: Node) -> bool:
    soft = state.maker(node.inputs[0], "Softplus")
    times = state.only_reader(node.outputs[0])
    if soft is None or times is None or times.op != "Mul" or other(times, node.outputs[0]) != soft.inputs[0]:
        return False
    fused = Node("Mish", layer_name(node, times), soft.inputs, times.outputs)
    state.replace(times, fused, [node, soft], "x times Tanh of Softplus is read as Mish")
    return True


def _relu6(state: Rewriting, node: Node) -> bool:
    """A Relu before or behind a Clip to 6."""
    clip = state.only_reader(node.outputs[0])
    if clip is None or clip.op not in ("Clip", "Min"):
        return False
    if clip.op == "Min":
        high = state.number(other(clip, node.outputs[0]) or "")
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
    fused = Node("Clip", layer_name(node, clip), node.inputs, clip.outputs, {"min": 0.0, "max": 6.0})
    state.replace(clip, fused, [node], f"Relu and {clip.op} at 6 are read as ReLU6")
    return True


PATTERNS: dict[str, Callable[[Rewriting, Node], bool]] = {
    "MatMul": _linear,
    "Erf": _erf_gelu,
    "Sigmoid": _gated("Sigmoid", "Swish", {}, "x times its Sigmoid is read as SiLU"),
    "HardSigmoid": _gated("HardSigmoid", "HardSwish", {"alpha": 1 / 6}, "x times its HardSigmoid is read as Hardswish"),
    "Tanh": _mish,
    "Relu": _relu6,
    "Div": layer_norm,
    "InstanceNormalization": group_norm,
}
