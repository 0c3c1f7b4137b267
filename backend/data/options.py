"""The options of a data source as typed, ranged values: one declaration serves the form, the check and the default.

Knows neither files nor arrays.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from backend.data.errors import DataError

OptionKind = Literal["whole number", "number", "yes or no", "text", "size"]
SIZE = re.compile(r"\s*(\d{1,6})\s*[x,×]\s*(\d{1,6})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Option:
    """One option; `default` None means "worked out from the data", and None is then a value one may give."""

    name: str
    kind: OptionKind
    default: int | float | bool | str | None
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    empty: str = ""  # what an empty field stands for, in a few words

    def read(self, value: Any) -> Any:
        """The canonical value; raises ValueError with what would be right. A size becomes (height, width)."""
        if self.default is None and (value is None or value == ""):  # an empty field of a form
            return None
        reader = {
            "whole number": self._whole_number,
            "number": self._number,
            "yes or no": self._yes_or_no,
            "text": self._text,
            "size": self._size,
        }[self.kind]
        return reader(value)

    def _whole_number(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise ValueError(f"must be a whole number{self._range()}")
        return int(self._in_range(value))

    def _number(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"must be a number{self._range()}")
        return float(self._in_range(value))

    def _yes_or_no(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError("must be true or false")
        return value

    def _text(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("must be a text")
        if self.choices and value not in self.choices:
            raise ValueError(f"must be one of {', '.join(self.choices)}")
        return value

    def _size(self, value: Any) -> tuple[int, int]:
        if isinstance(value, str):
            match = SIZE.fullmatch(value)
            value = tuple(map(int, match.groups())) if match else int(value) if value.isdecimal() else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = (value, value)
        if not isinstance(value, tuple | list) or len(value) != 2:
            raise ValueError('must be a number such as 32, or height and width such as "48x64"')
        return self._whole_number(value[0]), self._whole_number(value[1])

    def _in_range(self, value: float) -> float:
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise ValueError(f"must be{self._range()}")
        return value

    def _range(self) -> str:
        if self.low is not None and self.high is not None:
            return f" from {self.low:g} to {self.high:g}"
        if self.low is not None:
            return f" of at least {self.low:g}"
        return ""


def read_options(place: str, options: tuple[Option, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """Every option with its value, given or default; raises DataError naming the option, value and range."""
    known = {option.name: option for option in options}
    for name in given:
        if name not in known:
            offered = f"it has {', '.join(known)}" if known else "it has none"
            raise DataError(place, f'has no option "{name}"; {offered}')
    values = {}
    for name, option in known.items():
        value = given.get(name, option.default)
        try:
            values[name] = option.read(value)
        except (ValueError, OverflowError) as fault:
            raise DataError(place, f'option "{name}" is {value!r}, but {fault}') from None
    return values
