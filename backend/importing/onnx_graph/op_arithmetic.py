"""Arithmetic: sums, products, powers, comparisons; a single number makes a Scale or a Shift of them."""

from __future__ import annotations

import math
from collections.abc import Callable

from backend.importing.onnx_graph.context import GIVE_NUMBERS, Context
from backend.importing.onnx_graph.joining import meet
from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.op_activation import activate, rounded
from backend.importing.onnx_graph.tensors import KINDS
from backend.importing.onnx_graph.values import Begun, Drawn, Known, Value, number_of

FLOATS = frozenset(("float32", "float64", "float16", "bfloat16"))
WHOLE = frozenset(("int64", "int32", "uint8", "int8", "int16", "uint16", "uint32", "uint64"))


def single(value: Value, other: Value) -> float | None:
    """The number that a value is, where it is one and adds no dimension to the other."""
    number = number_of(value)
    if number is None or not math.isfinite(number) or len(value.sizes) > len(other.sizes):
        return None
    pairs = zip(reversed(value.sizes), reversed(other.sizes), strict=False)
    return rounded(number) if all(size in (1, whole) for size, whole in pairs) else None


def _needs_float(ctx: Context, x: Drawn) -> None:
    if not x.type.is_float:
        ctx.fail(f"it computes with {x.type.dtype} and a number, which blocks do in float32 only")


def _joined(ctx: Context, type: str, values: list) -> Drawn:
    found, finish = meet(ctx, values)
    return finish(ctx.drawing.draw(type, {"inputs": found}))


def _ordered(ctx: Context, type: str, values: list) -> Drawn:
    (left, right), finish = meet(ctx, values)
    return finish(ctx.drawing.draw(type, {"input": left, "other": right}))


def _of_one(ctx: Context, x: Value, type: str, **settings) -> Drawn:
    x = ctx.drawn(x)
    _needs_float(ctx, x)
    return activate(ctx, x, type, **settings)


def add(ctx: Context, node: Node, inputs: list) -> Value:
    a, b = inputs
    if isinstance(b, Drawn) and not isinstance(a, Drawn):
        a, b = b, a
    if isinstance(b, Begun):
        return _with_positions(ctx, a, b)
    number = None if isinstance(b, Drawn) else single(b, a)
    if number == 0:
        return a
    return _joined(ctx, "Add", [a, b]) if number is None else _of_one(ctx, a, "Shift", amount=number)


def _with_positions(ctx: Context, a: Value, b: Begun) -> Drawn:
    """Sequences of an open length with a vector added to every place."""
    x, table = ctx.plain(a), b.array
    while table.ndim > 2 and table.shape[0] == 1:
        table = table[0]
    last = b.axis == b.array.ndim - 2 and table.ndim == 2
    if x.type.rank != 3 or not last or x.sizes[1:] != (b.size, table.shape[1]):
        ctx.fail(f"it adds numbers cut to {b.size}, which is open; {GIVE_NUMBERS}")
    values, weights = {"length": len(table)}, {"weight": table}
    return ctx.drawing.place_block("LearnedEncoding", {"input": x}, ctx.named(b), values, weights, (b.source,))[0]


def subtract(ctx: Context, node: Node, inputs: list) -> Value:
    a, b = inputs
    if isinstance(a, Drawn) and not isinstance(b, Drawn) and (number := single(b, a)) is not None:
        return _of_one(ctx, a, "Shift", amount=-number) if number else a
    if isinstance(b, Drawn) and not isinstance(a, Drawn) and (number := single(a, b)) is not None:
        turned = _of_one(ctx, b, "Negate")
        return _of_one(ctx, turned, "Shift", amount=number) if number else turned
    return _ordered(ctx, "Subtract", [a, b])


def multiply(ctx: Context, node: Node, inputs: list) -> Value:
    a, b = inputs
    if isinstance(b, Drawn) and not isinstance(a, Drawn):
        a, b = b, a
    number = None if isinstance(b, Drawn) else single(b, a)
    if number == 1:
        return a
    return _joined(ctx, "Multiply", [a, b]) if number is None else _of_one(ctx, a, "Scale", factor=number)


def divide(ctx: Context, node: Node, inputs: list) -> Value:
    a, b = inputs
    for value in inputs:
        if isinstance(value, Drawn) and not value.type.is_float:
            ctx.fail("it divides whole numbers, which no block does")
    if isinstance(a, Drawn) and not isinstance(b, Drawn) and (number := single(b, a)):
        return a if number == 1 else _of_one(ctx, a, "Scale", factor=1 / number)
    if isinstance(b, Drawn) and not isinstance(a, Drawn) and (number := single(a, b)) is not None:
        inverse = _of_one(ctx, b, "Power", exponent=-1.0)
        return inverse if number == 1 else _of_one(ctx, inverse, "Scale", factor=number)
    return _ordered(ctx, "Divide", [a, b])


def _power(ctx: Context, node: Node, inputs: list) -> Value:
    exponent = number_of(inputs[1])
    if exponent is None or not isinstance(inputs[0], Drawn):
        ctx.fail("its exponent is no single known number, which is what a block Power takes")
    if exponent == 0.5:
        return _of_one(ctx, inputs[0], "Sqrt")
    return inputs[0] if exponent == 1 else _of_one(ctx, inputs[0], "Power", exponent=rounded(exponent))


def _reciprocal(ctx: Context, node: Node, inputs: list) -> Value:
    return _of_one(ctx, inputs[0], "Power", exponent=-1.0)


def _chained(step: Callable) -> Callable:
    def read(ctx: Context, node: Node, inputs: list) -> Value:
        result = inputs[0]
        for other in inputs[1:]:
            result = step(ctx, node, [result, other])
        return result

    return read


