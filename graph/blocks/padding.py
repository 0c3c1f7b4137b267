"""Padding: borders drawn around sequences, images and volumes, another width on each side if wished.

One base for all fifteen: they differ in the number of directions and in what the border is filled with. Part of the
family shaping. Widths are given as torch takes them, the last direction first: left, right, top, bottom, front, back.
"""

from __future__ import annotations

from graph.block_type import BlockType, Call, Inferred, Inputs, ShapeError, Values
from graph.blocks.demands import wrong_dtype, wrong_layout
from graph.blocks.window import DIRECTIONS, by, each
from graph.dim import Dim
from graph.hyperparameter import LARGEST, Float, Size
from graph.reach import shifted
from graph.tensor_type import DTYPES, TensorType

SIDES = {1: "left, right", 2: "left, right, top, bottom", 3: "left, right, top, bottom, front, back"}
ANY = frozenset(DTYPES)
NO_BOOL = ANY - {"bool"}
COMMON = ("pad", "padding", "border", "asymmetric padding")


def width(rank: int) -> Size:
    """The border's width on every side."""
    text = f"Width of the border: one number, or {SIDES[rank]}; negative widths crop."
    return Size("padding", help=text, rank=2 * rank, low=-LARGEST, suggestion=1)


class Padding(BlockType):
    """What all padding blocks share."""

    family = "shaping"
    rank = 2
    dtypes = ANY

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.rank != self.rank + 2:
            raise wrong_layout(self.name, x, self.rank)
        if x.dtype not in self.dtypes:
            raise wrong_dtype(self.name, x, "numbers")
        sizes = []
        for size, (before, after) in zip(x.dims[2:], self._borders(values), strict=True):
            self._check_border(x, size, before, after)
            sizes.append(size + (before + after))
        if any(isinstance(size, int) and size < 1 for size in sizes):
            raise ShapeError(f"padding crops {x} to {by(tuple(sizes))}: crop less", "input", "padding", "padding")
        return Inferred({"output": TensorType((*x.dims[:2], *sizes), x.dtype, self._classes(x))})

    def _borders(self, values: Values) -> list[tuple[int, int]]:
        """The widths before and after in every direction, in the order of the dimensions."""
        sides = each(values["padding"], 2 * self.rank)
        return [(sides[2 * i], sides[2 * i + 1]) for i in reversed(range(self.rank))]

    def _check_border(self, x: TensorType, size: Dim, before: int, after: int) -> None:
        """Whether the direction can be cropped and filled so; cropping may not reach beyond the whole."""
        if isinstance(size, int) and size + (min(before, 0) + min(after, 0)) < 0:
            text = f"padding crops {-before} and {-after} of a size of {size} in {x}: crop less"
            raise ShapeError(text, "input", "padding", "padding")

    def _classes(self, x: TensorType) -> int | None:
        return x.classes

    def reach(self, values, inputs):
        return tuple(shifted(before) for before, _ in self._borders(values))

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        every = zip(DIRECTIONS[self.rank], x.dims[2:], y.dims[2:], self._borders(values), strict=True)
        return (
            ("output", f"{x} -> {y}"),
            *((name, f"{old} + {_plus(before)} + {_plus(after)} = {new}") for name, old, new, (before, after) in every),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        return Call(f"nn.{self.name}", tuple(self.set_apart(values).values()))


def _plus(width: int) -> str:
    return f"({width})" if width < 0 else str(width)


VALUE = Float("value", help="What the border is filled with.", suggestion=0.0)


class ConstantPadding(Padding):
    """What ConstantPad1d, 2d and 3d share: a border of any one value."""

    def _classes(self, x):
        return None  # the value may be one more class


class ConstantPad1d(ConstantPadding):
    """Puts a stretch of one value before and after sequences: left alone makes a convolution causal.

    (N, C, length) -> (N, C, length + left + right).
    """

    rank = 1
    aliases = (*COMMON, "causal padding", "constant padding")
    hyperparameters = (width(1), VALUE)


class ConstantPad2d(ConstantPadding):
    """Draws a border of one value around images: what a convolution's padding does with zeros, with any value.

    (N, C, H, W) -> (N, C, H + top + bottom, W + left + right).
    """

    rank = 2
    aliases = (*COMMON, "frame", "constant padding", "padding value")
    hyperparameters = (width(2), VALUE)


class ConstantPad3d(ConstantPadding):
    """Draws a border of one value around volumes.

    (N, C, D, H, W) -> (N, C, D + front + back, H + top + bottom, W + left + right).
    """

    rank = 3
    aliases = (*COMMON, "constant padding")
    hyperparameters = (width(3), VALUE)


class ZeroPad1d(ConstantPadding):
    """Puts zeros before and after sequences: left alone makes the convolution behind it causal.

    (N, C, length) -> (N, C, length + left + right).
    """

    rank = 1
    aliases = (*COMMON, "zero padding", "causal padding")
    hyperparameters = (width(1),)


class ZeroPad2d(ConstantPadding):
    """Draws a border of zeros around images, of another width on each side if wished.

    (N, C, H, W) -> (N, C, H + top + bottom, W + left + right).
    """

    rank = 2
    aliases = (*COMMON, "zero padding")
    hyperparameters = (width(2),)


class ZeroPad3d(ConstantPadding):
    """Draws a border of zeros around volumes, of another width on each side if wished.

    (N, C, D, H, W) -> (N, C, D + front + back, H + top + bottom, W + left + right).
    """

    rank = 3
    aliases = (*COMMON, "zero padding")
    hyperparameters = (width(3),)


class ReflectionPadding(Padding):
    """What ReflectionPad1d, 2d and 3d share: the border is the inside, mirrored at the edge, which is not repeated."""

    dtypes = NO_BOOL

    def _check_border(self, x, size, before, after):
        if isinstance(size, int) and max(before, after) >= size:
            raise ShapeError(
                f"a size of {size} has {size - 1} values to mirror, not {max(before, after)}:"
                f" use padding of at most {size - 1}",
                "input",
                "padding",
                "padding",
            )
        super()._check_border(x, size, before, after)


class ReflectionPad1d(ReflectionPadding):
    """Continues sequences with their mirror image: ... c b [a b c d] c b ...

    (N, C, length) -> (N, C, length + left + right); each width must be smaller than the length.
    """

    rank = 1
    aliases = (*COMMON, "reflect", "mirror padding")
    hyperparameters = (width(1),)


class ReflectionPad2d(ReflectionPadding):
    """Draws a border that mirrors the image, so that no edge appears where there is none: usual in style transfer.

    (N, C, H, W) -> (N, C, H + top + bottom, W + left + right); each width must be smaller than the side.
    """

    rank = 2
    aliases = (*COMMON, "reflect", "mirror padding")
    hyperparameters = (width(2),)


class ReflectionPad3d(ReflectionPadding):
    """Draws a border that mirrors the volume.

    (N, C, D, H, W) -> (N, C, D + front + back, H + top + bottom, W + left + right).
    """

    rank = 3
    aliases = (*COMMON, "reflect", "mirror padding")
    hyperparameters = (width(3),)


class ReplicationPadding(Padding):
    """What ReplicationPad1d, 2d and 3d share: the border repeats the outermost values."""

    dtypes = NO_BOOL

    def _check_border(self, x, size, before, after):
        """Whatever is cropped, there is an outermost value to repeat."""


class ReplicationPad1d(ReplicationPadding):
    """Continues sequences with their first and last values: a a [a b c d] d d.

    (N, C, length) -> (N, C, length + left + right).
    """

    rank = 1
    aliases = (*COMMON, "replicate", "edge padding", "repeat border")
    hyperparameters = (width(1),)


class ReplicationPad2d(ReplicationPadding):
    """Draws a border that repeats the outermost pixels.

    (N, C, H, W) -> (N, C, H + top + bottom, W + left + right).
    """

    rank = 2
    aliases = (*COMMON, "replicate", "edge padding", "repeat border")
    hyperparameters = (width(2),)


class ReplicationPad3d(ReplicationPadding):
    """Draws a border that repeats the outermost values of volumes.

    (N, C, D, H, W) -> (N, C, D + front + back, H + top + bottom, W + left + right).
    """

    rank = 3
    aliases = (*COMMON, "replicate", "edge padding", "repeat border")
    hyperparameters = (width(3),)


class CircularPadding(Padding):
    """What CircularPad1d, 2d and 3d share: the border continues on the other side, as on a ring."""

    def _check_border(self, x, size, before, after):
        super()._check_border(x, size, before, after)
        left = size + (min(before, 0) + min(after, 0))  # torch fills what is wrapped around further with anything
        if isinstance(left, int) and max(before, after) > left:
            raise ShapeError(
                f"a size of {left} can be wrapped around once, which adds {left} and not {max(before, after)}:"
                f" use padding of at most {left}",
                "input",
                "padding",
                "padding",
            )


class CircularPad1d(CircularPadding):
    """Continues sequences at their other end, as on a ring: c d [a b c d] a b.

    (N, C, length) -> (N, C, length + left + right); each width at most the length.
    """

    rank = 1
    aliases = (*COMMON, "wrap", "periodic", "ring")
    hyperparameters = (width(1),)


class CircularPad2d(CircularPadding):
    """Draws a border that continues on the opposite side: panoramas, maps of the globe, periodic grids.

    (N, C, H, W) -> (N, C, H + top + bottom, W + left + right); each width at most the side.
    """

    rank = 2
    aliases = (*COMMON, "wrap", "periodic", "torus")
    hyperparameters = (width(2),)


class CircularPad3d(CircularPadding):
    """Draws a border that continues on the opposite side of volumes.

    (N, C, D, H, W) -> (N, C, D + front + back, H + top + bottom, W + left + right).
    """

    rank = 3
    aliases = (*COMMON, "wrap", "periodic")
    hyperparameters = (width(3),)


BLOCK_TYPES = (
    *(ZeroPad1d, ZeroPad2d, ZeroPad3d),
    *(ConstantPad1d, ConstantPad2d, ConstantPad3d),
    *(ReflectionPad1d, ReflectionPad2d, ReflectionPad3d),
    *(ReplicationPad1d, ReplicationPad2d, ReplicationPad3d),
    *(CircularPad1d, CircularPad2d, CircularPad3d),
)
