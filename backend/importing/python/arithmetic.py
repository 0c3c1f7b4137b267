"""Operators: Python's own on numbers and lists, numpy's on constants, and blocks where a tensor takes part."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from typing import Any

from backend.importing.python.constant_blocks import constant_as_tensor, is_waves
from backend.importing.python.constant_tensors import ARITHMETIC, numbers_binary
from backend.importing.python.drawing import dims_of, draw_pointwise, here, output, physical, place
from backend.importing.python.learned import learned_as_tensor, learned_block
from backend.importing.python.random_numbers import drawn_noise, plus_noise, times_noise
from backend.importing.python.running import MOST_ITEMS, Run
from backend.importing.python.sequences import equal, items_of, truth_of
from backend.importing.python.values import (
    ClassValue,
    Example,
    Learned,
    Native,
    Noise,
    Numbers,
    Outside,
    Tensor,
    Training,
    Unknown,
    kind_of,
)
from graph.dim import Expr

SYMBOLS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitXor: "^",
}
PLAIN: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    ">>": operator.rshift,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
SPECIFIED = re.compile(r"%0?\d?(\.\d)?[dsif]")
RELATIONS = {">": "above", "<": "below", "==": "equal", "!=": "not_equal", ">=": "at_least", "<=": "at_most"}
MIRRORED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}
KINDS = (Outside, ClassValue, Native)
TENSORS = (Tensor, Numbers, Learned, Noise, Example)


def binary(run: Run, kind: type, left: Any, right: Any) -> Any:
    return binary_of(run, SYMBOLS[kind], left, right)


def binary_of(run: Run, symbol: str, left: Any, right: Any) -> Any:
    """left symbol right."""
    run.spend()
    for one in (left, right):
        if isinstance(one, Unknown):
            return one
    if isinstance(left, TENSORS) or isinstance(right, TENSORS):
        return _of_tensors(run, symbol, left, right)
    try:
        return run.bounded(_plain(run, symbol, left, right))
    except (TypeError, ArithmeticError, ValueError) as error:
        if isinstance(error, ValueError) and hasattr(error, "where"):
            raise
        return run.unknown(f"{kind_of(left)} {symbol} {kind_of(right)} cannot be worked out: {error}")


def _plain(run: Run, symbol: str, left: Any, right: Any) -> Any:
    """Python's operators, where the result cannot grow without bound."""
    if symbol == "**":
        return _power(run, left, right)
    if symbol == "<<" and isinstance(left, int) and isinstance(right, int):
        return left << right if 0 <= right <= 64 else run.refuse("a number shifted beyond 64 bits")
    if symbol == "*" and (isinstance(left, list | tuple | str) or isinstance(right, list | tuple | str)):
        return _repeated(run, left, right)
    if symbol == "+" and isinstance(left, list | tuple) and type(left) is type(right):
        if len(left) + len(right) > MOST_ITEMS:
            run.refuse(f"a list of more than {MOST_ITEMS:,} items")
        return left + right
    if symbol == "%" and isinstance(left, str):
        return _filled_in(run, left, right)
    if isinstance(left, Expr) or isinstance(right, Expr):
        left, right = (int(one) if isinstance(one, float) and one.is_integer() else one for one in (left, right))
        if isinstance(left, float) or isinstance(right, float):
            return run.unknown("a size that depends on the batch and is no whole number is not read")
        if symbol == "/":
            symbol = "//"  # sizes stay whole
        if symbol in ("<", "<=", ">", ">="):
            return run.unknown("this depends on the size of the batch")
        if symbol == "%":
            return left - left // right * right
    if symbol == "|" and (isinstance(left, KINDS) or isinstance(right, KINDS)):
        return tuple(one for side in (left, right) for one in (side if isinstance(side, tuple) else (side,)))
    if symbol not in PLAIN:
        return run.unknown(f"the operator {symbol} is not read for {kind_of(left)}")
    return PLAIN[symbol](left, right)


def _filled_in(run: Run, text: str, values: Any) -> Any:
    """Text with %d and %s in it."""
    given = values if isinstance(values, tuple) else (values,)
    plain = all(isinstance(one, int | float | str) for one in given)
    if not plain or "%" in SPECIFIED.sub("", text):
        return run.unknown("of text made with %, only short forms such as %d, %s and %.2f are read")
    return text % given


def _power(run: Run, base: Any, exponent: Any) -> Any:
    whole = isinstance(base, int) and isinstance(exponent, int) and exponent > 0
    if whole and abs(base) > 1 and exponent * math.log2(abs(base)) > 63:
        run.refuse(f"{base:.6g}**{exponent:.6g} has more than 64 bits: no size of a layer is that large")
    result = base**exponent
    return run.unknown("a power that is no real number") if isinstance(result, complex) else result


def _repeated(run: Run, left: Any, right: Any) -> Any:
    items, times = (right, left) if isinstance(left, int) else (left, right)
    if not isinstance(times, int) or len(items) * max(times, 0) > MOST_ITEMS:
        run.refuse(f"a list or text repeated to more than {MOST_ITEMS:,} items")
    return items * times


