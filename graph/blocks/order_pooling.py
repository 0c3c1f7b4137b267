"""Pooling by order: the smallest or the middle value of each window; torch.nn has neither, so they come as pieces."""

from __future__ import annotations

from graph.block_type import Call, Inferred, Inputs, Values
from graph.blocks.convolution import check_border
from graph.blocks.demands import FLOATS
from graph.blocks.pooling import CEIL_MODE, Pooling, window
from graph.blocks.window import each
from graph.hyperparameter import Choice, Size

BORDERS = ("zeros", "reflect", "replicate", "circular")


class MinPooling(Pooling):
    """What the pools of the smallest value share."""

    dtypes = FLOATS | {"int64", "int32"}

    def module(self, values, inputs, inferred):
        settings = self.set_apart(values)
        return Call(self.name, (settings.pop("kernel_size"),), settings)


class MedianPooling(Pooling):
    """What the pools of the middle value share."""

    dtypes = FLOATS

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        inferred = super().infer(values, inputs)
        if values["padding_mode"] != "zeros":
            check_border(values["padding_mode"], inputs["input"].dims[2:], each(values["padding"], self.rank))
        return inferred

    def module(self, values, inputs, inferred):
        kernel, stride, padding, _ = self._window(values)
        settings = {}
        if any(padding):
            settings["border"] = tuple(p for size in reversed(padding) for p in (size, size))
            if values["padding_mode"] != "zeros":
                settings["mode"] = values["padding_mode"]
        arguments = (kernel, stride) if self.rank > 1 else (kernel[0], stride[0])
        return Call(self.name, arguments, settings)


def _smallest(rank: int) -> tuple:
    return *window(rank), Size("dilation", 1, "Distance between the points of the window.", rank=rank), CEIL_MODE


def _middle(rank: int) -> tuple:
    return *window(rank), Choice("padding_mode", "zeros", "What the border is filled with.", choices=BORDERS)


class MinPool1d(MinPooling):
    """Keeps the smallest value of each window of a sequence: -max(-x). The border never wins.

    (N, C, L) -> (N, C, L') with L' = floor((L + 2*padding - kernel_size)/stride) + 1.
    """

    rank = 1
    dtypes = FLOATS  # torch pools whole numbers in two directions alone
    pieces = ("MinPool1d",)
    aliases = ("minpool", "min pooling", "minimum pooling", "erosion", "pool", "pooling")
    hyperparameters = _smallest(1)


class MinPool2d(MinPooling):
    """Keeps the smallest value of each window: -max(-x). Dark features stay, bright ones shrink.

    (N, C, H, W) -> (N, C, H', W') with H' = floor((H + 2*padding - kernel_size)/stride) + 1. The border never wins.
    """

    pieces = ("MinPool2d",)
    aliases = ("minpool", "min pooling", "minimum pooling", "erosion", "pool", "pooling")
    hyperparameters = _smallest(2)


class MedianPool1d(MedianPooling):
    """Keeps the middle value of each window of a sequence: single spikes vanish. Of an even count the lower middle.

    (N, C, L) -> (N, C, L') with L' = floor((L + 2*padding - kernel_size)/stride) + 1.
    """

    rank = 1
    pieces = ("MedianPool1d",)
    aliases = ("medianpool", "median pooling", "running median", "denoise", "pool", "pooling")
    hyperparameters = _middle(1)


class MedianPool2d(MedianPooling):
    """Keeps the middle value of each window: specks of noise vanish, edges stay. Of an even count the lower middle.

    (N, C, H, W) -> (N, C, H', W') with H' = floor((H + 2*padding - kernel_size)/stride) + 1.
    """

    pieces = ("MedianPool2d",)
    aliases = ("medianpool", "median pooling", "median filter", "denoise", "pool", "pooling")
    hyperparameters = _middle(2)


BLOCK_TYPES = (MinPool1d, MinPool2d, MedianPool1d, MedianPool2d)
