"""Reductions: many values along some dimensions become one: mean, sum, extremes, norm, and where the largest stands."""

from __future__ import annotations

from graph.block_type import BlockType, Inferred, Inputs, ShapeError, Site, Values
from graph.blocks.demands import no_such_axis, wrong_dtype
from graph.blocks.window import factors
from graph.dim import N
from graph.hyperparameter import Axes, Axis, Bool, Float
from graph.tensor_type import TensorType

KEEPDIM = Bool("keepdim", False, "Keeps the dimensions with size 1, so that the result fits the input again.")
ALONG = Axes(
    "dim", help="The dimensions that are put together: -1 the last; 2, 3 all places of an image.", suggestion=(-1,),
    empty=False,
)  # fmt: skip


class Reduction(BlockType):
    """What the reductions share: some dimensions vanish, or stay with size 1."""

    family = "arithmetic"
    method = ""
    formula = ""
    hyperparameters = (ALONG, KEEPDIM)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        dtype = self._dtype(x)
        dropped = self._dropped(values, x)
        size = (1,) if values["keepdim"] else ()
        dims = tuple(d for i, dim in enumerate(x.dims) for d in (size if i in dropped else (dim,)))
        warnings = ()
        if any(x.dims[i] == N for i in dropped if x.dims):
            text = f"the batch of {x} is put together, too: what a sample gives depends on the others"
            warnings = (("batch", text),)
        return Inferred({"output": TensorType(dims, dtype)}, warnings=warnings)

    def _dtype(self, x: TensorType) -> str:
        """What comes out of numbers of this kind; raises ShapeError."""
        if not x.is_float:
            raise wrong_dtype(self.name, x)
        return x.dtype

    def _axes(self, values: Values) -> tuple[int, ...]:
        return values["dim"]

    def _dropped(self, values: Values, x: TensorType) -> set[int]:
        rank = max(x.rank, 1)
        axes = self._axes(values)
        for axis in axes:
            if not -rank <= axis < rank:
                raise no_such_axis(self.name, x, axis, "dim")
        dropped = {axis % rank for axis in axes}
        if len(dropped) < len(axes):
            text = f"dim {', '.join(map(str, axes))} names a dimension of {x} twice"
            raise ShapeError(text, hyperparameter="dim", code="axis")
        return dropped

    def explain(self, values, inputs, inferred):
        x = inputs["input"]
        along = tuple(x.dims[i] for i in sorted(self._dropped(values, x)) if x.dims)
        return (
            ("output", f"{x} -> {inferred.outputs['output']}"),
            ("each value", f"{self.formula} of {factors(along)} values"),
            ("parameters", "nothing to learn"),
        )

    def forward(self, site: Site) -> str:
        axes = self._axes(site.values)
        along = site.literal(axes[0] if len(axes) == 1 else axes)
        keepdim = ", keepdim=True" if site.values["keepdim"] else ""
        return f"{site.one('input')}.{self.method}({self._first(site)}dim={along}{keepdim})"

    def _first(self, site: Site) -> str:
        return ""


class Mean(Reduction):
    """The mean along some dimensions: over time a summary of a sequence, over places global average pooling.

    (N, T, F) with dim 1 -> (N, F); with keepdim -> (N, 1, F).
    """

    aliases = ("average", "mean pooling", "global average pooling", "reduce mean", "gap")
    method = "mean"
    formula = "the mean"


class Sum(Reduction):
    """The sum along some dimensions; whole numbers and yes-or-no are counted in int64.

    (N, T, F) with dim 1 -> (N, F); with keepdim -> (N, 1, F).
    """

    aliases = ("total", "reduce sum", "add up", "count", "marginal")
    method = "sum"
    formula = "the sum"

    def _dtype(self, x):
        return x.dtype if x.is_float else "int64"


class ReduceMax(Reduction):
    """The largest value along some dimensions: over time max-over-time pooling.

    (N, T, F) with dim 1 -> (N, F); with keepdim -> (N, 1, F).
    """

    aliases = ("maximum", "amax", "largest", "max over time", "global max pooling")
    method = "amax"
    formula = "the largest"

    def _dtype(self, x):
        return x.dtype


class ReduceMin(ReduceMax):
    """The smallest value along some dimensions.

    (N, T, F) with dim 1 -> (N, F); with keepdim -> (N, 1, F).
    """

    aliases = ("minimum", "amin", "smallest", "min over time")
    method = "amin"
    formula = "the smallest"


class Norm(Reduction):
    """The length of the vectors along some dimensions: dividing by it makes them unit vectors.

    (N, D) with dim -1 -> (N); with keepdim -> (N, 1).
    """

    aliases = ("length", "l2 norm", "vector norm", "euclidean norm", "magnitude", "normalize")
    method = "norm"
    formula = "(sum of |x|^p)^(1/p)"
    hyperparameters = (
        ALONG,
        Float("p", 2.0, "Degree: 2 the straight line, 1 the sum of sizes; 0 counts what is not zero.", low=0.0),
        KEEPDIM,
    )

    def _first(self, site):
        return f"p={site.literal(site.values['p'])}, "


class ArgMax(Reduction):
    """Where the largest value stands along a dimension: the number of the chosen class; nothing flows back through it.

    Scores (N, C) with dim 1 -> class numbers (N), int64.
    """

    aliases = ("index of maximum", "predicted class", "decision", "winner")
    method = "argmax"
    formula = "where the largest stands"
    hyperparameters = (Axis("dim", -1, "The dimension that is searched: 1 the classes, -1 the last."), KEEPDIM)

    def _axes(self, values):
        return (values["dim"],)

    def _dtype(self, x):
        if x.dtype == "bool":
            raise wrong_dtype(self.name, x, "numbers")
        return "int64"

    def infer(self, values, inputs):
        inferred = super().infer(values, inputs)
        x, y = inputs["input"], inferred.outputs["output"]
        found = x.dims[values["dim"]] if x.dims else 1
        output = TensorType(y.dims, y.dtype, found if isinstance(found, int) else None)
        return Inferred({"output": output}, warnings=inferred.warnings)


BLOCK_TYPES = (Mean, Sum, ReduceMax, ReduceMin, Norm, ArgMax)
