"""The two sides of a U-Net."""

from __future__ import annotations

from graph.module import Exposed
from graph.ready_modules.ready_module import Ready
from graph.sketch import Sketch

RONNEBERGER = "Ronneberger et al. 2015, U-Net; with padding and batch normalisation"
CHANNELS = Exposed("channels", 64, "Channels of the output.")


def double_conv(sketch: Sketch) -> None:
    sketch.add("Input", "x", shape=(3, 128, 128))
    sketch.conv("conv1", "=channels", 3, padding=1, relu="relu1")
    sketch.conv("conv2", "=channels", 3, padding=1, relu="relu2")
    sketch.add("Output", "y")


def down(sketch: Sketch) -> None:
    sketch.add("Input", "x", shape=(64, 128, 128))
    sketch.add("MaxPool2d", "pool", kernel_size=2)
    sketch.add("DoubleConv", "convs", channels="=channels")
    sketch.add("Output", "y")


def up(sketch: Sketch) -> None:
    x = sketch.add("Input", "x", shape=(128, 64, 64))
    skip = sketch.add("Input", "skip", shape=(64, 128, 128))
    wide = sketch.add("ConvTranspose2d", "enlarge", out_channels="=channels", kernel_size=2, stride=2, after=x)
    sketch.add("Concatenate", "join", after=(skip, wide))
    sketch.add("DoubleConv", "convs", channels="=channels")
    sketch.add("Output", "y")


READY = (
    Ready("DoubleConv", "Two convolutions that keep the size.", RONNEBERGER, (CHANNELS,), double_conv),
    Ready("UNetDown", "Halves the size, then two convolutions.", RONNEBERGER, (CHANNELS,), down, ("DoubleConv",)),
    Ready(
        "UNetUp",
        "Doubles the size, joins what the way down kept, then two convolutions.",
        RONNEBERGER,
        (CHANNELS,),
        up,
        ("DoubleConv",),
    ),
)
