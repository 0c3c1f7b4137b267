"""Pooling: windows that are summed up by their largest or mean value; nothing is learned."""

from __future__ import annotations

from graph.block_type import BlockType, Call, Inferred, Inputs, ShapeError, Values
from graph.blocks.demands import FLOATS, wrong_dtype, wrong_layout
from graph.blocks.window import DIRECTIONS, by, each, fits, fits_rounding_up, in_words, too_large
from graph.hyperparameter import Bool, Int, Size
from graph.tensor_type import TensorType

WHOLE_TOO = FLOATS | {"int64", "int32", "uint8"}


def window(rank: int) -> tuple:
    """The settings of every pooling window."""
    return (
        Size("kernel_size", help="Size of the window.", rank=rank, suggestion=2),
        Size("stride", None, "Steps between two windows; as large as the window unless given.", rank=rank),
        Size("padding", 0, "Border added on both sides, at most half the window.", rank=rank, low=0),
    )


def largest(rank: int) -> tuple:
    """The settings of max pooling."""
    return (
        *window(rank),
        Size("dilation", 1, "Distance between the points of the window.", rank=rank),
        Bool("ceil_mode", False, "Keeps a last window that hangs over the edge."),
    )


def mean(rank: int) -> tuple:
    """The settings of average pooling."""
    return (
        *window(rank),
        Bool("ceil_mode", False, "Keeps a last window that hangs over the edge."),
        Bool("count_include_pad", True, "Counts the border's zeros when averaging."),
    )


