"""Which tensor of a file goes into which weight of ours, as a table that can be shown before anything is loaded.

Names, shapes and dtypes in, rows out; knows neither torch nor files. How layers of other names pair up is told by
`layer_pairing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from backend.layer_pairing import COUNTERS, Contents, Shaped, pairs_by_numbers, pairs_in_order

Outcome = Literal["loaded", "other shape", "other type", "not found", "not asked for"]
OUTCOMES: tuple[str, ...] = Outcome.__args__
WRAPPERS = ("module.", "_orig_mod.")  # what DataParallel and torch.compile put before every name


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


def match(
    ours: Mapping[str, Shaped],
    theirs: Mapping[str, Shaped],
    asked: Iterable[str] | None = None,
    renames: Mapping[str, str] | None = None,
) -> Table:
    """The table of what of `theirs` goes into `ours`, which is in the order of its layers.

    A weight takes the tensor of its very name. Layers of which no name agrees pair up with layers of the same parts
    and shapes: in their order where the file keeps it, from both ends to where the networks differ; then where a form
    occurs as often here as there, in the order of the numbers in the names, which must tell. `asked` are the layers
    that may be filled, by the first part of our names, None all.
    """
    named = renamed(theirs, renames or {})
    wanted = None if asked is None else frozenset(asked)
    own = {name: (name, one) for name, one in ours.items()}
    pairs = pairs_in_order(own, named) if isinstance(theirs, Contents) and theirs.ordered else {}
    pairs = pairs_by_numbers(own, named, pairs)
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


def _listed(names: list[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
