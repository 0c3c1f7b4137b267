"""nn.Sequential, nn.ModuleList and nn.ModuleDict: what is put into them, and what goes through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backend.importing.python import calling
from backend.importing.python.running import Run
from backend.importing.python.sequences import items_of, key_of
from backend.importing.python.values import Container, Unknown, is_module, kind_of


def fill(run: Run, made: Container, args: list[Any], kwargs: dict[str, Any]) -> Container:
    """Put in what the constructor is given."""
    given = args[0] if len(args) == 1 else kwargs.get("modules")
    if (isinstance(given, Container) and given.kind == "ModuleDict") or isinstance(given, dict):
        for name, one in (given.children if isinstance(given, Container) else given).items():
            _enter(run, made, str(name), one)
    elif made.kind == "Sequential":
        for one in args:
            _enter(run, made, str(len(made.children)), one)
    elif given is not None:
        extend(run, made, given)
    return made


def _enter(run: Run, made: Container, name: str, one: Any) -> None:
    if not is_module(one) and not isinstance(one, Unknown) and made.kind in ("Sequential", "ModuleList", "ModuleDict"):
        if one is None and made.kind == "ModuleList":
            pass
        elif not made.kind.startswith("Parameter"):
            run.refuse(f"nn.{made.kind} holds layers, and {kind_of(one)} is none")
    made.children[name] = one
    run.not_too_many(made.children)


def run_container(run: Run, container: Container, args: list[Any]) -> Any:
    """One layer behind the other; the other containers are only lists."""
    if container.kind != "Sequential":
        run.refuse(f"nn.{container.kind} cannot be called: call the layers in it, in a loop")
    values = args
    for one in container.items:
        values = [calling.call(run, one, values, {})]
    return values[0] if values else None


def append(run: Run, container: Container, one: Any) -> Container:
    _enter(run, container, str(len(container.children)), one)
    return container


def extend(run: Run, container: Container, values: Any) -> Container:
    for one in items_of(run, values):
        append(run, container, one)
    return container


def insert(run: Run, container: Container, index: int, one: Any) -> None:
    items = container.items
    items.insert(index, one)
    container.children = {str(i): item for i, item in enumerate(items)}


def add(run: Run, container: Container, name: Any, module: Any) -> None:
    _enter(run, container, str(key_of(run, name)), module)


def _pop(run: Run, container: Container, key: Any) -> Any:
    names = list(container.children)
    return container.children.pop(names[key] if isinstance(key, int) else str(key))


def _update(run: Run, container: Container, values: Any) -> None:
    pairs = values.items() if isinstance(values, dict) else (items_of(run, one) for one in items_of(run, values))
    for name, one in pairs:
        _enter(run, container, str(name), one)


CONTAINER_METHODS: dict[str, Callable[..., Any]] = {
    "append": append,
    "extend": extend,
    "insert": insert,
    "add_module": add,
    "register_module": add,
    "pop": _pop,
    "update": _update,
    "keys": lambda run, container: list(container.children),
    "values": lambda run, container: container.items,
    "items": lambda run, container: list(container.children.items()),
    "children": lambda run, container: container.items,
    "named_children": lambda run, container: list(container.children.items()),
    "forward": lambda run, container, *args: calling.call_module(run, container, list(args), {}),
    "__len__": lambda run, container: len(container.children),
}
