"""Convolutions: small kernels that slide over sequences, images and volumes, the same weights at every place."""

from __future__ import annotations

from math import prod

from graph.block_type import BlockType, Call, Inferred, Inputs, ShapeError, Values
from graph.blocks.demands import count, open_dim, wrong_dtype, wrong_layout
from graph.blocks.window import DIRECTIONS, by, each, factors, in_words, too_large
from graph.dim import Dim, product
from graph.hyperparameter import Bool, Choice, Int, Padding, Size
from graph.reach import sliding
from graph.tensor_type import TensorType

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def hyperparameters(rank: int) -> tuple:
    """The settings of a convolution over `rank` directions."""
    return (
        Int("out_channels", help="Number of kernels: each gives one channel of the output.", low=1, suggestion=16),
        Size("kernel_size", help="Size of the window a kernel looks at.", rank=rank, suggestion=3),
        Size("stride", 1, "Steps between two places of the window.", rank=rank),
        Padding(
            "padding",
            0,
            "Border added on both sides alike; same keeps the size (stride 1 only), valid adds none. For another"
            " width on each side put a ZeroPad, or another padding block, in front.",
            rank=rank,
        ),
        Size("dilation", 1, "Distance between the points the kernel looks at.", rank=rank),
        Int("groups", 1, "Channels are split into so many groups that do not see each other.", low=1),
        Bool("bias", True, "Adds a learned offset to every output channel."),
        Choice("padding_mode", "zeros", "What the border is filled with.", choices=PADDING_MODES),
    )


class Convolution(BlockType):
    """What Conv1d, Conv2d and Conv3d share; they differ in the number of directions."""

    family = "convolution"
    rank = 2

    def check(self, values: Values) -> None:
        check_groups(values)
        if values["padding"] == "same" and max(each(values["stride"], self.rank)) > 1:
            raise ShapeError(
                f"padding same keeps the size, so it needs stride 1, not {by(each(values['stride'], self.rank))}",
                hyperparameter="padding",
                code="same_stride",
            )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, rank = inputs["input"], self.rank
        channels = channels_of(self.name, x, rank, values["groups"])
        out = values["out_channels"]
        kernel = each(values["kernel_size"], rank)
        sizes = self._sizes(values, x.dims[2:], kernel)
        shape = (out, channels // values["groups"], *kernel)
        weight = prod(shape)
        weights = (("weight", shape), ("bias", (out,))) if values["bias"] else (("weight", shape),)
        return Inferred(
            {"output": TensorType((x.dims[0], out, *sizes))},
            parameters=weight + out if values["bias"] else weight,
            macs=product(sizes) * weight,
            weights=weights,
            warnings=_skips(kernel, values["stride"], values["dilation"], rank),
        )

    def _sizes(self, values: Values, before: tuple[Dim, ...], kernel: tuple[int, ...]) -> tuple[Dim, ...]:
        """The output's size in every direction."""
        rank, padding = self.rank, values["padding"]
        dilation = each(values["dilation"], rank)
        if values["padding_mode"] != "zeros":
            check_border(values["padding_mode"], before, _border(padding, kernel, dilation))
        if padding == "same":
            return before
        padding = each(0 if padding == "valid" else padding, rank)
        stride = each(values["stride"], rank)
        after = []
        for size, k, s, p, d in zip(before, kernel, stride, padding, dilation, strict=True):
            length = (size + 2 * p - d * (k - 1) - 1) // s + 1
            if length.__class__ is int and length < 1:
                raise too_large("kernel", before, kernel, padding, dilation)
            after.append(length)
        return tuple(after)

    def reach(self, values, inputs):
        rank, padding = self.rank, values["padding"]
        kernel, stride, dilation = (each(values[name], rank) for name in ("kernel_size", "stride", "dilation"))
        if padding == "same":
            border = tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True))
        else:
            border = each(0 if padding == "valid" else padding, rank)
        return tuple(map(sliding, kernel, stride, border, dilation))

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        kernel = each(values["kernel_size"], self.rank)
        sizes = tuple(self._in_words(values, x.dims[2:], y.dims[2:], kernel))
        ahead = _per_place(values, x.dims[1], kernel)
        out = values["out_channels"]
        return (
            ("output", f"{x} -> {y}"),
            *sizes,
            parameters_in_words(values, f"{out}*({ahead})", inferred),
            ("multiply-adds", f"{factors(y.dims[2:])} * {out} * {ahead} = {count(inferred.macs)}"),
        )

    def _in_words(self, values, before, after, kernel):
        dilation = each(values["dilation"], self.rank)
        stride = each(values["stride"], self.rank)
        padding = values["padding"]
        for i, name in enumerate(DIRECTIONS[self.rank]):
            if padding == "same":
                border = dilation[i] * (kernel[i] - 1)
                window = kernel[i] if dilation[i] == 1 else f"{dilation[i]}*({kernel[i]} - 1) - 1"
                words = f"floor(({before[i]} + {border} - {window})/1) + 1"
            else:
                p = 0 if padding == "valid" else each(padding, self.rank)[i]
                words = in_words(before[i], kernel[i], stride[i], p, dilation[i])
            yield name, f"{words} = {after[i]}"

    def module(self, values, inputs, inferred):
        return constructor(self, values, inputs)


