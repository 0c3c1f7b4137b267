"""The architectures of the lectures, drawn with loops: parameters exactly and multiply-adds as published.

Built here with the public face of `graph` only; the smaller ones are also compiled and counted by torch.
"""

import json
from pathlib import Path

import pytest
import torch

from backend import compile_network
from graph import Network, analyze

PUBLISHED = {m["name"]: m for m in json.loads((Path(__file__).parent / "published_models.json").read_text())["models"]}


class Drawing:
    """A network in the making; layers go behind `last` unless told otherwise."""

    def __init__(self, name, shape):
        self.network = Network(name)
        self.last = self.network.add("Input", name="image", shape=shape)

    def add(self, type, *sources, **values):
        block = self.network.add(type, **values)
        for source in sources or (self.last,):
            self.network.connect(source, block)
        self.last = block
        return block

    def conv(self, channels, size, *, norm=False, relu=True, source=None, **values):
        self.add("Conv2d", *([source] if source else []), out_channels=channels, kernel_size=size, **values)
        if norm:
            self.add("BatchNorm2d", eps=norm) if isinstance(norm, float) else self.add("BatchNorm2d")
        return self.add("ReLU") if relu else self.last

    def done(self):
        self.add("Output")
        return self.network


def lenet5():
    net = Drawing("LeNet-5", (1, 32, 32))
    for channels in (6, 16):
        net.add("Conv2d", out_channels=channels, kernel_size=5)
        net.add("Tanh")
        net.add("AvgPool2d", kernel_size=2)
    net.add("Flatten")
    for features in (120, 84):
        net.add("Linear", out_features=features)
        net.add("Tanh")
    net.add("Linear", out_features=10)
    return net.done()


def alexnet():
    net = Drawing("AlexNet", (3, 224, 224))
    net.conv(64, 11, stride=4, padding=2)
    net.add("MaxPool2d", kernel_size=3, stride=2)
    net.conv(192, 5, padding=2)
    net.add("MaxPool2d", kernel_size=3, stride=2)
    for channels in (384, 256, 256):
        net.conv(channels, 3, padding=1)
    net.add("MaxPool2d", kernel_size=3, stride=2)
    net.add("AdaptiveAvgPool2d", output_size=6)
    net.add("Flatten")
    return head(net)


def head(net):
    """The three fully connected layers of AlexNet and VGG."""
    for _ in range(2):
        net.add("Linear", out_features=4096)
        net.add("ReLU")
        net.add("Dropout")
    net.add("Linear", out_features=1000)
    return net.done()


def vgg(*stages):
    net = Drawing("VGG", (3, 224, 224))
    for channels, count in zip((64, 128, 256, 512, 512), stages, strict=True):
        for _ in range(count):
            net.conv(channels, 3, padding=1)
        net.add("MaxPool2d", kernel_size=2)
    net.add("AdaptiveAvgPool2d", output_size=7)
    net.add("Flatten")
    return head(net)


def resnet(bottleneck, *stages):
    net = Drawing("ResNet", (3, 224, 224))
    net.conv(64, 7, norm=True, stride=2, padding=3, bias=False)
    net.add("MaxPool2d", kernel_size=3, stride=2, padding=1)
    width = 64
    for stage, count in enumerate(stages):
        channels = 64 * 2**stage
        for index in range(count):
            stride = 2 if stage and not index else 1
            width = (bottleneck_block if bottleneck else basic_block)(net, width, channels, stride)
    net.add("AdaptiveAvgPool2d", output_size=1)
    net.add("Flatten")
    net.add("Linear", out_features=1000)
    return net.done()


def basic_block(net, width, channels, stride):
    start = net.last
    net.conv(channels, 3, norm=True, stride=stride, padding=1, bias=False)
    end = net.conv(channels, 3, norm=True, relu=False, padding=1, bias=False)
    return join(net, start, end, width, channels, stride)


def bottleneck_block(net, width, channels, stride):
    start = net.last
    net.conv(channels, 1, norm=True, bias=False)
    net.conv(channels, 3, norm=True, stride=stride, padding=1, bias=False)
    end = net.conv(4 * channels, 1, norm=True, relu=False, bias=False)
    return join(net, start, end, width, 4 * channels, stride)


