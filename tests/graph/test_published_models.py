"""Published networks, drawn: parameters and multiply-adds equal what their authors and torchvision state."""

import json
from pathlib import Path

import pytest

from graph import Network, analyze


class Drawing:
    """Draws a network downwards: each block is wired to the one before unless told otherwise."""

    def __init__(self, name, *shape):
        self.network = Network(name)
        self.last = self.network.add("Input", shape=shape)

    def __call__(self, type, after=None, **values):
        block = self.network.add(type, **values)
        for source in after if isinstance(after, list) else [after or self.last]:
            self.network.connect(source, block)
        self.last = block
        return block

    def conv(self, channels, kernel, stride=1, padding=0, after=None):
        """Convolution, batch norm, ReLU."""
        self.normalized(channels, kernel, stride, padding, after)
        return self("ReLU")

    def normalized(self, channels, kernel, stride=1, padding=0, after=None):
        values = {"out_channels": channels, "kernel_size": kernel, "stride": stride, "padding": padding}
        self("Conv2d", after=after, bias=False, **values)
        return self("BatchNorm2d")


def lenet5():
    draw = Drawing("LeNet-5", 1, 32, 32)
    for channels in (6, 16):
        draw("Conv2d", out_channels=channels, kernel_size=5)
        draw("Tanh")
        draw("AvgPool2d", kernel_size=2)
    draw("Flatten")
    for width in (120, 84, 10):
        draw("Linear", out_features=width)
    return draw


def alexnet():
    draw = Drawing("AlexNet", 3, 224, 224)
    layers = (
        (64, 11, 4, 2, True),
        (192, 5, 1, 2, True),
        (384, 3, 1, 1, False),
        (256, 3, 1, 1, False),
        (256, 3, 1, 1, True),
    )
    for channels, kernel, stride, padding, pooled in layers:
        draw("Conv2d", out_channels=channels, kernel_size=kernel, stride=stride, padding=padding)
        draw("ReLU")
        if pooled:
            draw("MaxPool2d", kernel_size=3, stride=2)
    draw("AdaptiveAvgPool2d", output_size=6)
    return head(draw, 4096, 4096, 1000)


def vgg(*stages):
    draw = Drawing("VGG", 3, 224, 224)
    for channels, count in zip((64, 128, 256, 512, 512), stages, strict=True):
        for _ in range(count):
            draw("Conv2d", out_channels=channels, kernel_size=3, padding=1)
            draw("ReLU")
        draw("MaxPool2d", kernel_size=2)
    return head(draw, 4096, 4096, 1000)


def head(draw, *widths):
    draw("Flatten")
    for width in widths:
        draw("Dropout")
        draw("Linear", out_features=width)
    return draw


def resnet(*stages, bottleneck):
    draw = Drawing("ResNet", 3, 224, 224)
    draw.conv(64, 7, 2, 3)
    draw("MaxPool2d", kernel_size=3, stride=2, padding=1)
    for i, (width, count) in enumerate(zip((64, 128, 256, 512), stages, strict=True)):
        for j in range(count):
            before = draw.last
            stride = 2 if i and not j else 1
            out = 4 * width if bottleneck else width
            if bottleneck:
                draw.conv(width, 1)
                draw.conv(width, 3, stride, 1)
                path = draw.normalized(out, 1)
            else:
                draw.conv(width, 3, stride, 1)
                path = draw.normalized(out, 3, 1, 1)
            changes = j == 0 and (i or bottleneck)
            skip = draw.normalized(out, 1, stride, after=before) if changes else before
            draw("Add", after=[path, skip])
            draw("ReLU")
    draw("AdaptiveAvgPool2d", output_size=1)
    draw("Flatten")
    draw("Linear", out_features=1000)
    return draw


INCEPTIONS = {
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


def googlenet():
    """As torchvision builds it: 3 x 3 in place of 5 x 5, batch norm, no auxiliary heads."""
    draw = Drawing("GoogLeNet", 3, 224, 224)
    draw.conv(64, 7, 2, 3)
    draw("MaxPool2d", kernel_size=3, stride=2, ceil_mode=True)
    draw.conv(64, 1)
    draw.conv(192, 3, 1, 1)
    for name, (one, reduce3, three, reduce5, five, pooled) in INCEPTIONS.items():
        if name.endswith("a"):
            size = 2 if name == "5a" else 3
            draw("MaxPool2d", kernel_size=size, stride=2, ceil_mode=True)
        before = draw.last
        paths = [draw.conv(one, 1, after=before)]
        for narrow, wide in ((reduce3, three), (reduce5, five)):
            draw.conv(narrow, 1, after=before)
            paths.append(draw.conv(wide, 3, 1, 1))
        draw("MaxPool2d", after=before, kernel_size=3, stride=1, padding=1, ceil_mode=True)
        paths.append(draw.conv(pooled, 1))
        draw("Concatenate", after=paths)
    draw("AdaptiveAvgPool2d", output_size=1)
    return head(draw, 1000)


DRAWN = {
    "lenet5": lenet5,
    "alexnet": alexnet,
    "vgg11": lambda: vgg(1, 1, 2, 2, 2),
    "vgg16": lambda: vgg(2, 2, 3, 3, 3),
    "vgg19": lambda: vgg(2, 2, 4, 4, 4),
    "googlenet": googlenet,
    "resnet18": lambda: resnet(2, 2, 2, 2, bottleneck=False),
    "resnet34": lambda: resnet(3, 4, 6, 3, bottleneck=False),
    "resnet50": lambda: resnet(3, 4, 6, 3, bottleneck=True),
    "resnet101": lambda: resnet(3, 4, 23, 3, bottleneck=True),
    "resnet152": lambda: resnet(3, 8, 36, 3, bottleneck=True),
}
PUBLISHED = json.loads((Path(__file__).parents[1] / "golden" / "published_models.json").read_text())["models"]


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda model: model["name"])
def test_totals_are_the_published_ones(published):
    network = DRAWN[published["name"]]().network
    analysis = analyze(network)
    assert not [problem.text for problem in analysis.problems if problem.severity == "error"]
    assert analysis.total_parameters == published["parameters"]
    if "gmacs" in published:
        assert round(analysis.total_macs / 1e9, 3) == published["gmacs"]
