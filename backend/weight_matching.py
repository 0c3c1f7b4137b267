"""Which tensor of a file goes into which weight of ours, as a table that can be shown before anything is loaded.

Names, shapes and dtypes in, rows out; knows neither torch nor files.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["loaded", "other shape", "other type", "not found", "not asked for"]
OUTCOMES: tuple[str, ...] = Outcome.__args__
NUMBER = re.compile(r"[0-9]{1,9}")
WRAPPERS = ("module.", "_orig_mod.")  # what DataParallel and torch.compile put before every name
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


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes of one weight of ours; `by_order` where the names differ and place and shape told."""

    ours: str
    our: Shaped
    outcome: Outcome
    theirs: str | None = None
    their: Shaped | None = None
    by_order: bool = False
    why: str = ""

    @property
    def layer(self) -> str:
        """The name without its last part."""
        return self.ours.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Table:
    """A row for each weight of ours, in our order, and the file's names that nothing was made of."""

    rows: tuple[Row, ...]
    unused: tuple[str, ...] = ()

    @property
    def loaded(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.outcome == "loaded")

    @property
    def missing(self) -> tuple[Row, ...]:
        """Rows that were asked for and cannot be filled; counters of batches are nothing to miss."""
        rows = (row for row in self.rows if row.outcome not in ("loaded", "not asked for"))
        return tuple(row for row in rows if not row.ours.endswith(COUNTERS))

    def sentence(self) -> str:
        """What matched in a few words, for people."""
        loaded = len(self.loaded)
        text = f"{loaded} of {len(self.rows)} tensors"
        parts = []
        for outcome in OUTCOMES[1:]:
            layers = list(dict.fromkeys(row.layer or row.ours for row in self.rows if row.outcome == outcome))
            if layers and outcome != "not asked for":
                parts.append(f"{outcome}: {_listed(layers)}")
            elif layers:
                parts.append(f"{_listed(layers)} not asked for")
        return "; ".join([text, *parts])


@dataclass(slots=True)
class _Layer:
    """Tensors whose names differ only in their last part."""

    prefix: str
    tensors: dict[str, tuple[str, Shaped]] = field(default_factory=dict)  # last part -> whole name, what it is

    @property
    def form(self) -> frozenset:
        """What two layers agree in if one can take the other's place."""
        told = ((last, one.shape, one.fractional) for last, (_, one) in self.tensors.items() if last not in COUNTERS)
        return frozenset(told)


def match(
    ours: Mapping[str, Shaped],
    theirs: Mapping[str, Shaped],
    asked: Iterable[str] | None = None,
    renames: Mapping[str, str] | None = None,
) -> Table:
    """The table of what of `theirs` goes into `ours`; both are in the order of their networks.

    A weight takes the tensor of its very name; where no name agrees, layers of the same parts and shapes pair up if
    there are as many here as there: several of them in the order of the numbers in their names, which must tell. (The
    order within a file means nothing: safetensors sorts by name.) `asked` are the layers that may be filled, by
    the first part of our names, None all.
    """
    named = renamed(theirs, renames or {})
    wanted = None if asked is None else frozenset(asked)
    pairs = _pairs(ours, named)
    rows = tuple(_row(name, one, named, pairs, wanted) for name, one in ours.items())
    taken = {row.theirs for row in rows if row.theirs is not None}
    return Table(rows, tuple(name for name, _ in named.values() if name not in taken))


def renamed(theirs: Mapping[str, Shaped], renames: Mapping[str, str]) -> dict[str, tuple[str, Shaped]]:
    """Their tensors under the names they go by here: without what wraps a whole network, with new beginnings.

    The longest beginning that fits is replaced. Of two that come to the same name, the first stays.
    """
    named: dict[str, tuple[str, Shaped]] = {}
    cut = _wrapped(theirs)
    for name, one in theirs.items():
        short = name[cut:]
        fitting = [old for old in renames if short.startswith(old)]
        if fitting:
            old = max(fitting, key=len)
            short = renames[old] + short[len(old) :]
        named.setdefault(short, (name, one))
    return named


def _wrapped(names: Iterable[str]) -> int:
    """How many letters before every name are a wrapper's."""
    names, cut = list(names), 0
    while names:
        found = next((w for w in WRAPPERS if all(name.startswith(w, cut) for name in names)), None)
        if found is None:
            break
        cut += len(found)
    return cut


def _row(
    name: str,
    one: Shaped,
    named: Mapping[str, tuple[str, Shaped]],
    pairs: Mapping[str, tuple[str, Shaped]],
    wanted: frozenset[str] | None,
) -> Row:
    if wanted is not None and name.partition(".")[0] not in wanted:
        return Row(name, one, "not asked for")
    theirs, their = named.get(name) or pairs.get(name) or (None, None)
    if their is None:
        return Row(name, one, "not found")
    by_order = name not in named
    if their.shape != one.shape:
        return Row(name, one, "other shape", theirs, their, why=f"{their} there, {one} here")
    if their.fractional != one.fractional:
        return Row(name, one, "other type", theirs, their, why=f"{their.dtype} there, {one.dtype} here")
    return Row(name, one, "loaded", theirs, their, by_order)


def _pairs(ours: Mapping[str, Shaped], named: Mapping[str, tuple[str, Shaped]]) -> dict[str, tuple[str, Shaped]]:
    """Our name -> theirs, for layers of which no name agrees, where a form occurs as often here as there."""
    here = _by_form(_layers({name: (name, one) for name, one in ours.items()}), _prefixes(named))
    there = {form: _counted(layers) for form, layers in _by_form(_layers(named), _prefixes(ours)).items()}
    pairs: dict[str, tuple[str, Shaped]] = {}
    for form, layers in here.items():
        if form and len(there.get(form, ())) == len(layers):
            for own, other in zip(layers, there[form], strict=True):
                pairs |= {name: other.tensors[last] for last, (name, _) in own.tensors.items() if last in other.tensors}
    return pairs


def _layers(named: Mapping[str, tuple[str, Shaped]]) -> Iterator[_Layer]:
    layers: dict[str, _Layer] = {}
    for name, tensor in named.items():
        prefix, _, last = name.rpartition(".")
        layers.setdefault(prefix, _Layer(prefix)).tensors[last] = tensor
    yield from layers.values()


def _by_form(layers: Iterable[_Layer], known: set[str]) -> dict[frozenset, list[_Layer]]:
    """Layers that the other side does not know by name, by what they consist of."""
    found: dict[frozenset, list[_Layer]] = defaultdict(list)
    for layer in layers:
        if layer.prefix not in known:
            found[layer.form].append(layer)
    return found


def _counted(layers: list[_Layer]) -> list[_Layer]:
    """Several layers in the order of the numbers in their names; none where the names differ in more than numbers."""
    if len({NUMBER.sub("#", layer.prefix) for layer in layers}) > 1:
        return []
    return sorted(layers, key=lambda layer: [int(number) for number in NUMBER.findall(layer.prefix)])


def _prefixes(names: Iterable[str]) -> set[str]:
    return {name.rpartition(".")[0] for name in names}


def _listed(names: list[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
