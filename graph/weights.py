"""What people decide about a block's parameters: how they begin, numbers typed in, fixed or trained, whose they are.

Values here are plain and checked, fit for files and for source. Knows no analysis: whether names and shapes suit the
block is asked in `weight_rules`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

MOST_NUMBERS = 10_000  # typed in: beyond that weights belong into a file
DEEPEST = 5
NONLINEARITIES = ("linear", "relu", "leaky_relu", "tanh", "sigmoid", "selu")
MODES = ("fan_in", "fan_out")

# kind -> its arguments with torch's defaults, in torch's order
KINDS: Mapping[str, Mapping[str, float | str]] = MappingProxyType(
    {
        "xavier_uniform": {"gain": 1.0},
        "xavier_normal": {"gain": 1.0},
        "kaiming_uniform": {"mode": "fan_in", "nonlinearity": "leaky_relu"},
        "kaiming_normal": {"mode": "fan_in", "nonlinearity": "leaky_relu"},
        "orthogonal": {"gain": 1.0},
        "normal": {"mean": 0.0, "std": 1.0},
        "trunc_normal": {"mean": 0.0, "std": 1.0, "a": -2.0, "b": 2.0},
        "uniform": {"a": 0.0, "b": 1.0},
        "constant": {"val": 0.0},
        "zeros": {},
        "ones": {},
    }
)
OF_MATRICES = ("xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "orthogonal")
HELP = {
    "xavier_uniform": "Keeps the spread of values from layer to layer for tanh and sigmoid (Glorot and Bengio 2010).",
    "xavier_normal": "As xavier_uniform, drawn from a normal distribution.",
    "kaiming_uniform": "Keeps the spread of values from layer to layer for ReLU (He et al. 2015).",
    "kaiming_normal": "As kaiming_uniform, drawn from a normal distribution.",
    "orthogonal": "Rows at right angles: keeps lengths (Saxe et al. 2014).",
    "normal": "Drawn from a normal distribution.",
    "trunc_normal": "Drawn from a normal distribution, redrawn outside [a, b].",
    "uniform": "Drawn evenly between a and b.",
    "constant": "All the same.",
    "zeros": "All 0: fit for biases, while weights that begin alike stay alike.",
    "ones": "All 1.",
}

Numbers = Any  # a float, or a tuple of Numbers


class WeightError(ValueError):
    """A decision about parameters that cannot be; the text names the value, the rule and what would be right."""


@dataclass(frozen=True, slots=True)
class Initial:
    """How a parameter begins: one of torch.nn.init's ways and its arguments, all of them."""

    kind: str
    arguments: tuple[tuple[str, float | str], ...] = ()

    def record(self) -> dict[str, Any]:
        """As files have it: what differs from torch's defaults."""
        return {"kind": self.kind, **{k: v for k, v in self.arguments if v != KINDS[self.kind][k]}}


def initial(kind: str, **arguments: float | str) -> Initial:
    """A checked way to begin; raises WeightError."""
    if kind not in KINDS:
        raise WeightError(f"a parameter begins as one of {', '.join(KINDS)}, not {str(kind)!r:.60}")
    known = KINDS[kind]
    for name in arguments:
        if name not in known:
            raise WeightError(f"{kind} has no {str(name)!r:.60}; it has {', '.join(known) or 'no arguments'}")
    values = {name: _argument(kind, name, arguments.get(name, default)) for name, default in known.items()}
    if values.get("std", 1.0) <= 0:
        raise WeightError(f"std of {kind} must be above 0, not {values['std']:g}")
    if "b" in values and values["a"] >= values["b"]:
        raise WeightError(f"a of {kind} must be below b, not {values['a']:g} and {values['b']:g}")
    return Initial(kind, tuple(values.items()))


def numbers(value: Any) -> Numbers:
    """Typed-in numbers as nested tuples of floats, every row as long as the others; raises WeightError."""
    found = _numbers(value, 0)
    if count_of(shape_of(found)) > MOST_NUMBERS:
        raise WeightError(f"at most {MOST_NUMBERS:,} numbers can be typed in; load larger weights from a file")
    return found


def shape_of(value: Numbers) -> tuple[int, ...]:
    """The shape of nested numbers."""
    return (len(value), *shape_of(value[0])) if isinstance(value, tuple) else ()


def count_of(shape: tuple[int, ...]) -> int:
    return math.prod(shape)


def as_lists(value: Numbers) -> Any:
    """Nested numbers as JSON has them."""
    return [as_lists(item) for item in value] if isinstance(value, tuple) else value


# The properties of a block that are about its parameters, and how each is made canonical.


def check_property(name: str, value: Any) -> Any:
    """The canonical value of a block's property; raises WeightError."""
    if name not in _CHECKS:
        raise WeightError(f"a block has no property {name!r}; it has {', '.join(_CHECKS)}")
    return _CHECKS[name](value)


