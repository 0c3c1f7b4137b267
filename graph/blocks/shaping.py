"""Shaping: the same values in another arrangement, a part of them, or images drawn larger."""

from __future__ import annotations

from fractions import Fraction

from graph.block_type import BlockType, Call, Inferred, Inputs, ShapeError, Site, Values
from graph.blocks.demands import FLOATS, no_such_axis, open_dim, wrong_dtype, wrong_rank
from graph.blocks.window import DIRECTIONS, by, factors
from graph.dim import Dim, N, is_open, product
from graph.hyperparameter import Axes, Axis, Bool, Choice, Float, Int, Shape


class Flatten(BlockType):
    """Lays all values of a sample in one row, as a Linear layer wants them.

    (N, C, H, W) -> (N, C*H*W); start_dim and end_dim flatten only a stretch of dimensions.
    """

    family = "shaping"
    aliases = ("reshape", "to vector", "ravel", "vectorize")
    hyperparameters = (
        Axis("start_dim", 1, "First dimension of the stretch; 0 is the batch."),
        Axis("end_dim", -1, "Last dimension of the stretch."),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        start, end = self._stretch(values, x)
        dims = (*x.dims[:start], product(x.dims[start : end + 1]), *x.dims[end + 1 :])
        if start == 0 and end > 0:
            text = f"start_dim 0 lays the samples of the batch in one row: {x.with_dims(dims)}"
            return Inferred({"output": x.with_dims(dims)}, warnings=(("batch", text),))
        return Inferred({"output": x.with_dims(dims)})

    def _stretch(self, values: Values, x) -> tuple[int, int]:
        rank = len(x.dims)
        start, end = values["start_dim"], values["end_dim"]
        for name, axis in (("start_dim", start), ("end_dim", end)):
            if not -max(rank, 1) <= axis < max(rank, 1):
                hint = " A single value per sample needs no Flatten." if rank < 2 else ""
                error = no_such_axis(self.name, x, axis, name)
                raise ShapeError(error.text + hint, error.port, name, error.code)
        start, end = start % rank, end % rank
        if start > end:
            raise ShapeError(
                f"start_dim {start} comes after end_dim {end} of {x}: swap them",
                hyperparameter="start_dim",
                code="axis",
            )
        return start, end

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        start, end = self._stretch(values, x)
        return (
            ("output", f"{x} -> {y}"),
            ("values in the row", f"{factors(x.dims[start : end + 1])} = {y.dims[start]}"),
        )

    def module(self, values, inputs, inferred):
        return Call("nn.Flatten", (), self.set_apart(values))


class Reshape(BlockType):
    """Arranges the values of every sample in another shape, in the order they have.

    (N, ...) -> (N, *shape); one dimension may be -1 and is worked out.
    """

    family = "shaping"
    aliases = ("view", "unflatten", "resize", "fold")
    hyperparameters = (
        Shape(
            "shape",
            help="Dimensions of one sample, without the batch; one may be -1.",
            wildcard=True,
            suggestion=(-1,),
        ),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, shape = inputs["input"], values["shape"]
        if not x.dims:
            raise wrong_rank(self.name, x, "a batch of samples", hint=": a single value cannot be arranged")
        total = product(x.dims[1:])
        if -1 in shape:
            rest = self._rest(x, total, product(d for d in shape if d != -1), shape)
            shape = tuple(rest if d == -1 else d for d in shape)
        else:
            self._same(x, total, product(shape), shape)
        return Inferred({"output": x.with_dims((x.dims[0], *shape))})

    def _rest(self, x, total: Dim, known: int, shape: tuple[int, ...]) -> Dim:
        """What -1 stands for."""
        if isinstance(total, int):
            if total % known:
                raise self._misfit(x, total, shape, f"{total} is no multiple of {known}")
            return total // known
        rest = total // known
        if rest * known != total:
            raise ShapeError(
                f"whether {total} values fill {by(shape)} is open: give the Input numbers for its open dimensions",
                "input",
                "shape",
                "open",
            )
        return rest

    def _same(self, x, total: Dim, filled: int, shape: tuple[int, ...]) -> None:
        if is_open(total):
            raise ShapeError(
                f"{by(shape) or 'a single value'} has no place for the open dimension of {x}: put -1 where it goes",
                "input",
                "shape",
                "open",
            )
        if total != filled:
            raise self._misfit(x, total, shape, f"that holds {filled}")

    def _misfit(self, x, total: int, shape: tuple[int, ...], why: str) -> ShapeError:
        return ShapeError(
            f"{total} values of {x} do not fill {by(shape) or 'a single value'}: {why}; -1 in one place is worked out",
            "input",
            "shape",
            "reshape",
        )

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        total = product(x.dims[1:])
        return (
            ("output", f"{x} -> {y}"),
            ("values of the input", f"{factors(x.dims[1:])} = {total}"),
            ("values of the output", f"{factors(y.dims[1:])} = {total}"),
        )

    def forward(self, site: Site) -> str:
        x = site.one("input")
        return f"{x}.reshape({', '.join((f'{x}.shape[0]', *map(str, site.values['shape'])))})"


class Permute(BlockType):
    """Puts the dimensions in another order; the values move with them.

    `dims` counts as torch.permute does, with the batch, which has to come first in the output: (0, 2, 1) turns
    (N, T, F) into (N, F, T), and (1, 0, 2) brings the batch of an LSTM's h_n to the front.
    """

    family = "shaping"
    aliases = ("transpose", "swap dimensions", "swapaxes", "movedim", "channels last")
    hyperparameters = (
        Axes(
            "dims",
            help="The input's dimensions in their new order, batch included: 0, 2, 1 swaps the last two of three.",
            suggestion=(0, 2, 1),
            empty=False,
        ),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, dims = inputs["input"], values["dims"]
        rank = x.rank
        order = tuple(d % rank if -rank <= d < rank else d for d in dims) if rank else dims
        if sorted(order) != list(range(rank)):
            raise ShapeError(
                f"dims {', '.join(map(str, dims))} is no order of the {rank} dimensions of {x}:"
                f" name each of 0 to {rank - 1} once",
                "input",
                "dims",
                "permute",
            )
        batch = x.dims.index(N) if N in x.dims else order[0]
        if order[0] != batch:
            raise ShapeError(
                f"dims {', '.join(map(str, dims))} would move the batch of {x} away from the front: begin with {batch}",
                "input",
                "dims",
                "batch",
            )
        return Inferred({"output": x.with_dims(tuple(x.dims[d] for d in order))})

    def explain(self, values, inputs, inferred):
        return (("output", f"{inputs['input']} -> {inferred.outputs['output']}"),)

    def forward(self, site: Site) -> str:
        return f"{site.one('input')}.permute({', '.join(map(str, site.values['dims']))})"


class SelectStep(BlockType):
    """Takes one step out of a sequence, by default the last: what a recurrent layer knows after reading it all.

    (N, T, F) -> (N, F); with dim 0 it takes one layer of an LSTM's h_n, (layers, N, H) -> (N, H).
    """

    family = "shaping"
    aliases = ("last step", "last time step", "select", "index", "slice", "pick")
    hyperparameters = (
        Int("index", -1, "Which step: 0 the first, -1 the last."),
        Axis("dim", 1, "The dimension of the steps: 1 is time when the batch comes first."),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, index, dim = inputs["input"], values["index"], values["dim"]
        rank = x.rank
        if not -rank <= dim < rank:
            raise no_such_axis(self.name, x, dim, "dim")
        size = x.dims[dim]
        if isinstance(size, int) and not -size <= index < size:
            raise ShapeError(
                f"there is no step {index} among {size}: use {-size} to {size - 1}", "input", "index", "index"
            )
        if size == N:
            raise ShapeError(
                f"dimension {dim} of {x} is the batch: one sample cannot be taken for all", "input", "dim", "batch"
            )
        dim %= rank
        return Inferred({"output": x.with_dims(x.dims[:dim] + x.dims[dim + 1 :])})

    def explain(self, values, inputs, inferred):
        x = inputs["input"]
        return (
            ("output", f"{x} -> {inferred.outputs['output']}"),
            ("step", f"{values['index']} of {x.dims[values['dim']]}"),
        )

    def forward(self, site: Site) -> str:
        ahead = ":, " * (site.values["dim"] % site.inputs["input"].rank)
        return f"{site.one('input')}[{ahead}{site.values['index']}]"


MODES = {"nearest": (3, 4, 5), "linear": (3,), "bilinear": (4,), "bicubic": (4,), "trilinear": (5,)}
SMOOTH = ("linear", "bilinear", "bicubic", "trilinear")


class Upsample(BlockType):
    """Draws sequences, images or volumes larger by repeating or interpolating their values; nothing is learned.

    (N, C, H, W) -> (N, C, floor(H*scale_factor), floor(W*scale_factor)), or (N, C, *size).
    """

    family = "shaping"
    aliases = ("resize", "interpolate", "enlarge", "unpool", "bilinear", "nearest neighbour", "zoom")
    hyperparameters = (
        Shape("size", None, "Size of the output; one number serves all directions. Either this or scale_factor."),
        Float("scale_factor", None, "How many times larger the output is.", low=0.0, low_open=True, high=1e6),
        Choice(
            "mode",
            "nearest",
            "nearest repeats values; linear is for sequences, bilinear and bicubic for images, trilinear for volumes.",
            choices=tuple(MODES),
        ),
        Bool("align_corners", None, "Corner values stay at the corners; not for mode nearest."),
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
        if values["align_corners"] is not None and values["mode"] == "nearest":
            raise ShapeError(
                "align_corners has no meaning for mode nearest: unset it, or use bilinear",
                hyperparameter="align_corners",
                code="upsample",
            )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, mode = inputs["input"], values["mode"]
        if x.dtype not in FLOATS and (x.dtype != "uint8" or mode in ("linear", "trilinear")):
            raise wrong_dtype(self.name, x)
        if x.rank not in MODES[mode]:
            raise self._wrong_rank(x, mode)
        before, size = x.dims[2:], values["size"]
        if size is None:
            after = tuple(self._scaled(x, dim, values["scale_factor"]) for dim in before)
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

    def _wrong_rank(self, x, mode: str) -> ShapeError:
        right = [name for name, ranks in MODES.items() if x.rank in ranks]
        if not right:
            return wrong_rank(self.name, x, "N x channels and one to three directions")
        return ShapeError(
            f"mode {mode} is not for {x}: with {x.rank} dimensions use {' or '.join(right)}", "input", "mode", "rank"
        )

    def _scaled(self, x, dim: Dim, scale: float) -> Dim:
        if isinstance(dim, int):
            scaled: Dim = int(dim * scale)
        else:
            factor = Fraction(scale)
            if factor.denominator > 64:  # such as 0.1, which floats round: the size would be a guess
                raise open_dim(self.name, x, f"the size that {scale:g} multiplies")
            scaled = dim * factor.numerator // factor.denominator
        if isinstance(scaled, int) and scaled < 1:
            raise ShapeError(
                f"scale_factor {scale:g} leaves nothing of {x}: use a larger one", "input", "scale_factor", "upsample"
            )
        return scaled

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        scale = values["scale_factor"]
        every = zip(DIRECTIONS[x.rank - 2], x.dims[2:], y.dims[2:], strict=True)
        return (
            ("output", f"{x} -> {y}"),
            *((name, f"{a}, as set" if scale is None else f"floor({b}*{scale!r}) = {a}") for name, b, a in every),
        )

    def module(self, values, inputs, inferred):
        kwargs = self.set_apart(values)
        if len(kwargs.get("size", ())) == 1:
            kwargs["size"] = kwargs["size"][0]
        return Call("nn.Upsample", (), kwargs)


BLOCK_TYPES = (Flatten, Reshape, Permute, SelectStep, Upsample)
