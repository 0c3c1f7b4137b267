"""Draws well-known networks from modules and writes them to `examples/zoo`: `python -m examples.build_zoo`.

Parameters are exactly the published ones, multiply-adds within a per cent; a test holds both.
"""

from __future__ import annotations

from pathlib import Path

from graph import Document, Network, ready_modules, save_project
from graph.layout import lay_out_levels
from graph.module import Exposed, define
from graph.sketch import Sketch

IMAGE = (3, 224, 224)
INCEPTIONS = {  # ones, narrow_threes, threes, narrow_fives, fives, pooled
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
WAYS = ("ones", "narrow_threes", "threes", "narrow_fives", "fives", "pooled")


def lenet5() -> Network:
    """LeCun et al. 1998, with a fully connected second layer."""
    net = Network("LeNet5")
    stage = define(net, "TanhStage", (Exposed("channels", 6, "Kernels."),), "Convolution, tanh, average pooling.")
    inner = Sketch(stage.network)
    inner.add("Input", "x", shape=(1, 32, 32))
    inner.add("Conv2d", "conv", out_channels="=channels", kernel_size=5)
    inner.add("Tanh", "tanh")
    inner.add("AvgPool2d", "pool", kernel_size=2)
    inner.add("Output", "y")
    sketch = Sketch(net)
    sketch.add("Input", "image", shape=(1, 32, 32))
    sketch.add("TanhStage", "stage1", channels=6)
    sketch.add("TanhStage", "stage2", channels=16)
    sketch.add("Flatten", "flatten")
    for index, features in enumerate((120, 84), 1):
        sketch.add("Linear", f"fc{index}", out_features=features)
        sketch.add("Tanh", f"tanh{index}")
    sketch.add("Linear", "scores", out_features=10)
    sketch.add("Output", "output")
    return net


def alexnet() -> Network:
    """Krizhevsky et al. 2012, in the single-column form of torchvision."""
    net = Network("AlexNet")
    _conv_relu(net)
    sketch = Sketch(net)
    sketch.add("Input", "image", shape=IMAGE)
    sketch.add("ConvReLU", "conv1", channels=64, kernel_size=11, stride=4, padding=2)
    sketch.add("MaxPool2d", "pool1", kernel_size=3, stride=2)
    sketch.add("ConvReLU", "conv2", channels=192, kernel_size=5, padding=2)
    sketch.add("MaxPool2d", "pool2", kernel_size=3, stride=2)
    sketch.add("ConvReLU", "conv3", channels=384)
    sketch.add("ConvReLU", "conv4", channels=256, repeat=2)
    sketch.add("MaxPool2d", "pool3", kernel_size=3, stride=2)
    sketch.add("AdaptiveAvgPool2d", "pool", output_size=6)
    return _head(net, sketch)


def vgg(*blocks: int) -> Network:
    """Simonyan and Zisserman 2015."""
    net = Network(f"VGG{sum(blocks) + 3}")
    _conv_relu(net)
    exposed = (Exposed("channels", 64, "Kernels of every layer."), Exposed("layers", 2, "Convolutions in a row."))
    inner = Sketch(define(net, "VGGStage", exposed, "Convolutions that keep the size, then pooling.").network)
    inner.add("Input", "x", shape=IMAGE)
    inner.add("ConvReLU", "convs", channels="=channels", repeat="=layers")
    inner.add("MaxPool2d", "pool", kernel_size=2)
    inner.add("Output", "y")
    sketch = Sketch(net)
    sketch.add("Input", "image", shape=IMAGE)
    for index, (channels, count) in enumerate(zip((64, 128, 256, 512, 512), blocks, strict=True), 1):
        sketch.add("VGGStage", f"stage{index}", channels=channels, layers=count)
    sketch.add("AdaptiveAvgPool2d", "pool", output_size=7)
    return _head(net, sketch)


def googlenet() -> Network:
    """Szegedy et al. 2015, as torchvision has it: batch normalisation, 3x3 for 5x5, no auxiliary heads."""
    net = Network("GoogLeNet")
    ready_modules.add(net, "Inception")
    sketch = Sketch(net)
    eps = {"eps": 0.001}
    sketch.add("Input", "image", shape=IMAGE)
    sketch.conv("conv1", 64, 7, stride=2, padding=3, relu="relu1", norm=eps)
    sketch.add("MaxPool2d", "pool1", kernel_size=3, stride=2, ceil_mode=True)
    sketch.conv("conv2", 64, 1, relu="relu2", norm=eps)
    sketch.conv("conv3", 192, 3, padding=1, relu="relu3", norm=eps)
    sketch.add("MaxPool2d", "pool2", kernel_size=3, stride=2, ceil_mode=True)
    for name, channels in INCEPTIONS.items():
        sketch.add("Inception", f"inception{name}", window=3, **dict(zip(WAYS, channels, strict=True)))
        if name in ("3b", "4e"):
            size = 3 if name == "3b" else 2
            sketch.add("MaxPool2d", "pool3" if size == 3 else "pool4", kernel_size=size, stride=2, ceil_mode=True)
    sketch.add("AdaptiveAvgPool2d", "pool", output_size=1)
    sketch.add("Flatten", "flatten")
    sketch.add("Dropout", "dropout", p=0.2)
    sketch.add("Linear", "scores", out_features=1000)
    sketch.add("Output", "output")
    return net


def resnet(depth: int, block: str, *blocks: int) -> Network:
    """He et al. 2016."""
    net = Network(f"ResNet{depth}")
    ready_modules.add(net, f"{block}Stage")
    sketch = Sketch(net)
    sketch.add("Input", "image", shape=IMAGE)
    sketch.conv("conv1", 64, 7, stride=2, padding=3, relu="relu")
    sketch.add("MaxPool2d", "pool1", kernel_size=3, stride=2, padding=1)
    for index, count in enumerate(blocks):
        if not index and block == "Basic":  # the first stage of the plain ones changes no shape: no projection
            sketch.add("BasicBlock", "stage1", channels=64, repeat=count)
        else:
            stride = {} if index else {"stride": 1}
            sketch.add(f"{block}Stage", f"stage{index + 1}", channels=64 * 2**index, blocks=count, **stride)
    sketch.add("AdaptiveAvgPool2d", "pool", output_size=1)
    sketch.add("Flatten", "flatten")
    sketch.add("Linear", "scores", out_features=1000)
    sketch.add("Output", "output")
    return net


ZOO = {
    "lenet5": lenet5,
    "alexnet": alexnet,
    "vgg11": lambda: vgg(1, 1, 2, 2, 2),
    "vgg16": lambda: vgg(2, 2, 3, 3, 3),
    "vgg19": lambda: vgg(2, 2, 4, 4, 4),
    "googlenet": googlenet,
    "resnet18": lambda: resnet(18, "Basic", 2, 2, 2, 2),
    "resnet34": lambda: resnet(34, "Basic", 3, 4, 6, 3),
    "resnet50": lambda: resnet(50, "Bottleneck", 3, 4, 6, 3),
    "resnet101": lambda: resnet(101, "Bottleneck", 3, 4, 23, 3),
    "resnet152": lambda: resnet(152, "Bottleneck", 3, 8, 36, 3),
}


def document(name: str) -> Document:
    """A network of the zoo, laid out at every level."""
    net = ZOO[name]()
    lay_out_levels(net)
    return Document(net)


def _conv_relu(net: Network) -> None:
    exposed = (
        Exposed("channels", 64, "Kernels."),
        Exposed("kernel_size", 3, "Size of the window."),
        Exposed("stride", 1, "Step of the window."),
        Exposed("padding", 1, "Border on every side."),
    )
    sketch = Sketch(define(net, "ConvReLU", exposed, "A convolution and a ReLU.").network)
    sketch.add("Input", "x", shape=IMAGE)
    values = {"kernel_size": "=kernel_size", "stride": "=stride", "padding": "=padding"}
    sketch.add("Conv2d", "conv", out_channels="=channels", **values)
    sketch.add("ReLU", "relu")
    sketch.add("Output", "y")


def _head(net: Network, sketch: Sketch) -> Network:
    """The three fully connected layers of AlexNet and VGG."""
    sketch.add("Flatten", "flatten")
    for index in (1, 2):
        sketch.add("Linear", f"fc{index}", out_features=4096)
        sketch.add("ReLU", f"relu{index}")
        sketch.add("Dropout", f"dropout{index}")
    sketch.add("Linear", "scores", out_features=1000)
    sketch.add("Output", "output")
    return net


def main(folder: Path = Path(__file__).parent / "zoo") -> None:
    folder.mkdir(exist_ok=True)
    for name in ZOO:
        save_project(document(name), folder / f"{name}.netloom")


if __name__ == "__main__":
    main()
