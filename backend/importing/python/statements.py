"""Goes through statements: assignments, branches that are known, loops over what is known; the rest is passed over.

In the code around the model anything may stand: what cannot be read there makes its names Unknown. Inside a model it is
told with its line.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from backend.importing.imported import CannotImport
from backend.importing.python import arithmetic, expressions
from backend.importing.python.running import OutOfSteps, Run
from backend.importing.python.sequences import items_of, truth_of
from backend.importing.python.values import (
    ClassValue,
    Decorated,
    Function,
    Instance,
    Outside,
    Scope,
    Tensor,
    Training,
    Unknown,
)

Ended = Any  # None, "break", "continue", or ("return", value)
NOISE = frozenset(("randn_like", "randn", "normal_", "normal", "rsample", "new_empty"))
LIBRARIES = {"np": "numpy", "torch.nn.parameter.Parameter": "torch.nn.Parameter", "torch.autograd.Variable": "Variable"}


def execute(run: Run, body: list[ast.stmt], scope: Scope) -> Ended:
    """Go through statements until one returns or leaves a loop."""
    for index, node in enumerate(body):
        run.spend()
        run.line = node.lineno
        try:
            ended = _guarded(run, node, scope, body[index + 1 :])
        except CannotImport as error:
            if not run.outside or isinstance(error, OutOfSteps):
                raise
            _forget(node, scope, Unknown(error.where, error.text))
            continue
        if ended is not None:
            return ended
    return None


def _guarded(run: Run, node: ast.stmt, scope: Scope, rest: list[ast.stmt]) -> Ended:
    """The statement; values that do not go together are told with its line."""
    try:
        return _statement(run, node, scope, rest)
    except CannotImport:
        raise
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError) as error:
        return run.refuse(f"the values here do not go together: {error}", node.lineno)


def _statement(run: Run, node: ast.stmt, scope: Scope, rest: list[ast.stmt]) -> Ended:
    if isinstance(node, ast.If):
        return _if(run, node, scope, rest)
    kind = _KINDS.get(type(node))
    if kind is None:
        return run.refuse(f"a statement of the kind {type(node).__name__} is not read: write it in plain ones")
    return kind(run, node, scope)


def _forget(node: ast.stmt, scope: Scope, unread: Unknown) -> None:
    """The names a statement would have given values to are not known."""
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    for target in targets:
        for part in ast.walk(target) if target is not None else ():
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                scope.names[part.id] = unread


def _expression(run: Run, node: ast.Expr, scope: Scope) -> None:
    if not isinstance(node.value, ast.Constant):
        expressions.evaluate(run, node.value, scope)


def _assign(run: Run, node: ast.Assign, scope: Scope) -> None:
    value = expressions.evaluate(run, node.value, scope)
    for target in node.targets:
        run.line = node.lineno
        expressions.bind(run, target, value, scope)


def _annotated(run: Run, node: ast.AnnAssign, scope: Scope) -> None:
    if node.value is not None:
        expressions.bind(run, node.target, expressions.evaluate(run, node.value, scope), scope)


def _augmented(run: Run, node: ast.AugAssign, scope: Scope) -> None:
    target = node.target
    named = isinstance(target, ast.Name)
    before = expressions.lookup(run, target.id, scope) if named else _read_again(run, target, scope)
    value = expressions.evaluate(run, node.value, scope)
    run.line = node.lineno
    kind = type(node.op)
    if isinstance(before, list) and kind is ast.Add:
        before.extend(items_of(run, value))
        run.bounded(before)
        return
    after = arithmetic.binary(run, kind, before, value)
    if isinstance(before, Tensor) and isinstance(after, Tensor):
        before.become(after)  # in place: other names of the tensor see it, too
        after = before
    expressions.bind(run, target, after, scope)


def _read_again(run: Run, target: ast.expr, scope: Scope) -> Any:
    if isinstance(target, ast.Attribute):
        loaded: ast.expr = ast.Attribute(target.value, target.attr, ast.Load())
    else:
        loaded = ast.Subscript(target.value, target.slice, ast.Load())
    return expressions.evaluate(run, ast.copy_location(loaded, target), scope)


def _if(run: Run, node: ast.If, scope: Scope, rest: list[ast.stmt]) -> Ended:
    test = expressions.evaluate(run, node.test, scope)
    if isinstance(test, Training):
        return _while_training(run, node, test, scope, rest)
    return execute(run, node.body if truth_of(run, test) else node.orelse, scope)


def _while_training(run: Run, node: ast.If, test: Training, scope: Scope, rest: list[ast.stmt]) -> Ended:
    """Drawn is what is computed in evaluation, save where random numbers come in while training: blocks do that."""
    training, evaluation = (node.orelse, node.body) if test.negated else (node.body, node.orelse)
    if _draws_noise(training) or (test.negated and not training and _draws_noise(rest)):
        run.training = True
        return execute(run, training, scope)
    if training:
        run.note("what is done only while training (self.training) is left out", node.lineno)
    return execute(run, evaluation, scope)


def _draws_noise(body: list[ast.stmt]) -> bool:
    parts = (part for node in body for part in ast.walk(node))
    return any(isinstance(part, ast.Attribute | ast.Name) and _name_of(part) in NOISE for part in parts)


def _name_of(node: ast.Attribute | ast.Name) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id


def _for(run: Run, node: ast.For, scope: Scope) -> Ended:
    for value in items_of(run, expressions.evaluate(run, node.iter, scope)):
        run.spend()
        expressions.bind(run, node.target, value, scope)
        ended = execute(run, node.body, scope)
        if ended == "break":
            return None
        if isinstance(ended, tuple):
            return ended
    return execute(run, node.orelse, scope)


def _while(run: Run, node: ast.While, scope: Scope) -> Ended:
    while truth_of(run, expressions.evaluate(run, node.test, scope)):
        run.spend()
        ended = execute(run, node.body, scope)
        if ended == "break":
            return None
        if isinstance(ended, tuple):
            return ended
    return execute(run, node.orelse, scope)


def _with(run: Run, node: ast.With, scope: Scope) -> Ended:
    for item in node.items:
        expressions.evaluate(run, item.context_expr, scope)
        if item.optional_vars is not None:
            unread = run.unknown("what a with statement gives is not read")
            expressions.bind(run, item.optional_vars, unread, scope)
    return execute(run, node.body, scope)


def _try(run: Run, node: ast.Try, scope: Scope) -> Ended:
    try:
        ended = execute(run, node.body, scope) or execute(run, node.orelse, scope)
    except OutOfSteps:
        raise
    except CannotImport:
        if not node.handlers:
            raise
        ended = execute(run, node.handlers[0].body, scope)
    return ended or execute(run, node.finalbody, scope)


def _return(run: Run, node: ast.Return, scope: Scope) -> Ended:
    return "return", None if node.value is None else expressions.evaluate(run, node.value, scope)


def _raise(run: Run, node: ast.Raise, scope: Scope) -> Ended:
    return run.refuse("the source raises an error here, with the values this model is made with")


def _function(run: Run, node: ast.FunctionDef, scope: Scope) -> None:
    made: Any = expressions.function_of(run, node, node.name, scope)
    if any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Await) for part in ast.walk(node)):
        made = run.unknown(f"{node.name} is a generator; only functions that return are read")
    for decorator in node.decorator_list:
        name = _name_of(decorator) if isinstance(decorator, ast.Attribute | ast.Name) else ""
        if name in ("staticmethod", "classmethod", "property") and isinstance(made, Function):
            made = Decorated(name, made)
    scope.names[node.name] = made


def _class(run: Run, node: ast.ClassDef, scope: Scope) -> None:
    run.spend(5)
    bases: list[ClassValue] = []
    outside = None
    for one in node.bases:
        base = expressions.evaluate(run, one, scope)
        if isinstance(base, ClassValue):
            bases.append(base)
        elif isinstance(base, Outside) and (outside is None or base.path.startswith("torch.nn.")):
            outside = base.path
    cls = ClassValue(node.name, node, bases, outside)
    scope.names[node.name] = cls
    if len(cls.line()) > 50:
        run.refuse(f"{node.name} comes from more than 50 classes")
    body = Scope({}, scope)
    around, run.outside = run.outside, True  # what stands in a class body beside methods need not be readable
    try:
        execute(run, node.body, body)
    finally:
        run.outside = around
    cls.names = body.names
    for made in cls.names.values():
        function = made.function if isinstance(made, Decorated) else made
        if isinstance(function, Function) and function.owner is None:
            function.owner = cls
            function.scope = scope  # the names of a class body are not seen in its methods
    _dataclass(run, node, cls)


def _dataclass(run: Run, node: ast.ClassDef, cls: ClassValue) -> None:
    """The fields of a dataclass in their order, ... where there is no default."""
    decorators = [one.func if isinstance(one, ast.Call) else one for one in node.decorator_list]
    if not any(isinstance(one, ast.Attribute | ast.Name) and _name_of(one) == "dataclass" for one in decorators):
        return
    inherited = [pair for base in cls.bases for pair in base.fields or ()]
    own = [
        (part.target.id, cls.names.get(part.target.id, ...))
        for part in node.body
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
    ]
    cls.fields = list({**dict(inherited), **dict(own)}.items())


def _import(run: Run, node: ast.Import, scope: Scope) -> None:
    for one in node.names:
        if one.asname:
            scope.names[one.asname] = Outside(_canonical(one.name))
        else:
            first = one.name.partition(".")[0]
            scope.names[first] = Outside(first)


def _import_from(run: Run, node: ast.ImportFrom, scope: Scope) -> None:
    for one in node.names:
        module = node.module or ""
        if node.level:
            text = f"{one.name} comes from another file ({'.' * node.level}{module}), and only this one is read"
            scope.names[one.asname or one.name] = run.unknown(f"{text}: put its code into this file")
        elif one.name == "*":
            run.stars.append(_canonical(module))
        else:
            scope.names[one.asname or one.name] = Outside(_canonical(f"{module}.{one.name}"))


def _canonical(path: str) -> str:
    """The shortest of the names a thing of torch's has."""
    if path.startswith("torch.nn.modules."):
        return f"torch.nn.{path.rpartition('.')[2]}"
    return LIBRARIES.get(path, path)


def _nothing(run: Run, node: ast.stmt, scope: Scope) -> None:
    return None


def _delete(run: Run, node: ast.Delete, scope: Scope) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            scope.names.pop(target.id, None)
        elif isinstance(target, ast.Attribute):
            holder = expressions.evaluate(run, target.value, scope)
            if isinstance(holder, Instance):
                holder.attributes.pop(target.attr, None)


_KINDS: dict[type, Callable[[Run, Any, Scope], Ended]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.For: _for,
    ast.While: _while,
    ast.With: _with,
    ast.Try: _try,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Break: lambda run, node, scope: "break",
    ast.Continue: lambda run, node, scope: "continue",
    ast.FunctionDef: _function,
    ast.ClassDef: _class,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Assert: _nothing,
    ast.Pass: _nothing,
    ast.Global: _nothing,
    ast.Nonlocal: _nothing,
    ast.Delete: _delete,
}
