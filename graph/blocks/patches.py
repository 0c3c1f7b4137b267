"""Patches: images cut into windows that overlap, and put together from them again; nothing is learned.

Part of the family shaping. A convolution is Unfold, a matrix product, and a reshape.
"""

from __future__ import annotations

from math import prod

from graph.block_type import BlockType, Call, Inferred, Inputs, ShapeError, Values
from graph.blocks.demands import FLOATS, LAYOUTS, open_dim, wrong_dtype, wrong_rank
from graph.blocks.window import DIRECTIONS, each, factors, fits, in_words, too_large
from graph.dim import Dim, is_open, product
from graph.hyperparameter import Size
from graph.tensor_type import TensorType

DTYPES = FLOATS | {"bool"}
WINDOW = (
    Size("kernel_size", help="Size of a patch.", suggestion=2),
    Size("dilation", 1, "Distance between the points of a patch."),
    Size("padding", 0, "Border of zeros added on both sides.", low=0),
    Size("stride", 1, "Steps between two patches."),
)
NAMES = ("kernel_size", "stride", "padding", "dilation")


def windows(values: Values) -> tuple[tuple[int, int, int, int], ...]:
    """Kernel, stride, padding and dilation in each direction."""
    return tuple(zip(*(each(values[name], 2) for name in NAMES), strict=True))


def counts(values: Values, sizes: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """How many patches lie in each direction; raises ShapeError where none does."""
    found = tuple(fits(size, *window) for size, window in zip(sizes, windows(values), strict=True))
    if any(isinstance(count, int) and count < 1 for count in found):
        kernel, _, padding, dilation = (each(values[name], 2) for name in NAMES)
        raise too_large("patch", sizes, kernel, padding, dilation)
    return found


def in_each_direction(values: Values, sizes: tuple[Dim, ...]) -> tuple[tuple[str, str], ...]:
    """The arithmetic of the number of patches."""
    every = zip(DIRECTIONS[2], sizes, windows(values), counts(values, sizes), strict=True)
    return tuple((f"patches in {name}", f"{in_words(size, *window)} = {found}") for name, size, window, found in every)


class Unfold(BlockType):
    """Cuts images into patches and lays each out as one column: what a convolution looks at, window by window.

    (N, C, H, W) -> (N, C*kh*kw, L), L the number of places: floor((H + 2*padding - kh)/stride + 1) times that of W.
    """

    family = "shaping"
    aliases = ("im2col", "patches", "extract patches", "sliding window", "patchify")
    hyperparameters = WINDOW

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.rank != 4:
            raise wrong_rank(self.name, x, LAYOUTS[2])
        if x.dtype not in DTYPES:
            raise wrong_dtype(self.name, x)
        places = product(counts(values, x.dims[2:]))
        return Inferred({"output": x.with_dims((x.dims[0], x.dims[1] * prod(each(values["kernel_size"], 2)), places))})

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        kernel = each(values["kernel_size"], 2)
        return (
            ("output", f"{x} -> {y}"),
            ("values of a patch", f"{factors((x.dims[1], *kernel))} = {y.dims[1]}"),
            *in_each_direction(values, x.dims[2:]),
            ("patches", f"{factors(counts(values, x.dims[2:]))} = {y.dims[2]}"),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        settings = self.set_apart(values)
        return Call("nn.Unfold", (settings.pop("kernel_size"),), settings)


class Fold(BlockType):
    """Puts images together from patches; where patches overlap, their values are added. The way back from Unfold.

    (N, C*kh*kw, L) -> (N, C, *output_size), where L patches must fill output_size exactly.
    """

    family = "shaping"
    aliases = ("col2im", "combine patches", "overlap add", "unpatchify")
    hyperparameters = (
        Size("output_size", help="Height and width of the image.", suggestion=8),
        *WINDOW,
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.rank != 3:
            raise wrong_rank(self.name, x, "N x values of a patch x patches, as Unfold gives them")
        if x.dtype not in DTYPES:
            raise wrong_dtype(self.name, x)
        size, area = each(values["output_size"], 2), prod(each(values["kernel_size"], 2))
        places = product(counts(values, size))
        self._check_places(x, places)
        channels = x.dims[1] // area
        if is_open(x.dims[1]) and channels * area != x.dims[1]:
            raise open_dim(self.name, x, f"that {x.dims[1]} is a multiple of {area}")
        if isinstance(x.dims[1], int) and x.dims[1] % area:
            text = f"a patch of {x} has {x.dims[1]} values, which is no multiple of the kernel's {area}"
            raise ShapeError(f"{text}: use the kernel_size of its Unfold", "input", "kernel_size", "fold")
        return Inferred({"output": TensorType((x.dims[0], channels, *size), x.dtype)})

    def _check_places(self, x: TensorType, places: int) -> None:
        if is_open(x.dims[2]):
            raise open_dim(self.name, x, f"that there are {places} patches")
        if x.dims[2] != places:
            text = f"an image of this size has {places} patches, but {x} brings {x.dims[2]}"
            raise ShapeError(f"{text}: use the settings of its Unfold", "input", "output_size", "fold")

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        size, kernel = each(values["output_size"], 2), each(values["kernel_size"], 2)
        return (
            ("output", f"{x} -> {y}"),
            ("channels", f"{factors(x.dims[1:2])}/({factors(kernel)}) = {y.dims[1]}"),
            *in_each_direction(values, size),
            ("patches", f"{factors(counts(values, size))} = {x.dims[2]}"),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        settings = self.set_apart(values)
        return Call("nn.Fold", (settings.pop("output_size"), settings.pop("kernel_size")), settings)


BLOCK_TYPES = (Unfold, Fold)
