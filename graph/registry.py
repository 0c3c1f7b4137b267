"""The registry: every block type by name and alias, by family, by what a person types, by what fits a tensor.

Holds the one instance of each declaration; unknown names get a placeholder that accepts any port.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from graph.block_type import FAMILIES, BlockType, Inferred, Inputs, Port, ShapeError, Values
from graph.blocks import BLOCK_TYPES
from graph.dim import DimError
from graph.tensor_type import TensorType

_TYPES: dict[str, BlockType] = {declared.name: declared() for declared in BLOCK_TYPES}


class UnknownType(BlockType):
    """A block of a type this version does not know; it keeps everything it carried and computes nothing."""

    role = "unknown"
    family = "shaping"
    inputs = (Port("input", optional=True, many=True),)  # what it needs is not known: nothing is missed

    def __init__(self, name: str):
        self.name = name

    def has(self, name: str) -> bool:
        return False

    def input_port(self, name: str) -> Port:
        return Port(name, many=True)

    def output_port(self, name: str) -> Port:
        return Port(name)

    def summary(self, values: Values) -> str:
        return "unknown type"

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        close = [found.name for found in search(self.name)[:1]]
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ShapeError(f"unknown block type {self.name!r}{hint} The block is kept as it is.", code="unknown_type")


def block_type(name: str) -> BlockType:
    """The declaration of this name, or a placeholder for an unknown one."""
    return _TYPES.get(name) or _placeholder(name)


def known(name: str) -> BlockType:
    """The declaration of this name or alias; raises KeyError with the closest known names."""
    if name in _TYPES:
        return _TYPES[name]
    found = _aliases().get(name.lower())
    if found:
        return found
    close = ", ".join(found.name for found in search(name)[:3])
    raise KeyError(f"unknown block type {name!r}" + (f"; close to {close}" if close else ""))


def is_known(name: str) -> bool:
    return name in _TYPES


def all_types() -> list[BlockType]:
    """Every declaration in the order of the families."""
    return [declared for members in families().values() for declared in members]


@cache
def families() -> dict[str, list[BlockType]]:
    """Family -> its block types, in declared order; empty families are left out."""
    found = {family: [t for t in _TYPES.values() if t.family == family] for family in FAMILIES}
    return {family: members for family, members in found.items() if members}


def search(text: str, among: list[BlockType] | None = None) -> list[BlockType]:
    """Block types that match what was typed, best first: prefixes, aliases, then likeness."""
    candidates = all_types() if among is None else among
    wanted = text.strip().lower()
    if not wanted:
        return list(candidates)
    from rapidfuzz import fuzz  # deferred: a third of this package's import time

    def score(declared: BlockType) -> float:
        best = 0.0
        for rank, word in enumerate((declared.name, *declared.aliases)):
            word = word.lower()
            if word == wanted:
                value = 200.0
            elif word.startswith(wanted):
                value = 150.0 - len(word) * 0.1
            elif wanted in word:
                value = 110.0 - len(word) * 0.1
            else:
                value = max(fuzz.ratio(wanted, word), fuzz.partial_ratio(wanted, word) - 20)
            best = max(best, value - (3 if rank else 0))
        return best + (0.5 if declared.name.endswith("2d") else 0.0)  # images are what most people mean

    scored = [(score(declared), -i, declared) for i, declared in enumerate(candidates)]
    return [declared for value, _, declared in sorted(scored, key=lambda s: s[:2], reverse=True) if value >= 60]


def fitting(tensor: TensorType | None) -> list[BlockType]:
    """Block types whose first input takes this tensor with their suggested settings; all of them for None."""
    takers = [declared for declared in all_types() if declared.inputs]
    return takers if tensor is None else [declared for declared in takers if takes(declared, tensor)]


def default_name(declared: BlockType) -> str:
    """What a new block of the type is called: conv for Conv2d, input for Input."""
    stem = re.sub(r"(\dd|Loss)$", "", declared.name)
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", stem)
    return words.lower().replace("_lu", "lu")


def takes(declared: BlockType, tensor: TensorType | None) -> bool:
    """Whether the first input of a type takes this tensor with the type's suggested settings."""
    if tensor is None or not declared.inputs:
        return bool(declared.inputs)
    values: dict[str, Any] = declared.complete(declared.suggested())
    first = declared.inputs[0]
    others = [port for port in declared.inputs[1:] if not port.optional]
    if others:
        return declared.role in ("loss", "metric")
    try:
        declared.check(values)
        declared.infer(values, {first.name: (tensor,) if first.many else tensor})
    except (ShapeError, DimError):
        return False
    return True


@cache
def _placeholder(name: str) -> UnknownType:
    return UnknownType(name)


@cache
def _aliases() -> dict[str, BlockType]:
    found = {alias.lower(): t for t in _TYPES.values() for alias in t.aliases}
    return {**found, **{name.lower(): t for name, t in _TYPES.items()}}
