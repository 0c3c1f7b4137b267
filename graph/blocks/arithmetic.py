"""Arithmetic: what is done to every value by itself, or to two tensors in an order that matters.

All are expressions; how torch joins shapes and dtypes stands in broadcasting.py, what the reductions do in reducing.py.
"""

from __future__ import annotations

from graph.block_type import BlockType, Inferred, Inputs, Port, ShapeError, Site, Values
from graph.blocks.broadcasting import MISFIT, broadcast, promote
from graph.blocks.demands import count, wrong_dtype, wrong_rank
from graph.blocks.merging import Elementwise
from graph.blocks.window import factors
from graph.dim import Dim, N, product
from graph.hyperparameter import Choice, Float
from graph.tensor_type import TensorType

WHOLE = frozenset(("int64", "int32", "uint8"))
TWO = (Port("input", help="What stands on the left."), Port("other", help="What stands on the right."))


class OfTwo(Elementwise):
    """What Subtract and Divide share: two tensors in an order, shapes as in Add."""

    family = "arithmetic"
    inputs = TWO
    blamed = "other"
    takes_bool = False

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, other = inputs["input"], inputs["other"]
        for port in ("input", "other"):
            if inputs[port].dtype == "bool" and not self.takes_bool:
                raise wrong_dtype(self.name, inputs[port], "numbers", port)
        return super().infer(values, {"inputs": (x, other)})

    def explain(self, values, inputs, inferred):
        return super().explain(values, {"inputs": (inputs["input"], inputs["other"])}, inferred)

    def forward(self, site: Site) -> str:
        return f"{site.one('input')} {self.operator} {site.one('other')}"


class Subtract(OfTwo):
    """Takes the second tensor away from the first, value by value: a difference, a residual, a centred value.

    Same shapes, or 1 where they differ: (N, C, H, W) - (N, C, 1, 1) -> (N, C, H, W).
    """

    aliases = ("minus", "sub", "-", "difference", "elementwise difference")
    operator = "-"


class Divide(OfTwo):
    """Divides the first tensor by the second, value by value: normalizing by a sum or a norm is done so.

    Same shapes, or 1 where they differ: (N, T, T) / (N, T, 1) -> (N, T, T). Whole numbers become float32.
    """

    aliases = ("div", "/", "over", "ratio", "quotient", "elementwise quotient")
    operator = "/"
    takes_bool = True

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        inferred = super().infer(values, inputs)
        y = inferred.outputs["output"]
        output = TensorType(y.dims, y.dtype if y.is_float else "float32")
        return Inferred({"output": output}, warnings=inferred.warnings)


class MatMul(BlockType):
    """The product of matrices: every row of the first with every column of the second, as in attention and kernels.

    (N, ..., n, m) and (N, ..., m, p) -> (N, ..., n, p); a Transpose before the second gives (N, T, D) @ (N, D, T).
    """

    family = "arithmetic"
    aliases = ("matrix product", "matrix multiplication", "bmm", "dot product", "@", "attention scores")
    inputs = TWO

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, other = inputs["input"], inputs["other"]
        for port in ("input", "other"):
            if inputs[port].dtype == "bool":
                raise wrong_dtype(self.name, inputs[port], "numbers", port)
            if not inputs[port].rank:
                raise wrong_rank(self.name, inputs[port], "vectors or matrices", port)
        if x.dtype != other.dtype:
            raise wrong_dtype(self.name, other, f"both alike, here {x.dtype}", "other")
        inner = self._inner(x, other)
        rows = (x.dims[-2],) if x.rank > 1 else ()
        columns = (other.dims[-1],) if other.rank > 1 else ()
        ahead = broadcast(x.dims[:-2], other.dims[:-2])
        if isinstance(ahead, str):
            raise self._misfit(x, other, "their dimensions before the last two", ahead == MISFIT)
        dims = (*ahead, *rows, *columns)
        return Inferred({"output": TensorType(dims, x.dtype)}, macs=inner * product(_of_one_sample(dims)))

    def _inner(self, x: TensorType, other: TensorType) -> Dim:
        """The dimension that is summed over."""
        left, right = x.dims[-1], other.dims[-2 if other.rank > 1 else -1]
        if left == right:
            return left
        certain = isinstance(left, int) and isinstance(right, int)
        raise self._misfit(x, other, f"columns and rows, {left} and {right},", certain or N in (left, right))

    def _misfit(self, x: TensorType, other: TensorType, what: str, certain: bool) -> ShapeError:
        if certain:
            text = f"MatMul needs (..., n, m) and (..., m, p), but of {x} and {other} {what} differ"
            return ShapeError(text, "other", code="matmul")
        text = f"whether {what} of {x} and {other} agree is open: give their Inputs the same numbers or names"
        return ShapeError(text, "other", code="open")

    def explain(self, values, inputs, inferred):
        x, other, y = inputs["input"], inputs["other"], inferred.outputs["output"]
        places = factors(_of_one_sample(y.dims))
        return (
            ("output", f"({x}) @ ({other}) -> {y}"),
            ("parameters", "nothing to learn"),
            ("multiply-adds", f"{places} * {factors(x.dims[-1:])} = {count(inferred.macs)}"),
        )

    def forward(self, site: Site) -> str:
        return f"{site.one('input')} @ {site.one('other')}"


