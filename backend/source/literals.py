"""Values and remarks as they may stand in generated source.

A literal is printed only from exactly bool, int, float, str, None, list or tuple, finite and in range. Text of people
becomes a comment of one line without control, line-breaking or direction-changing characters.
"""

from __future__ import annotations

import math
import re
from typing import Any

from backend.source.identifiers import plain

LARGEST = 2**63 - 1
DEEPEST = 4
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z", re.ASCII)


class LiteralError(ValueError):
    """A value that cannot be printed into source; the text says what it is."""


def literal(value: Any, depth: int = 0) -> str:
    """A canonical value as Python source; raises LiteralError for anything else."""
    kind = type(value)
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
        if WORD.match(value):
            return f'"{value}"'
        raise LiteralError(f"a text that is not one word of letters and digits ({comment(ascii(value[:40]))})")
    if kind is tuple or kind is list:
        return _sequence(value, depth)
    raise LiteralError(
        f"a value of type {comment(kind.__name__)}, which is none of bool, int, float, str, None, list, tuple"
    )


def comment(text: str, longest: int = 300) -> str:
    """Text of people as it may stand behind a `#`: printable characters on one line."""
    words = "".join(char if char.isprintable() else " " for char in plain(text)).split()
    line = " ".join(words)
    return line if len(line) <= longest else line[: longest - 3] + "..."


def _sequence(values: list | tuple, depth: int) -> str:
    if depth >= DEEPEST or len(values) > 64:
        raise LiteralError("a list too long or too deep")
    items = [literal(value, depth + 1) for value in values]
    if type(values) is list:
        return f"[{', '.join(items)}]"
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
