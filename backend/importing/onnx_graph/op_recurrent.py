"""Recurrent layers: gates put into torch's order, the batch in front, directions side by side."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backend.importing.onnx_graph.arranging import plain
from backend.importing.onnx_graph.context import Context
from backend.importing.onnx_graph.layout import Layout
from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.values import Drawn, Known, Value, number_of

GATES = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}  # torch's, by their places in ONNX's order
USUAL = {"LSTM": ["sigmoid", "tanh", "tanh"], "GRU": ["sigmoid", "tanh"], "RNN": ["tanh"]}


def _recurrent(type: str) -> Callable:
    def read(ctx: Context, node: Node, inputs: list) -> list[Value]:
        inputs = [*inputs, *([None] * 8)]
        directions, values = _settings(ctx, node, type)
        w, r = ctx.array(inputs[1], "W"), ctx.array(inputs[2], "R")
        hidden = values["hidden_size"] = r.shape[-1] if r.ndim == 3 else 0
        gates = len(GATES[type])
        if r.shape != (directions, gates * hidden, hidden) or w.ndim != 3 or w.shape[:2] != r.shape[:2]:
            ctx.fail(f"its weights {w.shape} and {r.shape} are none for {directions} directions of {gates} gates")
        bias = None if inputs[3] is None else ctx.array(inputs[3], "B")
        if bias is not None and bias.shape != (directions, 2 * gates * hidden):
            ctx.fail(f"its biases {bias.shape} must be {directions} x {2 * gates * hidden}")
        if bias is None:
            values["bias"] = False
        batch_first = bool(node.attributes.get("layout"))
        x = _sequences(ctx, inputs[0], batch_first)
        _check_lengths(ctx, inputs[4], x)
        if type == "LSTM" and inputs[7] is not None and np.any(ctx.array(inputs[7], "peepholes")):
            ctx.fail("its peepholes are not zero, and torch's LSTM has none")
        ports = {"input": x, **_states(ctx, type, inputs[5:7], batch_first)}
        found = ctx.drawing.place_block(type, ports, (), values, _weights(type, w, r, bias))
        return _outputs(found, directions, hidden, batch_first)

    return read


def _settings(ctx: Context, node: Node, type: str) -> tuple[int, dict]:
    attributes = node.attributes
    direction = attributes.get("direction", "forward")
    if direction not in ("forward", "bidirectional"):
        ctx.fail(f"direction {direction!r:.40} alone is no block; forward and bidirectional are")
    directions = 2 if direction == "bidirectional" else 1
    values = {"bidirectional": True} if directions == 2 else {}
    given = [name.lower() for name in attributes.get("activations") or USUAL[type] * directions]
    if type == "RNN" and given == ["relu"] * directions:
        values["nonlinearity"] = "relu"
    elif given != USUAL[type] * directions:
        ctx.fail(f"its activations {given} are not torch's {USUAL[type]}")
    if type == "GRU" and not attributes.get("linear_before_reset"):
        ctx.fail("linear_before_reset is 0: the reset gate acts before the product, where torch's GRU has it behind")
    if attributes.get("clip") or attributes.get("input_forget"):
        ctx.fail("it clips its gates or couples them, which torch does not")
    return directions, values


def _sequences(ctx: Context, value: Value, batch_first: bool) -> Drawn:
    x = ctx.drawn(value)
    if len(x.sizes) != 3:
        ctx.fail(f"it reads a tensor of {len(x.sizes)} dimensions; sequences have steps, a batch and features")
    order = (0, 1, 2) if batch_first else (1, 0, 2)
    return plain(ctx.drawing, x.seen(x.layout.transposed(order)))


def _check_lengths(ctx: Context, value: Value | None, x: Drawn) -> None:
    if value is None:
        return
    if not isinstance(value, Known) or any(length != x.type.dims[1] for length in value.array.reshape(-1)):
        ctx.fail("its sequences have lengths of their own; blocks read all of them to the end")


def _states(ctx: Context, type: str, given: list, batch_first: bool) -> dict[str, Drawn]:
    """The states it begins with, where they are not zeros."""
    names = ("h_0", "c_0") if type == "LSTM" else ("h_0",)
    given = given[: len(names)]
    if all(value is None or _is_zero(value) for value in given):
        return {}
    if batch_first or not all(isinstance(value, Drawn) for value in given):
        ctx.fail("the state it begins with is neither zero nor that of another recurrent layer")
    return {name: plain(ctx.drawing, value) for name, value in zip(names, given, strict=True)}


def _is_zero(value: Value) -> bool:
    return number_of(value) == 0 or (isinstance(value, Known) and not value.array.any())


def _weights(type: str, w: np.ndarray, r: np.ndarray, bias: np.ndarray | None) -> dict[str, np.ndarray]:
    hidden = r.shape[-1]
    order = np.concatenate([np.arange(hidden) + gate * hidden for gate in GATES[type]])
    found = {}
    for direction, suffix in enumerate(("_l0", "_l0_reverse")[: w.shape[0]]):
        found[f"weight_ih{suffix}"] = w[direction][order]
        found[f"weight_hh{suffix}"] = r[direction][order]
        if bias is not None:
            of_input, of_state = np.split(bias[direction], 2)
            found[f"bias_ih{suffix}"], found[f"bias_hh{suffix}"] = of_input[order], of_state[order]
    return found


def _outputs(found: list[Drawn], directions: int, hidden: int, batch_first: bool) -> list[Value]:
    """Y with directions as a dimension of their own, and the last states, layers first as torch has them."""
    every = found[0]
    n, t, _ = every.type.dims
    split = Layout.of(every.type.dims).reshaped((n, t, directions, hidden))
    every = every.seen(split.transposed((0, 1, 2, 3) if batch_first else (1, 2, 0, 3)))
    states = [s.seen(s.layout.transposed((1, 0, 2))) if batch_first else s for s in found[1:]]
    return [every, *states]


READERS: dict[str, Callable] = {type: _recurrent(type) for type in GATES}
