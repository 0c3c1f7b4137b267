"""Recurrent layers and cells: sequences with the batch first or second, states that are given or zero."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backend.importing.python.arithmetic import as_tensor
from backend.importing.python.drawing import output, physical, settled
from backend.importing.python.layer_blocks import place_layer
from backend.importing.python.layers import block_of
from backend.importing.python.running import BatchSecond, Run
from backend.importing.python.sequences import items_of
from backend.importing.python.values import Layer, Numbers, Tensor

SECOND = (1, 0, 2)


def sequence(run: Run, layer: Layer, value: Any) -> Tensor:
    """The sequence as the layer reads it; where it reads time first, the batch has to be second."""
    tensor = as_tensor(run, value)
    if layer.arguments.get("batch_first") is True or physical(run, tensor).rank != 3:
        return settled(run, tensor, f"nn.{layer.type} with batch_first=True")
    if tensor.order == SECOND:
        return tensor
    if tensor.order is None and not run.batch_second:
        raise BatchSecond
    return run.refuse(
        f"nn.{layer.type} without batch_first=True reads T x N x features, and here the batch is in front: give it"
        " batch_first=True"
    )


def _read(run: Run, layer: Layer, input: Any, hx: Any = None) -> Any:
    """RNN, LSTM, GRU: every step, and the last state."""
    tensor = sequence(run, layer, input)
    wires: list[tuple[str | None, Tensor]] = [("input", tensor), *_states(run, layer, hx, "_0")]
    type, values = block_of(run, layer)
    block = place_layer(run, layer, type, values, wires)
    steps = output(run, block, tensor.level, "output", tensor.order)
    state = output(run, block, tensor.level, "h_n")
    if layer.type != "LSTM":
        return steps, state
    return steps, (state, output(run, block, tensor.level, "c_n"))


def _states(run: Run, layer: Layer, given: Any, ending: str) -> list[tuple[str | None, Tensor]]:
    """The states to begin with; zeros are what a block begins with anyway."""
    if given is None:
        return []
    found = items_of(run, given) if layer.type.startswith("LSTM") else [given]
    for one in found:
        run.need(one)
    if all(isinstance(one, Numbers) for one in found):
        if any(one.fill != 0 for one in found):
            run.note(f"the state that nn.{layer.type} begins with is drawn as zeros")
        return []
    names = ("h", "c")
    return [(f"{name}{ending}", as_tensor(run, one)) for name, one in zip(names, found, strict=False)]


def _step(run: Run, layer: Layer, input: Any, hx: Any = None) -> Any:
    """RNNCell, LSTMCell, GRUCell: the next state."""
    tensor = settled(run, as_tensor(run, input), f"nn.{layer.type}")
    type, values = block_of(run, layer)
    block = place_layer(run, layer, type, values, [("input", tensor), *_states(run, layer, hx, "_0")])
    state = output(run, block, tensor.level, "h_1")
    return (state, output(run, block, tensor.level, "c_1")) if layer.type == "LSTMCell" else state


CALLS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("RNN", "LSTM", "GRU"), _read),
    **dict.fromkeys(("RNNCell", "LSTMCell", "GRUCell"), _step),
}
