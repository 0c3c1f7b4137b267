"""Regularization: noise while training that keeps a network from learning its examples by heart."""

from __future__ import annotations

from graph.block_type import KEEPS_NOTHING, BlockType, Call, Inferred, Inputs, Kept, Values
from graph.blocks.demands import FLOATS, LAYOUTS, wrong_dtype, wrong_layout, wrong_rank
from graph.hyperparameter import Float

P = Float("p", 0.5, "Share that is dropped while training.", low=0.0, high=1.0)


class Dropout(BlockType):
    """Sets a random share of the values to zero while training and scales the rest by 1/(1 - p); off in evaluation.

    Any shape; the output has the same.
    """

    family = "regularization"
    aliases = ("drop", "regularization", "noise")
    hyperparameters = (P,)

    def kept(self, values, inputs, inferred):
        return Kept(extra=((inputs["input"].dims, "float32"),)) if values["p"] else KEEPS_NOTHING  # what was dropped

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, p = inputs["input"], values["p"]
        if x.dtype not in FLOATS and 0 < p < 1:
            raise wrong_dtype(self.name, x)
        return Inferred({"output": x}, warnings=_warnings(p))

    def explain(self, values, inputs, inferred):
        p = values["p"]
        scale = f"1/(1 - {p:g}) = {1 / (1 - p):g}" if p < 1 else "nothing is kept"
        return (
            ("output", f"{inferred.outputs['output']}, as the input"),
            ("kept values are scaled by", scale),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        return Call(f"nn.{self.name}", (), self.set_apart(values))


class ChannelDropout(Dropout):
    """What the dropouts of whole channels share; they differ in the number of directions they are meant for."""

    rank = 2

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.rank < 2 and 0 < values["p"] < 1:
            raise wrong_rank(self.name, x, LAYOUTS[self.rank])
        found = super().infer(values, inputs)
        if x.rank == self.rank + 2:
            return found
        what = {2: "images", 3: "volumes"}.get(self.rank)
        text = f"{self.name} drops whole channels of {what}, but gets {x}; Dropout is meant for other shapes"
        return Inferred(found.outputs, warnings=(*found.warnings, ("dropout_rank", text)))


class Dropout1d(ChannelDropout):
    """Drops whole channels of sequences while training: neighbouring steps tell the same.

    (N, C, length) -> the same shape; kept channels are scaled by 1/(1 - p).
    """

    rank = 1
    aliases = ("spatial dropout", "channel dropout", "drop", "regularization")
    hyperparameters = (P,)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        if inputs["input"].rank != 3:
            raise wrong_layout(self.name, inputs["input"], 1)
        return super().infer(values, inputs)


class Dropout2d(ChannelDropout):
    """Drops whole channels while training: neighbouring pixels tell the same, so dropping single ones does little.

    (N, C, H, W) -> the same shape; kept channels are scaled by 1/(1 - p).
    """

    aliases = ("spatial dropout", "channel dropout", "drop", "regularization")
    hyperparameters = (P,)


class Dropout3d(ChannelDropout):
    """Drops whole channels of volumes while training: neighbouring places tell the same.

    (N, C, D, H, W) -> the same shape; kept channels are scaled by 1/(1 - p).
    """

    rank = 3
    aliases = ("spatial dropout", "channel dropout", "drop", "regularization")
    hyperparameters = (P,)


class AlphaDropout(Dropout):
    """Dropout for SELU networks: dropped values become SELU's lower bound, and mean and variance stay as they were.

    Any shape; the output has the same. y = a*(kept x or -1.758) + b with a, b such that mean 0 and variance 1 remain.
    """

    aliases = ("selu dropout", "self-normalizing", "drop", "regularization")
    hyperparameters = (P,)

    def explain(self, values, inputs, inferred):
        p = values["p"]
        kept = f"1/sqrt((1 - {p:g})*(1 + {p:g}*1.7581^2))" if p < 1 else "nothing is kept"
        return (
            ("output", f"{inferred.outputs['output']}, as the input"),
            ("scaled by", kept),
            ("parameters", "nothing to learn"),
        )


class FeatureAlphaDropout(AlphaDropout):
    """AlphaDropout that drops whole channels: for convolutions in SELU networks.

    (N, C, ...) -> the same shape.
    """

    aliases = ("selu channel dropout", "self-normalizing", "drop", "regularization")
    hyperparameters = (P,)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.rank < 2 and 0 < values["p"] < 1:
            raise wrong_rank(self.name, x, "N x channels x anything")
        return super().infer(values, inputs)


def _warnings(p: float) -> tuple[tuple[str, str], ...]:
    return (("drops_all", "p 1 drops everything: nothing can be learned behind it"),) if p == 1 else ()


BLOCK_TYPES = (Dropout, Dropout1d, Dropout2d, Dropout3d, AlphaDropout, FeatureAlphaDropout)
