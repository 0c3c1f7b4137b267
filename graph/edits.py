"""Edits: one undoable change each, a frozen value; `apply` changes the document and returns the inverse.

An edit either happens whole or raises and changes nothing. Knows the document's parts, not its history.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any, Protocol

from graph.aside import check_aside
from graph.hyperparameter import NAME as OPEN_NAME
from graph.names import check_name
from graph.network import Block, BlockId, Network, Wire, WireId
from graph.recipe import Recipe
from graph.weights import WeightError, check_property

if TYPE_CHECKING:
    from graph.document import Document


MOST_DIVISOR = 1_000_000
MOST_POINTS = 100  # of one wire


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
    inside: dict[str, Changes] = field(default_factory=dict)  # what changed in those, by name
    bent: set[WireId] = field(default_factory=set)  # wires drawn through other points
    annotations: set[str] = field(default_factory=set)  # frames and notes, by id
    recipe: bool = False
    name: bool = False

    @property
    def structure(self) -> bool:
        """Whether blocks or wires came or went."""
        return bool(self.added or self.removed or self.wires_added or self.wires_removed)

    @property
    def anything(self) -> bool:
        """Whether there is anything for a view to follow."""
        drawn = self.moved or self.annotations or self.bent
        return bool(self.computation or drawn or self.recipe or self.inside)

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
        heirs = _hand_over(document, set(self.ids))
        kept = [(network.blocks[id], network.positions[id]) for id in self.ids]
        wires = {w.id: w for id in self.ids for w in (*network.wires_into(id), *network.wires_out(id))}
        for wire in wires.values():
            network.remove_wire(wire.id)
            document.touch_wire_removed(wire)
        for id in self.ids:
            network.remove_block(id)
            document.touch_block_removed(id)
        restore = [AddBlock(block, position) for block, position in kept]
        return Compound(self.text, (*restore, *(Connect(wire) for wire in wires.values()), *heirs))


@dataclass(frozen=True, slots=True)
class BendWire:
    """Draw a wire through these points, in order from its source; none lets it find its own way."""

    id: WireId
    via: tuple[Position, ...]
    text: str = "Bend wire"

    def apply(self, document: Document) -> Edit:
        old = document.network.wires[self.id].via
        if len(self.via) > MOST_POINTS or not all(isfinite(value) for point in self.via for value in point):
            raise ValueError(f"a wire is drawn through at most {MOST_POINTS} finite points")
        document.network.bend_wire(self.id, tuple((float(x), float(y)) for x, y in self.via))
        document.touched.bent.add(self.id)
        return BendWire(self.id, old, self.text)


def check_assumption(name: str, divisor: int) -> None:
    """Raise ValueError unless a dimension of this name can be taken as divisible by the number."""
    if not isinstance(name, str) or not OPEN_NAME.match(name) or name == "N":
        raise ValueError(f"an open dimension is named with letters and digits such as H, not {name!r:.60}")
    if isinstance(divisor, bool) or not isinstance(divisor, int) or not 1 <= divisor <= MOST_DIVISOR:
        raise ValueError(f"{name} can be divisible by a whole number up to {MOST_DIVISOR:,}, not {divisor!r:.60}")


def check_reuse(network: Network, ids: Iterable[BlockId], owner: BlockId) -> None:
    """Raise WeightError unless the blocks may use the owner's weights: it exists and has weights of its own."""
    if owner not in network.blocks:
        raise WeightError(f"there is no block {owner!r:.60} to take weights from")
    name = network.blocks[owner].name
    if network.blocks[owner].reuses is not None:
        first = network.blocks[network.blocks[owner].reuses].name
        raise WeightError(f"{name} uses the weights of {first} itself: take them from {first}")
    for id in ids:
        if id == owner:
            raise WeightError(f"{name} has its own weights; it cannot take them from itself")
        taker = next((b.name for b in network.blocks.values() if b.reuses == id), None)
        if taker is not None:
            raise WeightError(f"{taker} uses the weights of {network.blocks[id].name}, which must stay its own")


def _hand_over(document: Document, doomed: set[BlockId]) -> list[Edit]:
    """Weights whose block goes pass on to the first block that reuses them; the edits that give them back."""
    network = document.network
    if not network.takers:
        return []
    takers = [b for b in network.blocks.values() if b.reuses in doomed and b.id not in doomed]
    heirs: dict[BlockId, BlockId] = {}
    back: list[Edit] = []
    for block in takers:
        heir = heirs.setdefault(block.reuses, block.id)
        back.append(SetProperty((block.id,), "reuses", block.reuses))
        network.replace_block(block.having(reuses=None if heir == block.id else heir))
        document.touched.edited.add(block.id)
    # Given back in the other order: the heir is an owner until the others let go of it.
    return [SetProperty((edit.ids[0],), "reuses", None) for edit in back[1:]] + back


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
class SetProperty:
    """Decide about blocks beside their hyperparameters: frozen, initial, weights, reuses, silenced, note, aside.

    Raises WeightError for a value that cannot be, AsideError for a block that nothing passes through.
    """

    ids: tuple[BlockId, ...]
    name: str
    value: Any

    @property
    def text(self) -> str:
        if self.name == "frozen":
            return "Freeze" if self.value else "Unfreeze"
        if self.name == "folded":
            return "Fold" if self.value else "Unfold"
        if self.name == "aside":
            return {"bypassed": "Bypass", "muted": "Mute"}.get(self.value, "Put back")
        return {"initial": "Set how weights begin", "weights": "Type in weights", "reuses": "Share weights"}.get(
            self.name, f"Set {self.name}"
        )

    def apply(self, document: Document) -> Edit:
        network, value = document.network, check_property(self.name, self.value)
        if self.name == "reuses" and value is not None:
            check_reuse(network, self.ids, value)
        if self.name == "aside" and value:
            check_aside(network, self.ids)
        inverses = []
        for id in self.ids:
            block = network.blocks[id]
            inverses.append(SetProperty((id,), self.name, getattr(block, self.name)))
            network.replace_block(block.having(**{self.name: value}))
            document.touched.edited.add(id)
            if self.name == "aside":  # whether a wire counts is seen at its other end
                document.touched.edited.update(wire.target for wire in network.wires_out(id))
        return inverses[0] if len(inverses) == 1 else Compound(self.text, tuple(reversed(inverses)))


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
class Assume:
    """Take an open dimension as divisible by a number; 1 takes nothing for granted. Raises ValueError."""

    name: str
    divisor: int

    @property
    def text(self) -> str:
        return (
            f"Assume {self.name} divisible by {self.divisor}" if self.divisor > 1 else f"Assume nothing of {self.name}"
        )

    def apply(self, document: Document) -> Edit:
        assumptions = document.network.assumptions
        old = assumptions.get(self.name, 1)
        check_assumption(self.name, self.divisor)
        if self.divisor > 1:
            assumptions[self.name] = self.divisor
        else:
            assumptions.pop(self.name, None)
        document.network.assumptions = dict(sorted(assumptions.items()))
        document.touched.edited.update(block.id for block in document.network.with_role("input"))
        return Assume(self.name, old)


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
