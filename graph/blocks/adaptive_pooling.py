"""Pooling to a given size: windows follow from the size asked for, up to one window over everything."""

from __future__ import annotations

from graph.block_type import (
    KEEPS_INPUT,
    KEEPS_NOTHING,
    BlockType,
    Call,
    Inferred,
    Inputs,
    Kept,
    ShapeError,
    Site,
    Values,
)
from graph.blocks.demands import FLOATS, wrong_dtype, wrong_layout, wrong_rank
from graph.blocks.pooling import RETURN_INDICES, WITH_INDICES, with_indices
from graph.blocks.resizing import scaled
from graph.blocks.window import DIRECTIONS, by, each, factors
from graph.dim import Dim
from graph.hyperparameter import Bool, Size
from graph.number_lists import Numbers
from graph.tensor_type import TensorType


def output_size(rank: int) -> Size:
    """The one setting of adaptive pooling."""
    kept = "; None in a direction keeps it as it comes" if rank > 1 else ""
    text = f"Size of the output, whatever the input's{kept}."
    return Size("output_size", help=text, rank=rank, suggestion=1, each_optional=rank > 1)


class AdaptivePooling(BlockType):
    """What the adaptive pools share: the output's size is given and the windows follow."""

    family = "pooling"
    rank = 2

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.dtype not in FLOATS:
            raise wrong_dtype(self.name, x)
        if len(x.dims) != self.rank + 2:
            raise wrong_layout(self.name, x, self.rank)
        wanted = each(values["output_size"], self.rank)
        sizes = tuple(size if w is None else w for w, size in zip(wanted, x.dims[2:], strict=True))
        return Inferred(with_indices(values, TensorType((*x.dims[:2], *sizes), x.dtype)))

    def kept(self, values, inputs, inferred):
        # One window over all is torch's mean, which keeps nothing.
        return KEEPS_NOTHING if set(each(values["output_size"], self.rank)) == {1} else KEEPS_INPUT

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        lines = [("output", f"{x} -> {y}")]
        for name, before, after in zip(DIRECTIONS[self.rank], x.dims[2:], y.dims[2:], strict=True):
            if after == 1:
                words = f"one window over all {before}"
            elif before == after:
                words = f"{before}, kept as it is"
            else:
                words = f"window i of {after} reaches from floor(i*{before}/{after}) to ceil((i + 1)*{before}/{after})"
            lines.append((name, words))
        return (*lines, ("parameters", "nothing to learn"))

    def module(self, values, inputs, inferred):
        settings = self.set_apart(values)
        return Call(f"nn.{self.name}", (settings.pop("output_size"),), settings)


class AdaptiveAvgPool1d(AdaptivePooling):
    """Takes means over as many stretches as asked for, however long the sequence; 1 is the mean of all of it.

    (N, C, length) -> (N, C, output_size).
    """

    rank = 1
    aliases = ("adaptive average pooling", "adaptive pooling", "avgpool")
    hyperparameters = (output_size(1),)


class AdaptiveAvgPool2d(AdaptivePooling):
    """Takes means over as many windows as asked for, whatever the image's size; 1 is global average pooling.

    (N, C, H, W) -> (N, C, *output_size).
    """

    aliases = ("global average pooling", "gap", "adaptive average pooling", "adaptive pooling", "avgpool")
    hyperparameters = (output_size(2),)


class AdaptiveAvgPool3d(AdaptivePooling):
    """Takes means over as many windows as asked for, whatever the volume's size.

    (N, C, D, H, W) -> (N, C, *output_size).
    """

    rank = 3
    aliases = ("adaptive average pooling", "adaptive pooling", "avgpool")
    hyperparameters = (output_size(3),)


class AdaptiveMaxPooling(AdaptivePooling):
    """What the adaptive max pools share: besides the values, their places on demand."""

    outputs = WITH_INDICES

    def kept(self, values, inputs, inferred):
        return Kept(inputs=("input",), extra=((inferred.outputs["output"].dims, "int64"),))


class AdaptiveMaxPool1d(AdaptiveMaxPooling):
    """Keeps the largest values of as many stretches as asked for, however long the sequence.

    (N, C, length) -> (N, C, output_size).
    """

    rank = 1
    aliases = ("adaptive max pooling", "adaptive pooling", "maxpool", "max over time")
    hyperparameters = (output_size(1), RETURN_INDICES)


class AdaptiveMaxPool2d(AdaptiveMaxPooling):
    """Keeps the largest values of as many windows as asked for, whatever the image's size.

    (N, C, H, W) -> (N, C, *output_size).
    """

    aliases = ("global max pooling", "adaptive max pooling", "adaptive pooling", "maxpool")
    hyperparameters = (output_size(2), RETURN_INDICES)


class AdaptiveMaxPool3d(AdaptiveMaxPooling):
    """Keeps the largest values of as many windows as asked for, whatever the volume's size.

    (N, C, D, H, W) -> (N, C, *output_size).
    """

    rank = 3
    aliases = ("adaptive max pooling", "adaptive pooling", "maxpool")
    hyperparameters = (output_size(3), RETURN_INDICES)


class GlobalPooling(BlockType):
    """What the global pools share: one number stands for a whole channel."""

    family = "pooling"
    hyperparameters = (Bool("keepdim", False, "Keeps the directions with size 1 instead of dropping them."),)
    function = "mean"

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if not x.is_float:
            raise wrong_dtype(self.name, x)
        if not 3 <= x.rank <= 5:
            raise wrong_rank(self.name, x, "N x channels and one to three directions")
        ones = (1,) * (x.rank - 2) if values["keepdim"] else ()
        return Inferred({"output": x.with_dims((*x.dims[:2], *ones))})

    def explain(self, values, inputs, inferred):
        x = inputs["input"]
        return (
            ("output", f"{x} -> {inferred.outputs['output']}"),
            (f"{self.function} over", f"{factors(x.dims[2:])} values of each channel"),
            ("parameters", "nothing to learn"),
        )

    def forward(self, site: Site) -> str:
        axes = ", ".join(str(axis) for axis in range(2, site.inputs["input"].rank))
        axes = f"({axes})" if "," in axes else axes
        keep = ", keepdim=True" if site.values["keepdim"] else ""
        return f"{site.one('input')}.{'amax' if self.function == 'max' else 'mean'}(dim={axes}{keep})"


