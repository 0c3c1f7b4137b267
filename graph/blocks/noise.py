"""Chance in a network: noise and left-out branches while training, and the sampling of a variational autoencoder.

torch.nn has none of them, so they come as pieces; each keeps the shape.
"""

from __future__ import annotations

from graph.block_type import KEEPS_NOTHING, BlockType, Call, Inferred, Inputs, Port, Values
from graph.blocks.demands import FLOATS, wrong_dtype, wrong_rank
from graph.blocks.loss import different
from graph.hyperparameter import Bool, Float


class Chance(BlockType):
    """What they share: floats in, the same shape out, nothing to learn."""

    family = "regularization"
    keeps = KEEPS_NOTHING
    formula = ""

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.dtype not in FLOATS:
            raise wrong_dtype(self.name, x)
        return Inferred({"output": x})

    def explain(self, values, inputs, inferred):
        numbers = {name: f"{value:g}" for name, value in values.items()}
        return (
            ("output", f"{inferred.outputs['output']}, as the input"),
            ("while training", self.formula.format(**numbers)),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        return Call(self.name, (), self.set_apart(values))


class GaussianNoise(Chance):
    """Adds normal noise to every value while training: what is learned must stand it. Off in evaluation.

    Any shape; the output has the same.
    """

    aliases = ("noise", "jitter", "denoising", "regularization")
    pieces = ("GaussianNoise",)
    hyperparameters = (Float("std", 0.1, "Standard deviation of the noise.", low=0.0),)
    formula = "x + {std}*e, e drawn from N(0, 1)"


class StochasticDepth(Chance):
    """Leaves the branch out for a random share of the samples while training: at the end of a residual branch.

    (N, ...) -> the same shape; kept samples are scaled by 1/(1 - p). Huang et al., 2016.
    """

    aliases = ("drop path", "droppath", "layer drop", "regularization")
    pieces = ("StochasticDepth",)
    hyperparameters = (Float("p", 0.5, "Share of the samples that skip the branch.", low=0.0, high=1.0),)
    formula = "0 for a share of {p} of the samples, x/(1 - {p}) for the others"

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.dtype != "float32":
            raise wrong_dtype(self.name, x)
        if not x.rank:
            raise wrong_rank(self.name, x, "samples N x anything")
        warning = ("drops_all", "p 1 drops everything: nothing can be learned in this branch")
        return Inferred({"output": x}, warnings=(warning,) if values["p"] == 1 else ())


class Reparameterize(Chance):
    """Draws a sample from the normal distribution an encoder describes, so that gradients reach mean and variance.

    Mean and logarithm of the variance of the same shape -> a sample of that shape. Kingma and Welling, 2013.
    """

    aliases = ("vae sampling", "sample", "sampling", "reparameterization trick", "variational autoencoder", "latent")
    pieces = ("Reparameterize",)
    inputs = (
        Port("mean", help="The mean of every value."),
        Port("log_variance", help="The logarithm of its variance: any number, 0 is variance 1."),
    )
    hyperparameters = (Bool("sample_in_evaluation", True, "Off: the mean itself stands for the sample in evaluation."),)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        mean, spread = inputs["mean"], inputs["log_variance"]
        for port, x in inputs.items():
            if x.dtype != "float32":
                raise wrong_dtype(self.name, x, port=port)
        if mean.dims != spread.dims:
            raise different(self.name, mean, spread, "log_variance")
        return Inferred({"output": mean})

    def explain(self, values, inputs, inferred):
        return (
            ("output", f"{inferred.outputs['output']}, as the mean"),
            ("each value", "mean + exp(log_variance/2)*e, e drawn from N(0, 1)"),
            ("parameters", "nothing to learn"),
        )


BLOCK_TYPES = (GaussianNoise, StochasticDepth, Reparameterize)
