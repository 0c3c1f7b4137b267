"""Pieces: small classes that torch lacks and generated files may carry, kept as real Python in `pieces/`.

They are only read here, as text; the gate lets exactly these texts pass. Imports no torch.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "pieces"


@cache
def names() -> tuple[str, ...]:
    """Every piece, by the name of its class."""
    return tuple(sorted(path.stem for path in FOLDER.glob("[A-Z]*.py")))


@cache
def text_of(name: str) -> str:
    """The class of a piece as it is written into files, without the imports above it."""
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    return ast.get_source_segment(text, _class(text, name)) + "\n"


@cache
def form_of(name: str) -> str:
    """The syntax tree of a piece, to compare with."""
    return ast.dump(_class(text_of(name), name))


def _class(text: str, name: str) -> ast.ClassDef:
    return next(node for node in ast.parse(text).body if isinstance(node, ast.ClassDef) and node.name == name)
