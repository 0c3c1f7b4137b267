"""Blocks that look at the slope of a score: the penalty on a critic's gradient and the points it is taken at.

torch.nn has neither, so they come as pieces.
"""

from __future__ import annotations

from graph.block_type import KEEPS_NOTHING, BlockType, Call, Inferred, Inputs, Port, Values
from graph.blocks.demands import wrong_dtype, wrong_rank
from graph.blocks.loss import different
from graph.hyperparameter import Float
from graph.tensor_type import TensorType


class RandomBlend(BlockType):
    """A point at random between two tensors, another for every sample: where a critic's slope is looked at.

    Two tensors (N, ...) of one shape -> that shape; gradients end here. Gulrajani et al., 2017.
    """

    family = "regularization"
    keeps = KEEPS_NOTHING
    aliases = ("interpolate samples", "wgan-gp", "mix", "between")
    pieces = ("RandomBlend",)
    inputs = (Port("one", help="Such as real samples."), Port("other", help="Such as made ones, of the same shape."))

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        one, other = inputs["one"], inputs["other"]
        _check(self.name, inputs)
        if one.dims != other.dims:
            raise different(self.name, one, other, "other")
        return Inferred({"output": one})

    def explain(self, values, inputs, inferred):
        return (
            ("output", f"{inferred.outputs['output']}, as both inputs"),
            ("each sample", "u*one + (1 - u)*other, u drawn from 0 to 1"),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        return Call(self.name, (), {})


class GradientPenalty(BlockType):
    """How far a score's slope at a point is from the one wanted: wired to a ValueAsLoss it keeps a critic gentle.

    Scores (N, ...) and the points (N, ...) they are of -> one number a sample, (|gradient| - slope)^2; 0 in
    evaluation. The points must come out of a RandomBlend. Gulrajani et al., 2017.
    """

    family = "regularization"
    aliases = ("wgan-gp", "lipschitz", "critic penalty", "gradient norm", "regularization")
    pieces = ("GradientPenalty",)
    inputs = (
        Port("score", help="What the critic says of the points."),
        Port("point", help="The points themselves, out of a RandomBlend."),
    )
    hyperparameters = (Float("slope", 1.0, "The norm of the gradient that costs nothing.", low=0.0),)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        _check(self.name, inputs)
        score = inputs["score"]
        return Inferred({"output": TensorType(score.dims[:1], score.dtype)})

    def explain(self, values, inputs, inferred):
        return (
            ("output", f"{inferred.outputs['output']}, one number a sample"),
            ("each sample", f"(|d score/d point| - {values['slope']:g})^2"),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        return Call(self.name, (), self.set_apart(values))


def _check(name: str, inputs: Inputs) -> None:
    """Floats with samples first."""
    for port, x in inputs.items():
        if x.dtype != "float32":
            raise wrong_dtype(name, x, port=port)
        if x.rank < 2:
            raise wrong_rank(name, x, "samples N x ...", port)


BLOCK_TYPES = (RandomBlend, GradientPenalty)