def record_of(block: Any) -> Iterator[tuple[str, Any]]:
    """The properties that are set, as files have them."""
    if block.reuses is not None:
        yield "reuses", block.reuses
    if block.frozen:
        yield "frozen", True
    if block.initial:
        yield "initial", {name: way.record() for name, way in block.initial.items()}
    if block.weights:
        yield "weights", {name: as_lists(value) for name, value in block.weights.items()}
    if block.silenced:
        yield "silenced", sorted(block.silenced)
    if block.note:
        yield "note", block.note
    if block.aside:
        yield "aside", block.aside
    if block.folded:
        yield "folded", True


def _reuses(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise WeightError(f"weights are reused from a block's id, not {value!r:.60}")
    return value


def _frozen(value: Any) -> bool:
    if not isinstance(value, bool):
        raise WeightError(f"frozen is True or False, not {value!r:.60}")
    return value


def _initial(value: Any) -> dict[str, Initial]:
    if not isinstance(value, Mapping):
        raise WeightError(f"initial names weights, such as {{'weight': ...}}, not {value!r:.60}")
    return {_weight_name(name): _way(way) for name, way in value.items()}


def _way(value: Any) -> Initial:
    if isinstance(value, Initial):
        return initial(value.kind, **dict(value.arguments))
    if not isinstance(value, Mapping) or not isinstance(value.get("kind"), str):
        raise WeightError(f"a way to begin has a kind, such as kaiming_normal, not {value!r:.60}")
    return initial(**value)


def _weights(value: Any) -> dict[str, Numbers]:
    if not isinstance(value, Mapping):
        raise WeightError(f"weights are given by name, not as {value!r:.60}")
    found = {_weight_name(name): numbers(one) for name, one in value.items()}
    if sum(count_of(shape_of(one)) for one in found.values()) > MOST_NUMBERS:
        raise WeightError(f"at most {MOST_NUMBERS:,} numbers can be typed in; load larger weights from a file")
    return found


def _silenced(value: Any) -> frozenset[str]:
    if isinstance(value, str) or not all(isinstance(code, str) and code.isidentifier() for code in value):
        raise WeightError(f"silenced lists codes of problems, not {value!r:.60}")
    return frozenset(value)


def _note(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 2000:
        raise WeightError("a note is a text of at most 2,000 characters")
    return value


def _folded(value: Any) -> bool:
    if not isinstance(value, bool):
        raise WeightError(f"folded is True or False, not {value!r:.60}")
    return value


def _aside(value: Any) -> str:
    if value not in ("", "bypassed", "muted"):
        raise WeightError(f"aside is bypassed, muted or empty, not {value!r:.60}")
    return value


def _weight_name(name: Any) -> str:
    if not isinstance(name, str) or len(name) > 200 or not all(part.isidentifier() for part in name.split(".")):
        raise WeightError(f"a weight is named as torch names it, such as weight or bias, not {name!r:.60}")
    return name


_CHECKS = {
    "reuses": _reuses,
    "frozen": _frozen,
    "initial": _initial,
    "weights": _weights,
    "silenced": _silenced,
    "note": _note,
    "aside": _aside,
    "folded": _folded,
}


def _argument(kind: str, name: str, value: Any) -> float | str:
    if name in ("mode", "nonlinearity"):
        choices = MODES if name == "mode" else NONLINEARITIES
        if value not in choices:
            raise WeightError(f"{name} of {kind} is one of {', '.join(choices)}, not {value!r:.60}")
        return str(value)
    if name == "gain" and value in NONLINEARITIES:  # the gain that suits what follows: torch's calculate_gain
        return str(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1e30:
        raise WeightError(f"{name} of {kind} is a number, not {value!r:.60}")
    return float(value)


def _numbers(value: Any, depth: int) -> Numbers:
    if isinstance(value, list | tuple):
        if depth == DEEPEST or not value or len(value) > MOST_NUMBERS:
            raise WeightError(f"numbers stand in up to {DEEPEST} levels of rows, none of them empty")
        found = tuple(_numbers(item, depth + 1) for item in value)
        if len({shape_of(item) for item in found}) > 1:
            raise WeightError(f"every row must be as long as the others; here are rows of {_lengths(found)}")
        return found
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WeightError(f"a weight is a number, not {value!r:.60}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or abs(number) > 3.4e38:
        raise WeightError(f"a weight is a finite number of 32 bits, not {value!r:.60}")
    return number


def _lengths(rows: tuple[Numbers, ...]) -> str:
    return ", ".join(dict.fromkeys(" x ".join(map(str, shape_of(row))) or "a single number" for row in rows))
