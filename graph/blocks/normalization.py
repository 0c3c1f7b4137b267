"""Normalization: values are shifted and scaled to mean 0 and variance 1 over a group, then by what is learned."""

from __future__ import annotations

from typing import ClassVar

from graph.block_type import BlockType, Call, Inferred, Inputs, Kept, ShapeError, Values
from graph.blocks.demands import LAYOUTS, count, open_dim, wrong_dtype, wrong_rank
from graph.blocks.window import by, factors
from graph.dim import is_open, product
from graph.hyperparameter import Bool, Float, Int, Shape
from graph.tensor_type import TensorType

HALVES = ("float16", "bfloat16")
BIAS = Bool("bias", True, "Learns the offset, too.")
EPS = Float("eps", 1e-5, "Added to the variance, so that nothing is divided by zero.", low=0.0)


NORMALIZED_SHAPE = Shape(
    "normalized_shape",
    None,
    "The last dimensions, over which is normalized; only the very last unless given.",
    inferred=True,
    empty=False,
)


class ChannelNorm(BlockType):
    """What the norms of single channels share: batch norms and instance norms."""

    family = "normalization"
    layouts: tuple[int, ...] = ()
    layout = ""
    mixes_running = True  # running averages must share the input's dtype

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        affine, tracked = values["affine"], values["track_running_stats"]
        shares_dtype = affine or (tracked and self.mixes_running)
        if x.dtype != "float32" and (x.dtype not in HALVES if shares_dtype else not x.is_float):
            raise wrong_dtype(self.name, x)
        if not self._takes(len(x.dims)):
            raise wrong_rank(self.name, x, self.layout, hint=self._other(len(x.dims)))
        channels = x.dims[1]
        if channels.__class__ is not int:
            raise open_dim(self.name, x, "its number of channels")
        weights = _weights((channels,), affine, values["bias"])
        return Inferred(
            {"output": x},
            parameters=len(weights) * channels,
            buffers=2 * channels + 1 if tracked else 0,
            weights=weights,
        )

    def _takes(self, rank: int) -> bool:
        return rank in self.layouts

    def _other(self, rank: int) -> str:
        right = self.others.get(rank)
        return f": use {right}" if right and right != self.name else ""

    def explain(self, values, inputs, inferred):
        x = inputs["input"]
        return (
            ("output", f"{x}, as the input"),
            ("mean and variance over", self._over(x)),
            _affine(str(x.dims[1]), len(inferred.weights), inferred),
            *self._buffers(x.dims[1], inferred),
        )

    def _over(self, x: TensorType) -> str:
        return f"{factors((x.dims[0], *x.dims[2:]))} values for each of {x.dims[1]} channels"

    def _buffers(self, channels: int, inferred: Inferred) -> tuple[tuple[str, str], ...]:
        """The running averages and the count of batches they were taken over."""
        return (("buffers", f"2*{channels} + 1 = {count(inferred.buffers)}"),) if inferred.buffers else ()

    def module(self, values, inputs, inferred):
        return Call(f"nn.{self.name}", (inputs["input"].dims[1],), self.set_apart(values))


class BatchNorm(ChannelNorm):
    """What the batch norms share; they differ in the shapes they take."""

    others: ClassVar = {2: "BatchNorm1d", 3: "BatchNorm1d", 4: "BatchNorm2d", 5: "BatchNorm3d"}
    hyperparameters = (
        EPS,
        Float("momentum", 0.1, "How quickly the running averages follow; none: a plain average.", optional=True),
        Bool("affine", True, "Learns a scale and an offset for every channel."),
        Bool("track_running_stats", True, "Keeps running averages for evaluation."),
        BIAS,
    )


class BatchNorm1d(BatchNorm):
    """Normalizes every feature over the batch: learning becomes faster and less touchy; needs batches above 1.

    (N, C) or (N, C, length) -> the same shape; y = weight*(x - mean)/sqrt(variance + eps) + bias.
    """

    aliases = ("batch norm", "batchnorm", "bn", "batch normalization", "normalization")
    layouts = (2, 3)
    layout = "N x features or N x channels x length"


class BatchNorm2d(BatchNorm):
    """Normalizes every channel over the batch and all places: usual between a convolution and its activation.

    (N, C, H, W) -> the same shape; y = weight*(x - mean)/sqrt(variance + eps) + bias.
    """

    aliases = ("batch norm", "batchnorm", "bn", "batch normalization", "normalization")
    layouts = (4,)
    layout = LAYOUTS[2]


