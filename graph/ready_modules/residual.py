"""Residual blocks, plain and with a bottleneck, and the stages of a ResNet."""

from __future__ import annotations

from graph.module import Exposed
from graph.ready_modules.ready_module import Ready
from graph.sketch import Sketch

HE = "He et al. 2016, Deep residual learning for image recognition"
CHANNELS = Exposed("channels", 64, "Channels of the convolutions.")
STRIDE = Exposed("stride", 2, "Step of the first convolution with a window: 2 halves height and width.")
BLOCKS = Exposed("blocks", 2, "How many blocks in a row.")


def basic_block(sketch: Sketch) -> None:
    x = sketch.add("Input", "x", shape=(64, 56, 56))
    sketch.conv("conv1", "=channels", 3, padding=1, relu="relu1")
    sketch.conv("conv2", "=channels", 3, padding=1)
    sketch.add("Add", "add", after=(sketch.last, x))
    sketch.add("ReLU", "relu2")
    sketch.add("Output", "y")


def basic_block_down(sketch: Sketch) -> None:
    x = sketch.add("Input", "x", shape=(64, 56, 56))
    sketch.conv("conv1", "=channels", 3, stride="=stride", padding=1, relu="relu1")
    deep = sketch.conv("conv2", "=channels", 3, padding=1)
    shortcut = sketch.conv("shortcut", "=channels", 1, stride="=stride", after=x)
    sketch.add("Add", "add", after=(deep, shortcut))
    sketch.add("ReLU", "relu2")
    sketch.add("Output", "y")


def bottleneck(sketch: Sketch) -> None:
    x = sketch.add("Input", "x", shape=(256, 56, 56))
    sketch.conv("conv1", "=channels", 1, relu="relu1")
    sketch.conv("conv2", "=channels", 3, padding=1, relu="relu2")
    deep = sketch.conv("conv3", "=4*channels", 1)
    sketch.add("Add", "add", after=(deep, x))
    sketch.add("ReLU", "relu3")
    sketch.add("Output", "y")


def bottleneck_down(sketch: Sketch) -> None:
    x = sketch.add("Input", "x", shape=(64, 56, 56))
    sketch.conv("conv1", "=channels", 1, relu="relu1")
    sketch.conv("conv2", "=channels", 3, stride="=stride", padding=1, relu="relu2")
    deep = sketch.conv("conv3", "=4*channels", 1)
    shortcut = sketch.conv("shortcut", "=4*channels", 1, stride="=stride", after=x)
    sketch.add("Add", "add", after=(deep, shortcut))
    sketch.add("ReLU", "relu3")
    sketch.add("Output", "y")


def stage(first: str, then: str):
    def draw(sketch: Sketch) -> None:
        sketch.add("Input", "x", shape=(64, 56, 56))
        sketch.add(first, "first", channels="=channels", stride="=stride")
        sketch.add(then, "rest", channels="=channels", repeat="=blocks - 1")
        sketch.add("Output", "y")

    return draw


READY = (
    Ready("BasicBlock", "Two convolutions around which the input is led and added.", HE, (CHANNELS,), basic_block),
    Ready(
        "BasicBlockDown",
        "A basic block that changes the size: the way around has a convolution too.",
        HE,
        (CHANNELS, STRIDE),
        basic_block_down,
    ),
    Ready(
        "BasicStage",
        "A stage of ResNet-18 or 34: the first block halves the size, the rest keep it.",
        HE,
        (CHANNELS, BLOCKS, STRIDE),
        stage("BasicBlockDown", "BasicBlock"),
        ("BasicBlockDown", "BasicBlock"),
    ),
    Ready(
        "Bottleneck",
        "Narrow, look around, widen fourfold; the input is added.",
        HE,
        (CHANNELS,),
        bottleneck,
    ),
    Ready(
        "BottleneckDown",
        "A bottleneck that changes the size: the way around has a convolution too.",
        HE,
        (CHANNELS, STRIDE),
        bottleneck_down,
    ),
    Ready(
        "BottleneckStage",
        "A stage of ResNet-50, 101 or 152: the first block changes the size, the rest keep it.",
        HE,
        (CHANNELS, BLOCKS, STRIDE),
        stage("BottleneckDown", "Bottleneck"),
        ("BottleneckDown", "Bottleneck"),
    ),
)
