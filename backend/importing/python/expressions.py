"""Evaluates expressions of the source over the values that can be known: constants, layers, drawn tensors.

A value that cannot be known is an `Unknown` with its reason; it costs nothing until somebody needs it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from backend.importing.python import arithmetic, attributes, calling, indexing, known_functions
from backend.importing.python.running import Run
from backend.importing.python.sequences import items_of, key_of, truth_of
from backend.importing.python.values import Function, Outside, Scope, Tensor, Unknown


def evaluate(run: Run, node: ast.expr, scope: Scope) -> Any:
    """The value of an expression; raises CannotImport with its line."""
    run.spend()
    run.line = getattr(node, "lineno", run.line)
    kind = _KINDS.get(type(node))
    if kind is None:
        words = type(node).__name__
        return run.refuse(f"{_shown(node)} is a Python expression ({words}) that is not read: write it in plain ones")
    value = kind(run, node, scope)
    if type(value) is int or isinstance(value, str):
        run.bounded(value)
    return value


def _shown(node: ast.expr) -> str:
    try:
        return f"{ast.unparse(node)!r:.60}"
    except (RecursionError, ValueError):
        return "this"


def _constant(run: Run, node: ast.Constant, scope: Scope) -> Any:
    if isinstance(node.value, complex | bytes):
        return run.unknown(f"{node.value!r:.40} is no number of a network")
    return node.value


def lookup(run: Run, name: str, scope: Scope) -> Any:
    """What a name stands for where it is used."""
    found: Scope | None = scope
    while found is not None:
        if name in found.names:
            return found.names[name]
        found = found.parent
    if name in known_functions.BUILTINS:
        return known_functions.BUILTINS[name]
    if run.stars:
        return Outside(f"{run.stars[-1]}.{name}")
    return run.unknown(f"{name} is not defined in this file, and nothing outside it is read")


def _name(run: Run, node: ast.Name, scope: Scope) -> Any:
    return lookup(run, node.id, scope)


def _attribute(run: Run, node: ast.Attribute, scope: Scope) -> Any:
    value = evaluate(run, node.value, scope)
    run.line = node.lineno
    return attributes.attribute(run, value, node.attr)


def _call(run: Run, node: ast.Call, scope: Scope) -> Any:
    if isinstance(node.func, ast.Name) and node.func.id == "super":
        return calling.super_of(run, scope, [evaluate(run, one, scope) for one in node.args])
    function = evaluate(run, node.func, scope)
    arguments = list(_spread(run, node.args, scope))
    named: dict[str, Any] = {}
    for keyword in node.keywords:
        value = evaluate(run, keyword.value, scope)
        if keyword.arg is not None:
            named[keyword.arg] = value
        elif isinstance(value, dict):
            named.update({str(key): one for key, one in value.items()})
        else:
            return value if isinstance(value, Unknown) else run.unknown("the arguments behind ** are not known")
    run.line = node.lineno
    return calling.call(run, function, arguments, named)


def _spread(run: Run, nodes: list[ast.expr], scope: Scope) -> Iterator[Any]:
    """The values, those behind a star one by one."""
    for node in nodes:
        if isinstance(node, ast.Starred):
            value = evaluate(run, node.value, scope)
            yield from items_of(run, value)
        else:
            yield evaluate(run, node, scope)


def _binary(run: Run, node: ast.BinOp, scope: Scope) -> Any:
    """A sum or product of many terms is one block, as it is one line."""
    kind = type(node.op)
    terms = [node.right]
    left: ast.expr = node.left
    while kind in (ast.Add, ast.Mult) and isinstance(left, ast.BinOp) and type(left.op) is kind:
        terms.append(left.right)
        left = left.left
        run.spend()
    values = [evaluate(run, one, scope) for one in (left, *reversed(terms))]
    run.line = node.lineno
    if len(values) > 2 and all(isinstance(value, Tensor) for value in values):
        return arithmetic.merged(run, kind, values)
    result = values[0]
    for value in values[1:]:
        result = arithmetic.binary(run, kind, result, value)
    return result


def _unary(run: Run, node: ast.UnaryOp, scope: Scope) -> Any:
    value = evaluate(run, node.operand, scope)
    return arithmetic.unary(run, type(node.op), value)


def _both(run: Run, node: ast.BoolOp, scope: Scope) -> Any:
    """and, or: as Python goes through them."""
    stop = isinstance(node.op, ast.Or)
    value: Any = None
    for one in node.values:
        value = evaluate(run, one, scope)
        if isinstance(value, Unknown):
            return value
        if truth_of(run, value) is stop:
            return value
    return value


def _compare(run: Run, node: ast.Compare, scope: Scope) -> Any:
    left = evaluate(run, node.left, scope)
    result: Any = True
    for operator, other in zip(node.ops, node.comparators, strict=True):
        right = evaluate(run, other, scope)
        result = arithmetic.compare(run, type(operator), left, right)
        if len(node.ops) == 1 or isinstance(result, Unknown) or not truth_of(run, result):
            return result
        left = right
    return result


def _choice(run: Run, node: ast.IfExp, scope: Scope) -> Any:
    test = evaluate(run, node.test, scope)
    return evaluate(run, node.body if truth_of(run, test) else node.orelse, scope)


def _tuple(run: Run, node: ast.Tuple, scope: Scope) -> tuple[Any, ...]:
    return run.bounded(tuple(_spread(run, node.elts, scope)))


def _list(run: Run, node: ast.List, scope: Scope) -> list[Any]:
    return run.bounded(list(_spread(run, node.elts, scope)))


def _set(run: Run, node: ast.Set, scope: Scope) -> Any:
    return run.bounded(list(dict.fromkeys(key_of(run, one) for one in _spread(run, node.elts, scope))))


def _dict(run: Run, node: ast.Dict, scope: Scope) -> Any:
    made: dict[Any, Any] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        one = evaluate(run, value, scope)
        if key is not None:
            made[key_of(run, evaluate(run, key, scope))] = one
        elif isinstance(one, dict):
            made.update(one)
        else:
            return run.unknown("what stands behind ** is not known")
    return run.bounded(made)


def _subscript(run: Run, node: ast.Subscript, scope: Scope) -> Any:
    value = evaluate(run, node.value, scope)
    index = evaluate(run, node.slice, scope)
    run.line = node.lineno
    return indexing.item(run, value, index)


def _slice(run: Run, node: ast.Slice, scope: Scope) -> Any:
    bounds = [None if one is None else evaluate(run, one, scope) for one in (node.lower, node.upper, node.step)]
    unread = next((one for one in bounds if isinstance(one, Unknown)), None)
    return unread or slice(*bounds)


def _text(run: Run, node: ast.JoinedStr, scope: Scope) -> Any:
    parts = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
            continue
        value = evaluate(run, part.value, scope)
        written = "" if part.format_spec is None else evaluate(run, part.format_spec, scope)
        piece = known_functions.formatted(run, value, written)
        if isinstance(piece, Unknown):
            return piece
        parts.append(piece)
        run.spend(len(piece) // 16)
    return run.bounded("".join(parts))


def _comprehension(run: Run, node: Any, scope: Scope, make: Callable[[Scope], None], depth: int = 0) -> None:
    """Call `make` in every turn of the nested loops."""
    if depth == len(node.generators):
        make(scope)
        return
    part = node.generators[depth]
    for value in items_of(run, evaluate(run, part.iter, scope)):
        run.spend()
        inner = Scope({}, scope, scope.owner, scope.itself)
        bind(run, part.target, value, inner)
        if all(truth_of(run, evaluate(run, test, inner)) for test in part.ifs):
            _comprehension(run, node, inner, make, depth + 1)


def _listed(run: Run, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, scope: Scope) -> Any:
    made: list[Any] = []

    def make(inner: Scope) -> None:
        made.append(evaluate(run, node.elt, inner))
        run.not_too_many(made)

    _comprehension(run, node, scope, make)
    return made


def _keyed(run: Run, node: ast.DictComp, scope: Scope) -> Any:
    made: dict[Any, Any] = {}

    def make(inner: Scope) -> None:
        made[key_of(run, evaluate(run, node.key, inner))] = evaluate(run, node.value, inner)
        run.not_too_many(made)

    _comprehension(run, node, scope, make)
    return made


def _lambda(run: Run, node: ast.Lambda, scope: Scope) -> Function:
    return function_of(run, node, "lambda", scope)


def function_of(run: Run, node: Any, name: str, scope: Scope) -> Function:
    """A function with its defaults, evaluated now as Python does."""
    defaults = [evaluate(run, one, scope) for one in node.args.defaults]
    keyword = [None if one is None else evaluate(run, one, scope) for one in node.args.kw_defaults]
    return Function(name, node, scope, defaults, keyword)


def _walrus(run: Run, node: ast.NamedExpr, scope: Scope) -> Any:
    value = evaluate(run, node.value, scope)
    scope.names[node.target.id] = value
    return value


def bind(run: Run, target: ast.expr, value: Any, scope: Scope) -> None:
    """Give a value to what stands left of an equals sign."""
    run.spend()
    if isinstance(target, ast.Name):
        scope.names[target.id] = value
    elif isinstance(target, ast.Attribute):
        attributes.assign(run, evaluate(run, target.value, scope), target.attr, value)
    elif isinstance(target, ast.Subscript):
        holder = evaluate(run, target.value, scope)
        indexing.assign(run, holder, evaluate(run, target.slice, scope), value)
    elif isinstance(target, ast.Tuple | ast.List):
        _unpack(run, target.elts, value, scope)
    else:
        run.refuse("this cannot stand left of an equals sign here")


def _unpack(run: Run, targets: list[ast.expr], value: Any, scope: Scope) -> None:
    values = indexing.unpacked(run, value, len(targets))
    star = next((i for i, one in enumerate(targets) if isinstance(one, ast.Starred)), None)
    if star is not None and len(values) >= len(targets) - 1:
        behind = len(targets) - star - 1
        end = len(values) - behind
        values = [*values[:star], values[star:end], *values[end:]]
        targets = [one.value if isinstance(one, ast.Starred) else one for one in targets]
    if len(values) != len(targets):
        run.refuse(f"{len(values)} values cannot be given to {len(targets)} names")
    for target, one in zip(targets, values, strict=True):
        bind(run, target, one, scope)


_KINDS: dict[type, Callable[[Run, Any, Scope], Any]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _both,
    ast.Compare: _compare,
    ast.IfExp: _choice,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Set: _set,
    ast.Dict: _dict,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.JoinedStr: _text,
    ast.ListComp: _listed,
    ast.GeneratorExp: _listed,
    ast.SetComp: _listed,
    ast.DictComp: _keyed,
    ast.Lambda: _lambda,
    ast.NamedExpr: _walrus,
}
