"""Tensors that stand in the network without an input: learned ones and constants.

torch.nn has no module for them, so they come as pieces. They broadcast over the batch, or take it from `like`.
"""

from __future__ import annotations

from math import prod

from graph.block_type import KEEPS_NOTHING, BlockType, Call, Inferred, Inputs, Port, ShapeError, Site, Values
from graph.blocks.demands import count, wrong_rank
from graph.blocks.window import factors
from graph.hyperparameter import Float, Shape
from graph.number_lists import Matrix
from graph.tensor_type import TensorType


class Standing(BlockType):
    """What the standing tensors share: 1 x shape, or as many as `like` has samples."""

    family = "source"
    keeps = KEEPS_NOTHING
    inputs = (
        Port("like", optional=True, help="Its batch is taken: one copy for each sample, as a class token needs."),
    )

    def _output(self, shape: tuple[int, ...], inputs: Inputs) -> TensorType:
        like = inputs.get("like")
        if like is None:
            return TensorType((1, *shape))
        if not like.rank:
            raise wrong_rank(self.name, like, "a tensor with a batch", "like")
        return TensorType((like.dims[0], *shape))

    def forward(self, site: Site) -> str:
        like = site.one("like")
        return site.call_module() if like is None else site.call_module(like)


class Parameter(Standing):
    """A tensor that is learned and depends on no input: a class token, learned queries, a scale of every channel.

    -> (1, *shape), which broadcasts over the batch; (N, *shape) with something wired to `like`.
    """

    aliases = ("weight", "learned tensor", "class token", "cls token", "learnable", "variable", "query tokens")
    pieces = ("LearnedTensor",)
    hyperparameters = (
        Shape("shape", help="Dimensions without the batch, such as 1 x 768.", suggestion=(1, 64)),
        Float("std", 0.02, "How far from zero its values begin; 0 begins with zeros.", low=0.0),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        shape = values["shape"]
        weights = (("weight", (1, *shape)),)
        return Inferred({"output": self._output(shape, inputs)}, parameters=prod(shape), weights=weights)

    def explain(self, values, inputs, inferred):
        return (
            ("output", f"{inferred.outputs['output']}"),
            ("parameters", f"{factors((1, *values['shape']))} = {count(inferred.parameters)}"),
        )

    def module(self, values, inputs, inferred):
        kwargs = self.set_apart(values)
        return Call("LearnedTensor", (kwargs.pop("shape"),), kwargs)


class Constant(Standing):
    """Numbers typed in by hand that never train: a mean to subtract, a mask, a fixed input.

    -> (1, columns) for one row, (1, rows, columns) for several, or (1, *shape) where a shape is set.
    """

    aliases = ("fixed numbers", "literal", "typed numbers", "buffer", "fixed tensor")
    pieces = ("ConstantTensor",)
    hyperparameters = (
        Matrix("numbers", help="The numbers, row by row: 0.5 0.5; 1 2.", suggestion=((1.0,),)),
        Shape("shape", None, "Dimensions without the batch; those of the rows unless set.", inferred=True),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        shape = self._shape(values)
        return Inferred({"output": self._output(shape, inputs)}, buffers=prod(shape))

    def _shape(self, values: Values) -> tuple[int, ...]:
        rows, columns = len(values["numbers"]), len(values["numbers"][0])
        if values["shape"] is None:
            return (rows, columns) if rows > 1 else (columns,)
        if prod(values["shape"]) != rows * columns:
            text = f"{rows * columns} numbers do not fill shape {' x '.join(map(str, values['shape']))}"
            raise ShapeError(f"{text}, which holds {prod(values['shape'])}", hyperparameter="shape", code="reshape")
        return values["shape"]

    def explain(self, values, inputs, inferred):
        return (
            ("output", f"{inferred.outputs['output']}"),
            ("numbers", self.hyperparameter("numbers").format(values["numbers"])),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        return Call("ConstantTensor", (values["numbers"], self._shape(values)))


BLOCK_TYPES = (Parameter, Constant)
