"""Transposed convolutions: a convolution run backwards, which makes sequences, images and volumes larger.

Shares its groups, channels and constructor with the convolutions; the arithmetic of sizes is its own.
"""

from __future__ import annotations

from math import prod

from graph.block_type import BlockType, Inferred, Inputs, ShapeError, Values
from graph.blocks.convolution import channels_of, check_groups, constructor, parameters_in_words
from graph.blocks.demands import count
from graph.blocks.window import DIRECTIONS, by, each, factors
from graph.dim import Dim, product
from graph.hyperparameter import Bool, Int, Size
from graph.reach import spreading
from graph.tensor_type import TensorType

WINDOW = ("kernel_size", "stride", "padding", "output_padding", "dilation")
ALIASES = (
    "deconv",
    "deconvolution",
    "transposed convolution",
    "up-convolution",
    "upconv",
    "fractionally strided",
    "decoder",
)


def hyperparameters(rank: int) -> tuple:
    """The settings of a transposed convolution over `rank` directions."""
    return (
        Int("out_channels", help="Number of channels of the output.", low=1, suggestion=16),
        Size("kernel_size", help="Size of the window each value is spread over.", rank=rank, suggestion=2),
        Size("stride", 1, "Steps between the windows: 2 doubles the size.", rank=rank),
        Size("padding", 0, "Border cut off on both sides of the output.", rank=rank, low=0),
        Size(
            "output_padding",
            0,
            "Rows and columns added on one side; must be smaller than stride or dilation.",
            rank=rank,
            low=0,
        ),
        Int("groups", 1, "Channels are split into so many groups that do not see each other.", low=1),
        Bool("bias", True, "Adds a learned offset to every output channel."),
        Size("dilation", 1, "Distance between the points of the kernel.", rank=rank),
    )


class TransposedConvolution(BlockType):
    """What ConvTranspose1d, ConvTranspose2d and ConvTranspose3d share; they differ in the number of directions."""

    family = "convolution"
    rank = 2

    def suggested(self):
        return {**super().suggested(), "stride": 2}

    def check(self, values: Values) -> None:
        check_groups(values)
        extra, stride, dilation = (each(values[name], self.rank) for name in ("output_padding", "stride", "dilation"))
        if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
            raise ShapeError(
                f"output_padding {by(extra)} must be smaller than the stride {by(stride)}"
                f" or the dilation {by(dilation)}",
                hyperparameter="output_padding",
                code="output_padding",
            )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        channels = channels_of(self.name, x, self.rank, values["groups"])
        out = values["out_channels"]
        shape = (channels, out // values["groups"], *each(values["kernel_size"], self.rank))
        sizes = tuple(self._size(values, size, i) for i, size in enumerate(x.dims[2:]))
        if any(isinstance(size, int) and size < 1 for size in sizes):
            raise ShapeError(
                f"padding {by(each(values['padding'], self.rank))} would cut the output away: its size would be"
                f" {by(sizes)}. Use less padding or a larger kernel",
                "input",
                "padding",
                "padding",
            )
        weight = prod(shape)
        weights = (("weight", shape), ("bias", (out,))) if values["bias"] else (("weight", shape),)
        return Inferred(
            {"output": TensorType((x.dims[0], out, *sizes))},
            parameters=weight + out if values["bias"] else weight,
            macs=product(x.dims[2:]) * weight,
            weights=weights,
        )

    def _size(self, values: Values, size: Dim, i: int) -> Dim:
        kernel, stride, padding, extra, dilation = (each(values[name], self.rank)[i] for name in WINDOW)
        return (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1

    def reach(self, values, inputs):
        every = (each(values[name], self.rank) for name in ("kernel_size", "stride", "padding", "dilation"))
        return tuple(map(spreading, *every))

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        kernel = each(values["kernel_size"], self.rank)
        groups, out = values["groups"], values["out_channels"]
        share = f"{out}/{groups}" if groups > 1 else str(out)
        ahead = f"{x.dims[1]}*({share}*{factors(kernel)})"
        names = enumerate(DIRECTIONS[self.rank])
        return (
            ("output", f"{x} -> {y}"),
            *((name, self._in_words(values, x.dims[2 + i], y.dims[2 + i], i)) for i, name in names),
            parameters_in_words(values, ahead, inferred),
            ("multiply-adds", f"{factors(x.dims[2:])} * {ahead} = {count(inferred.macs)}"),
        )

    def _in_words(self, values, before, after, i):
        kernel, stride, padding, extra, dilation = (each(values[name], self.rank)[i] for name in WINDOW)
        window = f"{dilation}*({kernel} - 1) + 1" if dilation > 1 else str(kernel)
        plus = f" + {extra}" if extra else ""
        return f"({before} - 1)*{stride} - 2*{padding} + {window}{plus} = {after}"

    def module(self, values, inputs, inferred):
        return constructor(self, values, inputs)


class ConvTranspose1d(TransposedConvolution):
    """Spreads every value of a sequence over several steps of the output: a convolution run backwards.

    (N, in_channels, length) -> (N, out_channels, (length - 1)*stride - 2*padding + kernel_size).
    """

    rank = 1
    aliases = (*ALIASES, "upsampling of sequences")
    hyperparameters = hyperparameters(1)


class ConvTranspose2d(TransposedConvolution):
    """Spreads every input value over a window of the output: a convolution run backwards, which makes images larger.

    (N, in_channels, H, W) -> (N, out_channels, H', W') with H' = (H - 1)*stride - 2*padding + kernel_size.
    """

    rank = 2
    aliases = ALIASES
    hyperparameters = hyperparameters(2)


class ConvTranspose3d(TransposedConvolution):
    """Spreads every value of a volume over a block of the output, which makes volumes larger.

    (N, in_channels, D, H, W) -> (N, out_channels, D', H', W'), each as for ConvTranspose2d.
    """

    rank = 3
    aliases = (*ALIASES, "upsampling of volumes")
    hyperparameters = hyperparameters(3)


BLOCK_TYPES = (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)
