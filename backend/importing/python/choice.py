"""Which model of a file is meant, and what it is called with: the code around it says so, else it is the last class."""

from __future__ import annotations

import ast
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from backend.importing.imported import CannotImport
from backend.importing.python import calling, statements
from backend.importing.python.module_tree import modules_of
from backend.importing.python.running import MOST_OUTSIDE, OutOfSteps, Run
from backend.importing.python.values import (
    ClassValue,
    Container,
    Function,
    Instance,
    Numbers,
    Scope,
    Unknown,
)

PREFERRED = ("model", "net", "network")


@dataclass(slots=True)
class Chosen:
    """The model, its name, and an example of what it is called with where the file has one."""

    model: Any
    name: str
    example: tuple[list[Any], dict[str, Any]] | None = None


def choose(run: Run, tree: ast.Module, stem: str) -> Chosen:
    """The model that is read; raises CannotImport where there is none or it cannot be made."""
    scope = Scope({})
    _go_through(run, tree, scope)
    made = {name: value for name, value in scope.names.items() if _is_model(value)}
    for model, _, _ in run.calls:
        if _is_model(model) and model not in made.values():
            made[f"call {len(made)}"] = model
    made = _outermost(run, made)
    if made:
        return _of_made(run, made, stem)
    classes = [one for one in scope.names.values() if isinstance(one, ClassValue) and one.is_module]
    return _of_classes(run, scope, classes, stem)


def _go_through(run: Run, tree: ast.Module, scope: Scope) -> None:
    """The file from top to bottom; where its steps run out, what it defines is still looked at."""
    most, run.most = run.most, min(run.most, run.steps + MOST_OUTSIDE)
    run.outside = True
    body = tree.body
    try:
        for index, node in enumerate(body):
            body = tree.body[index + 1 :]
            statements.execute(run, [node], scope)
    except OutOfSteps:
        run.note("the code around the model was not read to its end", run.line)
        run.most = min(most, run.steps + MOST_OUTSIDE)
        defined = (ast.ClassDef, ast.FunctionDef, ast.Import, ast.ImportFrom, ast.Assign)
        with suppress(OutOfSteps):
            statements.execute(run, [node for node in body if isinstance(node, defined)], scope)
    finally:
        run.most = most
        run.outside = False


def _is_model(value: Any) -> bool:
    if isinstance(value, Instance):
        return value.cls.is_module
    return isinstance(value, Container) and value.kind == "Sequential" and bool(value.children)


def _outermost(run: Run, made: dict[str, Any]) -> dict[str, Any]:
    """Those that are part of no other."""
    inner = {id(part) for model in made.values() for part in modules_of(run, model)[1:]}
    return {name: model for name, model in made.items() if id(model) not in inner}


def _of_made(run: Run, made: dict[str, Any], stem: str) -> Chosen:
    """Of the models that the file makes: one that is called with an example, one with the usual name, the last."""
    called = [name for name, model in made.items() if _example_of(run, model)]
    usual = [name for name in made if name in PREFERRED]
    alike = len({_name_of(model, stem) for model in made.values()}) == 1  # such as a copy that follows slowly
    name = next((one for one in called if one in PREFERRED), None)
    name = name or (called or usual or list(made))[0 if alike and not called else -1]
    model = made[name]
    others = [one for one in made if made[one] is not model]
    if others:
        run.note(f"the file makes {len(made)} models, {', '.join(made)}; {name} was read", 0)
    return Chosen(model, _name_of(model, stem), _example_of(run, model))


def _example_of(run: Run, model: Any) -> tuple[list[Any], dict[str, Any]] | None:
    for called, args, kwargs in run.calls:
        given = [*args, *kwargs.values()]
        known = all(isinstance(one, Numbers | Unknown | bool | int | type(None)) for one in given)
        if called is model and known and any(isinstance(one, Numbers) and one.shape for one in given):
            return args, kwargs
    return None


def _name_of(model: Any, stem: str) -> str:
    return model.cls.name if isinstance(model, Instance) else stem


def _of_classes(run: Run, scope: Scope, classes: list[ClassValue], stem: str) -> Chosen:
    """The last class that nobody else in the file uses, or a function that makes a model."""
    functions = [one for one in scope.names.values() if isinstance(one, Function)]
    if not classes:
        found = _by_functions(run, functions, None)
        if found is not None:
            return Chosen(found, _name_of(found, stem))
        for unread in (scope.names.get(name) for name in PREFERRED):
            if isinstance(unread, Unknown):
                raise CannotImport(unread.where, unread.text)
        raise CannotImport(
            run.file,
            "there is no model in this file: a class that comes from nn.Module, or model = nn.Sequential(...), is read",
        )
    used = {name for one in classes for name in _names_in(one) if name != one.name}
    free = [one for one in classes if one.name not in used] or classes
    return _made(run, free[-1], functions, stem)


def _names_in(cls: ClassValue) -> set[str]:
    return {part.id for part in ast.walk(cls.node) if isinstance(part, ast.Name)}


def _made(run: Run, cls: ClassValue, functions: list[Function], stem: str) -> Chosen:
    """An object of the class: with its defaults, or as a function of the file makes it."""
    needed = _needed(cls)
    if needed:
        found = _by_functions(run, functions, cls)
        if found is not None:
            return Chosen(found, cls.name)
        raise CannotImport(
            run.where(cls.node.lineno),
            f"{cls.name} needs {', '.join(needed)}, and the file does not say what {_these(needed)}: give"
            f" {'it' if len(needed) == 1 else 'them'} a default in __init__, or add a line such as"
            f" model = {cls.name}({', '.join(f'{name}=...' for name in needed)})",
        )
    run.line = cls.node.lineno
    model = calling.instantiate(run, cls, [], {})
    if isinstance(model, Unknown):
        raise CannotImport(model.where, model.text)
    return Chosen(model, cls.name)


def _these(names: list[str]) -> str:
    return "that is" if len(names) == 1 else "those are"


def _needed(cls: ClassValue) -> list[str]:
    """The arguments of __init__ that have no default."""
    begin = cls.lookup("__init__")
    if not isinstance(begin, Function):
        return []
    spec = begin.node.args
    names = [one.arg for one in (*spec.posonlyargs, *spec.args)][1:]
    with_default = len(begin.defaults)
    needed = names[: len(names) - with_default] if with_default else names
    only = zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
    return [*needed, *(one.arg for one, default in only if default is None)]


def _by_functions(run: Run, functions: list[Function], cls: ClassValue | None) -> Any:
    """What the first function gives that needs nothing and makes a model, of this class if one is named."""
    made: list[tuple[str, Any]] = []
    for function in functions:
        spec = function.node.args
        if len(spec.args) > len(function.defaults) or any(one is None for one in spec.kw_defaults):
            continue
        try:
            model = calling.invoke(run, function, [], {})
        except OutOfSteps:
            raise
        except CannotImport:
            continue
        if _is_model(model) and (cls is None or (isinstance(model, Instance) and cls in model.cls.line())):
            made.append((function.name, model))
    if len(made) > 1:
        others = ", ".join(name for name, _ in made[1:6])
        run.note(f"{made[0][0]}() was read; the file also has {others}", 0)
    return made[0][1] if made else None
