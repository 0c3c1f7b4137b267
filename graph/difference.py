"""What tells two versions of a project apart, in numbers and words: for recovery, and for files changed meanwhile.

Compares documents block by block by their ids; knows neither files nor windows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graph.document import Document
from graph.network import Network
from graph.project_text import document_text, module_lines
from graph.quantities import counted


@dataclass(frozen=True, slots=True)
class Difference:
    """Names of blocks that the later version has more, less or otherwise; and whether the rest differs."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    wires: int = 0  # added or removed between blocks that both have
    modules: tuple[str, ...] = ()
    moved: int = 0
    recipe: bool = False
    name: bool = False
    other: bool = False  # anything else that a file holds

    def __bool__(self) -> bool:
        return self != Difference()

    def __str__(self) -> str:
        """One sentence, the weightiest first; positions only where nothing else differs."""
        parts = [
            f"{_blocks(names)} {verb}"
            for names, verb in ((self.added, "added"), (self.removed, "removed"), (self.changed, "changed"))
            if names
        ]
        if self.modules:
            parts.append(f"{counted(len(self.modules), 'module')} changed")
        if self.wires:
            parts.append(f"{counted(self.wires, 'wire')} changed")
        if self.recipe:
            parts.append("other training settings")
        if self.name:
            parts.append("another name")
        if not parts and self.moved:
            parts.append(f"{counted(self.moved, 'block')} moved")
        if not parts and self.other:
            parts.append("the drawing differs")
        return ", ".join(parts) or "no difference"


def difference(before: Document, after: Document) -> Difference:
    """What `after` has that `before` has not, and the other way round."""
    old, new = before.network, after.network
    common = old.blocks.keys() & new.blocks.keys()
    modules = old.modules.keys() | new.modules.keys()
    return Difference(
        added=_names(new, (id for id in new.blocks if id not in old.blocks)),
        removed=_names(old, (id for id in old.blocks if id not in new.blocks)),
        changed=_names(new, (id for id in new.blocks if id in common and old.blocks[id] != new.blocks[id])),
        wires=len(_between(old, common) ^ _between(new, common)),
        modules=tuple(sorted(name for name in modules if _module(old, name) != _module(new, name))),
        moved=sum(old.positions.get(id) != new.positions.get(id) for id in common),
        recipe=before.recipe != after.recipe,
        name=old.name != new.name,
        other=document_text(before) != document_text(after),
    )


def _names(network: Network, ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(network.blocks[id].name for id in ids)


def _between(network: Network, common: set[str]) -> set[tuple]:
    """Wires by what they join: an id may be given anew."""
    return {
        (wire.source, wire.output, wire.target, wire.input, wire.slot)
        for wire in network.wires.values()
        if wire.source in common and wire.target in common
    }


def _module(network: Network, name: str) -> object:
    return module_lines(network, (name,)) if name in network.modules else None


def _blocks(names: tuple[str, ...]) -> str:
    if len(names) <= 2:
        return " and ".join(names)
    return counted(len(names), "block")
