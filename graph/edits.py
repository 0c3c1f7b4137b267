"""Edits: one undoable change each, a frozen value; `apply` changes the document and returns the inverse.

An edit either happens whole or raises and changes nothing. Knows the document's parts, not its history.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from graph.network import Block, BlockId, Wire, WireId, check_name
from graph.recipe import Recipe

if TYPE_CHECKING:
    from graph.document import Document


class _Unset:
    def __repr__(self) -> str:
        return "UNSET"


UNSET: Any = _Unset()  # as a value: back to torch's default

Position = tuple[float, float]


class Edit(Protocol):
    """One undoable change of the document."""

    @property
    def text(self) -> str: ...

    def apply(self, document: Document) -> Edit: ...


@dataclass(slots=True)
class Changes:
    """What an edit touched, so that each view repaints only that; ids of blocks and wires."""

    added: set[BlockId] = field(default_factory=set)
    removed: set[BlockId] = field(default_factory=set)
    edited: set[BlockId] = field(default_factory=set)
    moved: set[BlockId] = field(default_factory=set)
    wires_added: set[WireId] = field(default_factory=set)
    wires_removed: set[WireId] = field(default_factory=set)
    analyzed: set[BlockId] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)  # whose definition changed, by name
    recipe: bool = False
    name: bool = False

    @property
    def structure(self) -> bool:
        """Whether blocks or wires came or went."""
        return bool(self.added or self.removed or self.wires_added or self.wires_removed)

    @property
    def computation(self) -> bool:
        """Whether what the network computes may have changed (everything but moves and the recipe)."""
        return self.structure or bool(self.edited or self.modules) or self.name


@dataclass(frozen=True, slots=True)
class AddBlock:
    """Place a block."""

    block: Block
    position: Position = (0.0, 0.0)

    @property
    def text(self) -> str:
        return f"Add {self.block.name}"

    def apply(self, document: Document) -> Edit:
        document.network.insert_block(self.block, self.position)
        document.touch_block_added(self.block.id)
        return RemoveBlocks((self.block.id,))


@dataclass(frozen=True, slots=True)
class RemoveBlocks:
    """Remove blocks and every wire at them."""

    ids: tuple[BlockId, ...]

    @property
    def text(self) -> str:
        return "Remove block" if len(self.ids) == 1 else f"Remove {len(self.ids)} blocks"

    def apply(self, document: Document) -> Edit:
        network = document.network
        kept = [(network.blocks[id], network.positions[id]) for id in self.ids]
        wires = {w.id: w for id in self.ids for w in (*network.wires_into(id), *network.wires_out(id))}
        for wire in wires.values():
            network.remove_wire(wire.id)
            document.touch_wire_removed(wire)
        for id in self.ids:
            network.remove_block(id)
            document.touch_block_removed(id)
        restore = [AddBlock(block, position) for block, position in kept]
        return Compound(self.text, (*restore, *(Connect(wire) for wire in wires.values())))


@dataclass(frozen=True, slots=True)
class Connect:
    """Draw a wire."""

    wire: Wire
    text: str = "Connect"

    def apply(self, document: Document) -> Edit:
        document.network.insert_wire(self.wire)
        document.touch_wire_added(self.wire)
        return Disconnect((self.wire.id,))


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Remove wires."""

    ids: tuple[WireId, ...]

    @property
    def text(self) -> str:
        return "Disconnect" if len(self.ids) == 1 else f"Cut {len(self.ids)} wires"

    def apply(self, document: Document) -> Edit:
        wires = [document.network.wires[id] for id in self.ids]
        for wire in wires:
            document.network.remove_wire(wire.id)
            document.touch_wire_removed(wire)
        return Compound(self.text, tuple(Connect(wire) for wire in wires))


@dataclass(frozen=True, slots=True)
class SetHyperparameter:
    """Give a hyperparameter a value, or with UNSET its default."""

    id: BlockId
    name: str
    value: Any

    @property
    def text(self) -> str:
        return f"Set {self.name}"

    def apply(self, document: Document) -> Edit:
        block = document.network.blocks[self.id]
        old = block.hyperparameters.get(self.name, UNSET)
        values = {k: v for k, v in block.hyperparameters.items() if k != self.name}
        if self.value is not UNSET:
            values[self.name] = document.network.coerce(block, self.name, self.value)
        declared = document.network.type_of(self.id)
        values = {h.name: values[h.name] for h in declared.hyperparameters if h.name in values}
        document.network.replace_block(block.having(hyperparameters=values))
        document.touched.edited.add(self.id)
        return SetHyperparameter(self.id, self.name, old)


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a block another name."""

    id: BlockId
    name: str

    @property
    def text(self) -> str:
        return f"Rename to {self.name}"

    def apply(self, document: Document) -> Edit:
        block = document.network.blocks[self.id]
        document.network.replace_block(block.having(name=check_name(self.name)))
        document.touched.edited.add(self.id)
        return Rename(self.id, block.name)


@dataclass(frozen=True, slots=True)
class Move:
    """Put blocks at other places of the canvas."""

    positions: dict[BlockId, Position]
    text: str = "Move"

    def apply(self, document: Document) -> Edit:
        places = document.network.positions
        old = {id: places[id] for id in self.positions}
        places.update(self.positions)
        document.touched.moved.update(self.positions)
        return Move(old, self.text)


@dataclass(frozen=True, slots=True)
class RenameNetwork:
    """Give the network another name: the class name in the generated source."""

    name: str
    text: str = "Rename network"

    def apply(self, document: Document) -> Edit:
        old = document.network.name
        document.network.name = check_name(self.name)
        document.touched.name = True
        return RenameNetwork(old)


@dataclass(frozen=True, slots=True)
class SetRecipe:
    """Put another training recipe in place."""

    recipe: Recipe
    text: str = "Change recipe"

    def apply(self, document: Document) -> Edit:
        old = document.recipe
        document.recipe = self.recipe
        document.touched.recipe = True
        return SetRecipe(old, self.text)


@dataclass(frozen=True, slots=True)
class Compound:
    """Several edits as one step; if one fails, those before it are taken back."""

    text: str
    edits: tuple[Edit, ...]

    def apply(self, document: Document) -> Edit:
        inverses: list[Edit] = []
        try:
            for edit in self.edits:
                inverses.append(edit.apply(document))
        except Exception:
            for inverse in reversed(inverses):
                inverse.apply(document)
            raise
        return Compound(self.text, tuple(reversed(inverses)))
