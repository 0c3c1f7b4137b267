"""What is computed value by value while reading: sums, products, comparisons, of numbers and of open sizes.

Every function takes the budget, the node and its arrays; arrays of open sizes hold objects.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from backend.importing.onnx_graph.budget import Budget, CannotFold
from backend.importing.onnx_graph.layout import exact
from backend.importing.onnx_graph.model_file import Node
from graph.dim import Expr

Array = np.ndarray


def _binary(budget: Budget, node: Node, inputs: list[Array]) -> Array:
    function, result = BINARY[node.op], inputs[0]
    for other in inputs[1:]:
        budget.take(np.broadcast_shapes(result.shape, other.shape), max(result.itemsize, other.itemsize))
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


def _unary(budget: Budget, node: Node, inputs: list[Array]) -> Array:
    x = inputs[0]
    budget.take(x.shape, x.itemsize)
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
TABLE: dict[str, Callable] = {**dict.fromkeys(BINARY, _binary), **dict.fromkeys(UNARY, _unary)}
