"""Pooling: windows that slide and are summed up by their largest or mean value or their norm; nothing is learned."""

from __future__ import annotations

from math import prod

from graph.block_type import BlockType, Call, Inferred, Inputs, Kept, Port, ShapeError, Values
from graph.blocks.demands import FLOATS, wrong_dtype, wrong_layout
from graph.blocks.window import DIRECTIONS, by, each, fits, fits_rounding_up, in_words, too_large
from graph.dim import Dim
from graph.hyperparameter import Bool, Float, Int, Size
from graph.reach import sliding
from graph.tensor_type import TensorType

WHOLE_TOO = FLOATS | {"int64", "int32", "uint8"}
CEIL_MODE = Bool("ceil_mode", False, "Keeps a last window that hangs over the edge.")
RETURN_INDICES = Bool("return_indices", False, "Gives the places of the largest values, too: what MaxUnpool needs.")
WITH_INDICES = (Port("output"), Port("indices", optional=True, help="they come with return_indices"))


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
        RETURN_INDICES,
        CEIL_MODE,
    )


def mean(rank: int) -> tuple:
    """The settings of average pooling."""
    return (
        *window(rank),
        CEIL_MODE,
        Bool("count_include_pad", True, "Counts the border's zeros when averaging."),
    )


def power(rank: int) -> tuple:
    """The settings of pooling by a norm."""
    size, stride, _ = window(rank)
    return (
        Float("norm_type", help="The power p of the norm; 2 is the usual length.", low=0, low_open=True, suggestion=2),
        size,
        stride,
        CEIL_MODE,
    )


DIVISOR = Int("divisor_override", None, "Divides the window's sum by this instead of its size.", low=1)


def with_indices(values: Values, y: TensorType) -> dict[str, TensorType]:
    """The outputs of a max pool: its values and, where asked for, their places in the input."""
    return {"output": y, "indices": TensorType(y.dims, "int64")} if values.get("return_indices") else {"output": y}


