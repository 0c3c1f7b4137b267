"""Rearranging: channels traded for places, mixed among groups, or one dimension taken apart; no value changes.

Part of the family shaping, beside Flatten and Reshape in shaping.py.
"""

from __future__ import annotations

from graph.block_type import BlockType, Call, Inferred, Inputs, ShapeError, Values
from graph.blocks.demands import LAYOUTS, no_such_axis, open_dim, wrong_rank
from graph.blocks.window import by, factors
from graph.dim import Dim, is_open, product
from graph.hyperparameter import Axis, Int, Shape
from graph.reach import enlarging, sliding
from graph.tensor_type import TensorType


class PixelShuffle(BlockType):
    """Lays groups of channels out as pixels: images grow r times, channels shrink r*r times; nothing is made up.

    (N, C*r*r, H, W) -> (N, C, H*r, W*r) with r = upscale_factor. Behind a convolution it is a learned upsampling.
    """

    family = "shaping"
    aliases = ("pixel shuffle", "depth to space", "sub-pixel convolution", "upsampling", "super resolution")
    hyperparameters = (Int("upscale_factor", help="How many times height and width grow.", low=1, suggestion=2),)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, r = inputs["input"], values["upscale_factor"]
        if x.rank < 4:
            raise wrong_rank(self.name, x, LAYOUTS[2])
        channels = _divided(self.name, x, x.rank - 3, r * r, "upscale_factor", "channels")
        return Inferred({"output": x.with_dims((*x.dims[:-3], channels, x.dims[-2] * r, x.dims[-1] * r))})

    def reach(self, values, inputs):
        return (enlarging(values["upscale_factor"]),) * 2

    def explain(self, values, inputs, inferred):
        x, y, r = inputs["input"], inferred.outputs["output"], values["upscale_factor"]
        return (
            ("output", f"{x} -> {y}"),
            ("channels", f"{factors(x.dims[-3:-2])}/({r}*{r}) = {y.dims[-3]}"),
            ("height", f"{factors(x.dims[-2:-1])}*{r} = {y.dims[-2]}"),
            ("width", f"{factors(x.dims[-1:])}*{r} = {y.dims[-1]}"),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        return Call(f"nn.{self.name}", tuple(values[h.name] for h in self.hyperparameters))


class PixelUnshuffle(PixelShuffle):
    """Stacks neighbouring pixels as channels: images shrink r times, channels grow r*r times, and nothing is lost.

    (N, C, H*r, W*r) -> (N, C*r*r, H, W) with r = downscale_factor.
    """

    aliases = ("pixel unshuffle", "space to depth", "downsampling", "inverse pixel shuffle")
    hyperparameters = (Int("downscale_factor", help="How many times height and width shrink.", low=1, suggestion=2),)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, r = inputs["input"], values["downscale_factor"]
        if x.rank < 4:
            raise wrong_rank(self.name, x, LAYOUTS[2])
        height = _divided(self.name, x, x.rank - 2, r, "downscale_factor", "height")
        width = _divided(self.name, x, x.rank - 1, r, "downscale_factor", "width")
        return Inferred({"output": x.with_dims((*x.dims[:-3], x.dims[-3] * (r * r), height, width))})

    def reach(self, values, inputs):
        r = values["downscale_factor"]
        return (sliding(r, r, 0),) * 2

    def explain(self, values, inputs, inferred):
        x, y, r = inputs["input"], inferred.outputs["output"], values["downscale_factor"]
        return (
            ("output", f"{x} -> {y}"),
            ("channels", f"{factors(x.dims[-3:-2])}*({r}*{r}) = {y.dims[-3]}"),
            ("height", f"{factors(x.dims[-2:-1])}/{r} = {y.dims[-2]}"),
            ("width", f"{factors(x.dims[-1:])}/{r} = {y.dims[-1]}"),
            ("parameters", "nothing to learn"),
        )


class ChannelShuffle(BlockType):
    """Deals the channels of several groups out like cards, so that grouped convolutions hear of each other: ShuffleNet.

    (N, C, ...) -> the same shape; channel g*(C/groups) + i comes to place i*groups + g.
    """

    family = "shaping"
    aliases = ("channel shuffle", "shufflenet", "mix groups", "interleave channels")
    hyperparameters = (Int("groups", help="Into how many groups the channels are split.", low=1, suggestion=2),)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.rank < 3:
            raise wrong_rank(self.name, x, "N x channels and at least one direction")
        _divided(self.name, x, 1, values["groups"], "groups", "channels")
        return Inferred({"output": x})

    def reach(self, values, inputs):
        return ()

    def explain(self, values, inputs, inferred):
        x, groups = inputs["input"], values["groups"]
        return (
            ("output", f"{x}, as the input"),
            ("channels in a group", f"{factors(x.dims[1:2])}/{groups} = {x.dims[1] // groups}"),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        return Call("nn.ChannelShuffle", (values["groups"],))


def _divided(type: str, x: TensorType, axis: int, by_what: int, hyperparameter: str, what: str) -> Dim:
    """The dimension divided without a remainder."""
    size = x.dims[axis]
    part = size // by_what
    if isinstance(size, int) and size % by_what:
        text = f"{what} of {x} must be a multiple of {by_what}, but are {size}: use {hyperparameter} to suit"
        raise ShapeError(f"{type}: {text}", "input", hyperparameter, "multiple")
    if is_open(size) and part * by_what != size:
        raise open_dim(type, x, f"that {size} is a multiple of {by_what}")
    return part


class Unflatten(BlockType):
    """Takes one dimension apart into several: the way back from Flatten.

    (N, C*H*W) with dim 1 and unflattened_size (C, H, W) -> (N, C, H, W); one of the sizes may be -1.
    """

    family = "shaping"
    aliases = ("unflatten", "split dimension", "reshape", "view", "deflatten")
    hyperparameters = (
        Axis("dim", help="The dimension that is taken apart; 0 is the batch.", suggestion=1),
        Shape(
            "unflattened_size",
            help="What it is taken apart into; one may be -1 and is worked out.",
            wildcard=True,
            empty=False,
            suggestion=(1, -1),
        ),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, dim, sizes = inputs["input"], values["dim"], values["unflattened_size"]
        if not -x.rank <= dim < x.rank:
            raise no_such_axis(self.name, x, dim, "dim")
        dim %= x.rank
        if dim == 0:
            raise ShapeError(f"dim 0 of {x} is the batch, which stays whole: use 1 or more", "input", "dim", "batch")
        parts = self._parts(x, x.dims[dim], sizes)
        return Inferred({"output": x.with_dims((*x.dims[:dim], *parts, *x.dims[dim + 1 :]))})

    def _parts(self, x: TensorType, size: Dim, sizes: tuple[int, ...]) -> tuple[Dim, ...]:
        known = product(d for d in sizes if d != -1)
        rest = size // known if -1 in sizes else 1
        if known * rest == size and not (isinstance(rest, int) and rest < 1):
            return tuple(rest if d == -1 else d for d in sizes)
        if is_open(size):
            raise open_dim(self.name, x, f"whether {size} values make {by(sizes)}")
        text = f"{size} values of {x} do not make {by(sizes)}: use sizes whose product is {size}, or -1 in one place"
        raise ShapeError(text, "input", "unflattened_size", "reshape")

    def explain(self, values, inputs, inferred):
        x, y, dim = inputs["input"], inferred.outputs["output"], values["dim"] % inputs["input"].rank
        parts = y.dims[dim : dim + len(values["unflattened_size"])]
        return (
            ("output", f"{x} -> {y}"),
            ("values", f"{factors(parts)} = {x.dims[dim]}"),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        return Call("nn.Unflatten", (values["dim"], values["unflattened_size"]))


BLOCK_TYPES = (Unflatten, PixelShuffle, PixelUnshuffle, ChannelShuffle)
