"""Hyperparameters: the settings a block type declares; coercion, ranges, text form and help.

A canonical value is made of exactly bool, int, float, str, None and tuples of them, all finite, so that it can be
printed into source and saved as JSON. Knows nothing of blocks or networks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

LARGEST = 2**31 - 1
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z", re.ASCII)


class _Required:
    def __repr__(self) -> str:
        return "REQUIRED"

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


REQUIRED: Any = _Required()


class HyperparameterError(ValueError):
    """A value that breaks its hyperparameter's rule; the text names the value, the rule and what would be right."""


@dataclass(frozen=True)
class Hyperparameter:
    """One setting: its name as torch spells it, its default, and what to place when torch demands a value."""

    name: str
    default: Any = REQUIRED
    help: str = ""
    _: KW_ONLY
    suggestion: Any = None  # placed by the palette where there is no default
    inferred: bool = False  # None means: worked out from the input
    optional: bool = False  # None is allowed and means what torch means by it

    rule: ClassVar[str] = "a value"

    def coerce(self, value: Any) -> Any:
        """The canonical value; raises HyperparameterError."""
        if value is None and (self.inferred or self.optional or self.default is None):
            return None
        return self._coerce(value)

    def parse(self, text: str) -> Any:
        """The canonical value of what a person typed; raises HyperparameterError."""
        text = text.strip()
        if text.lower() in ("", "none", "auto") and (self.inferred or self.optional or self.default is None):
            return None
        return self.coerce(self._parse(text))

    def format(self, value: Any) -> str:
        """The value as a person reads and types it."""
        return "" if value is None else str(value)

    def _coerce(self, value: Any) -> Any:
        raise self.wrong(value)

    def _parse(self, text: str) -> Any:
        return text

    def wrong(self, value: Any) -> HyperparameterError:
        return HyperparameterError(f"{self.name} must be {self.rule_text()}, not {_shown(value)}")

    def rule_text(self) -> str:
        return self.rule


@dataclass(frozen=True)
class Int(Hyperparameter):
    """A whole number within [low, high]."""

    _: KW_ONLY
    low: int = -LARGEST
    high: int = LARGEST

    def rule_text(self) -> str:
        return _range_text("a whole number", self.low, self.high, LARGEST)

    def _coerce(self, value: Any) -> int:
        if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise self.wrong(value)
        return int(value)

    def _parse(self, text: str) -> Any:
        return _int_or_text(text.replace(",", ""))


@dataclass(frozen=True)
class Axis(Int):
    """A dimension counted from 0 with the batch first, or from the end with negative numbers."""

    _: KW_ONLY
    low: int = -16
    high: int = 15