class Pooling(BlockType):
    """What the sliding pools share; they differ in directions, dtypes and whether the window can be dilated."""

    family = "pooling"
    rank = 2
    dtypes = FLOATS
    whole_windows = False  # the window must fit into the input without its border, as torch's avg_pool3d demands

    def check(self, values: Values) -> None:
        kernel, padding = each(values["kernel_size"], self.rank), each(values.get("padding", 0), self.rank)
        if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
            raise ShapeError(
                f"padding {by(padding)} is more than half the kernel {by(kernel)}:"
                f" use at most {by(tuple(k // 2 for k in kernel))}",
                hyperparameter="padding",
                code="padding",
            )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, rank = inputs["input"], self.rank
        if x.dtype not in self._dtypes(values):
            raise wrong_dtype(self.name, x)
        if len(x.dims) != rank + 2:
            raise wrong_layout(self.name, x, rank)
        kernel, stride, padding, dilation = self._window(values)
        if self.whole_windows:
            self._check_whole(x.dims[2:], kernel)
        rule = fits_rounding_up if values.get("ceil_mode", False) else fits
        sizes = tuple(
            rule(size, k, s, p, d)
            for size, k, s, p, d in zip(x.dims[2:], kernel, stride, padding, dilation, strict=True)
        )
        if any(size.__class__ is int and size < 1 for size in sizes):
            raise too_large("window", x.dims[2:], kernel, padding, dilation)
        return Inferred(self._outputs(values, x, (*x.dims[:2], *sizes)))

    def _dtypes(self, values: Values) -> frozenset[str]:
        return self.dtypes

    def _check_whole(self, sizes: tuple[Dim, ...], kernel: tuple[int, ...]) -> None:
        if any(isinstance(size, int) and size < k for size, k in zip(sizes, kernel, strict=True)):
            raise ShapeError(
                f"window {by(kernel)} is larger than the input {by(sizes)}, whose border does not count here:"
                " use a smaller kernel",
                "input",
                "kernel_size",
                "kernel_too_large",
            )

    def _outputs(self, values: Values, x: TensorType, dims: tuple[Dim, ...]) -> dict[str, TensorType]:
        return with_indices(values, x.with_dims(dims))

    def _window(self, values: Values) -> tuple[tuple[int, ...], ...]:
        rank, kernel, stride = self.rank, values["kernel_size"], values["stride"]
        return (
            each(kernel, rank),
            each(kernel if stride is None else stride, rank),
            each(values.get("padding", 0), rank),
            each(values.get("dilation", 1), rank),
        )

    def reach(self, values, inputs):
        rank, kernel = self.rank, values["kernel_size"]
        stride = kernel if values["stride"] is None else values["stride"]
        settings = (kernel, stride, values.get("padding", 0), values.get("dilation", 1))
        return tuple(map(sliding, *(each(value, rank) for value in settings)))

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        every = zip(DIRECTIONS[self.rank], x.dims[2:], y.dims[2:], *self._window(values), strict=True)
        ceil = values.get("ceil_mode", False)
        return (
            ("output", f"{x} -> {y}"),
            *((name, f"{in_words(before, *window, ceil)} = {after}") for name, before, after, *window in every),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        return Call(f"nn.{self.name}", (), self.set_apart(values))


class MaxPooling(Pooling):
    """What max pools share: besides the values, their places on demand."""

    outputs = WITH_INDICES
    dtypes = WHOLE_TOO

    def kept(self, values, inputs, inferred):
        return Kept(inputs=("input",), extra=((inferred.outputs["output"].dims, "int64"),))  # and where they were


class MaxPool1d(MaxPooling):
    """Keeps the largest value of each window along a sequence: whether a feature is there matters, not exactly when.

    (N, C, length) -> (N, C, floor((length + 2*padding - kernel_size)/stride) + 1).
    """

    rank = 1
    aliases = ("maxpool", "max pooling", "pool", "subsampling")
    hyperparameters = largest(1)

    def _dtypes(self, values):
        return WHOLE_TOO if values["return_indices"] else FLOATS


class MaxPool2d(MaxPooling):
    """Keeps the largest value of each window: smaller images, features found wherever in the window they are.

    (N, C, H, W) -> (N, C, H', W') with H' = floor((H + 2*padding - kernel_size)/stride) + 1; stride is kernel_size
    unless given.
    """

    rank = 2
    aliases = ("maxpool", "max pooling", "pool", "pooling", "subsampling", "downsampling")
    hyperparameters = largest(2)


class MaxPool3d(MaxPooling):
    """Keeps the largest value of each window of a volume.

    (N, C, D, H, W) -> (N, C, D', H', W'), each as for MaxPool2d.
    """

    rank = 3
    aliases = ("maxpool", "max pooling", "pool", "volume pooling")
    hyperparameters = largest(3)


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
    hyperparameters = (*mean(2), DIVISOR)
    dtypes = FLOATS | {"int64"}


class AvgPool3d(Pooling):
    """Takes the mean of each window of a volume.

    (N, C, D, H, W) -> (N, C, D', H', W') with D' = floor((D + 2*padding - kernel_size)/stride) + 1.
    """

    rank = 3
    aliases = ("avgpool", "average pooling", "mean pooling", "pool", "volume pooling")
    hyperparameters = (*mean(3), DIVISOR)
    dtypes = frozenset(("float32", "float64", "int64"))
    whole_windows = True


class PowerPooling(Pooling):
    """What the pools by a norm share: each window's (sum of x^p)^(1/p)."""

    dtypes = WHOLE_TOO | {"bool"}

    def _outputs(self, values, x, dims):
        return {"output": TensorType(dims, x.dtype if x.is_float else "float32")}

    def explain(self, values, inputs, inferred):
        p, size = values["norm_type"], prod(each(values["kernel_size"], self.rank))
        value = ("value", f"(x1^{p:g} + ... + x{size}^{p:g})^(1/{p:g}) of the {size} values of a window")
        return (*super().explain(values, inputs, inferred)[:-1], value, ("parameters", "nothing to learn"))


class LPPool1d(PowerPooling):
    """Takes a norm of each window along a sequence, (sum of x^p)^(1/p): p 1 is the sum, a large p the largest value.

    (N, C, length) -> (N, C, floor((length - kernel_size)/stride) + 1).
    """

    rank = 1
    aliases = ("lp pooling", "power pooling", "norm pooling", "sum pooling", "pool")
    hyperparameters = power(1)


class LPPool2d(PowerPooling):
    """Takes a norm of each window, (sum of x^p)^(1/p): p 1 is the sum, a large p comes near the largest value.

    (N, C, H, W) -> (N, C, H', W') with H' = floor((H - kernel_size)/stride) + 1.
    """

    rank = 2
    aliases = ("lp pooling", "power pooling", "norm pooling", "l2 pooling", "sum pooling", "pool")
    hyperparameters = power(2)


class LPPool3d(PowerPooling):
    """Takes a norm of each window of a volume, (sum of x^p)^(1/p).

    (N, C, D, H, W) -> (N, C, D', H', W') with D' = floor((D - kernel_size)/stride) + 1.
    """

    rank = 3
    aliases = ("lp pooling", "power pooling", "norm pooling", "sum pooling", "pool")
    hyperparameters = power(3)
    dtypes = frozenset(("float32", "float64", "int64", "int32", "uint8", "bool"))
    whole_windows = True


BLOCK_TYPES = (
    *(MaxPool1d, MaxPool2d, MaxPool3d),
    *(AvgPool1d, AvgPool2d, AvgPool3d),
    *(LPPool1d, LPPool2d, LPPool3d),
)
