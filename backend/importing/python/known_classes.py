"""Classes of the file that are told by their text or name: those that Netloom writes itself, and DropPath."""

from __future__ import annotations

import ast
from typing import Any

from backend.importing.python import calling
from backend.importing.python.pieces import PIECES
from backend.importing.python.running import Run
from backend.importing.python.values import ClassValue, Function, Layer
from backend.source import piece_texts

DROP_PATHS = ("DropPath", "StochasticDepth", "DropConnect", "DropPathLayer")
RANDOM = ("rand", "bernoulli", "bernoulli_", "new_empty")


def as_known(run: Run, cls: ClassValue, args: list[Any], kwargs: dict[str, Any]) -> Layer | None:
    """The layer that a class of an exported file stands for; None for any other class."""
    if cls.name in PIECES and len(ast.dump(cls.node)) < 50_000 and ast.dump(cls.node) == piece_texts.form_of(cls.name):
        begin = cls.lookup("__init__")
        given = calling.given(run, begin, [None, *args], kwargs) if isinstance(begin, Function) else {}
        given.pop("self", None)
        return Layer(cls.name, given, run.line)
    if cls.name in DROP_PATHS and cls.is_module and _draws(cls):
        run.note(f"{cls.name} is read as a StochasticDepth block, by its name")
        share = next((one for one in (*args, *kwargs.values()) if isinstance(one, int | float)), 0.0)
        return Layer("StochasticDepth", {"p": float(share)}, run.line)
    return None


def _draws(cls: ClassValue) -> bool:
    """Whether something random is in the class."""
    parts = [part for part in ast.walk(cls.node) if isinstance(part, ast.Attribute | ast.Name)]
    names = {part.attr if isinstance(part, ast.Attribute) else part.id for part in parts}
    return any(name in RANDOM or name.startswith("drop_path") for name in names)
