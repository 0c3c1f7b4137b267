"""Transformer blocks, normalising before or after each part."""

from __future__ import annotations

from graph.module import Exposed
from graph.ready_modules.ready_module import Ready
from graph.sketch import Sketch

EXPOSED = (
    Exposed("width", 64, "Features of every step, in and out."),
    Exposed("heads", 4, "Ways of attending side by side; must divide the width."),
    Exposed("hidden", 256, "Features between the two linear layers."),
    Exposed("dropout", 0.1, "Share of values dropped in training."),
)


def pre_norm(sketch: Sketch) -> None:
    x = sketch.add("Input", "x", shape=(16, 64))
    normed = sketch.add("LayerNorm", "norm1")
    sketch.add(
        "MultiheadAttention", "attention", after=(normed, normed, normed), num_heads="=heads", dropout="=dropout"
    )
    dropped = sketch.add("Dropout", "dropout1", p="=dropout")
    attended = sketch.add("Add", "add1", after=(x, dropped))
    sketch.add("LayerNorm", "norm2")
    fed = _feed_forward(sketch)
    sketch.add("Add", "add2", after=(attended, fed))
    sketch.add("Output", "y")


def post_norm(sketch: Sketch) -> None:
    x = sketch.add("Input", "x", shape=(16, 64))
    sketch.add("MultiheadAttention", "attention", after=(x, x, x), num_heads="=heads", dropout="=dropout")
    dropped = sketch.add("Dropout", "dropout1", p="=dropout")
    sketch.add("Add", "add1", after=(x, dropped))
    attended = sketch.add("LayerNorm", "norm1")
    fed = _feed_forward(sketch)
    sketch.add("Add", "add2", after=(attended, fed))
    sketch.add("LayerNorm", "norm2")
    sketch.add("Output", "y")


def _feed_forward(sketch: Sketch):
    sketch.add("Linear", "linear1", out_features="=hidden")
    sketch.add("GELU", "gelu")
    sketch.add("Linear", "linear2", out_features="=width")
    return sketch.add("Dropout", "dropout2", p="=dropout")


READY = (
    Ready(
        "TransformerPreNorm",
        "Attention and a small network, each on normalised values and added to what came in: trains without warm-up.",
        "Xiong et al. 2020, On layer normalization in the transformer architecture",
        EXPOSED,
        pre_norm,
    ),
    Ready(
        "TransformerPostNorm",
        "Attention and a small network, each added to what came in and then normalised.",
        "Vaswani et al. 2017, Attention is all you need; with GELU",
        EXPOSED,
        post_norm,
    ),
)
