"""A layer that is called becomes a block; called again it becomes a block that uses the first one's weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backend.importing.python import attention_calls, recurrent_calls
from backend.importing.python.constant_tensors import number_input
from backend.importing.python.drawing import output, settled
from backend.importing.python.layer_blocks import draw_layer, ordered, place_layer
from backend.importing.python.layers import block_of
from backend.importing.python.learned import learned_as_tensor, learned_block
from backend.importing.python.pieces import PIECES, call_piece
from backend.importing.python.rearranging import rearrange_layer
from backend.importing.python.running import Run
from backend.importing.python.shaping import slice_of, step_of
from backend.importing.python.values import Example, Layer, Learned, Noise, Numbers, Tensor, Unknown, kind_of
from graph import registry

PASSED = ("activation", "regularization")  # that take whatever there is


def call_layer(run: Run, layer: Layer, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What a layer gives for these arguments."""
    args = [_as_tensor(run, one) for one in args]
    kwargs = {name: _as_tensor(run, one) for name, one in kwargs.items()}
    for one in (*args, *kwargs.values()):
        if isinstance(one, Example):
            if registry.block_type(layer.type).family in PASSED or layer.type == "Identity":
                return one
            for index in one.indices:
                one.hints.setdefault(index, (layer, one.flat, one.indices))
            return run.unknown("the shape of the input is being looked for")
        if isinstance(one, Unknown):
            return one
    run.drawn.add(layer.serial)
    special = SPECIAL.get(layer.type)
    if special is not None:
        return special(run, layer, *args, **kwargs)
    return _plain_call(run, layer, args, kwargs)


def _as_tensor(run: Run, value: Any) -> Any:
    if isinstance(value, Learned):
        return learned_as_tensor(run, value)
    if isinstance(value, Noise):
        from backend.importing.python.random_numbers import drawn_noise

        return drawn_noise(run, value)
    if isinstance(value, Numbers) and run.level is None:
        return number_input(run, value)
    return value


def _plain_call(run: Run, layer: Layer, args: list[Any], kwargs: dict[str, Any]) -> Any:
    given = [*args, *kwargs.values()]
    if not given or not isinstance(given[0], Tensor):
        what = kind_of(given[0]) if given else "nothing"
        return run.unknown(f"nn.{layer.type} is called with {what}; only tensors can be wired to its block")
    if len(given) > 1:
        return run.unknown(f"nn.{layer.type} is called with {len(given)} arguments; its block takes one tensor")
    tensor = ordered(run, layer, given[0])
    return draw_layer(run, layer, tensor)


def _look_up(run: Run, layer: Layer, input: Any) -> Any:
    """nn.Embedding; of places 0, 1, 2 ... that stand in the source it is a table that is learned: a Parameter."""
    if isinstance(input, Tensor):
        return draw_layer(run, layer, ordered(run, layer, input))
    places = input.array if isinstance(input, Numbers) else None
    rows, width = (layer.arguments.get(name) for name in ("num_embeddings", "embedding_dim"))
    if places is None or not isinstance(rows, int) or not isinstance(width, int) or places.size == 0:
        return run.unknown(f"nn.Embedding is called with {kind_of(input)}, whose numbers are not known")
    first, flat = int(places.flat[0]), places.reshape(-1)
    steps = len(flat) == 1 or bool((flat[1:] - flat[:-1] == 1).all())
    if not steps or places.ndim > 2 or places.shape[:-1] not in ((), (1,)) or first < 0 or first + len(flat) > rows:
        return run.unknown("nn.Embedding of fixed numbers is read where they are places in a row: torch.arange(T)")
    begins = Numbers((1, rows, width), "float32", None, None, 1.0)
    table = learned_block(run, Learned(begins, layer.line, _spread(layer), None, None, layer.frozen, layer.serial))
    table = slice_of(run, table, 1, first, first + len(flat))
    return table if places.ndim == 2 else step_of(run, table, 0, 0)


def _spread(layer: Layer) -> float | None:
    """The deviation its initialisation gives it."""
    way = layer.initial.get("weight")
    return dict(way.arguments).get("std") if way is not None and way.kind in ("normal", "trunc_normal") else None


def _two(run: Run, layer: Layer, first: Tensor, second: Tensor) -> Tensor:
    type, values = block_of(run, layer)
    ports = [port.name for port in registry.block_type(type).inputs]
    tensors = [settled(run, first, f"nn.{layer.type}"), settled(run, second, f"nn.{layer.type}")]
    block = place_layer(run, layer, type, values, list(zip(ports, tensors, strict=False)))
    return output(run, block, tensors[0].level)


def _unpool(run: Run, layer: Layer, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
    type, values = block_of(run, layer)
    block = place_layer(run, layer, type, values, [("input", input), ("indices", indices)])
    return output(run, block, input.level)


def _turned(run: Run, layer: Layer, input: Tensor, output_size: Any = None) -> Any:
    if output_size is not None:
        run.note("output_size of a transposed convolution is left out: its own arithmetic decides", run.line)
    return draw_layer(run, layer, settled(run, input, f"nn.{layer.type}"))


def _bag(run: Run, layer: Layer, input: Tensor, offsets: Any = None, per_sample_weights: Any = None) -> Any:
    if offsets is not None or per_sample_weights is not None:
        return run.unknown("nn.EmbeddingBag with offsets or weights is no block: give it bags of one length, N x B")
    return draw_layer(run, layer, input)


SPECIAL: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("Bilinear", "CosineSimilarity", "PairwiseDistance"), _two),
    **dict.fromkeys(("MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"), _unpool),
    **dict.fromkeys(("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"), _turned),
    "Embedding": _look_up,
    "EmbeddingBag": _bag,
    **recurrent_calls.CALLS,
    **attention_calls.CALLS,
    **dict.fromkeys(PIECES, call_piece),
    **dict.fromkeys(("Rearrange", "Reduce"), rearrange_layer),
}
