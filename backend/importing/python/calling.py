"""Calls: functions, methods and classes of the file are gone through; torch's become layers and blocks."""

from __future__ import annotations

import ast
from typing import Any

from backend.importing.imported import CannotImport
from backend.importing.python import (
    containers,
    expressions,
    known_classes,
    layer_calls,
    outside,
    statements,
    submodules,
)
from backend.importing.python.layers import CONTAINERS, SIGNATURES, make_layer
from backend.importing.python.running import DEEPEST, Run
from backend.importing.python.values import (
    Bound,
    ClassValue,
    Container,
    Decorated,
    Function,
    Instance,
    Layer,
    Native,
    Outside,
    Scope,
    Super,
    Unknown,
    is_module,
    kind_of,
)

GUARDED = (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError)


def call(run: Run, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What a call gives; Unknown where nothing is known about the function."""
    run.spend()
    if isinstance(function, Unknown):
        return function
    if isinstance(function, Function):
        return invoke(run, function, args, kwargs)
    if isinstance(function, Bound):
        return invoke(run, function.function, [function.itself, *args], kwargs)
    if isinstance(function, Decorated):
        return invoke(run, function.function, args, kwargs)
    if isinstance(function, ClassValue):
        return instantiate(run, function, args, kwargs)
    if is_module(function):
        return call_module(run, function, args, kwargs)
    if isinstance(function, Instance):
        method = function.cls.lookup("__call__")
        return call(run, bound(method, function), args, kwargs) if method else run.unknown("it cannot be called")
    if isinstance(function, Native):
        return guarded(run, function.name, function.act, args, kwargs)
    if isinstance(function, Outside):
        return guarded(
            run, function.path, lambda *given: outside.call_outside(given[0], function, *given[1:]), args, kwargs
        )
    return run.unknown(f"{kind_of(function)} cannot be called")


def guarded(run: Run, name: str, act: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The same call; arguments it cannot take make an Unknown that says so."""
    line = run.line
    try:
        return act(run, args, kwargs)
    except CannotImport:
        raise
    except GUARDED as error:
        run.line = line
        reason = str(error).replace("_", " ", 1) if str(error).startswith("_") else str(error)
        return run.unknown(f"{name} cannot be read with these arguments: {reason:.200}")


def call_module(run: Run, module: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What a layer or a model gives; outside of forward it is only remembered what it was called with."""
    if run.outside:
        run.calls.append((module, args, kwargs))
        return run.unknown("what a model gives is not computed here")
    if isinstance(module, Layer):
        return guarded(run, f"nn.{module.type}", lambda r, a, k: layer_calls.call_layer(r, module, a, k), args, kwargs)
    if isinstance(module, Container):
        return containers.run_container(run, module, args)
    return submodules.call_instance(run, module, args, kwargs)


def bound(found: Any, holder: Any) -> Any:
    """A class's attribute as its object has it."""
    if isinstance(found, Function):
        return Bound(found, holder)
    if isinstance(found, Decorated):
        return found.function if found.kind == "staticmethod" else Bound(found.function, holder)
    return found


def invoke(run: Run, function: Function, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Go through a function of the file."""
    if run.depth >= DEEPEST:
        run.refuse(f"{function.name} is called {DEEPEST} calls deep; a recursion this deep is not read")
    scope = Scope(given(run, function, args, kwargs), function.scope, function.owner, args[0] if args else None)
    line = run.line
    run.depth += 1
    training = run.training
    try:
        if isinstance(function.node, ast.Lambda):
            return expressions.evaluate(run, function.node.body, scope)
        ended = statements.execute(run, function.node.body, scope)
    finally:
        run.depth -= 1
        run.training = training
    run.line = line
    return ended[1] if isinstance(ended, tuple) else None


def given(run: Run, function: Function, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments by name; raises CannotImport as Python would raise TypeError."""
    spec = function.node.args
    names = [one.arg for one in (*spec.posonlyargs, *spec.args)]
    found = dict(zip(names, args, strict=False))
    if len(args) > len(names) and spec.vararg is None:
        run.refuse(f"{function.name} takes {len(names)} arguments, but gets {len(args)}")
    if spec.vararg is not None:
        found[spec.vararg.arg] = tuple(args[len(names) :])
    only = [one.arg for one in spec.kwonlyargs]
    rest = {name: value for name, value in kwargs.items() if name not in names and name not in only}
    if rest and spec.kwarg is None:
        run.refuse(f"{function.name} has no argument {next(iter(rest))}; it has {', '.join((*names, *only))}")
    found.update((name, value) for name, value in kwargs.items() if name not in rest)
    if spec.kwarg is not None:
        found[spec.kwarg.arg] = rest
    for name, default in zip(reversed(names), reversed(function.defaults), strict=False):
        found.setdefault(name, default)
    for name, node, default in zip(only, spec.kw_defaults, function.keyword_defaults, strict=True):
        if node is not None:
            found.setdefault(name, default)
    missing = [name for name in (*names, *only) if name not in found]
    if missing:
        run.refuse(f"{function.name} needs {', '.join(missing)}, and nothing in this file says what that is")
    return found


def super_of(run: Run, scope: Scope, named: list[Any]) -> Any:
    """super(), or super(Class, self) as older sources have it."""
    if len(named) == 2 and isinstance(named[0], ClassValue) and isinstance(named[1], Instance):
        return Super(named[0], named[1])
    found: Scope | None = scope
    while found is not None and found.owner is None:
        found = found.parent
    if found is None or not isinstance(found.itself, Instance):
        return run.unknown("super() stands outside of a method here")
    return Super(found.owner, found.itself)


def instantiate(run: Run, cls: ClassValue, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """An object of a class of the file; in the code around the model one that cannot be read is an Unknown."""
    piece = known_classes.as_known(run, cls, args, kwargs)
    if piece is not None:
        return piece
    if cls.fields is not None and cls.lookup("__init__") is None:
        return _record(run, cls, args, kwargs)
    made = Instance(cls, run.line)
    around, run.outside = run.outside, run.outside and not cls.is_module
    try:
        begin = cls.lookup("__init__")
        if begin is None:
            base_begin(run, made, args, kwargs)
        else:
            if isinstance(begin, Function):
                made.made_with = given(run, begin, [None, *args], kwargs)
            call(run, bound(begin, made), args, kwargs)
    except CannotImport as error:
        if not around:
            raise
        return Unknown(error.where, error.text)
    finally:
        run.outside = around
    return made


def base_begin(run: Run, made: Instance, args: list[Any], kwargs: dict[str, Any]) -> None:
    """What the constructor of a torch class does that a class of the file comes from."""
    name = (made.cls.base or "").rpartition(".")[2]
    if name in CONTAINERS:
        made.children = containers.fill(run, Container(name, {}, run.line), args, kwargs)
    elif name in SIGNATURES and (made.cls.base or "").startswith("torch.nn."):
        layer = make_layer(run, name, args, kwargs)
        made.layer = layer if isinstance(layer, Layer) else None


def _record(run: Run, cls: ClassValue, args: list[Any], kwargs: dict[str, Any]) -> Instance:
    """An object of a dataclass."""
    names = [name for name, _ in cls.fields or ()]
    if len(args) > len(names) or any(name not in names for name in kwargs):
        run.refuse(f"{cls.name} has the fields {', '.join(names)}, and others are given here")
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    missing = [name for name, default in cls.fields or () if default is ... and name not in given]
    if missing:
        run.refuse(f"{cls.name} needs {', '.join(missing)}, and nothing in this file says what that is")
    return Instance(cls, run.line, {**dict(cls.fields or ()), **given})