@dataclass(frozen=True)
class Float(Hyperparameter):
    """A finite number within [low, high]; an open bound is itself left out."""

    _: KW_ONLY
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False  # the lower bound itself is not allowed
    high_open: bool = False  # nor the upper one

    def rule_text(self) -> str:
        if self.high_open:
            start = "above" if self.low_open else "of at least"
            return f"a number {start} {_written(self.low)} and below {_written(self.high)}"
        if self.low_open and self.low > -math.inf:
            upper = "" if math.isinf(self.high) else f" and at most {_written(self.high)}"
            return f"a number above {_written(self.low)}{upper}"
        return _range_text("a number", self.low, self.high, math.inf)

    def _coerce(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(value)
        try:
            number = float(value)
        except OverflowError:
            raise self.wrong(value) from None
        below = number <= self.low if self.low_open else number < self.low
        above = number >= self.high if self.high_open else number > self.high
        if not math.isfinite(number) or below or above:
            raise self.wrong(value)
        return number

    def _parse(self, text: str) -> Any:
        try:
            return float(text)
        except ValueError:
            return text

    def format(self, value: Any) -> str:
        return "" if value is None else f"{value:g}" if float(f"{value:g}") == value else repr(value)


@dataclass(frozen=True)
class Bool(Hyperparameter):
    """On or off."""

    rule: ClassVar[str] = "True or False"

    def _coerce(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self.wrong(value)
        return value

    def _parse(self, text: str) -> Any:
        return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(
            text.lower(), text
        )


@dataclass(frozen=True)
class Choice(Hyperparameter):
    """One of a few words."""

    _: KW_ONLY
    choices: tuple[str, ...] = ()

    def rule_text(self) -> str:
        return "one of " + ", ".join(self.choices)

    def _coerce(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise self.wrong(value)
        return str(value)


@dataclass(frozen=True)
class Size(Hyperparameter):
    """A whole number for all `rank` directions, or one for each: 3, or 3 x 5."""

    _: KW_ONLY
    rank: int = 2
    low: int = 1
    high: int = LARGEST
    each_optional: bool = False  # a direction may be None: kept as it comes (adaptive pooling)

    def rule_text(self) -> str:
        one = _range_text("a whole number", self.low, self.high, LARGEST)
        return one if self.rank == 1 else f"{one}, or {self.rank} of them such as {' x '.join('3' * self.rank)}"

    def _coerce(self, value: Any) -> int | tuple[int | None, ...]:
        if isinstance(value, list | tuple):
            if len(value) != self.rank:
                raise self.wrong(value)
            sizes = tuple(self._one(v, value) for v in value)
            return sizes[0] if self.rank == 1 and sizes[0] is not None else sizes
        return self._one(value, value)

    def _one(self, value: Any, whole: Any) -> int | None:
        if value is None and self.each_optional and isinstance(whole, list | tuple):
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise self.wrong(whole)
        return int(value)

    def _parse(self, text: str) -> Any:
        return _sizes(text)

    def format(self, value: Any) -> str:
        return _size_text(value)


@dataclass(frozen=True)
class Padding(Size):
    """A size, or the words `same` (output as large as the input) and `valid` (none)."""

    _: KW_ONLY
    low: int = 0

    def rule_text(self) -> str:
        return f"{super().rule_text()}, or same, or valid"

    def _coerce(self, value: Any) -> Any:
        if isinstance(value, str):
            if value in ("same", "valid"):
                return str(value)
            raise self.wrong(value)
        if isinstance(value, list | tuple) and len(value) == 2 * self.rank:
            text = f"both sides get the same; for another width on each put a ZeroPad{self.rank}d in front"
            raise HyperparameterError(f"{self.wrong(value)}: {text}")
        return super()._coerce(value)


@dataclass(frozen=True)
class Shape(Hyperparameter):
    """A list of dimensions; names such as T stay open, and -1 (where allowed) is worked out."""

    _: KW_ONLY
    low: int = 1
    symbols: bool = False
    wildcard: bool = False
    empty: bool = True

    def rule_text(self) -> str:
        extra = " or a name such as T" if self.symbols else ""
        wildcard = ", one of them may be -1" if self.wildcard else ""
        return f"dimensions of at least {self.low}{extra}{wildcard}, such as 1 x 28 x 28"

    def _coerce(self, value: Any) -> tuple[int | str, ...]:
        if isinstance(value, int | str) and not isinstance(value, bool):
            value = (value,)
        if not isinstance(value, list | tuple) or len(value) > 16 or (not value and not self.empty):
            raise self.wrong(value)
        dims = tuple(self._one(dim, value) for dim in value)
        if dims.count(-1) > 1:
            raise self.wrong(value)
        return dims

    def _one(self, dim: Any, whole: Any) -> int | str:
        if self.symbols and isinstance(dim, str) and NAME.match(dim) and dim != "N":
            return str(dim)
        if isinstance(dim, bool) or not isinstance(dim, int) or dim > LARGEST:
            raise self.wrong(whole)
        if dim < self.low and not (self.wildcard and dim == -1):
            raise self.wrong(whole)
        return int(dim)

    def _parse(self, text: str) -> Any:
        sizes = _sizes(text)
        return sizes if isinstance(sizes, tuple) else (sizes,) if text else ()

    def format(self, value: Any) -> str:
        return "()" if value == () else _size_text(value)


@dataclass(frozen=True)
class Axes(Shape):
    """An ordering or choice of dimensions, such as 0 x 2 x 1."""

    _: KW_ONLY
    low: int = -16

    def rule_text(self) -> str:
        return "a list of dimensions such as 0, 2, 1"


@dataclass(frozen=True)
class Text(Hyperparameter):
    """A short line of text without control characters."""

    rule: ClassVar[str] = "a line of text of at most 200 characters"

    def _coerce(self, value: Any) -> str:
        if not isinstance(value, str) or len(value) > 200 or not value.isprintable():
            raise self.wrong(value)
        return str(value)


def has(who: str, declared: Iterable[Hyperparameter], name: str) -> None:
    """Raise HyperparameterError unless an argument of that name is declared."""
    names = [argument.name for argument in declared]
    if name not in names:
        raise HyperparameterError(f"{who} has no argument {name}; it has {', '.join(names) or 'no arguments'}")


def complete(who: str, declared: Iterable[Hyperparameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Every argument, those not given at their default; raises HyperparameterError for a wrong name or value."""
    arguments = {argument.name: argument for argument in declared}
    for name in given:
        has(who, arguments.values(), name)
    return {
        name: argument.coerce(given[name]) if name in given else argument.default
        for name, argument in arguments.items()
    }


def _int_or_text(text: str) -> Any:
    return int(text) if re.fullmatch(r"[+-]?\d{1,12}", text, re.ASCII) else text


def _sizes(text: str) -> Any:
    inner = text.strip().strip("()[]").strip()
    parts = [part for part in re.split(r"\s*[x×,;]\s*|\s+", inner) if part]
    values = tuple(None if part.lower() == "none" else _int_or_text(part) for part in parts)
    return values[0] if len(values) == 1 else values


def _size_text(value: Any) -> str:
    if value is None:
        return ""
    return " x ".join(str(v) for v in value) if isinstance(value, tuple) else str(value)


def _range_text(what: str, low: float, high: float, limit: float) -> str:
    if low > -limit and high < limit:
        return f"{what} from {_written(low)} to {_written(high)}"
    if low > -limit:
        return f"{what} of at least {_written(low)}"
    if high < limit:
        return f"{what} of at most {_written(high)}"
    return what


def _written(bound: float) -> str:
    """A bound as people write it: 1,000,000 and not 1e+06."""
    return f"{bound:,.0f}" if bound == round(bound) and abs(bound) < 1e12 else f"{bound:g}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
