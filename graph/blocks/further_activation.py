"""Further activations: self-normalizing, shrinking, clipped, learned, gated and random bends.

What activations share, and the usual ones, stand in activation.py.
"""

from __future__ import annotations

from graph.block_type import KEEPS_OUTPUT, BlockType, Call, Inferred, Inputs, ShapeError, Site, Values
from graph.blocks.activation import Activation, OverOneDimension
from graph.blocks.demands import FLOATS, no_such_axis, open_dim, wrong_dtype, wrong_rank
from graph.dim import is_open
from graph.hyperparameter import Axis, Float, Int

WHOLE = frozenset(("int64", "int32", "uint8"))


class CELU(Activation):
    """ELU without a kink for every alpha: bends smoothly towards -alpha.

    Any shape; the output has the same. Barron, 2017.
    """

    aliases = ("continuously differentiable elu", "activation")
    formula = "max(0, x) + min(0, {alpha}*(exp(x/{alpha}) - 1))"
    hyperparameters = (Float("alpha", 1.0, "How far below zero it goes; not 0."),)

    def check(self, values: Values) -> None:
        if values["alpha"] == 0:
            text = "CELU divides by alpha: it cannot be 0; 1 is usual"
            raise ShapeError(text, hyperparameter="alpha", code="range")


class SELU(Activation):
    """An ELU scaled so that mean 0 and variance 1 keep themselves through many layers; wants AlphaDropout.

    Any shape; the output has the same. Klambauer et al., 2017.
    """

    aliases = ("scaled exponential linear unit", "self-normalizing", "snn", "activation")
    formula = "1.0507*(x where x > 0, else 1.6733*(exp(x) - 1))"


class Hardshrink(Activation):
    """Makes small values zero and leaves the others as they are: a sparse code.

    Any shape; the output has the same.
    """

    aliases = ("hard shrinkage", "hard thresholding", "sparse", "activation")
    formula = "x where |x| > {lambd}, else 0"
    hyperparameters = (Float("lambd", 0.5, "Values no larger than this become zero."),)


class Softshrink(Activation):
    """Pulls every value towards zero by lambd; those nearer become zero: the step of sparse coding.

    Any shape; the output has the same.
    """

    aliases = ("soft shrinkage", "soft thresholding", "sparse", "ista", "activation")
    formula = "x - {lambd} where x > {lambd}, x + {lambd} where x < -{lambd}, else 0"
    hyperparameters = (Float("lambd", 0.5, "How far values are pulled towards zero.", low=0.0),)


class Tanhshrink(Activation):
    """What tanh takes away: small values almost vanish, large ones lose one.

    Any shape; the output has the same.
    """

    aliases = ("tanh shrinkage", "activation")
    formula = "x - tanh(x)"
    turns_float = WHOLE


class Hardsigmoid(Activation):
    """A sigmoid drawn with straight lines, cheap to compute: the gate of MobileNetV3.

    Any shape; the output has the same.
    """

    aliases = ("hard sigmoid", "gate", "mobilenet activation", "activation")
    formula = "min(max(x/6 + 1/2, 0), 1)"


class Hardtanh(Activation):
    """Cuts values off at a least and a greatest one: a tanh drawn with straight lines.

    Any shape; the output has the same.
    """

    aliases = ("hard tanh", "clip", "clipped linear", "activation")
    formula = "min(max(x, {min_val}), {max_val})"
    takes = FLOATS | WHOLE
    hyperparameters = (
        Float("min_val", -1.0, "The least value of the output."),
        Float("max_val", 1.0, "The greatest value of the output; above min_val."),
    )

    def check(self, values: Values) -> None:
        low, high = values["min_val"], values["max_val"]
        if low >= high:
            text = f"max_val {high:g} must be above min_val {low:g}"
            raise ShapeError(text, hyperparameter="max_val", code="range")

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.dtype in WHOLE and not all(_holds(x.dtype, values[name]) for name in ("min_val", "max_val")):
            text = f"{x.dtype} holds no values from {values['min_val']:g} to {values['max_val']:g}; use float32"
            raise ShapeError(f"Hardtanh: {text}", "input", code="dtype")
        return super().infer(values, inputs)