def _of_one_sample(dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
    return tuple(dim for dim in dims if dim != N)


class EachValue(BlockType):
    """What the blocks share that do the same to every value: the shape stays."""

    family = "arithmetic"
    formula = "x"
    expression = "{x}"
    refuses = frozenset()  # dtypes torch has no such operation for
    keeps_whole = False  # whether whole numbers stay whole

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.dtype in self.refuses:
            raise wrong_dtype(self.name, x, "numbers")
        if x.is_float or (self.keeps_whole and x.dtype in WHOLE):
            return Inferred({"output": TensorType(x.dims, x.dtype)})
        return Inferred({"output": TensorType(x.dims)})

    def explain(self, values, inputs, inferred):
        return (
            ("output", f"{inferred.outputs['output']}, as the input"),
            ("each value", self.formula.format(**{name: f"{value:g}" for name, value in values.items()})),
            ("parameters", "nothing to learn"),
        )

    def forward(self, site: Site) -> str:
        return self.expression.format(x=site.one("input"), **{k: site.literal(v) for k, v in site.values.items()})


class Power(EachValue):
    """Raises every value to a power: 2 squares, 0.5 is the root, -1 the inverse.

    Any shape; the output has the same. Negative values have no power that is not whole.
    """

    aliases = ("pow", "square", "exponent", "**", "^", "inverse")
    formula = "x^{exponent}"
    expression = "{x}.pow({exponent})"
    hyperparameters = (Float("exponent", help="The power every value is raised to.", suggestion=2.0),)


class Sqrt(EachValue):
    """The square root of every value; negative ones have none and become NaN.

    Any shape; the output has the same.
    """

    aliases = ("square root", "root")
    formula = "sqrt(x)"
    expression = "{x}.sqrt()"


class Exp(EachValue):
    """e to the power of every value: turns logarithms and log-variances into positive numbers.

    Any shape; the output has the same.
    """

    aliases = ("exponential", "e^x", "log variance")
    formula = "exp(x)"
    expression = "{x}.exp()"


class Log(EachValue):
    """The natural logarithm of every value; zero gives minus infinity, negative ones NaN.

    Any shape; the output has the same. A Shift by a little before it keeps zero finite.
    """

    aliases = ("logarithm", "ln", "natural logarithm")
    formula = "log(x)"
    expression = "{x}.log()"


class Abs(EachValue):
    """The size of every value without its sign.

    Any shape; the output has the same.
    """

    aliases = ("absolute value", "magnitude", "modulus", "rectify")
    formula = "|x|"
    expression = "{x}.abs()"
    refuses = frozenset(("bool",))
    keeps_whole = True


class Negate(EachValue):
    """Turns the sign of every value.

    Any shape; the output has the same.
    """

    aliases = ("neg", "minus", "opposite", "invert")
    formula = "-x"
    expression = "-{x}"
    refuses = frozenset(("bool",))
    keeps_whole = True


class Clamp(EachValue):
    """Cuts every value off at a least and a greatest one; nothing is learned from what lies beyond.

    Any shape; the output has the same.
    """

    aliases = ("clip", "limit", "bound", "saturate")
    hyperparameters = (
        Float("min", 0.0, "The least value; none for no bound.", optional=True),
        Float("max", 1.0, "The greatest value; none for no bound.", optional=True),
    )

    def check(self, values: Values) -> None:
        low, high = values["min"], values["max"]
        if low is None and high is None:
            raise ShapeError("Clamp without min and max does nothing: set one", hyperparameter="min", code="bounds")
        if low is not None and high is not None and low > high:
            text = f"min {low:g} is above max {high:g}: every value would become {high:g}; swap them"
            raise ShapeError(text, hyperparameter="min", code="bounds")

    def explain(self, values, inputs, inferred):
        low, high = values["min"], values["max"]
        words = "x" if low is None else f"max({low:g}, x)"
        words = words if high is None else f"min({high:g}, {words})"
        return (
            ("output", f"{inferred.outputs['output']}, as the input"),
            ("each value", words),
            ("parameters", "nothing to learn"),
        )

    def forward(self, site: Site) -> str:
        bounds = [
            f"{name}={site.literal(site.values[name])}" for name in ("min", "max") if site.values[name] is not None
        ]
        return f"{site.one('input')}.clamp({', '.join(bounds)})"


class Scale(EachValue):
    """Multiplies every value by a fixed number: 1/sqrt(d) in attention, a weight of a branch.

    Any shape; the output has the same.
    """

    aliases = ("multiply by number", "times constant", "factor", "gain", "temperature")
    formula = "{factor} * x"
    expression = "{x} * {factor}"
    hyperparameters = (Float("factor", help="What every value is multiplied by.", suggestion=0.5),)


class Shift(EachValue):
    """Adds a fixed number to every value.

    Any shape; the output has the same.
    """

    aliases = ("add number", "plus constant", "offset", "bias")
    formula = "x + {amount}"
    hyperparameters = (Float("amount", help="What is added to every value.", suggestion=1.0),)

    def forward(self, site: Site) -> str:
        amount = site.values["amount"]
        less = amount < 0 and site.inputs["input"].dtype != "bool"  # torch subtracts nothing from yes or no
        return f"{site.one('input')} {'-' if less else '+'} {site.literal(abs(amount) if less else amount)}"


class Compare(EachValue):
    """Asks of every value whether it is above, below or equal to a number: a mask of yes and no for Where.

    Any shape; the output has the same, bool.
    """

    aliases = ("greater", "less", "equal", "mask", "threshold", "larger than", ">", "<")
    hyperparameters = (
        Choice(
            "relation",
            "above",
            "How the value has to lie to the number.",
            choices=("above", "below", "equal", "not_equal", "at_least", "at_most"),
        ),
        Float("number", 0.0, "What every value is compared with."),
    )
    signs = {"above": ">", "below": "<", "equal": "==", "not_equal": "!=", "at_least": ">=", "at_most": "<="}  # noqa: RUF012

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        return Inferred({"output": TensorType(inputs["input"].dims, "bool")})

    def explain(self, values, inputs, inferred):
        return (
            ("output", f"{inferred.outputs['output']}, as the input"),
            ("each value", f"x {self.signs[values['relation']]} {values['number']:g}, yes or no"),
            ("parameters", "nothing to learn"),
        )

    def forward(self, site: Site) -> str:
        return f"{site.one('input')} {self.signs[site.values['relation']]} {site.literal(site.values['number'])}"


class Where(BlockType):
    """Takes each value from `input` where the mask says yes, and from `other` where it says no.

    A mask of bool and two tensors; shapes alike, or 1 where they differ.
    """

    family = "arithmetic"
    aliases = ("mask", "choose", "if", "masked fill", "select by mask", "ternary")
    inputs = (Port("mask", help="Yes or no for every value, as Compare gives."), *TWO)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        mask, x, other = inputs["mask"], inputs["input"], inputs["other"]
        if mask.dtype != "bool":
            text = f"the mask must be yes or no (bool), but is {mask.dtype}: a Compare before it makes one"
            raise ShapeError(text, "mask", code="dtype")
        dims = mask.dims
        for port in ("input", "other"):
            joined = broadcast(dims, inputs[port].dims)
            if isinstance(joined, str):
                raise self._misfit(TensorType(dims), inputs[port], port, joined == MISFIT)
            dims = joined
        return Inferred({"output": TensorType(dims, promote((x, other)))})

    def _misfit(self, before: TensorType, x: TensorType, port: str, certain: bool) -> ShapeError:
        if certain or any(N in (a, b) and a != b for a, b in zip(before.dims[::-1], x.dims[::-1], strict=False)):
            text = f"Where needs the same shapes, or 1 where they differ, but gets {before} and {x}"
            return ShapeError(text, port, code="broadcast")
        text = f"whether {before} and {x} fit is open: give their Inputs the same numbers or names"
        return ShapeError(text, port, code="open")

    def explain(self, values, inputs, inferred):
        shapes = ", ".join(str(inputs[port.name]) for port in self.inputs)
        return (("output", f"{shapes} -> {inferred.outputs['output']}"), ("parameters", "nothing to learn"))

    def forward(self, site: Site) -> str:
        return f"torch.where({', '.join(site.one(port.name) for port in self.inputs)})"


BLOCK_TYPES = (
    Subtract,
    Divide,
    MatMul,
    Scale,
    Shift,
    Power,
    Sqrt,
    Exp,
    Log,
    Abs,
    Negate,
    Clamp,
    Compare,
    Where,
)
