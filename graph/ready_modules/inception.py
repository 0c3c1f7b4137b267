"""Inception: windows of several sizes side by side."""

from __future__ import annotations

from graph.module import Exposed
from graph.ready_modules.ready_module import Ready
from graph.sketch import Sketch

EPS = {"eps": 0.001}


def inception(sketch: Sketch) -> None:
    x = sketch.add("Input", "x", shape=(192, 28, 28))
    single = sketch.conv("single", "=ones", 1, relu="single_relu", norm=EPS, after=x)
    sketch.conv("narrow3", "=narrow_threes", 1, relu="narrow3_relu", norm=EPS, after=x)
    threes = sketch.conv("three", "=threes", 3, padding=1, relu="three_relu", norm=EPS)
    sketch.conv("narrow5", "=narrow_fives", 1, relu="narrow5_relu", norm=EPS, after=x)
    fives = sketch.conv("five", "=fives", "=window", padding="=window//2", relu="five_relu", norm=EPS)
    sketch.add("MaxPool2d", "pool", kernel_size=3, stride=1, padding=1, ceil_mode=True, after=x)
    pooled = sketch.conv("pooled", "=pooled", 1, relu="pooled_relu", norm=EPS)
    sketch.add("Concatenate", "join", after=(single, threes, fives, pooled))
    sketch.add("Output", "y")


READY = (
    Ready(
        "Inception",
        "Four ways side by side, joined: 1x1, 3x3 and a larger window after narrowing, and pooling.",
        "Szegedy et al. 2015, Going deeper with convolutions; with batch normalisation",
        (
            Exposed("ones", 64, "Channels of the 1x1 way."),
            Exposed("narrow_threes", 96, "Channels to which the 3x3 way narrows first."),
            Exposed("threes", 128, "Channels of the 3x3 way."),
            Exposed("narrow_fives", 16, "Channels to which the way of the large window narrows first."),
            Exposed("fives", 32, "Channels of the large window."),
            Exposed("pooled", 32, "Channels behind the pooling."),
            Exposed("window", 5, "Size of the large window: 5 in the paper, 3 in torchvision's weights."),
        ),
        inception,
    ),
)
