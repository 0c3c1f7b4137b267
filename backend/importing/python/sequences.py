"""Plain Python in the source: what can be gone through, compared, taken for true, or used as a key."""

from __future__ import annotations

from typing import Any

from backend.importing.python.running import Run
from backend.importing.python.values import (
    SCALARS,
    Container,
    Instance,
    Layer,
    Learned,
    Named,
    Numbers,
    Outside,
    Tensor,
    Training,
    Unknown,
    kind_of,
)
from graph.dim import Expr


def items_of(run: Run, value: Any) -> list[Any]:
    """Everything a loop over the value would see; raises CannotImport where that is not known."""
    run.need(value)
    if isinstance(value, Instance) and value.children is not None:
        value = value.children
    if isinstance(value, Container):
        found = list(value.children) if value.kind == "ModuleDict" else value.items
    elif isinstance(value, Named):
        found = list(value.values)
    elif isinstance(value, list | tuple | range | dict | str):
        run.bounded(value)
        found = list(value)
    elif isinstance(value, Tensor):
        from backend.importing.python.shaping import unbind  # it draws blocks, and needs this module

        found = list(unbind(run, value, 0))
    elif isinstance(value, Numbers) and value.array is not None and value.shape:
        found = [row_of(value, index) for index in range(run.bounded(range(value.shape[0])).stop)]
    elif isinstance(value, Instance) and value.cls.lookup("__iter__"):
        run.refuse(f"a loop over {kind_of(value)} with an __iter__ of its own is not read: loop over a list")
    else:
        run.refuse(f"what {kind_of(value)} holds is not known, so that it cannot be gone through")
    run.spend(len(found) // 4)
    return found


def row_of(numbers: Numbers, index: int) -> Numbers:
    """One step of a constant tensor."""
    assert numbers.array is not None
    row = numbers.array[index]
    fill = float(row) if row.ndim == 0 else None
    return Numbers(numbers.shape[1:], numbers.dtype, row, fill)


def truth_of(run: Run, value: Any) -> bool:
    """Whether Python would take the value for true; raises CannotImport where only a run could tell."""
    run.need(value)
    if isinstance(value, Training):
        return value.negated != run.training
    if isinstance(value, SCALARS):
        return bool(value)
    if isinstance(value, list | tuple | dict | range):
        return len(value) > 0
    if isinstance(value, Container):
        return len(value.children) > 0
    if isinstance(value, Expr):
        return True
    if isinstance(value, Numbers):
        if value.fill is not None:
            return bool(value.fill)
        run.refuse("which way this goes depends on the numbers of a tensor")
    if isinstance(value, Tensor):
        run.refuse("which way this goes depends on the values of a tensor; a drawing goes one way: use torch.where")
    return True


def key_of(run: Run, value: Any) -> Any:
    """The value as a key of a dictionary."""
    run.need(value)
    if isinstance(value, (*SCALARS, Outside)):
        return value
    if isinstance(value, tuple) and len(value) <= 16 and all(isinstance(one, SCALARS) for one in value):
        return value
    if isinstance(value, Tensor | Numbers | list | tuple | dict | slice | range | Expr):
        run.refuse(f"{kind_of(value)} is no key of a dictionary here: use a number or a word")
    return value  # an object: the same only as itself


def equal(run: Run, left: Any, right: Any, depth: int = 0) -> bool | None:
    """Whether two values are equal, item by item; None where that is not known."""
    run.spend()
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        if type(left) is not type(right) or len(left) != len(right):
            return False
        if depth > 8:
            run.refuse("lists as deep as these are not compared")
        found = [equal(run, a, b, depth + 1) for a, b in zip(left, right, strict=True)]
        return False if False in found else None if None in found else True
    if isinstance(left, dict) or isinstance(right, dict):
        return None if isinstance(left, dict) and isinstance(right, dict) else False
    objects = (Container, Instance, Layer, Learned)
    if isinstance(left, objects) or isinstance(right, objects):
        return left is right
    if isinstance(left, range) or isinstance(right, range):
        return None
    return bool(left == right)
