"""Attention and transformer layers: who looks at whom, and masks that hide what comes later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backend.importing.python.arithmetic import as_tensor
from backend.importing.python.drawing import here, output
from backend.importing.python.layer_blocks import draw_layer, place_layer
from backend.importing.python.layers import block_of
from backend.importing.python.recurrent_calls import sequence
from backend.importing.python.running import Run
from backend.importing.python.values import Layer, Numbers, Tensor, Unknown

FAR = -1e4  # scores below are as good as hidden
ENCODER = (
    "d_model",
    "nhead",
    "dim_feedforward",
    "dropout",
    "activation",
    "layer_norm_eps",
    "batch_first",
    "norm_first",
)


def is_causal(run: Run, mask: Any, told: Any = None) -> bool:
    """Whether a mask hides everything later and nothing else; raises CannotImport for another fixed one."""
    if mask is None:
        return told is True
    run.need(mask)
    if not isinstance(mask, Numbers) or mask.array is None or mask.array.ndim != 2:
        run.refuse("a mask that is no causal one is not read here: only masks computed from the input can be wired")
    hidden = mask.array if mask.array.dtype == bool else mask.array <= FAR
    if bool((hidden == np.triu(np.ones(mask.shape, bool), 1)).all()):
        return True
    if not hidden.any() and (mask.array.dtype == bool or not mask.array.any()):
        return False
    return run.refuse("this mask hides other places than the later ones, which a layer's block cannot")


def _attend(
    run: Run,
    layer: Layer,
    query: Any,
    key: Any,
    value: Any,
    key_padding_mask: Any = None,
    need_weights: Any = True,
    attn_mask: Any = None,
    average_attn_weights: Any = True,
    is_causal: Any = False,
) -> Any:
    """nn.MultiheadAttention: the mixture and the weights."""
    q, k, v = (sequence(run, layer, one) for one in (query, key, value))
    wires: list[tuple[str | None, Tensor]] = [("query", q)]
    if not (_same(q, k) and _same(k, v)):
        wires.append(("key", k))
        if not _same(k, v):
            wires.append(("value", v))
    type, values = block_of(run, layer)
    wires += _padding(run, "key_padding_mask", key_padding_mask)
    if isinstance(attn_mask, Tensor):
        wires.append(("attn_mask", attn_mask))
    elif _causal(run, attn_mask, is_causal):
        values["causal"] = True
    block = place_layer(run, layer, type, values, wires)
    mixed = output(run, block, q.level, "output", q.order)
    return mixed, output(run, block, q.level, "weights") if need_weights is not False else None


_causal = is_causal


def _same(a: Tensor, b: Tensor) -> bool:
    return (a.block, a.port, a.order) == (b.block, b.port, b.order)


def _padding(run: Run, port: str, mask: Any) -> list[tuple[str | None, Tensor]]:
    if mask is None:
        return []
    run.need(mask)
    return [(port, as_tensor(run, mask))]


def _encode(
    run: Run,
    layer: Layer,
    src: Any,
    mask: Any = None,
    src_key_padding_mask: Any = None,
    is_causal: Any = None,
    src_mask: Any = None,
) -> Any:
    """TransformerEncoderLayer and TransformerEncoder."""
    one = layer.arguments.get("encoder_layer", layer)
    tensor = sequence(run, run.need(one), src)
    type, values = _stack(run, layer, one)
    if _causal(run, src_mask if mask is None else mask, is_causal):
        values["causal"] = True
    wires = [("input", tensor), *_padding(run, "src_key_padding_mask", src_key_padding_mask)]
    block = place_layer(run, layer, type, values, wires)
    return _normed(run, layer, output(run, block, here(run, tensor), order=tensor.order))


def _stack(run: Run, layer: Layer, one: Layer) -> tuple[str, dict[str, Any]]:
    """The block of a layer, or of several of a kind."""
    if not isinstance(one, Layer):
        run.refuse(f"nn.{layer.type} is made of a layer of the file; only torch's own layers are stacked so")
    _, values = block_of(run, one)
    if one is not layer:
        values |= {"num_layers": layer.arguments.get("num_layers")}
    return layer.type, values


def _normed(run: Run, layer: Layer, tensor: Tensor) -> Any:
    norm = layer.arguments.get("norm") if layer.type in ("TransformerEncoder", "TransformerDecoder") else None
    if norm is None:
        return tensor
    if isinstance(norm, Unknown) or not isinstance(norm, Layer):
        return run.unknown("the norm behind the layers is not one of torch's")
    return draw_layer(run, norm, tensor)


def _decode(
    run: Run,
    layer: Layer,
    tgt: Any,
    memory: Any,
    tgt_mask: Any = None,
    memory_mask: Any = None,
    tgt_key_padding_mask: Any = None,
    memory_key_padding_mask: Any = None,
    tgt_is_causal: Any = None,
    memory_is_causal: Any = False,
) -> Any:
    """TransformerDecoderLayer and TransformerDecoder."""
    one = layer.arguments.get("decoder_layer", layer)
    tensor, read = (sequence(run, run.need(one), value) for value in (tgt, memory))
    type, values = _stack(run, layer, one)
    if memory_mask is not None and _causal(run, memory_mask):
        return run.unknown("a memory_mask has no place in a block: leave it out")
    if _causal(run, tgt_mask, tgt_is_causal):
        values["causal"] = True
    wires = [("input", tensor), ("memory", read)]
    wires += _padding(run, "tgt_key_padding_mask", tgt_key_padding_mask)
    wires += _padding(run, "memory_key_padding_mask", memory_key_padding_mask)
    block = place_layer(run, layer, type, values, wires)
    return _normed(run, layer, output(run, block, here(run, tensor), order=tensor.order))


def _translate(
    run: Run,
    layer: Layer,
    src: Any,
    tgt: Any,
    src_mask: Any = None,
    tgt_mask: Any = None,
    memory_mask: Any = None,
    src_key_padding_mask: Any = None,
    tgt_key_padding_mask: Any = None,
    memory_key_padding_mask: Any = None,
    **told: Any,
) -> Any:
    """nn.Transformer: an encoder and a decoder, each with a norm behind it."""
    encoder, decoder = _parts(run, layer)
    memory = _encode(run, encoder, src, src_mask, src_key_padding_mask)
    return _decode(run, decoder, tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)


def _parts(run: Run, layer: Layer) -> tuple[Layer, Layer]:
    """Encoder and decoder, made once."""
    made = layer.arguments.get("custom_encoder")
    if isinstance(made, tuple):
        return made
    if made is not None or layer.arguments.get("custom_decoder") is not None:
        run.refuse("nn.Transformer with an encoder or decoder of one's own is not read: call them one after the other")
    given = {"d_model": 512, "nhead": 8, **layer.arguments}
    settings = {name: given[name] for name in (*ENCODER, "bias") if name in given}
    parts = []
    for kind, short in (("Encoder", "encoder"), ("Decoder", "decoder")):
        one = Layer(f"Transformer{kind}Layer", dict(settings), layer.line)
        norm = Layer("LayerNorm", {"normalized_shape": given["d_model"]}, layer.line)
        count = given.get(f"num_{short}_layers", 6)
        stack = Layer(f"Transformer{kind}", {f"{short}_layer": one, "num_layers": count, "norm": norm}, layer.line)
        parts.append(stack)
        path = run.level.paths.get(layer.serial) if run.level else None
        if run.level is not None and path:
            run.level.paths |= {stack.serial: f"{path}_{short}", norm.serial: f"{path}_{short}_norm"}
    layer.arguments["custom_encoder"] = tuple(parts)
    run.drawn.add(layer.serial)
    return parts[0], parts[1]


CALLS: dict[str, Callable[..., Any]] = {
    "MultiheadAttention": _attend,
    **dict.fromkeys(("TransformerEncoderLayer", "TransformerEncoder"), _encode),
    **dict.fromkeys(("TransformerDecoderLayer", "TransformerDecoder"), _decode),
    "Transformer": _translate,
}