class Conv1d(Convolution):
    """Slides kernels along a sequence: each output is a weighted sum of a few neighbours in time.

    (N, in_channels, length) -> (N, out_channels, floor((length + 2*padding - kernel_size)/stride) + 1).
    """

    rank = 1
    aliases = ("conv", "convolution", "1d convolution", "temporal convolution", "tcn")
    hyperparameters = hyperparameters(1)


class Conv2d(Convolution):
    """Slides small kernels over an image: the same few weights look for the same feature at every place.

    (N, in_channels, H, W) -> (N, out_channels, H', W') with H' = floor((H + 2*padding - kernel_size)/stride) + 1.
    """

    rank = 2
    aliases = (
        "conv",
        "convolution",
        "convolutional layer",
        "2d convolution",
        "kernel",
        "filter",
        "depthwise",
        "pointwise",
        "dilated convolution",
        "grouped convolution",
    )
    hyperparameters = hyperparameters(2)


class Conv3d(Convolution):
    """Slides kernels through a volume or a video, in three directions at once.

    (N, in_channels, D, H, W) -> (N, out_channels, D', H', W'), each as for Conv2d.
    """

    rank = 3
    aliases = ("conv", "convolution", "3d convolution", "video convolution", "volume")
    hyperparameters = hyperparameters(3)


def check_groups(values: Values) -> None:
    out, groups = values["out_channels"], values["groups"]
    if out % groups:
        raise ShapeError(
            f"{out} out_channels cannot be split into {groups} groups: use a multiple of {groups}, such as"
            f" {(out // groups + 1) * groups}",
            hyperparameter="groups",
            code="groups",
        )


def channels_of(type: str, x: TensorType, rank: int, groups: int) -> int:
    """The input's channels, once it is known to be one this convolution can take."""
    if x.dtype != "float32":
        raise wrong_dtype(type, x)
    if len(x.dims) != rank + 2:
        raise wrong_layout(type, x, rank)
    channels = x.dims[1]
    if channels.__class__ is not int:
        raise open_dim(type, x, "its number of input channels")
    if channels % groups:
        raise ShapeError(
            f"{channels} input channels cannot be split into {groups} groups: use a divisor of {channels}",
            "input",
            "groups",
            "groups",
        )
    return channels


def _border(padding, kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...]:
    """The larger of the two borders in every direction."""
    if padding == "same":
        return tuple((d * (k - 1) + 1) // 2 for k, d in zip(kernel, dilation, strict=True))
    return each(0 if padding == "valid" else padding, len(kernel))


def check_border(mode: str, sizes: tuple[Dim, ...], border: tuple[int, ...]) -> None:
    """A mirrored border must be smaller than what it mirrors; one that wraps around at most as large."""
    for size, width in zip(sizes, border, strict=True):
        if not isinstance(size, int) or mode == "replicate":
            continue
        most = size - 1 if mode == "reflect" else size
        if width > most:
            raise ShapeError(
                f"padding_mode {mode} can add at most {most} to a size of {size}, not {width}:"
                f" use padding of at most {most}, or zeros",
                "input",
                "padding",
                "padding",
            )


def _skips(kernel: tuple[int, ...], stride, dilation, rank: int) -> tuple[tuple[str, str], ...]:
    if stride == 1:
        return ()
    stride = each(stride, rank)
    if all(s <= k for s, k in zip(stride, kernel, strict=True)) or max(kernel) == 1 or dilation != 1:
        return ()
    text = f"stride {by(stride)} is larger than the kernel {by(kernel)}: parts of the input are never seen"
    return (("skips", text),)


def _per_place(values: Values, channels: int, kernel: tuple[int, ...]) -> str:
    share = f"{channels}/{values['groups']}" if values["groups"] > 1 else str(channels)
    return f"{share}*{factors(kernel)}"


def parameters_in_words(values: Values, weight: str, inferred: Inferred) -> tuple[str, str]:
    bias = f" + {values['out_channels']}" if values["bias"] else ""
    return "parameters", f"{weight}{bias} = {count(inferred.parameters)}"


def constructor(declared: BlockType, values: Values, inputs: Inputs) -> Call:
    kwargs = declared.set_apart(values)
    return Call(f"nn.{declared.name}", (inputs["input"].dims[1], kwargs.pop("out_channels")), kwargs)


BLOCK_TYPES = (Conv1d, Conv2d, Conv3d)
