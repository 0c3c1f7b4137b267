"""What can be computed while reading: operations whose inputs are all numbers or sizes, with bounded memory.

Numbers are arrays; where sizes are open, arrays of objects. Knows nothing of blocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backend.importing.onnx_graph.layout import exact
from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.tensors import KINDS
from graph.dim import Expr

MOST_BYTES = 512 * 2**20  # of everything that is computed for one model
MOST_SIZES = 10_000  # numbers of an array that may hold open sizes

Array = np.ndarray


class CannotFold(ValueError):
    """An operation that is not computed here; the text says why."""


class Folding:
    """Computes nodes on numbers; counts what it takes and refuses where that is too much."""

    def __init__(self, opset: int):
        self.opset = opset
        self._left = MOST_BYTES

    def fold(self, node: Node, inputs: Sequence[Array | None]) -> list[Array]:
        """The outputs of a node; raises CannotFold, or what numpy raises for settings that make no sense."""
        from backend.importing.onnx_graph import folded_shapes

        compute = folded_shapes.TABLE.get(node.op) or self._elementwise(node)
        if compute is None:
            raise CannotFold(f"{node.op} of numbers that depend on no input is not computed while reading")
        for array in inputs:
            if array is not None and array.dtype == object and array.size > MOST_SIZES:
                raise CannotFold(f"{array.size:,} sizes at once")
        with np.errstate(all="ignore"):
            found = compute(self, node, list(inputs))
        return [self._settled(array) for array in (found if isinstance(found, list) else [found])]

    def take(self, shape: Sequence[int], itemsize: int = 8) -> None:
        """Count memory that is about to be taken; raises CannotFold."""
        if any(size < 0 for size in shape):
            raise CannotFold(f"a shape with {min(shape)}")
        wanted = math.prod(map(int, shape)) * itemsize
        self._left -= wanted
        if self._left < 0 or len(shape) > 16:
            raise CannotFold(
                f"{' x '.join(map(str, shape))} numbers would take {wanted:,} bytes; what is computed while reading"
                f" may take {MOST_BYTES:,} in all"
            )

    def _elementwise(self, node: Node) -> Callable | None:
        if node.op in BINARY:
            return _binary
        return _unary if node.op in UNARY else None

    def _settled(self, array: Array) -> Array:
        """Objects that are all plain numbers become an array of them."""
        array = np.asarray(array)
        if array.dtype != object:
            return array.astype(np.float32) if array.dtype == np.float64 else array
        if all(isinstance(value, bool | np.bool_) for value in array.flat):
            return array.astype(bool)
        if any(isinstance(value, Expr) for value in array.flat):
            return array
        return array.astype(np.int64)


def _binary(folding: Folding, node: Node, inputs: list[Array]) -> Array:
    function, result = BINARY[node.op], inputs[0]
    for other in inputs[1:]:
        folding.take(np.broadcast_shapes(result.shape, other.shape), max(result.itemsize, other.itemsize))
        if object in (result.dtype, other.dtype):
            result = _of_objects(node, result, other)
        else:
            kind = result.dtype
            result = np.asarray(function(result, other))
            if node.op not in COMPARING and result.dtype != kind:
                result = result.astype(kind)
    if node.op == "Mean":
        result = result / len(inputs)
    return result


def _of_objects(node: Node, a: Array, b: Array) -> Array:
    function = OF_SIZES.get(node.op)
    if function is None:
        raise CannotFold(f"{node.op} of open sizes")
    return np.asarray(np.frompyfunc(function, 2, 1)(a.astype(object), b.astype(object)), dtype=object)


def _unary(folding: Folding, node: Node, inputs: list[Array]) -> Array:
    x = inputs[0]
    folding.take(x.shape, x.itemsize)
    if x.dtype == object:
        if node.op in ("Floor", "Ceil", "Identity"):
            return x
        raise CannotFold(f"{node.op} of open sizes")
    result = np.asarray(UNARY[node.op](x))
    return result if result.dtype == bool else result.astype(x.dtype)


def divide(a: Any, b: Any) -> Any:
    """Whole numbers and sizes divided as ONNX does, towards zero; floats as they are."""
    if isinstance(a, Expr) or isinstance(b, Expr):
        b = _whole(b)
        quotient = exact(a, b)
        return quotient if quotient is not None else a // b
    return math.trunc(a / b) if isinstance(a, float) or isinstance(b, float) else int(a) // int(b)


def multiply(a: Any, b: Any) -> Any:
    return _whole(a) * _whole(b)


def equal(a: Any, b: Any) -> bool:
    """Whether two sizes are the same; an open one is never below 1."""
    if isinstance(a, Expr) or isinstance(b, Expr):
        number = b if isinstance(a, Expr) else a
        if a != b and not isinstance(number, Expr) and number > 0:
            raise CannotFold(f"whether {a} is {b} is open")
    return bool(a == b)


def _whole(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        if value != int(value):
            raise CannotFold(f"{value:g} times an open size")
        return int(value)
    return value


def _truncated(a: Array, b: Array) -> Array:
    if a.dtype.kind == "f":
        return a / b
    safe = np.where(b == 0, 1, b)
    return (np.abs(a) // np.abs(safe) * np.sign(a) * np.sign(safe)).astype(a.dtype)


OF_SIZES = {
    "Add": lambda a, b: _whole(a) + _whole(b),
    "Sub": lambda a, b: _whole(a) - _whole(b),
    "Mul": multiply,
    "Div": divide,
    "Equal": equal,
}
COMPARING = frozenset(("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"))
BINARY: dict[str, Callable] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": _truncated,
    "Pow": np.power,
    "Max": np.maximum,
    "Min": np.minimum,
    "Sum": np.add,
    "Mean": np.add,
    "Mod": np.mod,
    "And": np.logical_and,
    "Or": np.logical_or,
    "Xor": np.logical_xor,
    "Equal": np.equal,
    "Greater": np.greater,
    "GreaterOrEqual": np.greater_equal,
    "Less": np.less,
    "LessOrEqual": np.less_equal,
}
UNARY: dict[str, Callable] = {
    "Neg": np.negative,
    "Abs": np.abs,
    "Floor": np.floor,
    "Ceil": np.ceil,
    "Round": np.round,
    "Sqrt": np.sqrt,
    "Exp": np.exp,
    "Log": np.log,
    "Reciprocal": np.reciprocal,
    "Sin": np.sin,
    "Cos": np.cos,
    "Tan": np.tan,
    "Tanh": np.tanh,
    "Sign": np.sign,
    "Not": np.logical_not,
    "Relu": lambda x: np.maximum(x, 0),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "IsNaN": np.isnan,
    "IsInf": np.isinf,
    "Identity": lambda x: x,
}
DTYPES = {
    number: np.dtype("float32" if name in ("bfloat16", "float16", "float64") else name)
    for number, name in KINDS.items()
}
