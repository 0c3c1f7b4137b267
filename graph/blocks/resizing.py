"""Resizing: sequences, images and volumes drawn larger or smaller; nothing is learned. Part of the family shaping."""

from __future__ import annotations

from fractions import Fraction

from graph.block_type import BlockType, Call, Inferred, Inputs, ShapeError, Values
from graph.blocks.demands import FLOATS, open_dim, wrong_dtype, wrong_rank
from graph.blocks.window import DIRECTIONS, by, each
from graph.dim import Dim
from graph.hyperparameter import Bool, Choice, Shape
from graph.number_lists import Numbers
from graph.reach import enlarging
from graph.tensor_type import TensorType

MODES = {
    "nearest": (3, 4, 5),
    "linear": (3,),
    "bilinear": (4,),
    "bicubic": (4,),
    "trilinear": (5,),
    "area": (3, 4, 5),
    "nearest-exact": (3, 4, 5),
}
INTERPOLATING = ("linear", "bilinear", "bicubic", "trilinear")


def scaled(type: str, x: TensorType, dim: Dim, factor: float, hyperparameter: str = "scale_factor") -> Dim:
    """floor(dim*factor), as torch rounds it; raises ShapeError where that is a guess or leaves nothing."""
    if isinstance(dim, int):
        size: Dim = dim * int(factor) if factor == int(factor) else int(dim * factor)  # a traced size stays so
    else:
        exact = Fraction(factor)
        if exact.denominator > 64:  # such as 0.1, which floats round: the size would be a guess
            raise open_dim(type, x, f"the size that {factor:g} multiplies")
        size = dim * exact.numerator // exact.denominator
    if isinstance(size, int) and size < 1:
        text = f"{hyperparameter} {factor:g} leaves nothing of {x}: use a larger one"
        raise ShapeError(text, "input", hyperparameter, "upsample")
    return size


class Upsample(BlockType):
    """Draws sequences, images or volumes larger by repeating or interpolating their values; nothing is learned.

    (N, C, H, W) -> (N, C, floor(H*scale_factor), floor(W*scale_factor)), or (N, C, *size).
    """

    family = "shaping"
    aliases = ("resize", "interpolate", "enlarge", "unpool", "bilinear", "nearest neighbour", "zoom")
    hyperparameters = (
        Shape("size", None, "Size of the output; one number serves all directions. Either this or scale_factor."),
        Numbers(
            "scale_factor",
            None,
            "How many times larger the output is: one number, or one for each direction.",
            low=0.0,
            low_open=True,
            high=1e6,
        ),
        Choice(
            "mode",
            "nearest",
            "nearest repeats values; linear is for sequences, bilinear and bicubic for images, trilinear for volumes;"
            " area takes means, for making smaller; nearest-exact rounds places as image libraries do.",
            choices=tuple(MODES),
        ),
        Bool("align_corners", None, "Corner values stay at the corners; only for the interpolating modes."),
    )

    def suggested(self):
        return {"scale_factor": 2.0}

    def check(self, values: Values) -> None:
        size, scale = values["size"], values["scale_factor"]
        if (size is None) == (scale is None):
            which = "neither is" if size is None else "both are"
            raise ShapeError(
                f"Upsample needs either a size or a scale_factor, but {which} set",
                hyperparameter="scale_factor",
                code="upsample",
            )
        if values["align_corners"] is not None and values["mode"] not in INTERPOLATING:
            raise ShapeError(
                f"align_corners has no meaning for mode {values['mode']}: unset it, or use bilinear",
                hyperparameter="align_corners",
                code="upsample",
            )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, mode = inputs["input"], values["mode"]
        if x.dtype not in FLOATS and (x.dtype != "uint8" or mode in ("linear", "trilinear", "area")):
            raise wrong_dtype(self.name, x)
        if x.rank not in MODES[mode]:
            raise self._wrong_rank(x, mode)
        before, size = x.dims[2:], values["size"]
        if size is None:
            scales = self._scales(x, values["scale_factor"], len(before))
            after = tuple(scaled(self.name, x, dim, scale) for dim, scale in zip(before, scales, strict=True))
        elif len(size) in (1, len(before)):
            after = size * len(before) if len(size) == 1 else size
        else:
            raise ShapeError(
                f"size {by(size)} does not fit the {len(before)} directions of {x}: give 1 number or {len(before)}",
                "input",
                "size",
                "upsample",
            )
        return Inferred({"output": x.with_dims((*x.dims[:2], *after))})

    def _scales(self, x: TensorType, scale: float | tuple[float, ...], directions: int) -> tuple[float, ...]:
        """A factor for every direction."""
        if isinstance(scale, tuple) and len(scale) != directions:
            text = f"scale_factor {by(scale)} does not fit the {directions} directions of {x}: give 1 or {directions}"
            raise ShapeError(text, "input", "scale_factor", "upsample")
        return each(scale, directions)

    def _wrong_rank(self, x, mode: str) -> ShapeError:
        right = [name for name, ranks in MODES.items() if x.rank in ranks]
        if not right:
            return wrong_rank(self.name, x, "N x channels and one to three directions")
        return ShapeError(
            f"mode {mode} is not for {x}: with {x.rank} dimensions use {' or '.join(right)}", "input", "mode", "rank"
        )

    def reach(self, values, inputs):
        x = inputs["input"]
        between = 0 if values["mode"].startswith("nearest") else 2 if values["mode"] == "bicubic" else 1
        if values["size"] is None:
            factors = each(values["scale_factor"], x.rank - 2)
        elif all(isinstance(dim, int) for dim in x.dims[2:]):
            sizes = values["size"] if len(values["size"]) > 1 else values["size"] * (x.rank - 2)
            factors = tuple(size / dim for size, dim in zip(sizes, x.dims[2:], strict=True))
        else:
            return None
        return None if min(factors) < 1 else tuple(enlarging(factor, between) for factor in factors)

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        scales = each(values["scale_factor"], x.rank - 2)
        every = zip(DIRECTIONS[x.rank - 2], x.dims[2:], y.dims[2:], scales, strict=True)
        return (
            ("output", f"{x} -> {y}"),
            *((name, f"{a}, as set" if s is None else f"floor({b}*{s!r}) = {a}") for name, b, a, s in every),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        kwargs = self.set_apart(values)
        if len(kwargs.get("size", ())) == 1:
            kwargs["size"] = kwargs["size"][0]
        return Call("nn.Upsample", (), kwargs)


BLOCK_TYPES = (Upsample,)