def join(net, start, end, width, channels, stride):
    """The skip connection; it gets a convolution of its own where the shape changes."""
    if stride != 1 or width != channels:
        start = net.conv(channels, 1, norm=True, relu=False, source=start, stride=stride, bias=False)
    net.add("Add", end, start)
    net.add("ReLU")
    return channels


INCEPTION = {  # 1x1; 3x3 after its reduction; 3x3 (once 5x5) after its reduction; 1x1 after pooling
    "3a": (64, (96, 128), (16, 32), 32),
    "3b": (128, (128, 192), (32, 96), 64),
    "4a": (192, (96, 208), (16, 48), 64),
    "4b": (160, (112, 224), (24, 64), 64),
    "4c": (128, (128, 256), (24, 64), 64),
    "4d": (112, (144, 288), (32, 64), 64),
    "4e": (256, (160, 320), (32, 128), 128),
    "5a": (256, (160, 320), (32, 128), 128),
    "5b": (384, (192, 384), (48, 128), 128),
}


def googlenet():
    net = Drawing("GoogLeNet", (3, 224, 224))
    layer = {"norm": 0.001, "bias": False}
    net.conv(64, 7, stride=2, padding=3, **layer)
    net.add("MaxPool2d", kernel_size=3, stride=2, ceil_mode=True)
    net.conv(64, 1, **layer)
    net.conv(192, 3, padding=1, **layer)
    net.add("MaxPool2d", kernel_size=3, stride=2, ceil_mode=True)
    for name, (single, three, five, pooled) in INCEPTION.items():
        start = net.last
        branches = [net.conv(single, 1, source=start, **layer)]
        for reduced, wide in (three, five):
            net.conv(reduced, 1, source=start, **layer)
            branches.append(net.conv(wide, 3, padding=1, **layer))
        net.add("MaxPool2d", start, kernel_size=3, stride=1, padding=1, ceil_mode=True)
        branches.append(net.conv(pooled, 1, **layer))
        net.add("Concatenate", *branches)
        if name in ("3b", "4e"):
            net.add("MaxPool2d", kernel_size=3 if name == "3b" else 2, stride=2, ceil_mode=True)
    net.add("AdaptiveAvgPool2d", output_size=1)
    net.add("Flatten")
    net.add("Dropout", p=0.2)
    net.add("Linear", out_features=1000)
    return net.done()


MODELS = {
    "lenet5": lenet5,
    "alexnet": alexnet,
    "vgg11": lambda: vgg(1, 1, 2, 2, 2),
    "vgg16": lambda: vgg(2, 2, 3, 3, 3),
    "vgg19": lambda: vgg(2, 2, 4, 4, 4),
    "googlenet": googlenet,
    "resnet18": lambda: resnet(False, 2, 2, 2, 2),
    "resnet34": lambda: resnet(False, 3, 4, 6, 3),
    "resnet50": lambda: resnet(True, 3, 4, 6, 3),
    "resnet101": lambda: resnet(True, 3, 4, 23, 3),
    "resnet152": lambda: resnet(True, 3, 8, 36, 3),
}


@pytest.mark.parametrize("name", MODELS)
def test_counts_are_the_published_ones(name):
    published, network = PUBLISHED[name], MODELS[name]()
    analysis = analyze(network)
    assert analysis.ok and not analysis.partial
    assert analysis.total_parameters == published["parameters"]
    assert analysis.output("image").shape[1:] == tuple(published["input"])
    if "gmacs" in published:
        digits = len(str(published["gmacs"]).split(".")[1])
        assert round(analysis.total_macs / 1e9, digits) == published["gmacs"]


def test_every_published_model_is_drawn():
    assert set(MODELS) == set(PUBLISHED) and len(PUBLISHED) == 11


@pytest.mark.parametrize("name", ["lenet5", "googlenet", "resnet18"])
def test_the_compiled_module_has_as_many_parameters_and_runs(name):
    published = PUBLISHED[name]
    module = compile_network(MODELS[name]()).eval()
    assert sum(p.numel() for p in module.parameters()) == published["parameters"]
    with torch.no_grad():
        assert module(torch.zeros(1, *published["input"])).shape == (1, 10 if name == "lenet5" else 1000)