def _mean(ctx: Context, node: Node, inputs: list) -> Value:
    total = _chained(add)(ctx, node, inputs)
    return total if len(inputs) == 1 else _of_one(ctx, total, "Scale", factor=1 / len(inputs))


def _signed(ctx: Context, x: Drawn) -> Drawn:
    """Numbers whose differences have a sign: those of uint8 would begin anew at 255."""
    return ctx.drawing.draw("Scale", {"input": x}, factor=1.0) if x.type.dtype in ("uint8", "bool") else x


def _extreme(largest: bool) -> Callable:
    """The larger or smaller of two: a Clamp where one is a number, else chosen by a comparison."""

    def step(ctx: Context, node: Node, inputs: list) -> Value:
        a, b = inputs
        if isinstance(b, Drawn) and not isinstance(a, Drawn):
            a, b = b, a
        number = None if isinstance(b, Drawn) else single(b, a)
        if number == 0 and largest:
            return _of_one(ctx, a, "ReLU")
        if number is not None:
            bounds = {"min": number, "max": None} if largest else {"min": None, "max": number}
            return _of_one(ctx, a, "Clamp", **bounds)
        (left, right), finish = meet(ctx, [a, b])
        difference = ctx.drawing.draw("Subtract", {"input": _signed(ctx, left), "other": _signed(ctx, right)})
        relation = "above" if largest else "below"
        mask = ctx.drawing.draw("Compare", {"input": difference}, relation=relation, number=0.0)
        ctx.note(f"{node.op} of two tensors is drawn as Subtract, Compare and Where")
        return finish(ctx.drawing.draw("Where", {"mask": mask, "input": left, "other": right}))

    return _chained(step)


OPPOSITE = {"above": "below", "below": "above", "at_least": "at_most", "at_most": "at_least"}


def _compare(relation: str) -> Callable:
    def read(ctx: Context, node: Node, inputs: list) -> Value:
        a, b = inputs
        said = relation
        if isinstance(b, Drawn) and not isinstance(a, Drawn):
            a, b, said = b, a, OPPOSITE.get(relation, relation)
        number = None if isinstance(b, Drawn) else single(b, a)
        if number is not None:
            return activate(ctx, a, "Compare", relation=said, number=number)
        (left, right), finish = meet(ctx, [a, b])
        ends = {"input": _signed(ctx, left), "other": _signed(ctx, right)}
        difference = finish(ctx.drawing.draw("Subtract", ends))
        return activate(ctx, difference, "Compare", relation=said, number=0.0)

    return read


def _where(ctx: Context, node: Node, inputs: list) -> Value:
    if not any(isinstance(value, Drawn) for value in inputs[1:]):
        for value in inputs[1:]:
            if ctx.array(value, "operand").dtype.kind != "f":
                ctx.fail("it chooses among whole numbers, which no block gives")
    found, finish = meet(ctx, inputs)
    return finish(ctx.drawing.draw("Where", dict(zip(("mask", "input", "other"), found, strict=True))))


def _and(ctx: Context, node: Node, inputs: list) -> Value:
    return _joined(ctx, "Multiply", inputs)  # of yes and no


def _or(ctx: Context, node: Node, inputs: list) -> Value:
    return _joined(ctx, "Add", inputs)


def _not(ctx: Context, node: Node, inputs: list) -> Value:
    return activate(ctx, inputs[0], "Compare", relation="equal", number=0.0)


def _cast(ctx: Context, node: Node, inputs: list) -> Value:
    """Another kind of numbers: all floats are float32 here, whole numbers stay whole."""
    x, to = ctx.drawn(inputs[0]), KINDS.get(node.attributes.get("to"))
    if to is None:
        ctx.fail(f"it asks for numbers of kind {node.attributes.get('to')}, which no block computes with")
    if to == x.type.dtype or (to in FLOATS and x.type.is_float) or (to in WHOLE and x.type.dtype in WHOLE):
        return x
    if to in FLOATS:
        return activate(ctx, x, "Scale", factor=1.0)
    if to == "bool":
        return activate(ctx, x, "Compare", relation="not_equal", number=0.0)
    ctx.fail(f"it makes {to} of {x.type.dtype}, which no block does")


def _identity(ctx: Context, node: Node, inputs: list) -> Value:
    return inputs[0]


def _cast_like(ctx: Context, node: Node, inputs: list) -> Value:
    like = inputs[1].type.dtype if isinstance(inputs[1], Drawn) else "float32"
    known = isinstance(inputs[1], Known) and inputs[1].array.dtype.kind == "f"
    kinds = {name: number for number, name in KINDS.items()}
    if not isinstance(inputs[1], Drawn) and not known:
        ctx.fail("which kind of numbers it asks for is not read")
    return _cast(ctx, Node(node.op, node.name, node.inputs, node.outputs, {"to": kinds[like]}), inputs)


READERS: dict[str, Callable] = {
    "Add": add,
    "Sub": subtract,
    "Mul": multiply,
    "Div": divide,
    "Pow": _power,
    "Reciprocal": _reciprocal,
    "Sum": _chained(add),
    "Mean": _mean,
    "Max": _extreme(True),
    "Min": _extreme(False),
    "Greater": _compare("above"),
    "GreaterOrEqual": _compare("at_least"),
    "Less": _compare("below"),
    "LessOrEqual": _compare("at_most"),
    "Equal": _compare("equal"),
    "Where": _where,
    "And": _and,
    "Or": _or,
    "Not": _not,
    "Cast": _cast,
    "CastLike": _cast_like,
    "Identity": _identity,
}
