"""Activations: the bends between linear layers, value by value, and the softmaxes over one dimension.

Each is a submodule of its own, never in place, so that hooks and probes see every block.
"""

from __future__ import annotations

from graph.block_type import KEEPS_OUTPUT, BlockType, Call, Inferred, Inputs, Values
from graph.blocks.demands import FLOATS, no_such_axis, wrong_dtype
from graph.hyperparameter import Axis, Choice, Float
from graph.tensor_type import TensorType


class Activation(BlockType):
    """What activations share: the shape stays; `formula` is what happens to each value, settings in braces."""

    family = "activation"
    formula = "x"
    takes = FLOATS  # dtypes that come out as they went in
    turns_float = frozenset()  # dtypes that come out as float32

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.dtype in self.takes:
            return Inferred({"output": x})
        if x.dtype in self.turns_float:
            return Inferred({"output": TensorType(x.dims)})
        raise wrong_dtype(self.name, x)

    def explain(self, values, inputs, inferred):
        return (
            ("output", f"{inferred.outputs['output']}, as the input"),
            ("each value", self.formula.format(**{k: _number(v) for k, v in values.items()})),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        return Call(f"nn.{self.name}", (), self.set_apart(values))


class ReLU(Activation):
    """Lets positive values through and makes the others zero: the usual activation between layers.

    Any shape; the output has the same.
    """

    aliases = ("rectifier", "rectified linear unit", "ramp", "activation", "nonlinearity")
    formula = "max(0, x)"
    takes = FLOATS | {"int64", "int32", "uint8"}
    keeps = KEEPS_OUTPUT


class LeakyReLU(Activation):
    """Like ReLU, but lets a little of negative values through, so that no neuron dies.

    Any shape; the output has the same.
    """

    aliases = ("leaky rectifier", "lrelu", "activation")
    formula = "x where x > 0, else {negative_slope}*x"
    hyperparameters = (Float("negative_slope", 0.01, "Slope for negative values."),)


class ELU(Activation):
    """Like ReLU, but bends smoothly towards -alpha for negative values, which keeps means near zero.

    Any shape; the output has the same.
    """

    aliases = ("exponential linear unit", "activation")
    formula = "x where x > 0, else {alpha}*(exp(x) - 1)"
    hyperparameters = (Float("alpha", 1.0, "How far below zero it goes."),)


class GELU(Activation):
    """A smooth ReLU that weighs each value by the chance of a normal variable below it: usual in transformers.

    Any shape; the output has the same.
    """

    aliases = ("gaussian error linear unit", "transformer activation", "activation")
    formula = "x*Phi(x), Phi the normal distribution function"
    hyperparameters = (
        Choice("approximate", "none", "tanh computes a faster approximation.", choices=("none", "tanh")),
    )


class SiLU(Activation):
    """A smooth ReLU, x times its own sigmoid: usual in EfficientNet and diffusion networks.

    Any shape; the output has the same.
    """

    aliases = ("swish", "sigmoid linear unit", "activation")
    formula = "x/(1 + exp(-x))"


class Sigmoid(Activation):
    """Squeezes every value into 0 to 1: a probability, or a gate.

    Any shape; the output has the same.
    """

    aliases = ("logistic", "squash", "gate", "activation")
    formula = "1/(1 + exp(-x))"
    turns_float = frozenset(("int64", "int32", "uint8", "bool"))
    keeps = KEEPS_OUTPUT


class Tanh(Activation):
    """Squeezes every value into -1 to 1, zero stays zero: the activation of the first LeNet and of recurrent layers.

    Any shape; the output has the same.
    """

    aliases = ("hyperbolic tangent", "squash", "activation")
    formula = "(exp(x) - exp(-x))/(exp(x) + exp(-x))"
    turns_float = frozenset(("int64", "int32", "uint8", "bool"))
    keeps = KEEPS_OUTPUT


class Softplus(Activation):
    """A smooth ReLU that is always positive: for variances and other values that must stay above zero.

    Any shape; the output has the same.
    """

    aliases = ("smooth relu", "activation")
    formula = "log(1 + exp({beta}*x))/{beta}, and x itself where {beta}*x > {threshold}"
    hyperparameters = (
        Float("beta", 1.0, "How sharp the bend is."),
        Float("threshold", 20.0, "Above this it computes the plain line, for numbers that stay exact."),
    )


class Hardswish(Activation):
    """SiLU drawn with straight lines, cheap to compute: usual in MobileNetV3.

    Any shape; the output has the same.
    """

    aliases = ("hard swish", "h-swish", "mobilenet activation", "activation")
    formula = "x*min(max(x + 3, 0), 6)/6"


class OverOneDimension(Activation):
    """What the softmaxes share: values along one dimension are weighed against each other.

    torch's own default (None, an old guess from the rank) is deprecated, so `dim` is the last one unless set and
    always stands in the source.
    """

    hyperparameters = (
        Axis("dim", -1, "The dimension whose values are weighed against each other: -1 the last, 1 the channels."),
    )

    keeps = KEEPS_OUTPUT

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, dim = inputs["input"], values["dim"]
        if x.dtype not in FLOATS:
            raise wrong_dtype(self.name, x)
        if not -max(x.rank, 1) <= dim < max(x.rank, 1):
            raise no_such_axis(self.name, x, dim, "dim")
        if dim % max(x.rank, 1) == 0 and x.rank > 0:
            text = f"dim {dim} is the batch of {x}: the samples would be weighed against each other"
            return Inferred({"output": x}, warnings=(("batch", text),))
        return Inferred({"output": x})

    def explain(self, values, inputs, inferred):
        x = inputs["input"]
        size = x.dims[values["dim"]] if x.rank else 1
        return (
            *super().explain(values, inputs, inferred)[:2],
            ("along", f"dimension {values['dim']}, {size} values"),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        return Call(f"nn.{self.name}", (), {"dim": values["dim"]})


class Softmax(OverOneDimension):
    """Turns scores into probabilities that sum to one along a dimension; CrossEntropyLoss does this by itself.

    Any shape; the output has the same.
    """

    aliases = ("normalized exponential", "probabilities", "class probabilities", "activation")
    formula = "exp(x)/sum of exp along the dimension"


class LogSoftmax(OverOneDimension):
    """The logarithm of softmax, computed without losing small probabilities.

    Any shape; the output has the same.
    """

    aliases = ("log probabilities", "log-softmax", "activation")
    formula = "x - log(sum of exp along the dimension)"


def _number(value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


BLOCK_TYPES = (
    ReLU,
    LeakyReLU,
    ELU,
    GELU,
    SiLU,
    Sigmoid,
    Tanh,
    Softmax,
    LogSoftmax,
    Softplus,
    Hardswish,
)
