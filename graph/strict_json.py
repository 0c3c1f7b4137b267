"""Strict JSON: what a foreign file must pass before anything of ours looks at it.

Size, UTF-8, depth and amount are checked before parsing; NaN, infinities, doubled keys, lone surrogates and endless
numbers are refused. Knows nothing of projects.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

LARGEST_INT = 2**63 - 1
STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # possessive: an unclosed string costs one pass
TOKEN = re.compile(STRING.pattern + r"|[\[\]{},:]|[^\s\[\]{},:\"]+", re.DOTALL)
ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
NOT_STRUCTURE = {code: None for code in range(128) if chr(code) not in "[]{},"}
STEPS = {"[": 1, "{": 1, "]": -1, "}": -1, ",": 0}


class JsonError(ValueError):
    """Text that is not strict JSON; `place` is a line and column, or empty when it is the whole."""

    def __init__(self, place: str, text: str):
        super().__init__(f"{place}: {text}" if place else text)
        self.place = place
        self.text = text


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read at all: bytes, nesting, and values in the whole text."""

    size: int = 16 * 2**20
    depth: int = 64
    values: int = 1_000_000


LIMITS = Limits()


class _Refused(ValueError):
    """Raised inside the parser, which does not know where it is."""


def loads(data: bytes | str, limits: Limits = LIMITS) -> Any:
    """The value of a strict JSON text; raises JsonError and nothing else."""
    text = _decoded(data, limits)
    _scan(text, limits)
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        raise JsonError(place(text, error.pos), f"this is not JSON: {_words(error.msg)}") from None
    except _Refused as refusal:
        raise JsonError(_place_of(text), str(refusal)) from None


def place(text: str, position: int) -> str:
    """A position in a text as line and column, both from 1."""
    before = text[:position]
    return f"line {before.count(chr(10)) + 1}, column {position - before.rfind(chr(10))}"


def _decoded(data: bytes | str, limits: Limits) -> str:
    if len(data) > limits.size:
        raise JsonError("", f"{len(data):,} bytes are too many; at most {limits.size:,} are read")
    if isinstance(data, str):
        try:
            data.encode()
        except UnicodeEncodeError as error:
            raise JsonError(place(data, error.start), "half of a surrogate pair; UTF-8 cannot hold it") from None
        return data
    try:
        return data.decode("utf-8-sig")  # the mark some Windows editors put in front says nothing and is dropped
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        raise JsonError(
            place(before, len(before)), f"byte 0x{data[error.start]:02x} is not UTF-8; a project is UTF-8 text"
        ) from None


def _scan(text: str, limits: Limits) -> None:
    """Depth, amount and surrogates, before the parser builds anything."""
    structure = STRING.sub("", text)
    if not structure.isascii():
        structure = re.sub(r"[^\x00-\x7f]+", "", structure)
    structure = structure.translate(NOT_STRUCTURE)
    if len(structure) > 2 * limits.values:
        raise JsonError("", f"more than {limits.values:,} values; no project holds as many")
    depth = max(accumulate(map(STEPS.__getitem__, structure)), default=0)
    if depth > limits.depth:
        raise JsonError("", f"nested {depth:,} deep; at most {limits.depth} are read")
    if "\\u" in text:
        for escape in ESCAPE.finditer(text):
            if escape[1]:
                raise JsonError(place(text, escape.start()), f"\\{escape[1]} is half of a surrogate pair; write both")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        doubled = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise _Refused(f"the key {_cut(doubled)} stands twice in one object; each may stand once")
    return found


def _integer(literal: str) -> int:
    if len(literal) > 20 or not -LARGEST_INT <= int(literal) <= LARGEST_INT:
        raise _Refused(f"the whole number {_cut(literal)} is too large; at most {LARGEST_INT:,} are counted")
    return int(literal)


def _number(literal: str) -> float:
    value = float(literal)
    if not math.isfinite(value):
        raise _Refused(f"the number {_cut(literal)} is beyond every float; at most 1.79e308 is")
    return value


def _constant(literal: str) -> Any:
    raise _Refused(f"{literal} is no number of JSON; a finite number is wanted")


def _place_of(text: str) -> str:
    """Where the first refused token stands: walked only when something was refused."""
    keys: list[set[str] | None] = []
    before = ""
    for token in TOKEN.finditer(text):
        word = token[0]
        if word in "{[":
            keys.append(set() if word == "{" else None)
        elif word in "}]" and keys:
            keys.pop()
        elif word[0] == '"' and keys and keys[-1] is not None and before in ("{", ","):
            key = json.loads(word)
            if key in keys[-1]:
                return place(text, token.start())
            keys[-1].add(key)
        elif word[0] not in '",:' and _refused(word):
            return place(text, token.start())
        before = word
    return ""


def _refused(word: str) -> bool:
    try:
        json.loads(word, parse_int=_integer, parse_float=_number, parse_constant=_constant)
    except _Refused:
        return True
    except ValueError:
        return False
    return False


def _words(message: str) -> str:
    return message[0].lower() + message[1:]


def _cut(text: str) -> str:
    return json.dumps(text if len(text) <= 40 else text[:37] + "...", ensure_ascii=False)
