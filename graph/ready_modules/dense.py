"""Dense blocks: every layer reads all before it."""

from __future__ import annotations

from graph.module import Exposed
from graph.ready_modules.ready_module import Ready
from graph.sketch import Sketch

HUANG = "Huang et al. 2017, Densely connected convolutional networks"
GROWTH = Exposed("growth", 32, "Channels each layer adds.")


def dense_layer(sketch: Sketch) -> None:
    x = sketch.add("Input", "x", shape=(64, 56, 56))
    sketch.add("BatchNorm2d", "norm1")
    sketch.add("ReLU", "relu1")
    sketch.add("Conv2d", "conv1", out_channels="=4*growth", kernel_size=1, bias=False)
    sketch.add("BatchNorm2d", "norm2")
    sketch.add("ReLU", "relu2")
    new = sketch.add("Conv2d", "conv2", out_channels="=growth", kernel_size=3, padding=1, bias=False)
    sketch.add("Concatenate", "join", after=(x, new))
    sketch.add("Output", "y")


def dense_block(sketch: Sketch) -> None:
    sketch.add("Input", "x", shape=(64, 56, 56))
    sketch.add("DenseLayer", "layers", growth="=growth", repeat="=layers")
    sketch.add("Output", "y")


def transition(sketch: Sketch) -> None:
    sketch.add("Input", "x", shape=(256, 56, 56))
    sketch.add("BatchNorm2d", "norm")
    sketch.add("ReLU", "relu")
    sketch.add("Conv2d", "conv", out_channels="=channels", kernel_size=1, bias=False)
    sketch.add("AvgPool2d", "pool", kernel_size=2)
    sketch.add("Output", "y")


READY = (
    Ready("DenseLayer", "Adds channels to all that came before.", HUANG, (GROWTH,), dense_layer),
    Ready(
        "DenseBlock",
        "Dense layers in a row; the channels grow by the same number each time.",
        HUANG,
        (GROWTH, Exposed("layers", 6, "How many layers.")),
        dense_block,
        ("DenseLayer",),
    ),
    Ready(
        "DenseTransition",
        "Between dense blocks: fewer channels at half the size.",
        HUANG,
        (Exposed("channels", 128, "Channels that are left."),),
        transition,
    ),
)
