"""Regularization: noise while training that keeps a network from learning its examples by heart."""

from __future__ import annotations

from graph.block_type import BlockType, Call, Inferred, Inputs, Values
from graph.blocks.demands import FLOATS, LAYOUTS, wrong_dtype, wrong_rank
from graph.hyperparameter import Float

P = Float("p", 0.5, "Share that is dropped while training.", low=0.0, high=1.0)


class Dropout(BlockType):
    """Sets a random share of the values to zero while training and scales the rest by 1/(1 - p); off in evaluation.

    Any shape; the output has the same.
    """

    family = "regularization"
    aliases = ("drop", "regularization", "noise")
    hyperparameters = (P,)

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


class Dropout2d(Dropout):
    """Drops whole channels while training: neighbouring pixels tell the same, so dropping single ones does little.

    (N, C, H, W) -> the same shape.
    """

    aliases = ("spatial dropout", "channel dropout", "drop", "regularization")
    hyperparameters = (P,)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.rank < 2 and 0 < values["p"] < 1:
            raise wrong_rank(self.name, x, LAYOUTS[2])
        found = super().infer(values, inputs)
        if x.rank == 4:
            return found
        text = f"Dropout2d drops whole channels of images, but gets {x}; Dropout is meant for other shapes"
        return Inferred(found.outputs, warnings=(*found.warnings, ("dropout_rank", text)))


def _warnings(p: float) -> tuple[tuple[str, str], ...]:
    return (("drops_all", "p 1 drops everything: nothing can be learned behind it"),) if p == 1 else ()


BLOCK_TYPES = (Dropout, Dropout2d)
