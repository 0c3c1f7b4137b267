"""Classes that Netloom itself writes into exported files: told by their very text, they become the blocks they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backend.importing.python.arithmetic import as_tensor
from backend.importing.python.constant_tensors import stand_in
from backend.importing.python.drawing import dims_of, output, settled
from backend.importing.python.layer_blocks import place_layer
from backend.importing.python.layers import plain
from backend.importing.python.running import Run
from backend.importing.python.values import Layer, Numbers, Tensor
from backend.source import piece_texts

PIECES = piece_texts.names()


def call_piece(run: Run, layer: Layer, *args: Any, **kwargs: Any) -> Tensor:
    """The block of a piece; its inputs in the order of its forward."""
    given = [as_tensor(run, one) for one in (*args, *kwargs.values()) if one is not None]
    tensors = [settled(run, one, layer.type) for one in given]
    values = {name: plain(run, _bare(value), f"{name} of {layer.type}") for name, value in layer.arguments.items()}
    type = TYPES.get(layer.type, layer.type)
    change = CHANGES.get(layer.type)
    if change is not None:
        values = change(run, values, tensors)
    block = place_layer(run, layer, type, values, [(None, one) for one in tensors])
    level = tensors[0].level if tensors else run.level
    assert level is not None
    return output(run, block, level)


def _bare(value: Any) -> Any:
    return stand_in(value).tolist() if isinstance(value, Numbers) else value


def _encoding(run: Run, values: dict[str, Any], tensors: list[Tensor]) -> dict[str, Any]:
    values.pop("width", None)
    if tensors and dims_of(run, tensors[0])[1] == values.get("length"):
        values.pop("length")
    return values


def _window(run: Run, values: dict[str, Any], tensors: list[Tensor]) -> dict[str, Any]:
    """A median's border as padding of both sides."""
    border = values.pop("border", (0, 0))
    mode = values.pop("mode", "constant")
    padding = tuple(border[i] for i in reversed(range(0, len(border), 2)))
    found = {**values, "padding": padding[0] if len(set(padding)) == 1 else padding}
    return found | ({} if mode == "constant" else {"padding_mode": mode})


def _kernel(run: Run, values: dict[str, Any], tensors: list[Tensor]) -> dict[str, Any]:
    """A fixed kernel with its numbers."""
    border = values.pop("border", (0, 0, 0, 0))
    numbers = values.pop("kernel")
    while isinstance(numbers, tuple) and numbers and isinstance(numbers[0], tuple) and isinstance(numbers[0][0], tuple):
        numbers = numbers[0]
    return {
        "numbers": numbers,
        "stride": values.get("stride", 1),
        "padding": border[0] if len(set(border)) == 1 else border,
        "padding_mode": values.get("mode", "constant"),
        "padding_value": values.get("value", 0.0),
        "dilation": values.get("dilation", 1),
        "bias": values.get("bias", 0.0),
    }


TYPES = {"LearnedTensor": "Parameter", "ConstantTensor": "Constant"}
CHANGES: dict[str, Callable[..., dict[str, Any]]] = {
    "LearnedEncoding": _encoding,
    "MedianPool1d": _window,
    "MedianPool2d": _window,
    "FixedConv2d": _kernel,
}
