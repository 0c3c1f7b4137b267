"""Sizes that may or may not agree: what cannot be decided while dimensions are open, and what would decide it.

The block goes on as if they agreed; the warning says what must hold when the network runs, and which assumption about
an open dimension (`H divisible by 32`) makes it certain.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from graph.dim import Dim, N, is_open, names, substitute, symbol
from graph.tensor_type import TensorType

DIVISORS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 24, 32, 64, 128, 256)

Pair = tuple[Dim, Dim]


def unified(inputs: Mapping[str, Any], fixed_axis: int | None = None) -> tuple[dict[str, Any], list[Pair]]:
    """The inputs with all sizes that may agree with the first input's set to those, and the pairs that were open.

    `fixed_axis` is a dimension along which sizes need not agree. No pairs: nothing is open about them.
    """
    ports = [(port, i, one) for port, found in inputs.items() for i, one in enumerate(_several(found))]
    pairs: list[Pair] = []
    if len(ports) < 2:
        return dict(inputs), pairs
    first = ports[0][2]
    changed: dict[str, list[TensorType]] = {}
    for port, _, tensor in ports:
        dims = list(tensor.dims)
        for back in range(min(len(dims), first.rank), 0, -1):
            a, b = first.dims[-back], dims[-back]
            if fixed_axis is not None and (len(dims) - back) == fixed_axis % len(dims):
                continue
            if a != b and may_agree(a, b):
                pairs.append((a, b))
                dims[-back] = a
        changed.setdefault(port, []).append(tensor.with_dims(tuple(dims)))
    joined = {port: tuple(changed[port]) if isinstance(inputs[port], tuple) else changed[port][0] for port in inputs}
    return joined, list(dict.fromkeys(pairs))


def may_agree(a: Dim, b: Dim) -> bool:
    """Whether two different sizes could be equal for some values of what is open; the batch is only ever itself."""
    if N in (a, b) or 1 in (a, b) or not (is_open(a) or is_open(b)):
        return False
    return is_open(a - b)  # a difference that is a number never goes away


def assumption(a: Dim, b: Dim) -> dict[str, int]:
    """The open dimensions, and by what they must be divisible, so that two sizes agree; empty where that is not it."""
    open_names = sorted(names(a) | names(b))
    for count in range(1, len(open_names) + 1):
        for chosen in combinations(open_names, count):
            for divisor in DIVISORS:
                known = {name: divisor * symbol(name) for name in chosen}
                if substitute(a, known) == substitute(b, known):
                    return dict.fromkeys(chosen, divisor)
    return {}


def in_words(pairs: list[Pair]) -> str:
    """What must hold when the network runs."""
    words = []
    for a, b in pairs:
        need = assumption(a, b)
        if need:
            when = " and ".join(f"{name} is divisible by {divisor}" for name, divisor in need.items())
            words.append(f"{a} and {b} are equal only if {when}")
        else:
            words.append(f"{a} and {b} must be equal")
    return f"{'; '.join(words)}: make sure of it when the network runs, or it stops with an error"


def _several(found: Any) -> tuple[TensorType, ...]:
    return found if isinstance(found, tuple) else (found,)
