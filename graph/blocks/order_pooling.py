"""Pooling by order: the smallest or the middle value of each window; torch.nn has neither, so they come as pieces."""

from __future__ import annotations

from graph.block_type import Call, Inferred, Inputs, Values
from graph.blocks.convolution import check_border
from graph.blocks.demands import FLOATS
from graph.blocks.pooling import CEIL_MODE, Pooling, window
from graph.blocks.window import each
from graph.hyperparameter import Choice, Size

BORDERS = ("zeros", "reflect", "replicate", "circular")


class MinPool2d(Pooling):
    """Keeps the smallest value of each window: -max(-x). Dark features stay, bright ones shrink.

    (N, C, H, W) -> (N, C, H', W') with H' = floor((H + 2*padding - kernel_size)/stride) + 1. The border never wins.
    """

    dtypes = FLOATS | {"int64", "int32"}
    pieces = ("MinPool2d",)
    aliases = ("minpool", "min pooling", "minimum pooling", "erosion", "pool", "pooling")
    hyperparameters = (
        *window(2),
        Size("dilation", 1, "Distance between the points of the window."),
        CEIL_MODE,
    )

    def module(self, values, inputs, inferred):
        settings = self.set_apart(values)
        return Call("MinPool2d", (settings.pop("kernel_size"),), settings)


class MedianPool2d(Pooling):
    """Keeps the middle value of each window: specks of noise vanish, edges stay. Of an even count the lower middle.

    (N, C, H, W) -> (N, C, H', W') with H' = floor((H + 2*padding - kernel_size)/stride) + 1.
    """

    pieces = ("MedianPool2d",)
    aliases = ("medianpool", "median pooling", "median filter", "denoise", "pool", "pooling")
    dtypes = FLOATS
    hyperparameters = (
        *window(2),
        Choice("padding_mode", "zeros", "What the border is filled with.", choices=BORDERS),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        inferred = super().infer(values, inputs)
        if values["padding_mode"] != "zeros":
            check_border(values["padding_mode"], inputs["input"].dims[2:], each(values["padding"], 2))
        return inferred

    def module(self, values, inputs, inferred):
        kernel, stride, (top, left), _ = self._window(values)
        settings = {}
        if top or left:
            settings["border"] = (left, left, top, top)
            if values["padding_mode"] != "zeros":
                settings["mode"] = values["padding_mode"]
        return Call("MedianPool2d", (kernel, stride), settings)


BLOCK_TYPES = (MinPool2d, MedianPool2d)
