"""Similarity: how near two tensors are to each other, vector by vector; for Siamese and contrastive networks.

Part of the family arithmetic. How torch joins shapes and dtypes stands in broadcasting.py.
"""

from __future__ import annotations

from graph.block_type import BlockType, Call, Inferred, Inputs, Port, ShapeError, Values
from graph.blocks.broadcasting import MISFIT, UNDECIDED, broadcast, promote
from graph.blocks.demands import count, no_such_axis, wrong_dtype, wrong_rank
from graph.blocks.window import factors
from graph.dim import Dim, is_open, product
from graph.hyperparameter import Axis, Bool, Float
from graph.tensor_type import TensorType


class Similarity(BlockType):
    """What the measures between two tensors share."""

    family = "arithmetic"
    inputs = (Port("x1", help="the one tensor"), Port("x2", help="the other, of a shape that fits"))

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        joined = self._joined(inputs["x1"], inputs["x2"])
        if not joined:
            raise wrong_rank(self.name, inputs["x1"], "vectors", "x1")
        axis = self._axis(values, TensorType(joined))
        kept = (1,) if values.get("keepdim") else ()
        output = TensorType((*joined[:axis], *kept, *joined[axis + 1 :]), self._dtype(inputs))
        return Inferred({"output": output}, macs=self.products * product(_of_one_sample(joined)))

    def _joined(self, x: TensorType, other: TensorType) -> tuple[Dim, ...]:
        dims = broadcast(x.dims, other.dims)
        if dims == MISFIT:
            raise ShapeError(
                f"{self.name} needs tensors of one shape, but gets {x} and {other}", "x2", code="similarity"
            )
        if dims == UNDECIDED:
            text = f"whether {x} and {other} fit is open: give their Inputs the same numbers or names"
            raise ShapeError(text, "x2", code="open")
        return dims

    def _axis(self, values: Values, x: TensorType) -> int:
        axis = values.get("dim", -1)
        if not -x.rank <= axis < x.rank:
            raise no_such_axis(self.name, x, axis, "dim", "x1")
        axis %= x.rank
        if axis == 0:
            raise ShapeError(f"{self.name} along dimension 0 of {x} would mix the batch", "x1", code="batch")
        return axis

    def _dtype(self, inputs: Inputs) -> str:
        raise NotImplementedError

    def explain(self, values, inputs, inferred):
        x, other = inputs["x1"], inputs["x2"]
        joined = self._joined(x, other)
        axis = self._axis(values, TensorType(joined))
        ahead = f"{self.products}*" if self.products > 1 else ""
        return (
            ("output", f"{x} and {other} -> {inferred.outputs['output']}"),
            ("values compared", f"{joined[axis]} of each pair"),
            ("multiply-adds", f"{ahead}{factors(_of_one_sample(joined))} = {count(inferred.macs)}"),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        return Call(f"nn.{self.name}", (), self.set_apart(values))


def _of_one_sample(dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """The dimensions without the batch."""
    return dims[1:] if is_open(dims[0]) else dims


class CosineSimilarity(Similarity):
    """The cosine of the angle between two vectors: 1 the same direction, 0 at right angles, -1 opposite.

    (N, F) and (N, F) -> (N); x1 . x2 / max(|x1|*|x2|, eps) along dim.
    """

    aliases = ("cosine", "cos", "angle", "siamese", "normalized dot product", "similarity")
    hyperparameters = (
        Axis("dim", 1, "The dimension whose values are compared; 0 is the batch."),
        Float("eps", 1e-8, "The least the product of the lengths counts as, so that nothing is divided by zero."),
    )
    products = 3  # x1 . x2, and the length of either

    def _dtype(self, inputs):
        for port in ("x1", "x2"):
            if not inputs[port].is_float and not (self._one_is_float(inputs)):
                raise wrong_dtype(self.name, inputs[port], port=port)
        return promote((inputs["x1"], inputs["x2"]))

    def _one_is_float(self, inputs: Inputs) -> bool:
        return inputs["x1"].is_float or inputs["x2"].is_float


class PairwiseDistance(Similarity):
    """The distance between two vectors: the length of their difference along the last dimension.

    (N, F) and (N, F) -> (N); (sum of |x1 - x2 + eps|^p)^(1/p), p 2 is the usual distance.
    """

    aliases = ("distance", "euclidean distance", "l2 distance", "siamese", "contrastive", "similarity")
    hyperparameters = (
        Float("p", 2.0, "Which norm measures the difference; 1 adds absolute values."),
        Float("eps", 1e-6, "Added to the difference, so that the slope at 0 is known."),
        Bool("keepdim", False, "Keeps the last dimension with size 1."),
    )
    products = 1

    def _dtype(self, inputs):
        for port in ("x1", "x2"):
            if inputs[port].dtype == "bool":
                raise wrong_dtype(self.name, inputs[port], "numbers", port)
        joined = promote((inputs["x1"], inputs["x2"]))
        return joined if joined in ("float16", "bfloat16", "float32", "float64") else "float32"


BLOCK_TYPES = (CosineSimilarity, PairwiseDistance)