def _of_tensors(run: Run, symbol: str, left: Any, right: Any) -> Any:
    if isinstance(left, Example) or isinstance(right, Example):
        return left if isinstance(left, Example) else right
    if isinstance(left, Noise) or isinstance(right, Noise):
        return _with_noise(run, symbol, left, right)
    numbers = (Numbers, bool, int, float)
    if isinstance(left, numbers) and isinstance(right, numbers):
        if symbol in ARITHMETIC:
            return numbers_binary(run, symbol, left, right)
        return run.unknown(f"{symbol} of constant tensors is not read")
    if symbol == "@":
        return matmul(run, left, right)
    if symbol in RELATIONS:
        return _relation(run, symbol, left, right)
    left, right = (_value(one) for one in (left, right))
    if isinstance(left, int | float) or isinstance(right, int | float):
        return with_number(run, symbol, left, right)
    if isinstance(left, Expr) or isinstance(right, Expr):
        return run.unknown("arithmetic of a tensor with the size of the batch is no block")
    return _two(run, symbol, left, right)


def _value(one: Any) -> Any:
    """A constant tensor of one single value counts as that number."""
    if isinstance(one, Numbers) and one.fill is not None:
        return one.fill
    return int(one) if isinstance(one, bool) else one


def _with_noise(run: Run, symbol: str, left: Any, right: Any) -> Any:
    noise, other = (left, right) if isinstance(left, Noise) else (right, left)
    other = _value(other)
    if isinstance(other, Learned):
        other = learned_as_tensor(run, other)
    if symbol == "*" and isinstance(other, Tensor | int | float):
        return times_noise(run, noise, other)
    if symbol == "/" and noise is left and isinstance(other, int | float):
        return times_noise(run, noise, 1 / other)
    if symbol == "+" and isinstance(other, Tensor):
        return plus_noise(run, other, noise)
    if isinstance(other, Noise):
        other = drawn_noise(run, other)
    tensor = drawn_noise(run, noise)
    return binary_of(run, symbol, *((tensor, other) if noise is left else (other, tensor)))


def with_number(run: Run, symbol: str, left: Any, right: Any) -> Any:
    """A tensor and a number."""
    first = isinstance(left, int | float)
    number, tensor = (left, right) if first else (right, left)
    x = as_tensor(run, tensor)
    number = float(number)
    if not math.isfinite(number):
        return run.unknown("arithmetic with infinity is no block")
    if symbol == "+":
        return x.again() if number == 0 else draw_pointwise(run, "Shift", x, {"amount": number})
    if symbol == "-" and not first:
        return x.again() if number == 0 else draw_pointwise(run, "Shift", x, {"amount": -number})
    if symbol == "-":
        return draw_pointwise(run, "Shift", draw_pointwise(run, "Negate", x), {"amount": number})
    if symbol == "*":
        return x.again() if number == 1 else draw_pointwise(run, "Scale", x, {"factor": number})
    if symbol == "/" and not first:
        return x.again() if number == 1 else draw_pointwise(run, "Scale", x, {"factor": 1 / number})
    if symbol == "/":
        turned = draw_pointwise(run, "Power", x, {"exponent": -1.0})
        return turned if number == 1 else draw_pointwise(run, "Scale", turned, {"factor": number})
    if symbol == "**" and not first:
        return draw_pointwise(run, "Power", x, {"exponent": number})
    if symbol == "**" and number > 0:
        return draw_pointwise(run, "Exp", draw_pointwise(run, "Scale", x, {"factor": math.log(number)}))
    return run.unknown(f"{symbol} of a tensor and a number is no block")


def as_tensor(run: Run, value: Any) -> Tensor:
    """A drawn tensor; raises CannotImport for what is none."""
    run.need(value)
    if isinstance(value, Learned):
        return learned_as_tensor(run, value)
    if isinstance(value, Numbers):
        return constant_as_tensor(run, value)
    if isinstance(value, Noise):
        return drawn_noise(run, value)
    if not isinstance(value, Tensor):
        run.refuse(f"a tensor is needed here, not {kind_of(value)}")
    return value


BLOCKS = {"+": "Add", "*": "Multiply", "-": "Subtract", "/": "Divide"}


def _two(run: Run, symbol: str, left: Any, right: Any) -> Any:
    if symbol not in BLOCKS:
        return run.unknown(f"{symbol} of two tensors is no block")
    if symbol == "+":
        for constant, other in ((left, right), (right, left)):
            if isinstance(constant, Numbers) and isinstance(other, Tensor) and is_waves(run, constant, other):
                return draw_pointwise(run, "SinusoidalEncoding", other)
    a, b, order = aligned(run, left, right)
    if symbol in "+*":
        block = place(run, BLOCKS[symbol], [(None, a), (None, b)])
    else:
        block = place(run, BLOCKS[symbol], [("input", a), ("other", b)])
    return output(run, block, here(run, a), order=order)


