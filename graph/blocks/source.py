"""Inputs, targets and outputs: where a network meets its data."""

from __future__ import annotations

from graph.block_type import BlockType, Inferred, Inputs, ShapeError, Site, Values
from graph.dim import N, symbol
from graph.hyperparameter import Choice, Shape, Text
from graph.tensor_type import DTYPES, TensorType


class Input(BlockType):
    """What the network is given: one tensor per sample; bound to a field, its shape comes from the data."""

    family = "source"
    role = "input"
    aliases = ("image input", "placeholder", "data", "x")
    inputs = ()
    hyperparameters = (
        Shape(
            "shape",
            None,
            "Dimensions of one sample, without the batch, such as 1 x 28 x 28; T or H leave one open.",
            symbols=True,
            inferred=True,
        ),
        Choice(
            "dtype",
            None,
            "Kind of numbers; float32 unless the data say otherwise.",
            choices=DTYPES,
            inferred=True,
        ),
        Text("field", None, "The field of the data this input reads.", optional=True),
    )

    def suggested(self):
        return {"shape": (1, 28, 28)}

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        return Inferred({"output": bound_type(values, inputs.get("field"))})

    def explain(self, values, inputs, inferred):
        origin = f"from the data's field {values['field']}" if inputs.get("field") else "as set here"
        return (("output", f"{inferred.outputs['output']}, {origin}"),)

    def forward(self, site: Site) -> str:
        raise TypeError("an Input is an argument of forward, not an expression")


class Target(Input):
    """What the network should answer: the labels or values a loss compares with; never seen by the layers."""

    role = "target"
    aliases = ("label", "ground truth", "y")
    hyperparameters = (
        Shape(
            "shape",
            None,
            "Dimensions of one sample's target, without the batch; none for a class label.",
            symbols=True,
            inferred=True,
        ),
        Choice("dtype", None, "int64 for class labels, float32 for values.", choices=DTYPES, inferred=True),
        Text("field", None, "The field of the data this target reads.", optional=True),
    )

    def suggested(self):
        return {"shape": (), "dtype": "int64"}


class Output(BlockType):
    """What the network answers: its value is returned by forward."""

    family = "source"
    role = "output"
    aliases = ("result", "return", "prediction")
    outputs = ()

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        return Inferred({})

    def forward(self, site: Site) -> str:
        raise TypeError("an Output is returned by forward, not an expression")


def bound_type(values: Values, field: TensorType | None) -> TensorType:
    """The type of a source: the data's field where bound, which a given shape must equal."""
    shape, dtype = values["shape"], values["dtype"]
    if field is None:
        if shape is None:
            missing = values["field"]
            what = f"the data have no field {missing!r}" if missing else "it has no shape"
            raise ShapeError(
                f"{what}: give it a shape such as 1 x 28 x 28, or bind it to a field of the data",
                hyperparameter="field" if missing else "shape",
                code="unbound",
            )
        return TensorType((N, *(symbol(d) if isinstance(d, str) else d for d in shape)), dtype or "float32")
    if shape is not None and not _matches(shape, field.dims[1:]):
        raise ShapeError(
            f"its shape is set to {_text(shape)}, but the data's field {values['field']!r} is {_text(field.dims[1:])}",
            hyperparameter="shape",
            code="bound_shape",
        )
    if dtype is not None and dtype != field.dtype:
        raise ShapeError(
            f"its dtype is set to {dtype}, but the data's field {values['field']!r} is {field.dtype}",
            hyperparameter="dtype",
            code="bound_dtype",
        )
    return field


def _matches(shape, dims) -> bool:
    return len(shape) == len(dims) and all(isinstance(s, str) or s == d for s, d in zip(shape, dims, strict=True))


def _text(dims) -> str:
    return " x ".join(str(dim) for dim in dims) or "a single value"


BLOCK_TYPES = (Input, Target, Output)
