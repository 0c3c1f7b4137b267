"""Blocks of small, fast networks: squeeze-and-excitation, inverted residuals."""

from __future__ import annotations

from graph.module import Exposed
from graph.ready_modules.ready_module import Ready
from graph.sketch import Sketch

SANDLER = "Sandler et al. 2018, MobileNetV2; Howard et al. 2019, MobileNetV3"
CHANNELS = Exposed("channels", 24, "Channels of the output.")
HIDDEN = Exposed("hidden", 96, "Channels in between, where the window looks at each alone.")
SQUEEZED = Exposed("squeezed", 24, "Numbers the channels are squeezed into.")
KERNEL = Exposed("kernel_size", 3, "Size of the window.")


def squeeze_excitation(sketch: Sketch) -> None:
    x = sketch.add("Input", "x", shape=(96, 28, 28))
    sketch.add("AdaptiveAvgPool2d", "pool", output_size=1)
    sketch.add("Conv2d", "squeeze", out_channels="=squeezed", kernel_size=1)
    sketch.add("ReLU", "relu")
    sketch.add("Conv2d", "excite", out_channels="=channels", kernel_size=1)
    gate = sketch.add("Sigmoid", "gate")
    sketch.add("Multiply", "scale", after=(x, gate))
    sketch.add("Output", "y")


def inverted(down: bool):
    def draw(sketch: Sketch) -> None:
        x = sketch.add("Input", "x", shape=(24, 56, 56))
        stride = {"stride": "=stride"} if down else {}
        _activated(sketch, "expand", "=hidden", 1)
        _activated(
            sketch, "depthwise", "=hidden", "=kernel_size", padding="=kernel_size//2", groups="=hidden", **stride
        )
        sketch.add("SqueezeExcitation", "attend", channels="=hidden", squeezed="=squeezed")
        end = sketch.conv("project", "=channels", 1)
        if not down:
            sketch.add("Add", "add", after=(end, x))
        sketch.add("Output", "y")

    return draw


def _activated(sketch: Sketch, name: str, channels, kernel_size, **values) -> None:
    sketch.conv(name, channels, kernel_size, **values)
    sketch.add("Hardswish", f"{name}_act")


READY = (
    Ready(
        "SqueezeExcitation",
        "Weighs the channels by a look at the whole picture.",
        "Hu et al. 2018, Squeeze-and-excitation networks",
        (Exposed("channels", 96, "Channels of the input, and of the output."), SQUEEZED),
        squeeze_excitation,
    ),
    Ready(
        "InvertedResidual",
        "Widens, looks at each channel alone, weighs, narrows; the input is added.",
        SANDLER,
        (CHANNELS, HIDDEN, SQUEEZED, KERNEL),
        inverted(down=False),
        ("SqueezeExcitation",),
    ),
    Ready(
        "InvertedResidualDown",
        "An inverted residual that changes the size or the channels, so that nothing is added.",
        SANDLER,
        (CHANNELS, HIDDEN, SQUEEZED, KERNEL, Exposed("stride", 2, "2 halves height and width.")),
        inverted(down=True),
        ("SqueezeExcitation",),
    ),
)