class BatchNorm3d(BatchNorm):
    """Normalizes every channel of volumes over the batch and all places.

    (N, C, D, H, W) -> the same shape; y = weight*(x - mean)/sqrt(variance + eps) + bias.
    """

    aliases = ("batch norm", "batchnorm", "bn", "batch normalization", "normalization")
    layouts = (5,)
    layout = LAYOUTS[3]


class SyncBatchNorm(BatchNorm):
    """Batch normalization over the batches of all devices that train together; on one device an ordinary one.

    (N, C, ...) -> the same shape; y = weight*(x - mean)/sqrt(variance + eps) + bias.
    """

    aliases = ("sync batch norm", "synchronized batch norm", "distributed batch norm", "bn", "normalization")
    layout = "N x channels x anything"

    def _takes(self, rank):
        return rank >= 2


class InstanceNorm(ChannelNorm):
    """What the instance norms share: each channel of each sample is normalized by itself."""

    mixes_running = False
    others: ClassVar = {3: "InstanceNorm1d", 4: "InstanceNorm2d", 5: "InstanceNorm3d"}
    hyperparameters = (
        EPS,
        Float("momentum", 0.1, "How quickly the running averages follow."),
        Bool("affine", False, "Learns a scale and an offset for every channel."),
        Bool("track_running_stats", False, "Keeps running averages for evaluation."),
        BIAS,
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        inferred = super().infer(values, inputs)
        x = inputs["input"]
        if product(x.dims[2:]) == 1:
            text = f"{self.name} normalizes over the places of a channel, but {x} has only one: there is no variance"
            raise ShapeError(text, "input", code="one_place")
        return inferred

    def _over(self, x):
        return f"{factors(x.dims[2:])} values for each channel of each sample"


class InstanceNorm1d(InstanceNorm):
    """Normalizes every channel of each sequence by itself, free of the batch.

    (N, C, length) -> the same shape; y = (x - mean)/sqrt(variance + eps), with affine scaled and shifted.
    """

    aliases = ("instance norm", "instancenorm", "in", "normalization")
    layouts = (3,)
    layout = LAYOUTS[1]


class InstanceNorm2d(InstanceNorm):
    """Normalizes every channel of each image by itself: takes the contrast out, usual in style transfer.

    (N, C, H, W) -> the same shape; y = (x - mean)/sqrt(variance + eps), with affine scaled and shifted.
    """

    aliases = ("instance norm", "instancenorm", "in", "contrast normalization", "style transfer", "normalization")
    layouts = (4,)
    layout = LAYOUTS[2]


class InstanceNorm3d(InstanceNorm):
    """Normalizes every channel of each volume by itself.

    (N, C, D, H, W) -> the same shape; y = (x - mean)/sqrt(variance + eps), with affine scaled and shifted.
    """

    aliases = ("instance norm", "instancenorm", "in", "normalization")
    layouts = (5,)
    layout = LAYOUTS[3]


class LayerNorm(BlockType):
    """Normalizes each sample, or each time step, over its last dimensions: usual in transformers, free of the batch.

    (N, ..., *normalized_shape) -> the same shape; normalized_shape is the last dimension unless given.
    y = weight*(x - mean)/sqrt(variance + eps) + bias.
    """

    family = "normalization"
    statistic = "mean and variance over"
    strict = True  # the weight must share the input's dtype, save for halves
    aliases = ("layer norm", "layernorm", "ln", "layer normalization", "transformer norm", "normalization")
    hyperparameters = (
        NORMALIZED_SHAPE,
        EPS,
        Bool("elementwise_affine", True, "Learns a scale and an offset for every value."),
        BIAS,
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, affine = inputs["input"], values["elementwise_affine"]
        if x.dtype != "float32" and (x.dtype not in HALVES if affine and self.strict else not x.is_float):
            raise wrong_dtype(self.name, x)
        shape = self._shape(values["normalized_shape"], x)
        each = product(shape)
        weights = _weights(shape, affine, values.get("bias", False))
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

    def kept(self, values, inputs, inferred):
        x, count = inputs["input"], len(values["normalized_shape"] or (1,))
        return Kept(inputs=("input",), extra=((x.dims[:-count], "float32"),) * 2)  # and every mean and spread

    def explain(self, values, inputs, inferred):
        x = inputs["input"]
        shape = values["normalized_shape"] or (x.dims[-1],)
        return (
            ("output", f"{x}, as the input"),
            (self.statistic, f"the last {len(shape)} dimensions, {by(shape)}"),
            _affine(factors(shape), len(inferred.weights), inferred),
        )

    def module(self, values, inputs, inferred):
        kwargs = self.set_apart(values)
        shape = kwargs.pop("normalized_shape", None) or (inputs["input"].dims[-1],)
        return Call(f"nn.{self.name}", (shape if len(shape) > 1 else shape[0],), kwargs)


class RMSNorm(LayerNorm):
    """Divides each sample, or each time step, by its root mean square: LayerNorm without mean and offset.

    (N, ..., *normalized_shape) -> the same shape; y = weight*x/sqrt(mean(x^2) + eps). Usual in language models.
    """

    aliases = ("rms norm", "rmsnorm", "root mean square", "llama norm", "t5 norm", "normalization")
    statistic = "root mean square over"
    strict = False
    hyperparameters = (
        NORMALIZED_SHAPE,
        Float("eps", None, "Added to the mean square; the smallest step of the dtype unless given.", low=0.0),
        Bool("elementwise_affine", True, "Learns a scale for every value."),
    )


class GroupNorm(BlockType):
    """Normalizes each sample over groups of channels: works with batches of any size, also of 1.

    (N, C, ...) -> the same shape; num_groups must divide C. y = weight*(x - mean)/sqrt(variance + eps) + bias.
    """

    family = "normalization"
    aliases = ("group norm", "groupnorm", "gn", "group normalization", "instance norm", "normalization")
    hyperparameters = (
        Int("num_groups", help="Into how many groups the channels are split.", low=1, suggestion=1),
        EPS,
        Bool("affine", True, "Learns a scale and an offset for every channel."),
        BIAS,
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
        weights = _weights((channels,), affine, values["bias"])
        return Inferred({"output": x}, parameters=len(weights) * channels, weights=weights)

    def explain(self, values, inputs, inferred):
        x, groups = inputs["input"], values["num_groups"]
        return (
            ("output", f"{x}, as the input"),
            ("channels in a group", f"{x.dims[1]}/{groups} = {x.dims[1] // groups}"),
            ("mean and variance over", f"{factors((x.dims[1] // groups, *x.dims[2:]))} values of each sample"),
            _affine(str(x.dims[1]), len(inferred.weights), inferred),
        )

    def module(self, values, inputs, inferred):
        kwargs = self.set_apart(values)
        return Call("nn.GroupNorm", (kwargs.pop("num_groups"), inputs["input"].dims[1]), kwargs)


class LocalResponseNorm(BlockType):
    """Divides every value by the strength of neighbouring channels at its place: AlexNet's normalization.

    (N, C, ...) -> the same shape.
    y_c = x_c/(k + alpha*mean of x^2 over size channels around c)^beta; nothing is learned.
    """

    family = "normalization"
    aliases = ("lrn", "local response normalization", "lateral inhibition", "alexnet", "brightness normalization")
    hyperparameters = (
        Int("size", help="How many neighbouring channels are looked at.", low=1, suggestion=5),
        Float("alpha", 1e-4, "How much their strength counts."),
        Float("beta", 0.75, "The power of the divisor."),
        Float("k", 1.0, "What the divisor is at least."),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.dtype not in ("float32", "float64", "int64") and not (x.rank == 3 and x.dtype in HALVES):
            raise wrong_dtype(self.name, x)
        if x.rank < 3:
            raise wrong_rank(self.name, x, "N x channels and at least one direction")
        return Inferred({"output": TensorType(x.dims, x.dtype if x.is_float else "float32")})

    def explain(self, values, inputs, inferred):
        size, alpha, beta, k = (values[name] for name in ("size", "alpha", "beta", "k"))
        return (
            ("output", f"{inputs['input']}, as the input"),
            ("divisor", f"({k:g} + {alpha:g}/{size} * (x1^2 + ... + x{size}^2))^{beta:g}"),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        settings = self.set_apart(values)
        return Call("nn.LocalResponseNorm", (settings.pop("size"),), settings)


def _weights(shape: tuple[int, ...], affine: bool, bias: bool) -> tuple[tuple[str, tuple[int, ...]], ...]:
    if not affine:
        return ()
    return (("weight", shape), ("bias", shape)) if bias else (("weight", shape),)


def _affine(each: str, tensors: int, inferred: Inferred) -> tuple[str, str]:
    return "parameters", f"{tensors}*{each} = {count(inferred.parameters)}" if tensors else "nothing to learn"


BLOCK_TYPES = (
    *(BatchNorm1d, BatchNorm2d, BatchNorm3d, SyncBatchNorm),
    *(InstanceNorm1d, InstanceNorm2d, InstanceNorm3d),
    *(LayerNorm, RMSNorm, GroupNorm, LocalResponseNorm),
)