def aligned(run: Run, left: Any, right: Any) -> tuple[Tensor, Tensor, tuple[int, ...] | None]:
    """Two tensors whose blocks have the dimensions in one order, and that order."""
    ranks = [len(_sizes(run, one)) for one in (left, right)]
    a = _beside(run, left, ranks[1], right)
    b = _beside(run, right, ranks[0], left)
    if a.order == b.order:
        return a, b, a.order
    longer, shorter = (a, b) if physical(run, a).rank >= physical(run, b).rank else (b, a)
    rank = physical(run, shorter).rank
    order = longer.order
    if order is not None and shorter.order is None and order[-rank:] == tuple(range(len(order) - rank, len(order))):
        return a, b, order
    run.refuse("two tensors meet here that have the batch in different dimensions: bring it to the front in both")


def _sizes(run: Run, value: Any) -> tuple[Any, ...]:
    return dims_of(run, value) if isinstance(value, Tensor) else tuple(value.shape)


def _beside(run: Run, value: Any, rank: int, other: Any) -> Tensor:
    """The value as a tensor that broadcasts as in the source; a 1 in front does no harm beside a longer one."""
    if isinstance(value, Learned) and len(value.shape) < rank:
        return learned_block(run, value)
    if isinstance(value, Numbers):
        order = other.order if isinstance(other, Tensor) else None
        return constant_as_tensor(run, value, rank, order)
    return as_tensor(run, value)


def merged(run: Run, kind: type, values: list[Any]) -> Any:
    """A sum or product of several tensors in one block."""
    if len({value.order for value in values}) > 1:
        result = values[0]
        for value in values[1:]:
            result = binary(run, kind, result, value)
        return result
    block = place(run, BLOCKS[SYMBOLS[kind]], [(None, value) for value in values])
    return output(run, block, here(run, *values), order=values[0].order)


def matmul(run: Run, left: Any, right: Any) -> Any:
    a, b = as_tensor(run, left), as_tensor(run, right)
    if a.order is not None or b.order is not None:
        a, b, _ = aligned(run, a, b)
        run.refuse("a product of matrices whose batch is not in front: bring it there with permute")
    block = place(run, "MatMul", [("input", a), ("other", b)])
    return output(run, block, here(run, a))


def unary(run: Run, kind: type, value: Any) -> Any:
    """-x, +x, not x."""
    if isinstance(value, Unknown):
        return value
    if kind is ast.Not:
        if isinstance(value, Training):
            return Training(not value.negated)
        return not truth_of(run, value)
    if kind is ast.USub:
        if isinstance(value, Tensor | Learned):
            return draw_pointwise(run, "Negate", as_tensor(run, value))
        if isinstance(value, Numbers | Noise):
            return binary_of(run, "*", value, -1.0)
        return -value if isinstance(value, int | float | Expr) else run.unknown(f"- of {kind_of(value)} is not read")
    if kind is ast.Invert and isinstance(value, Tensor):
        return draw_pointwise(run, "Compare", value, {"relation": "equal", "number": 0.0})
    if kind is ast.UAdd:
        return value
    return run.unknown(f"the operator in front of {kind_of(value)} is not read")


def absolute(run: Run, value: Any) -> Any:
    if isinstance(value, Tensor):
        return draw_pointwise(run, "Abs", value)
    return abs(value) if isinstance(value, int | float) else run.unknown(f"abs of {kind_of(value)} is not read")


def compare(run: Run, kind: type, left: Any, right: Any) -> Any:
    """A comparison; of a tensor with a number it is a block."""
    run.spend()
    if kind in (ast.Is, ast.IsNot):
        if isinstance(left, Unknown):
            return left
        same = left is right or (isinstance(left, bool | int | str) and left == right)
        return same is (kind is ast.Is)
    if kind in (ast.In, ast.NotIn):
        return _within(run, left, right, kind is ast.NotIn)
    for one in (left, right):
        if isinstance(one, Unknown):
            return one
    symbol = SYMBOLS[kind]
    if isinstance(left, TENSORS) or isinstance(right, TENSORS):
        if left is None or right is None or isinstance(left, str) or isinstance(right, str):
            return symbol == "!="
        return _of_tensors(run, symbol, left, right)
    if symbol in ("==", "!="):
        found = equal(run, left, right)
        return run.unknown("whether these are equal is not known") if found is None else found is (symbol == "==")
    return binary_of(run, symbol, left, right)


def _within(run: Run, left: Any, right: Any, negated: bool) -> Any:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return left if isinstance(left, Unknown) else right
    if isinstance(left, str) and isinstance(right, str):
        return (left in right) is not negated
    found = [equal(run, left, one) for one in items_of(run, right)]
    if True not in found and None in found:
        return run.unknown("whether it is among these is not known")
    return (True in found) is not negated


def _relation(run: Run, symbol: str, left: Any, right: Any) -> Any:
    """A mask of yes and no."""
    left, right = _value(left), _value(right)
    if isinstance(left, int | float):
        left, right, symbol = right, left, MIRRORED[symbol]
    if not isinstance(right, int | float):
        left, right = _two(run, "-", left, right), 0
    x = as_tensor(run, left)
    return draw_pointwise(run, "Compare", x, {"relation": RELATIONS[symbol], "number": float(right)})
