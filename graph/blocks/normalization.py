"""Normalization: values are shifted and scaled to mean 0 and variance 1 over a group, then by what is learned."""

from __future__ import annotations

from graph.block_type import BlockType, Call, Inferred, Inputs, ShapeError, Values
from graph.blocks.demands import count, open_dim, wrong_dtype, wrong_rank
from graph.blocks.window import by, factors
from graph.dim import is_open, product
from graph.hyperparameter import Bool, Float, Int, Shape

HALVES = ("float16", "bfloat16")
EPS = Float("eps", 1e-5, "Added to the variance, so that nothing is divided by zero.", low=0.0)


class BatchNorm(BlockType):
    """What the batch norms share; they differ in the shapes they take."""

    family = "normalization"
    layouts: tuple[int, ...] = ()
    layout = ""
    hyperparameters = (
        EPS,
        Float("momentum", 0.1, "How quickly the running averages follow; none: a plain average.", optional=True),
        Bool("affine", True, "Learns a scale and an offset for every channel."),
        Bool("track_running_stats", True, "Keeps running averages for evaluation."),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        affine, tracked = values["affine"], values["track_running_stats"]
        if x.dtype != "float32" and (x.dtype not in HALVES if affine or tracked else not x.is_float):
            raise wrong_dtype(self.name, x)
        if len(x.dims) not in self.layouts:
            raise wrong_rank(self.name, x, self.layout, hint=self._other(len(x.dims)))
        channels = x.dims[1]
        if channels.__class__ is not int:
            raise open_dim(self.name, x, "its number of channels")
        return Inferred(
            {"output": x},
            parameters=2 * channels if affine else 0,
            buffers=2 * channels + 1 if tracked else 0,
            weights=(("weight", (channels,)), ("bias", (channels,))) if affine else (),
        )

    def _other(self, rank: int) -> str:
        right = {2: "BatchNorm1d", 3: "BatchNorm1d", 4: "BatchNorm2d"}.get(rank)
        return f": use {right}" if right and right != self.name else ""

    def explain(self, values, inputs, inferred):
        x = inputs["input"]
        over = factors((x.dims[0], *x.dims[2:]))
        return (
            ("output", f"{x}, as the input"),
            ("mean and variance over", f"{over} values for each of {x.dims[1]} channels"),
            _affine(str(x.dims[1]), 2 if values["affine"] else 0, inferred),
        )

    def module(self, values, inputs, inferred):
        return Call(f"nn.{self.name}", (inputs["input"].dims[1],), self.set_apart(values))


class BatchNorm1d(BatchNorm):
    """Normalizes every feature over the batch: learning becomes faster and less touchy; needs batches above 1.

    (N, C) or (N, C, length) -> the same shape.
    """

    aliases = ("batch norm", "batchnorm", "bn", "batch normalization", "normalization")
    layouts = (2, 3)
    layout = "N x features or N x channels x length"


class BatchNorm2d(BatchNorm):
    """Normalizes every channel over the batch and all places: usual between a convolution and its activation.

    (N, C, H, W) -> the same shape.
    """

    aliases = ("batch norm", "batchnorm", "bn", "batch normalization", "normalization")
    layouts = (4,)
    layout = "N x channels x height x width"


class LayerNorm(BlockType):
    """Normalizes each sample, or each time step, over its last dimensions: usual in transformers, free of the batch.

    (N, ..., *normalized_shape) -> the same shape; normalized_shape is the last dimension unless given.
    """

    family = "normalization"
    aliases = ("layer norm", "layernorm", "ln", "layer normalization", "transformer norm", "normalization")
    hyperparameters = (
        Shape(
            "normalized_shape",
            None,
            "The last dimensions, over which is normalized; only the very last unless given.",
            inferred=True,
            empty=False,
        ),
        EPS,
        Bool("elementwise_affine", True, "Learns a scale and an offset for every value."),
        Bool("bias", True, "Learns the offset, too."),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, affine = inputs["input"], values["elementwise_affine"]
        if x.dtype != "float32" and (x.dtype not in HALVES if affine else not x.is_float):
            raise wrong_dtype(self.name, x)
        shape = self._shape(values["normalized_shape"], x)
        each = product(shape)
        weights = ()
        if affine:
            weights = (("weight", shape), ("bias", shape)) if values["bias"] else (("weight", shape),)
        return Inferred({"output": x}, parameters=each * len(weights), weights=weights)

    def _shape(self, given: tuple[int, ...] | None, x) -> tuple[int, ...]:
        if x.rank < 2:
            raise wrong_rank(self.name, x, "features behind the batch")
        shape = (x.dims[-1],) if given is None else given
        last = x.dims[-len(shape) :]
        if any(is_open(dim) for dim in last):
            if len(shape) < x.rank:
                raise open_dim(self.name, x, "the size it normalizes over")
        elif last == shape:
            return shape
        raise ShapeError(
            f"normalized_shape {by(shape)} must be the last dimensions of {x}: leave it empty, or use {by(x.dims[1:])}",
            "input",
            "normalized_shape",
            "normalized_shape",
        )

    def explain(self, values, inputs, inferred):
        x = inputs["input"]
        shape = values["normalized_shape"] or (x.dims[-1],)
        return (
            ("output", f"{x}, as the input"),
            ("mean and variance over", f"the last {len(shape)} dimensions, {by(shape)}"),
            _affine(factors(shape), len(inferred.weights), inferred),
        )

    def module(self, values, inputs, inferred):
        kwargs = self.set_apart(values)
        shape = kwargs.pop("normalized_shape", None) or (inputs["input"].dims[-1],)
        return Call("nn.LayerNorm", (shape if len(shape) > 1 else shape[0],), kwargs)


class GroupNorm(BlockType):
    """Normalizes each sample over groups of channels: works with batches of any size, also of 1.

    (N, C, ...) -> the same shape; num_groups must divide C.
    """

    family = "normalization"
    aliases = ("group norm", "groupnorm", "gn", "group normalization", "instance norm", "normalization")
    hyperparameters = (
        Int("num_groups", help="Into how many groups the channels are split.", low=1, suggestion=1),
        EPS,
        Bool("affine", True, "Learns a scale and an offset for every channel."),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, affine, groups = inputs["input"], values["affine"], values["num_groups"]
        if x.dtype != "float32" and (x.dtype not in HALVES if affine else not x.is_float):
            raise wrong_dtype(self.name, x)
        if x.rank < 2:
            raise wrong_rank(self.name, x, "N x channels x anything")
        channels = x.dims[1]
        if is_open(channels):
            raise open_dim(self.name, x, "its number of channels")
        if channels % groups:
            raise ShapeError(
                f"{channels} channels cannot be split into {groups} groups: use a divisor of {channels}",
                "input",
                "num_groups",
                "num_groups",
            )
        return Inferred(
            {"output": x},
            parameters=2 * channels if affine else 0,
            weights=(("weight", (channels,)), ("bias", (channels,))) if affine else (),
        )

    def explain(self, values, inputs, inferred):
        x, groups = inputs["input"], values["num_groups"]
        return (
            ("output", f"{x}, as the input"),
            ("channels in a group", f"{x.dims[1]}/{groups} = {x.dims[1] // groups}"),
            ("mean and variance over", f"{factors((x.dims[1] // groups, *x.dims[2:]))} values of each sample"),
            _affine(str(x.dims[1]), 2 if values["affine"] else 0, inferred),
        )

    def module(self, values, inputs, inferred):
        kwargs = self.set_apart(values)
        return Call("nn.GroupNorm", (kwargs.pop("num_groups"), inputs["input"].dims[1]), kwargs)


def _affine(each: str, tensors: int, inferred: Inferred) -> tuple[str, str]:
    return "parameters", f"{tensors}*{each} = {count(inferred.parameters)}" if tensors else "nothing to learn"


BLOCK_TYPES = (BatchNorm1d, BatchNorm2d, LayerNorm, GroupNorm)
