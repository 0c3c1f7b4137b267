"""What stands inside a model: its children, everything below, and handles on all weights."""

from __future__ import annotations

from typing import Any

from backend.importing.python.running import Run
from backend.importing.python.values import Container, Instance, Layer, Learned, WeightOf, is_module


def children_of(holder: Any) -> dict[str, Any]:
    """What stands right inside a model, a container or a layer."""
    if isinstance(holder, Container):
        return {name: one for name, one in holder.children.items() if is_module(one)}
    if isinstance(holder, Instance):
        inner = holder.children.children if holder.children is not None else {}
        return {name: one for name, one in (*holder.attributes.items(), *inner.items()) if is_module(one)}
    return {}


def modules_of(run: Run, holder: Any) -> list[Any]:
    """The model and everything inside, each once."""
    found: list[Any] = []
    seen: set[int] = set()
    waiting = [holder]
    while waiting:
        run.spend()
        one = waiting.pop(0)
        if id(one) not in seen:
            seen.add(id(one))
            found.append(one)
            waiting.extend(children_of(one).values())
    return found


def names_of(run: Run, holder: Any) -> dict[int, str]:
    """What layers and objects are called where they stand: the name of the attribute."""
    found: dict[int, str] = {}
    for one in modules_of(run, holder):
        for name, part in children_of(one).items():
            if isinstance(part, Layer | Instance) and name.isidentifier():
                found.setdefault(part.serial, name)
    return found


def parameters_of(run: Run, holder: Any) -> list[Any]:
    """A handle on the weights of every layer inside."""
    found: list[Any] = []
    for one in modules_of(run, holder):
        if isinstance(one, Layer):
            found.append(WeightOf(one, "weight"))
        elif isinstance(one, Instance):
            found.extend(value for value in one.attributes.values() if isinstance(value, Learned))
    return found


def freeze(run: Run, holder: Any, wanted: Any = True) -> None:
    """requires_grad_(False)."""
    for one in modules_of(run, holder):
        if isinstance(one, Layer):
            one.frozen = wanted is False
        elif isinstance(one, Instance):
            for value in one.attributes.values():
                if isinstance(value, Learned):
                    value.frozen = wanted is False
