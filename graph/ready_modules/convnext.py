"""ConvNeXt: a convolutional network in the manner of transformers."""

from __future__ import annotations

from graph.module import Exposed
from graph.ready_modules.ready_module import Ready
from graph.sketch import Sketch


def convnext_block(sketch: Sketch) -> None:
    x = sketch.add("Input", "x", shape=(96, 56, 56))
    sketch.add("Conv2d", "depthwise", out_channels="=channels", kernel_size=7, padding=3, groups="=channels")
    sketch.add("Permute", "channels_last", dims=(0, 2, 3, 1))
    sketch.add("LayerNorm", "norm", eps=1e-6)
    sketch.add("Linear", "widen", out_features="=4*channels")
    sketch.add("GELU", "gelu")
    sketch.add("Linear", "narrow", out_features="=channels")
    deep = sketch.add("Permute", "channels_first", dims=(0, 3, 1, 2))
    sketch.add("Add", "add", after=(x, deep))
    sketch.add("Output", "y")


READY = (
    Ready(
        "ConvNeXtBlock",
        "A large window for each channel alone, then a wide linear layer at every place; the input is added.",
        "Liu et al. 2022, A ConvNet for the 2020s; without layer scale",
        (Exposed("channels", 96, "Channels of the input, and of the output."),),
        convnext_block,
    ),
)