class GlobalAvgPool(GlobalPooling):
    """Takes the mean of every channel over all places: the usual step from feature maps to the last Linear layer.

    (N, C, ...) -> (N, C); with keepdim (N, C, 1, ...). For sequences, images and volumes.
    """

    keeps = KEEPS_NOTHING
    aliases = ("global average pooling", "gap", "global pooling", "mean over places", "squeeze")
    function = "mean"


class GlobalMaxPool(GlobalPooling):
    """Keeps the largest value of every channel over all places: whether a feature is anywhere.

    (N, C, ...) -> (N, C); with keepdim (N, C, 1, ...). For sequences, images and volumes.
    """

    aliases = ("global max pooling", "gmp", "global pooling", "max over time")
    function = "max"


def fractional(rank: int) -> tuple:
    """The settings of fractional pooling."""
    return (
        Size("kernel_size", help="Size of the window.", rank=rank, suggestion=2),
        Size("output_size", None, "Size of the output. Either this or output_ratio.", rank=rank),
        Numbers(
            "output_ratio",
            None,
            "Which share of the size is left, between 0 and 1. Either this or output_size.",
            rank=rank,
            low=0.0,
            high=1.0,
        ),
        RETURN_INDICES,
    )


class FractionalPooling(BlockType):
    """What the fractional max pools share: windows at random places, so that any share of the size can be kept."""

    family = "pooling"
    outputs = WITH_INDICES
    rank = 2
    spare = 0  # values that must remain besides the windows: torch demands one in three dimensions

    def suggested(self):
        return {**super().suggested(), "output_ratio": 0.5}

    def check(self, values: Values) -> None:
        size, ratio = values["output_size"], values["output_ratio"]
        if (size is None) == (ratio is None):
            which = "neither is" if size is None else "both are"
            text = f"{self.name} needs either an output_size or an output_ratio, but {which} set"
            raise ShapeError(text, hyperparameter="output_ratio", code="fractional")
        if ratio is not None and not all(0 < share < 1 for share in each(ratio, self.rank)):
            text = f"output_ratio {by(each(ratio, self.rank))} must lie between 0 and 1, such as 0.5"
            raise ShapeError(text, hyperparameter="output_ratio", code="fractional")

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, rank = inputs["input"], self.rank
        if x.dtype not in FLOATS:
            raise wrong_dtype(self.name, x)
        if len(x.dims) != rank + 2:
            raise wrong_layout(self.name, x, rank)
        sizes = self._sizes(values, x)
        for size, kernel, before in zip(sizes, each(values["kernel_size"], rank), x.dims[2:], strict=True):
            self._check_fit(size, kernel, before)
        return Inferred(with_indices(values, x.with_dims((*x.dims[:2], *sizes))))

    def _sizes(self, values: Values, x: TensorType) -> tuple[Dim, ...]:
        if values["output_size"] is not None:
            return each(values["output_size"], self.rank)
        shares = each(values["output_ratio"], self.rank)
        return tuple(
            scaled(self.name, x, dim, share, "output_ratio") for dim, share in zip(x.dims[2:], shares, strict=True)
        )

    def _check_fit(self, size: Dim, kernel: int, before: Dim) -> None:
        need = size + kernel - 1 + self.spare
        if isinstance(need, int) and isinstance(before, int) and need > before:
            raise ShapeError(
                f"{size} different windows of size {kernel} need {need} values, but there are {before}:"
                " use a smaller kernel or a smaller output",
                "input",
                "kernel_size",
                "kernel_too_large",
            )

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        ratio = values["output_ratio"]
        shares = (None,) * self.rank if ratio is None else each(ratio, self.rank)
        every = zip(DIRECTIONS[self.rank], x.dims[2:], y.dims[2:], shares, strict=True)
        return (
            ("output", f"{x} -> {y}"),
            *((name, f"{a}, as set" if r is None else f"floor({b}*{r!r}) = {a}") for name, b, a, r in every),
            ("places", "drawn at random at every pass"),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        settings = self.set_apart(values)
        return Call(f"nn.{self.name}", (settings.pop("kernel_size"),), settings)


class FractionalMaxPool2d(FractionalPooling):
    """Keeps the largest values of windows at random places, so that images shrink by any share, such as 0.7.

    (N, C, H, W) -> (N, C, floor(H*output_ratio), floor(W*output_ratio)), or (N, C, *output_size). Graham, 2014.
    """

    rank = 2
    aliases = ("fractional pooling", "stochastic pooling", "maxpool", "random pooling")
    hyperparameters = fractional(2)


class FractionalMaxPool3d(FractionalPooling):
    """Keeps the largest values of windows at random places, so that volumes shrink by any share.

    (N, C, D, H, W) -> (N, C, floor(D*output_ratio), ...), or (N, C, *output_size). Graham, 2014.
    """

    rank = 3
    spare = 1
    aliases = ("fractional pooling", "stochastic pooling", "maxpool", "random pooling")
    hyperparameters = fractional(3)


BLOCK_TYPES = (
    *(AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d),
    *(AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d),
    *(GlobalAvgPool, GlobalMaxPool),
    *(FractionalMaxPool2d, FractionalMaxPool3d),
)