class Pooling(BlockType):
    """What the sliding pools share; they differ in directions, dtypes and whether the window can be dilated."""

    family = "pooling"
    rank = 2
    dtypes = FLOATS

    def check(self, values: Values) -> None:
        kernel, padding = each(values["kernel_size"], self.rank), each(values["padding"], self.rank)
        if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
            raise ShapeError(
                f"padding {by(padding)} is more than half the kernel {by(kernel)}:"
                f" use at most {by(tuple(k // 2 for k in kernel))}",
                hyperparameter="padding",
                code="padding",
            )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, rank = inputs["input"], self.rank
        if x.dtype not in self.dtypes:
            raise wrong_dtype(self.name, x)
        if len(x.dims) != rank + 2:
            raise wrong_layout(self.name, x, rank)
        kernel, stride, padding, dilation = self._window(values)
        rule = fits_rounding_up if values["ceil_mode"] else fits
        sizes = tuple(
            rule(size, k, s, p, d)
            for size, k, s, p, d in zip(x.dims[2:], kernel, stride, padding, dilation, strict=True)
        )
        if any(size.__class__ is int and size < 1 for size in sizes):
            raise too_large("window", x.dims[2:], kernel, padding, dilation)
        return Inferred({"output": x.with_dims((*x.dims[:2], *sizes))})

    def _window(self, values: Values) -> tuple[tuple[int, ...], ...]:
        rank, kernel, stride = self.rank, values["kernel_size"], values["stride"]
        return (
            each(kernel, rank),
            each(kernel if stride is None else stride, rank),
            each(values["padding"], rank),
            each(values.get("dilation", 1), rank),
        )

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        every = zip(DIRECTIONS[self.rank], x.dims[2:], y.dims[2:], *self._window(values), strict=True)
        ceil = values["ceil_mode"]
        return (
            ("output", f"{x} -> {y}"),
            *((name, f"{in_words(before, *window, ceil)} = {after}") for name, before, after, *window in every),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        return Call(f"nn.{self.name}", (), self.set_apart(values))


class MaxPool1d(Pooling):
    """Keeps the largest value of each window along a sequence: whether a feature is there matters, not exactly when.

    (N, C, length) -> (N, C, floor((length + 2*padding - kernel_size)/stride) + 1).
    """

    rank = 1
    aliases = ("maxpool", "max pooling", "pool", "subsampling")
    hyperparameters = largest(1)


class MaxPool2d(Pooling):
    """Keeps the largest value of each window: smaller images, features found wherever in the window they are.

    (N, C, H, W) -> (N, C, H', W') with H' = floor((H + 2*padding - kernel_size)/stride) + 1; stride is kernel_size
    unless given.
    """

    rank = 2
    aliases = ("maxpool", "max pooling", "pool", "pooling", "subsampling", "downsampling")
    hyperparameters = largest(2)
    dtypes = WHOLE_TOO


class MaxPool3d(Pooling):
    """Keeps the largest value of each window of a volume.

    (N, C, D, H, W) -> (N, C, D', H', W'), each as for MaxPool2d.
    """

    rank = 3
    aliases = ("maxpool", "max pooling", "pool", "volume pooling")
    hyperparameters = largest(3)
    dtypes = WHOLE_TOO


class AvgPool1d(Pooling):
    """Takes the mean of each window along a sequence: a smoothed, shorter one.

    (N, C, length) -> (N, C, floor((length + 2*padding - kernel_size)/stride) + 1).
    """

    rank = 1
    aliases = ("avgpool", "average pooling", "mean pooling", "pool", "moving average")
    hyperparameters = mean(1)
    dtypes = FLOATS | {"int64"}


class AvgPool2d(Pooling):
    """Takes the mean of each window: the subsampling of the first LeNet.

    (N, C, H, W) -> (N, C, H', W') with H' = floor((H + 2*padding - kernel_size)/stride) + 1.
    """

    rank = 2
    aliases = ("avgpool", "average pooling", "mean pooling", "pool", "pooling", "subsampling", "downsampling")
    hyperparameters = (
        *mean(2),
        Int("divisor_override", None, "Divides the window's sum by this instead of its size.", low=1),
    )
    dtypes = FLOATS | {"int64"}


class AdaptivePooling(BlockType):
    """What the adaptive pools share: the output's size is given and the windows follow."""

    family = "pooling"
    hyperparameters = (
        Size(
            "output_size",
            help="Size of the output, whatever the input's; None in a direction keeps it as it comes.",
            suggestion=1,
            each_optional=True,
        ),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.dtype not in FLOATS:
            raise wrong_dtype(self.name, x)
        if len(x.dims) != 4:
            raise wrong_layout(self.name, x, 2)
        wanted = each(values["output_size"], 2)
        sizes = tuple(size if w is None else w for w, size in zip(wanted, x.dims[2:], strict=True))
        return Inferred({"output": TensorType((*x.dims[:2], *sizes), x.dtype)})

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        lines = [("output", f"{x} -> {y}")]
        for name, before, after in zip(DIRECTIONS[2], x.dims[2:], y.dims[2:], strict=True):
            if after == 1:
                words = f"one window over all {before}"
            elif before == after:
                words = f"{before}, kept as it is"
            else:
                words = f"window i of {after} reaches from floor(i*{before}/{after}) to ceil((i + 1)*{before}/{after})"
            lines.append((name, words))
        return (*lines, ("parameters", "nothing to learn"))

    def module(self, values, inputs, inferred):
        return Call(f"nn.{self.name}", (values["output_size"],))


class AdaptiveAvgPool2d(AdaptivePooling):
    """Takes means over as many windows as asked for, whatever the image's size; 1 is global average pooling.

    (N, C, H, W) -> (N, C, *output_size).
    """

    aliases = ("global average pooling", "gap", "adaptive average pooling", "adaptive pooling", "avgpool")


class AdaptiveMaxPool2d(AdaptivePooling):
    """Keeps the largest values of as many windows as asked for, whatever the image's size.

    (N, C, H, W) -> (N, C, *output_size).
    """

    aliases = ("global max pooling", "adaptive max pooling", "adaptive pooling", "maxpool")


BLOCK_TYPES = (
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
    AvgPool1d,
    AvgPool2d,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
)
