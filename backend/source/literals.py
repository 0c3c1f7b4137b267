"""Values and remarks as they may stand in generated source.

A literal is printed only from exactly bool, int, float, str, None, list or tuple, finite and in range. Text of people
becomes a comment of one line without control, line-breaking or direction-changing characters.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

from backend.source.identifiers import plain
from graph.dim import Dim, Traced, names, python

LARGEST = 2**63 - 1
DEEPEST = 4
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}\Z", re.ASCII)
EQUATION = re.compile(r"[A-Za-z]{0,16}(,[A-Za-z]{0,16}){0,7}->[A-Za-z]{0,16}\Z", re.ASCII)  # of an einsum
MOST_ITEMS = 10_000


class LiteralError(ValueError):
    """A value that cannot be printed into source; the text says what it is."""


@dataclass(slots=True)
class Scope:
    """Whose names formulas may use: the arguments of one constructor. Remembers which it needs, and which it keeps."""

    used: set[str] = field(default_factory=set)  # in __init__
    kept: set[str] = field(default_factory=set)  # in forward, as self.NAME
    forward: bool = False

    def in_forward(self) -> Scope:
        """The same scope for the lines of forward."""
        return Scope(self.used, self.kept, True)

    def formula(self, dim: Dim) -> str:
        (self.kept if self.forward else self.used).update(names(dim))
        return python(dim, "self." if self.forward else "")

    def name(self, name: Name) -> str:
        (self.kept if self.forward else self.used).add(name)
        return f"self.{name}" if self.forward else str(name)


class Name(str):
    """An argument of the constructor that stands where a value would: `bias` in `bias=bias`."""

    __slots__ = ()


def literal(value: Any, depth: int = 0, scope: Scope | None = None) -> str:
    """A canonical value as Python source, a traced number as its formula; raises LiteralError for anything else."""
    kind = type(value)
    if scope is not None and kind is Traced:
        return scope.formula(value.formula)
    if scope is not None and kind is Name:
        return scope.name(value)
    if kind is Traced:
        value, kind = int(value), int
    if value is None or kind is bool:
        return repr(value)
    if kind is int:
        if -LARGEST <= value <= LARGEST:
            return repr(value)
        raise LiteralError("a whole number beyond 64 bits")
    if kind is float:
        if math.isfinite(value):
            return repr(value)
        raise LiteralError(f"a number that is not finite ({value})")
    if kind is str:
        if WORD.match(value) or EQUATION.match(value):
            return f'"{value}"'
        raise LiteralError(f"a text that is not one word of letters and digits ({comment(ascii(value[:40]))})")
    if kind is tuple or kind is list:
        return _sequence(value, depth, scope)
    raise LiteralError(
        f"a value of type {comment(kind.__name__)}, which is none of bool, int, float, str, None, list, tuple"
    )


def comment(text: str, longest: int = 300) -> str:
    """Text of people as it may stand behind a `#`: printable characters on one line."""
    words = "".join(char if char.isprintable() else " " for char in plain(text)).split()
    line = " ".join(words)
    return line if len(line) <= longest else line[: longest - 3] + "..."


def _sequence(values: list | tuple, depth: int, scope: Scope | None) -> str:
    if depth >= DEEPEST or len(values) > MOST_ITEMS:
        raise LiteralError("a list too long or too deep")
    items = [literal(value, depth + 1, scope) for value in values]
    if type(values) is list:
        return f"[{', '.join(items)}]"
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
