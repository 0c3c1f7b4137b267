"""Shaping: the same values in another arrangement, or a part of them."""

from __future__ import annotations

from graph.block_type import BlockType, Call, Inferred, Inputs, ShapeError, Site, Values
from graph.blocks.demands import no_such_axis, wrong_rank
from graph.blocks.window import by, factors
from graph.dim import Dim, N, is_open, product
from graph.hyperparameter import Axes, Axis, Int, Shape


class Flatten(BlockType):
    """Lays all values of a sample in one row, as a Linear layer wants them.

    (N, C, H, W) -> (N, C*H*W); start_dim and end_dim flatten only a stretch of dimensions.
    """

    is_view = True
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
        rank = max(len(x.dims), 1)  # torch lays a scalar out as a row of one
        start, end = values["start_dim"], values["end_dim"]
        for name, axis in (("start_dim", start), ("end_dim", end)):
            if not -rank <= axis < rank:
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

    is_view = True
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
        return f"{x}.reshape({', '.join((f'{x}.shape[0]', *map(site.literal, site.values['shape'])))})"


class Permute(BlockType):
    """Puts the dimensions in another order; the values move with them.

    `dims` counts as torch.permute does, with the batch, which has to come first in the output: (0, 2, 1) turns
    (N, T, F) into (N, F, T), and (1, 0, 2) brings the batch of an LSTM's h_n to the front.
    """

    is_view = True
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

    def reach(self, values, inputs):
        return ()  # followed by place, whatever the order of the dimensions

    def explain(self, values, inputs, inferred):
        return (("output", f"{inputs['input']} -> {inferred.outputs['output']}"),)

    def forward(self, site: Site) -> str:
        return f"{site.one('input')}.permute({', '.join(map(str, site.values['dims']))})"


class SelectStep(BlockType):
    """Takes one step out of a sequence, by default the last: what a recurrent layer knows after reading it all.

    (N, T, F) -> (N, F); with dim 0 it takes one layer of an LSTM's h_n, (layers, N, H) -> (N, H).
    """

    is_view = True
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


class Identity(BlockType):
    """Passes its input on unchanged: a place to hold on to, or to leave empty for now.

    Any shape; the output has the same.
    """

    is_view = True
    family = "shaping"
    aliases = ("pass through", "no-op", "noop", "nothing", "placeholder layer")

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        return Inferred({"output": inputs["input"]})

    def reach(self, values, inputs):
        return ()

    def explain(self, values, inputs, inferred):
        return (("output", f"{inputs['input']}, as the input"),)

    def module(self, values, inputs, inferred):
        return Call("nn.Identity")


BLOCK_TYPES = (Flatten, Reshape, Permute, SelectStep, Identity)
