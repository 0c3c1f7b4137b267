"""What a layer takes from its input instead of being told: in_channels, in_features and the like, named as in torch.

Such arguments are no hyperparameters here; forms and help show them beside those.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graph.block_type import BlockType, Inferred, Inputs, Values

# The beginning of a torch layer's name -> the arguments it takes from its input, by their place.
ARGUMENTS: tuple[tuple[str, dict[int, str]], ...] = (
    ("Conv", {0: "in_channels"}),
    ("Linear", {0: "in_features"}),
    ("Bilinear", {0: "in1_features", 1: "in2_features"}),
    ("BatchNorm", {0: "num_features"}),
    ("SyncBatchNorm", {0: "num_features"}),
    ("InstanceNorm", {0: "num_features"}),
    ("GroupNorm", {1: "num_channels"}),
    ("RNN", {0: "input_size"}),
    ("LSTM", {0: "input_size"}),
    ("GRU", {0: "input_size"}),
    ("MultiheadAttention", {0: "embed_dim"}),
    ("TransformerEncoderLayer", {0: "d_model"}),
    ("TransformerDecoderLayer", {0: "d_model"}),
)


def names(declared: BlockType) -> tuple[str, ...]:
    """What a type takes from its input."""
    return tuple(_places(declared).values())


def taken(declared: BlockType, values: Values, inputs: Inputs, inferred: Inferred) -> Iterator[tuple[str, Any]]:
    """The same with the values that this input gives."""
    places = _places(declared)
    call = declared.module(values, inputs, inferred) if places else None
    if call is not None:
        for place, name in places.items():
            if place < len(call.args):
                yield name, call.args[place]


def _places(declared: BlockType) -> dict[int, str]:
    if declared.family == "module":
        return {}
    return next((places for begin, places in ARGUMENTS if declared.name.startswith(begin)), {})