class ReLU6(Activation):
    """ReLU that stops at 6, so that values keep their precision in few bits: usual in MobileNet.

    Any shape; the output has the same.
    """

    aliases = ("relu 6", "clipped relu", "mobilenet activation", "activation")
    formula = "min(max(0, x), 6)"
    takes = FLOATS | WHOLE


class LogSigmoid(Activation):
    """The logarithm of the sigmoid, computed without losing small probabilities.

    Any shape; the output has the same.
    """

    aliases = ("log sigmoid", "log probability", "activation")
    formula = "log(1/(1 + exp(-x)))"


class Mish(Activation):
    """A smooth ReLU that lets a little of negative values through: usual in YOLO networks.

    Any shape; the output has the same. Misra, 2019.
    """

    aliases = ("self regularized", "yolo activation", "activation")
    formula = "x*tanh(log(1 + exp(x)))"


class Softsign(Activation):
    """Squeezes values into -1 to 1 as tanh does, but approaches the ends more slowly.

    Any shape; the output has the same.
    """

    aliases = ("soft sign", "squash", "activation")
    formula = "x/(1 + |x|)"
    turns_float = WHOLE


class Threshold(Activation):
    """Lets values above a threshold through and replaces the others by a number.

    Any shape; the output has the same.
    """

    aliases = ("cut", "replace small values", "activation")
    formula = "x where x > {threshold}, else {value}"
    takes = FLOATS | WHOLE
    hyperparameters = (
        Float("threshold", help="Only values above it pass.", suggestion=0.0),
        Float("value", help="What the others become.", suggestion=0.0),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        for name in ("threshold", "value"):
            if x.dtype in WHOLE and not _holds(x.dtype, values[name]):
                text = f"Threshold: {x.dtype} cannot hold {name} {values[name]:g}; use float32"
                raise ShapeError(text, "input", name, "dtype")
        return super().infer(values, inputs)

    def module(self, values, inputs, inferred):
        return Call("nn.Threshold", (values["threshold"], values["value"]))


class RReLU(Activation):
    """LeakyReLU whose slope is drawn anew for every value while training, and is the mean of both ends afterwards.

    Any shape; the output has the same. Xu et al., 2015.
    """

    aliases = ("randomized relu", "random leaky relu", "noise", "activation")
    formula = "x where x > 0, else a*x with a from {lower} to {upper}"
    takes = FLOATS - {"float16"}
    hyperparameters = (
        Float("lower", 1 / 8, "The least slope for negative values."),
        Float("upper", 1 / 3, "The greatest slope for negative values."),
    )

    def check(self, values: Values) -> None:
        lower, upper = values["lower"], values["upper"]
        if lower > upper:
            text = f"the slopes run from lower to upper: {lower:g} is above {upper:g}"
            raise ShapeError(text, hyperparameter="upper", code="range")


class PReLU(Activation):
    """LeakyReLU that learns its slope: one for all values, or one for every channel.

    Any shape, (N, C, ...) for a slope per channel; the output has the same. He et al., 2015. No weight decay on it.
    """

    aliases = ("parametric relu", "learned slope", "activation")
    formula = "x where x > 0, else a*x with a learned, {init} at first"
    takes = frozenset(("float32",))
    hyperparameters = (
        Int("num_parameters", 1, "1 slope for all values, or as many as there are channels.", low=1),
        Float("init", 0.25, "The slope training begins with."),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, slopes = inputs["input"], values["num_parameters"]
        channels = x.dims[1] if x.rank > 1 else 1
        if slopes not in (1, channels):
            if is_open(channels):
                raise open_dim("PReLU", x, "its number of channels")
            text = f"PReLU has {slopes} slopes, but {x} has {channels} channels: set num_parameters to 1 or {channels}"
            raise ShapeError(text, "input", "num_parameters", "channels")
        output = super().infer(values, inputs).outputs
        return Inferred(output, parameters=slopes, weights=(("weight", (slopes,)),))

    def explain(self, values, inputs, inferred):
        what = "one slope for all values" if values["num_parameters"] == 1 else "one slope for every channel"
        return (*super().explain(values, inputs, inferred)[:2], ("parameters", f"{inferred.parameters}: {what}"))


class GLU(BlockType):
    """Halves a dimension: the first half passes through a gate, the sigmoid of the second.

    (..., 2*d, ...) -> (..., d, ...) along `dim`. Dauphin et al., 2016.
    """

    family = "activation"
    aliases = ("gated linear unit", "gate", "gating", "activation")
    hyperparameters = (Axis("dim", -1, "The dimension that is halved: -1 the last, 1 the channels."),)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, dim = inputs["input"], values["dim"]
        if x.dtype not in FLOATS:
            raise wrong_dtype("GLU", x)
        if not -x.rank <= dim < x.rank:
            raise no_such_axis("GLU", x, dim, "dim")
        if dim % x.rank == 0:
            text = f"dim {dim} is the batch of {x}: half the samples would gate the others; use 1 or -1"
            raise ShapeError(text, "input", "dim", "batch")
        size = x.dims[dim]
        if is_open(size):
            raise open_dim("GLU", x, f"the size of dimension {dim}, which it halves")
        if size % 2:
            text = f"GLU halves dimension {dim} of {x}: {size} is odd, {size + 1} would do"
            raise ShapeError(text, "input", "dim", "halves")
        at = dim % x.rank
        return Inferred({"output": x.with_dims((*x.dims[:at], size // 2, *x.dims[at + 1 :]))})

    def explain(self, values, inputs, inferred):
        x, y, dim = inputs["input"], inferred.outputs["output"], values["dim"]
        return (
            ("output", f"{x} -> {y}"),
            ("halved", f"{x.dims[dim]}/2 = {y.dims[dim]}"),
            ("each value", "a*sigmoid(b), a of the first half, b of the second"),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        return Call("nn.GLU", (), self.set_apart(values))


class Softmin(OverOneDimension):
    """Softmax of the negated scores: the smallest becomes the most probable, as distances are turned into weights.

    Any shape; the output has the same.
    """

    aliases = ("soft minimum", "probabilities", "activation")
    formula = "exp(-x)/sum of exp(-x) along the dimension"


class Softmax2d(Activation):
    """Softmax over the channels at every place of an image: class probabilities of every pixel.

    (N, C, H, W) -> the same shape.
    """

    aliases = ("spatial softmax", "pixel probabilities", "segmentation", "activation")
    formula = "exp(x)/sum of exp over the channels"
    keeps = KEEPS_OUTPUT

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        if inputs["input"].rank != 4:
            raise wrong_rank(self.name, inputs["input"], "images N x channels x height x width")
        return super().infer(values, inputs)


class Step(Activation):
    """The McCulloch-Pitts neuron's bend: 1 where the threshold is reached, 0 below it; nothing learns through it.

    Any shape; the output has the same. For hand-set weights (AND, OR, NOT); its derivative is zero.
    """

    aliases = ("heaviside", "mcculloch-pitts", "threshold unit", "perceptron", "binary step", "activation")
    formula = "1 where x >= {threshold}, else 0"
    turns_float = frozenset(("int64", "int32", "uint8"))
    hyperparameters = (Float("threshold", 0.0, "Values from here on become 1."),)

    def module(self, values, inputs, inferred):
        return None

    def forward(self, site: Site) -> str:
        x, threshold = site.one("input"), site.literal(site.values["threshold"])
        change = f"type_as({x})" if site.inputs["input"].is_float else "float()"
        return f"({x} >= {threshold}).{change}"


class Sign(Activation):
    """1 for positive values, -1 for negative ones, 0 for zero; nothing learns through it.

    Any shape; the output has the same; its derivative is zero.
    """

    aliases = ("signum", "sgn", "perceptron", "binarize", "activation")
    formula = "1 where x > 0, -1 where x < 0, else 0"
    takes = FLOATS | {"int64", "int32", "uint8"}

    def module(self, values, inputs, inferred):
        return None

    def forward(self, site: Site) -> str:
        return f"{site.one('input')}.sign()"


def _holds(dtype: str, number: float) -> bool:
    """Whether whole numbers of this dtype reach so far."""
    low, high = {"uint8": (0, 255), "int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}[dtype]
    return low <= number <= high


BLOCK_TYPES = (
    CELU,
    SELU,
    Mish,
    Hardsigmoid,
    Hardtanh,
    ReLU6,
    PReLU,
    RReLU,
    GLU,
    LogSigmoid,
    Softsign,
    Softmin,
    Softmax2d,
    Hardshrink,
    Softshrink,
    Tanhshrink,
    Threshold,
    Step,
    Sign,
)
