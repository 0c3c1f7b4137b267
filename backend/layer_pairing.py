"""Which layer of a file is which of ours where their names differ: told by what they consist of and by their order.

Only what is unambiguous is paired. Knows neither torch nor files.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

NUMBER = re.compile(r"[0-9]{1,9}")
COUNTERS = ("num_batches_tracked",)  # files of older versions lack them, and nothing is computed from them by default


@dataclass(frozen=True, slots=True)
class Shaped:
    """What is known of a tensor without its numbers; the dtype as torch calls it, such as float32."""

    shape: tuple[int, ...]
    dtype: str = "float32"

    @property
    def fractional(self) -> bool:
        """Whether its numbers need not be whole."""
        return self.dtype.startswith(("float", "bfloat"))

    def __str__(self) -> str:
        return " x ".join(map(str, self.shape)) or "a single number"


class Contents(dict[str, Shaped]):
    """The tensors of a file by name; `ordered` where they are in the order of their network's layers.

    State dicts of torch are; safetensors sorts by name.
    """

    def __init__(self, tensors: Mapping[str, Shaped], ordered: bool = False) -> None:
        super().__init__(tensors)
        self.ordered = ordered


Named = Mapping[str, tuple[str, Shaped]]  # the name it goes by here -> its own name, what it is
Pairs = dict[str, tuple[str, Shaped]]  # our name -> theirs, what it is


@dataclass(slots=True)
class Layer:
    """Tensors whose names differ only in their last part."""

    prefix: str
    tensors: dict[str, tuple[str, Shaped]] = field(default_factory=dict)  # last part -> whole name, what it is

    @property
    def form(self) -> frozenset:
        """What two layers agree in if one can take the other's place."""
        told = ((last, one.shape, one.fractional) for last, (_, one) in self.tensors.items() if last not in COUNTERS)
        return frozenset(told)


def pairs_in_order(ours: Named, theirs: Named) -> Pairs:
    """Layers that agree one after the other from the first on, and from the last back.

    Where the networks are of different length and both ways meet, what each would pair otherwise stays unpaired.
    """
    here, there = _layers(ours), _layers(theirs)
    known = {layer.prefix for layer in here} & {layer.prefix for layer in there}
    front = _agreeing(here, there, known)
    back = _agreeing(here[::-1], there[::-1], known)
    if len(here) != len(there):
        least = min(len(here), len(there))
        front, back = min(front, least - back), min(back, least - front)
    found = list(zip(here[:front], there[:front], strict=True))
    found += zip(here[len(here) - back :], there[len(there) - back :], strict=True)
    return {name: pair for own, other in found for name, pair in _pairs(own, other).items()}


def pairs_by_numbers(ours: Named, theirs: Named, pairs: Pairs) -> Pairs:
    """These pairs, and layers of which nothing is known yet where a form occurs as often here as there.

    Several of them pair up in the order of the numbers in their names, if these differ in nothing else.
    """
    here, there = _layers(ours), _layers(theirs)
    taken = {name for name, _ in pairs.values()}
    known = {layer.prefix for layer in here} & {layer.prefix for layer in there}
    left = _by_form(layer for layer in here if layer.prefix not in known and not _names(layer) & pairs.keys())
    others = _by_form(layer for layer in there if layer.prefix not in known and not _names(layer) & taken)
    found = dict(pairs)
    for form, layers in left.items():
        counted = _counted(others.get(form, []))
        if form and len(counted) == len(layers):
            for own, other in zip(layers, counted, strict=True):
                found |= _pairs(own, other)
    return found


def _agreeing(here: list[Layer], there: list[Layer], known: set[str]) -> int:
    """How many layers agree one after the other; where a name is known on both sides, it must be the same."""
    count = 0
    for own, other in zip(here, there, strict=False):
        if own.form != other.form or (own.prefix != other.prefix and {own.prefix, other.prefix} & known):
            break
        count += 1
    return count


def _pairs(own: Layer, other: Layer) -> Pairs:
    ours = own.tensors.items()
    return {name: other.tensors[last] for last, (name, _) in ours if last in other.tensors}


def _layers(named: Named) -> list[Layer]:
    layers: dict[str, Layer] = {}
    for name, tensor in named.items():
        prefix, _, last = name.rpartition(".")
        layers.setdefault(prefix, Layer(prefix)).tensors[last] = tensor
    return list(layers.values())


def _names(layer: Layer) -> set[str]:
    return {name for name, _ in layer.tensors.values()}


def _by_form(layers: Iterable[Layer]) -> dict[frozenset, list[Layer]]:
    found: dict[frozenset, list[Layer]] = defaultdict(list)
    for layer in layers:
        found[layer.form].append(layer)
    return found


def _counted(layers: list[Layer]) -> list[Layer]:
    """Several layers in the order of the numbers in their names; none where the names differ in more than numbers."""
    if len({NUMBER.sub("#", layer.prefix) for layer in layers}) > 1:
        return []
    return sorted(layers, key=lambda layer: [int(number) for number in NUMBER.findall(layer.prefix)])
