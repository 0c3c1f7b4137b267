"""Python's own functions and those of math that a model's source uses, over values that are known."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from backend.importing.python import arithmetic, attributes, calling
from backend.importing.python.running import MOST_ITEMS, Run
from backend.importing.python.sequences import items_of, key_of, truth_of
from backend.importing.python.values import (
    ClassValue,
    Container,
    Instance,
    Layer,
    Learned,
    Named,
    Native,
    Numbers,
    Outside,
    Tensor,
    Unknown,
    is_module,
    kind_of,
)
from graph.dim import Expr

BUILTINS: dict[str, Any] = {"__name__": "__main__", "NotImplemented": None}
PLAIN_FORMAT = re.compile(r"[<>^]?0?\d{0,2}[,_]?(\.\d{1,2})?[dfgse%]?\Z")


def builtin(function: Callable[..., Any]) -> Callable[..., Any]:
    """Enter act(run, *arguments, **named) under its name, without the underscore."""
    name = function.__name__.strip("_")

    def act(run: Run, args: list[Any], kwargs: dict[str, Any]) -> Any:
        unread = next((one for one in args if isinstance(one, Unknown)), None)
        return unread or function(run, *args, **kwargs)

    BUILTINS[name] = Native(name, act)
    return function


def formatted(run: Run, value: Any, written: Any) -> Any:
    """A value as text; Unknown where that could be anything."""
    if isinstance(value, Unknown) or not isinstance(value, bool | int | float | str | type(None)):
        return value if isinstance(value, Unknown) else run.unknown(f"{kind_of(value)} as text is not read")
    if not isinstance(written, str) or not PLAIN_FORMAT.match(written):
        return run.unknown("only short forms such as :03d or :.2f are read")
    return format(value, written)


@builtin
def _len(run: Run, value: Any) -> Any:
    if isinstance(value, Tensor | Numbers | Learned):
        return attributes.shape_of(run, value)[0]
    if isinstance(value, Instance) and value.children is None:
        method = value.cls.lookup("__len__")
        return calling.call(run, calling.bound(method, value), [], {}) if method else run.unknown("its length is open")
    if isinstance(value, str):
        return len(value)
    return len(items_of(run, value))


@builtin
def _range(run: Run, *bounds: Any) -> Any:
    if any(isinstance(one, Expr | Tensor) for one in bounds):
        return run.unknown("how often this goes depends on the batch or on values; a drawing needs a known number")
    made = range(*bounds)
    if len(made) > MOST_ITEMS:
        run.refuse(f"a loop of {len(made):,} turns; at most {MOST_ITEMS:,} are read")
    return made


@builtin
def _enumerate(run: Run, values: Any, start: int = 0) -> list[Any]:
    return [(start + i, value) for i, value in enumerate(items_of(run, values))]


@builtin
def _zip(run: Run, *values: Any, strict: bool = False) -> list[Any]:
    return list(zip(*(items_of(run, one) for one in values), strict=False))


@builtin
def _reversed(run: Run, values: Any) -> list[Any]:
    return items_of(run, values)[::-1]


@builtin
def _list(run: Run, values: Any = ()) -> list[Any]:
    return items_of(run, values)


@builtin
def _tuple(run: Run, values: Any = ()) -> tuple[Any, ...]:
    return tuple(items_of(run, values))


@builtin
def _iter(run: Run, values: Any) -> list[Any]:
    return items_of(run, values)


@builtin
def _next(run: Run, values: Any, default: Any = None) -> Any:
    found = items_of(run, values)
    return found[0] if found else default


@builtin
def _set(run: Run, values: Any = ()) -> list[Any]:
    return list(dict.fromkeys(key_of(run, one) for one in items_of(run, values)))


@builtin
def _dict(run: Run, values: Any = (), **named: Any) -> dict[Any, Any]:
    pairs = values.items() if isinstance(values, dict) else (items_of(run, one) for one in items_of(run, values))
    return {**{key_of(run, key): value for key, value in pairs}, **named}


@builtin
def _int(run: Run, value: Any = 0) -> Any:
    if isinstance(value, Expr):
        return value
    if isinstance(value, Numbers) and value.fill is not None:
        return int(value.fill)
    if (isinstance(value, str) and len(value) > 30) or not isinstance(value, bool | int | float | str):
        return run.unknown(f"{kind_of(value)} as a whole number is not known")
    return int(value)


@builtin
def _float(run: Run, value: Any = 0.0) -> Any:
    if not isinstance(value, bool | int | float | str) or (isinstance(value, str) and len(value) > 30):
        return run.unknown(f"{kind_of(value)} as a number is not known")
    return float(value)


@builtin
def _str(run: Run, value: Any = "") -> Any:
    return formatted(run, value, "")


@builtin
def _bool(run: Run, value: Any = False) -> bool:
    return truth_of(run, value)


@builtin
def _sum(run: Run, values: Any, start: Any = 0) -> Any:
    total = start
    for index, value in enumerate(items_of(run, values)):
        first = not index and type(start) is int and start == 0  # torch adds no block for nothing
        total = value if first else arithmetic.binary_of(run, "+", total, value)
    return total


@builtin
def _max(run: Run, *values: Any, key: Any = None, default: Any = None) -> Any:
    return _extreme(run, max, values, key, default)


@builtin
def _min(run: Run, *values: Any, key: Any = None, default: Any = None) -> Any:
    return _extreme(run, min, values, key, default)


def _extreme(run: Run, choose: Callable[..., Any], values: tuple[Any, ...], key: Any, default: Any) -> Any:
    found = items_of(run, values[0]) if len(values) == 1 else list(values)
    if not found:
        return default
    if key is not None or not all(isinstance(one, int | float) for one in found):
        return run.unknown("the largest or smallest of these is not known")
    return choose(found)


@builtin
def _abs(run: Run, value: Any) -> Any:
    return arithmetic.absolute(run, value)


@builtin
def _round(run: Run, value: Any, digits: Any = None) -> Any:
    if not isinstance(value, int | float) or not isinstance(digits, int | None):
        return run.unknown(f"{kind_of(value)} cannot be rounded here")
    return round(value, digits)


@builtin
def _pow(run: Run, base: Any, exponent: Any) -> Any:
    return arithmetic.binary_of(run, "**", base, exponent)


@builtin
def _divmod(run: Run, left: Any, right: Any) -> Any:
    return arithmetic.binary_of(run, "//", left, right), arithmetic.binary_of(run, "%", left, right)


@builtin
def _sorted(run: Run, values: Any, key: Any = None, reverse: Any = False) -> Any:
    found = items_of(run, values)
    kinds = {str if isinstance(one, str) else float for one in found if isinstance(one, str | int | float)}
    if key is not None or len(kinds) != 1 or not all(isinstance(one, str | int | float) for one in found):
        return run.unknown("only numbers or words are sorted here, without a key")
    run.spend(len(found))
    return sorted(found, reverse=bool(reverse))


@builtin
def _any(run: Run, values: Any) -> bool:
    return any(truth_of(run, one) for one in items_of(run, values))


@builtin
def _all(run: Run, values: Any) -> bool:
    return all(truth_of(run, one) for one in items_of(run, values))


@builtin
def _map(run: Run, function: Any, *values: Any) -> list[Any]:
    rows = zip(*(items_of(run, one) for one in values), strict=False)
    return [calling.call(run, function, list(row), {}) for row in rows]


@builtin
def _filter(run: Run, function: Any, values: Any) -> list[Any]:
    found = items_of(run, values)
    return [v for v in found if truth_of(run, v if function is None else calling.call(run, function, [v], {}))]


@builtin
def _print(run: Run, *values: Any, **named: Any) -> None:
    return None


@builtin
def _callable(run: Run, value: Any) -> bool:
    return not isinstance(value, bool | int | float | str | list | tuple | dict | type(None) | Tensor | Numbers)


@builtin
def _getattr(run: Run, holder: Any, name: Any, *default: Any) -> Any:
    if not isinstance(name, str):
        return run.unknown("the name of this attribute is not known")
    found = attributes.attribute(run, holder, name)
    return default[0] if default and isinstance(found, Unknown) else found


@builtin
def _setattr(run: Run, holder: Any, name: Any, value: Any) -> None:
    if not isinstance(name, str):
        run.refuse("the name of the attribute that setattr sets is not known")
    attributes.assign(run, holder, name, value)


@builtin
def _hasattr(run: Run, holder: Any, name: Any) -> Any:
    found = attributes.attribute(run, holder, name) if isinstance(name, str) else run.unknown("not known")
    return not isinstance(found, Unknown)


@builtin
def _type(run: Run, value: Any) -> Any:
    if isinstance(value, Instance):
        return value.cls
    if isinstance(value, Layer):
        return Outside(f"torch.nn.{value.type}")
    if isinstance(value, Outside | ClassValue):
        return Outside("builtins.type")
    if isinstance(value, Native) and value.name.startswith("partial "):
        return Outside("functools.partial")
    return BUILTINS.get(type(value).__name__) or run.unknown(f"the type of {kind_of(value)} is not known")


@builtin
def _isinstance(run: Run, value: Any, kinds: Any) -> Any:
    if isinstance(kinds, tuple):
        found = [_isinstance(run, value, one) for one in kinds]
        return True if True in found else next((one for one in found if isinstance(one, Unknown)), False)
    if isinstance(kinds, ClassValue):
        return isinstance(value, Instance) and kinds in value.cls.line()
    if isinstance(kinds, Native):
        return type(value).__name__ == kinds.name or (kinds.name == "tuple" and isinstance(value, Named))
    if isinstance(kinds, Outside):
        return _of_torch(run, value, kinds)
    return run.unknown("whether it is of this type is not known")


def _of_torch(run: Run, value: Any, kind: Outside) -> Any:
    if kind.path in ("torch.Tensor", "torch.FloatTensor", "torch.LongTensor"):
        return isinstance(value, Tensor | Numbers | Learned)
    if kind.path == "torch.nn.Parameter":
        return isinstance(value, Learned)
    if kind.path == "torch.nn.Module":
        return is_module(value)
    if not kind.path.startswith("torch.nn."):
        return run.unknown(f"whether it is a {kind.path} is not known")
    base = value.cls.base if isinstance(value, Instance) else None
    name = value.type if isinstance(value, Layer) else value.kind if isinstance(value, Container) else ""
    return kind.name == name or kind.path == base or (kind.name.strip("_") in name and kind.name.startswith("_"))


for _name in ("Exception", "ValueError", "NotImplementedError", "RuntimeError", "TypeError", "AssertionError"):
    BUILTINS[_name] = Native(_name, lambda run, args, kwargs: run.unknown("an error"))
for _name in ("object", "property", "staticmethod", "classmethod"):
    BUILTINS[_name] = Outside(f"builtins.{_name}")


def _of_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    def act(run: Run, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if kwargs or not all(isinstance(one, int | float) for one in args):
            unread = next((one for one in args if isinstance(one, Unknown)), None)
            return unread or run.unknown(f"{function.__name__} of something else than numbers is not read")
        return function(*args)

    return act


def _product(run: Run, args: list[Any], kwargs: dict[str, Any]) -> Any:
    total: Any = 1
    for value in items_of(run, args[0]):
        total = arithmetic.binary_of(run, "*", total, value)
    return total


_MATH = ("sqrt", "log", "log2", "log10", "exp", "floor", "ceil", "sin", "cos", "tan", "pow", "fabs", "gcd", "isqrt")
OUTSIDE: dict[str, Any] = {
    **{f"math.{name}": _of_numbers(getattr(math, name)) for name in _MATH},
    **{f"numpy.{name}": _of_numbers(getattr(math, name)) for name in ("sqrt", "log", "log2", "exp", "floor", "ceil")},
    "math.prod": _product,
    "numpy.prod": _product,
    "numpy.product": _product,
}
CONSTANTS = {"math.pi": math.pi, "math.e": math.e, "math.inf": math.inf, "numpy.pi": math.pi, "numpy.inf": math.inf}
