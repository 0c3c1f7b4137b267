"""Hyperparameters made of several numbers: one for each direction or class, and rows of them as in a kernel.

Knows nothing of blocks; single numbers and sizes stand in hyperparameter.py.
"""

from __future__ import annotations

import math
import re
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from graph.hyperparameter import Float, Hyperparameter, HyperparameterError


@dataclass(frozen=True)
class Numbers(Hyperparameter):
    """A number for all directions, or one for each: 2, or 2 x 1.5; `rank` 0 leaves their number open."""

    _: KW_ONLY
    rank: int = 0
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False

    @property
    def one(self) -> Float:
        """The rule of a single number."""
        return Float(self.name, self.default, low=self.low, high=self.high, low_open=self.low_open)

    def rule_text(self) -> str:
        times = f"{self.rank} of them" if self.rank else "one for each direction"
        return f"{self.one.rule_text()}, or {times} such as {' x '.join(['0.5'] * (self.rank or 2))}"

    def _coerce(self, value: Any) -> float | tuple[float, ...]:
        many = isinstance(value, list | tuple)
        if many and (len(value) != self.rank if self.rank else not 1 <= len(value) <= 3):
            raise self.wrong(value)
        try:
            return tuple(map(self.one._coerce, value)) if many else self.one._coerce(value)
        except HyperparameterError:
            raise self.wrong(value) from None

    def _parse(self, text: str) -> Any:
        parts = [part for part in re.split(r"\s*[x×,;]\s*|\s+", text.strip("()[] ")) if part]
        numbers = tuple(map(_number, parts))
        return numbers[0] if len(numbers) == 1 else numbers

    def format(self, value: Any) -> str:
        return " x ".join(map(self.one.format, value)) if isinstance(value, tuple) else self.one.format(value)


@dataclass(frozen=True)
class Row(Hyperparameter):
    """Any count of numbers in a row, such as one weight for each class: 1 2.5 1."""

    _: KW_ONLY
    low: float = -math.inf
    longest: ClassVar[int] = 10_000

    def rule_text(self) -> str:
        least = "" if self.low == -math.inf else f" of at least {self.low:g}"
        return f"finite numbers{least} in a row, such as 1 2.5 1, at most {self.longest:,}"

    def _coerce(self, value: Any) -> tuple[float, ...]:
        if not isinstance(value, list | tuple) or not 1 <= len(value) <= self.longest:
            raise self.wrong(value)
        try:
            return tuple(map(Float(self.name, low=self.low)._coerce, value))
        except HyperparameterError:
            raise self.wrong(value) from None

    def _parse(self, text: str) -> Any:
        return tuple(_number(part) for part in re.split(r"[\s,;]+", text.strip("()[] ")) if part)

    def format(self, value: Any) -> str:
        return "" if value is None else " ".join(map(Float(self.name).format, value))


@dataclass(frozen=True)
class Matrix(Hyperparameter):
    """Rows of numbers as typed into a spreadsheet: 0 -1 0; -1 5 -1; 0 -1 0."""

    rule: ClassVar[str] = "rows of as many finite numbers each, such as 0 -1 0; -1 5 -1; 0 -1 0, at most 31 x 31"
    largest: ClassVar[int] = 31

    def _coerce(self, value: Any) -> tuple[tuple[float, ...], ...]:
        if not isinstance(value, list | tuple) or not 1 <= len(value) <= self.largest:
            raise self.wrong(value)
        if not all(isinstance(row, list | tuple) and len(row) == len(value[0]) for row in value):
            raise self.wrong(value)
        if not 1 <= len(value[0]) <= self.largest:
            raise self.wrong(value)
        try:
            return tuple(tuple(map(Float(self.name)._coerce, row)) for row in value)
        except HyperparameterError:
            raise self.wrong(value) from None

    def _parse(self, text: str) -> Any:
        rows = [row for row in re.split(r"\s*[;\n]\s*", text.strip("()[] \n")) if row]
        return tuple(tuple(_number(part) for part in re.split(r"[\s,]+", row.strip())) for row in rows)

    def format(self, value: Any) -> str:
        one = Float(self.name)
        return "" if value is None else "; ".join(" ".join(map(one.format, row)) for row in value)


def _number(text: str) -> Any:
    """A number, also as a fraction such as 1/9; other text as it is, for the error."""
    above, slash, below = text.partition("/")
    try:
        return float(above) / float(below) if slash else float(text)
    except (ValueError, ZeroDivisionError):
        return text
