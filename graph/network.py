"""Network: blocks and wires over a networkx multigraph, always acyclic, each port with its rule.

Owns identity, names, positions and the structure; knows nothing of shapes, history or files.
Ids are `b1, b2, ...` and `w1, w2, ...`; their numbers are the order of creation and of everything listed.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import networkx as nx

from graph import registry
from graph.annotations import Annotation
from graph.block_type import BlockType, Port
from graph.expression import Expression, ExpressionError, expression, is_expression
from graph.hyperparameter import HyperparameterError
from graph.names import NamingError, check_name, free_name
from graph.ranks import Ranks
from graph.weights import Initial, Numbers

if TYPE_CHECKING:
    from graph.module import ModuleType

BlockId = str
WireId = str


class ConnectError(ValueError):
    """A wire the network cannot take; the text says why."""


@dataclass(frozen=True, slots=True)
class Block:
    """One placed instance of a block type; `hyperparameters` holds only what was set, never to be mutated.

    `reuses` is the block whose weights it uses, `initial` and `weights` say by name how parameters begin and which
    were typed in, `silenced` holds codes of problems not to be told here.
    """

    id: BlockId
    type: str
    name: str
    hyperparameters: dict[str, Any]
    reuses: BlockId | None = None
    frozen: bool = False
    initial: dict[str, Initial] = field(default_factory=dict)
    weights: dict[str, Numbers] = field(default_factory=dict)
    silenced: frozenset[str] = frozenset()
    note: str = ""
    aside: str = ""  # bypassed or muted: see aside.py
    folded: bool = False  # drawn as its title alone

    def having(self, **changes: Any) -> Block:
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Wire:
    """A connection; `slot` orders the wires of a port that takes many, `via` are points it is drawn through."""

    id: WireId
    source: BlockId
    output: str
    target: BlockId
    input: str
    slot: int = 0
    via: tuple[tuple[float, float], ...] = ()


Ref = Block | str
_stamps = count(1)


class Network:
    """A directed acyclic multigraph of blocks; every change keeps it valid or raises."""

    def __init__(self, name: str = "Network", modules: dict[str, ModuleType] | None = None):
        self.name = check_name(name)
        self.graph: nx.MultiDiGraph = nx.MultiDiGraph()
        self.blocks: dict[BlockId, Block] = {}
        self.wires: dict[WireId, Wire] = {}
        self.positions: dict[BlockId, tuple[float, float]] = {}
        self.modules: dict[str, ModuleType] = modules if modules is not None else {}  # one for all levels
        self.module: ModuleType | None = None  # whose inside this is
        self.assumptions: dict[str, int] = {}  # open dimension -> what it is divisible by
        self.stamp = next(_stamps)  # another one after every change of what is computed, never the same twice
        self._ids_by_name: dict[str, BlockId] = {}
        self.annotations: dict[str, Annotation] = {}  # frames and notes; nothing is computed from them
        self.takers = 0  # blocks that reuse the weights of another
        self._into: dict[BlockId, list[Wire]] = {}
        self._out: dict[BlockId, list[Wire]] = {}
        self._ranks = Ranks()
        self._order: list[BlockId] | None = None
        self._last_block = 0
        self._last_wire = 0

    # Building in Python

    def add(self, type: str, name: str | None = None, position: tuple[float, float] | None = None, **values) -> Block:
        """Place a block; raises KeyError for an unknown type and HyperparameterError for a wrong value."""
        block = self.new_block(type, name, values)
        self.insert_block(block, position or (0.0, 0.0))
        return block

    def connect(self, source: Ref, target: Ref, output: str | None = None, input: str | None = None) -> Wire:
        """Wire two blocks, by default through the first free fitting ports; raises ConnectError with the reason."""
        wire = self.new_wire(source, target, output, input)
        self.insert_wire(wire)
        return wire

    def set(self, ref: Ref, **values: Any) -> Block:
        """Set hyperparameters of a block."""
        block = self.block(ref)
        changed = block.having(hyperparameters=dict(block.hyperparameters))
        for name, value in values.items():
            changed.hyperparameters[name] = self.coerce(block, name, value)
        self.replace_block(changed)
        return changed

    def remove(self, ref: Ref) -> None:
        """Remove a block and its wires."""
        block = self.block(ref)
        for wire in {w.id for w in self._into[block.id] + self._out[block.id]}:
            self.remove_wire(wire)
        self.remove_block(block.id)

    # Looking

    def block(self, ref: Ref) -> Block:
        """The block by itself, its id or its name, as it is now; raises KeyError."""
        if isinstance(ref, Block):
            return self.blocks[ref.id]
        if ref in self.blocks:
            return self.blocks[ref]
        if ref in self._ids_by_name:
            return self.blocks[self._ids_by_name[ref]]
        raise KeyError(f"no block {ref!r} in {self.name!r}")

    def has(self, name: str) -> bool:
        """Whether a block has this name."""
        return name in self._ids_by_name

    def declared(self, type: str) -> BlockType:
        """What a type's name stands for here: one of our types, one of the modules, else a placeholder."""
        return self.modules.get(type) or registry.block_type(type)

    def type_of(self, ref: Ref) -> BlockType:
        return self.declared(self.block(ref).type)

    def values(self, ref: Ref) -> dict[str, Any]:
        """All hyperparameter values of a block, torch's defaults included."""
        block = self.block(ref)
        return self.declared(block.type).complete(block.hyperparameters)

    def wires_into(self, ref: Ref) -> list[Wire]:
        """The wires that end at a block, by port slot."""
        return self._into[ref if isinstance(ref, str) and ref in self._into else self.block(ref).id]

    def wires_out(self, ref: Ref) -> list[Wire]:
        """The wires that begin at a block."""
        return self._out[ref if isinstance(ref, str) and ref in self._out else self.block(ref).id]

    def wires_at(self, ref: Ref, input: str) -> list[Wire]:
        """The wires on one input port, in slot order."""
        return [wire for wire in self.wires_into(ref) if wire.input == input]

    def rank(self, id: BlockId) -> int:
        """A number that grows along every wire."""
        return self._ranks[id]

    def order(self) -> list[BlockId]:
        """Block ids in topological order, ties broken by creation: the same for the same drawing."""
        if self._order is None:
            waiting = {id: len(wires) for id, wires in self._into.items()}
            ready = [(number(id), id) for id, count in waiting.items() if not count]
            heapq.heapify(ready)
            order = []
            while ready:
                _, id = heapq.heappop(ready)
                order.append(id)
                for wire in self._out[id]:
                    waiting[wire.target] -= 1
                    if not waiting[wire.target]:
                        heapq.heappush(ready, (number(wire.target), wire.target))
            self._order = order
        return self._order

    def with_role(self, role: str) -> list[Block]:
        """Blocks of a role (input, target, output, loss, metric, layer) in order of creation."""
        found = [b for b in self.blocks.values() if self.declared(b.type).role == role]
        return sorted(found, key=lambda block: number(block.id))

    def is_upstream(self, source: BlockId, target: BlockId) -> bool:
        """Whether a path leads from source to target (a block is upstream of itself)."""
        return source == target or self._ranks.reaches(source, target, self._out)

    def why_not(self, source: Ref, output: str | None, target: Ref, input: str | None) -> str | None:
        """Why the wire cannot be drawn, or None if it can; None for a port means any."""
        try:
            self.new_wire(source, target, output, input)
        except ConnectError as error:
            return str(error)
        return None

    @property
    def names(self) -> Mapping[str, BlockId]:
        """The blocks by their names."""
        return MappingProxyType(self._ids_by_name)

    def free_name(self, base: str) -> str:
        """The base itself, or with the first number that makes it unique."""
        return free_name(base, self._ids_by_name)

    # Preparing blocks and wires (nothing changes yet)

    def fresh_block_id(self, offset: int = 0) -> BlockId:
        return f"b{self._last_block + 1 + offset}"

    def fresh_wire_id(self, offset: int = 0) -> WireId:
        return f"w{self._last_wire + 1 + offset}"

    def new_block(self, type: str, name: str | None = None, values: dict[str, Any] | None = None) -> Block:
        """A block with a fresh id and a free name, not yet placed."""
        declared = self.modules.get(type) or registry.known(type)
        name = self.free_name(registry.default_name(declared)) if name is None else check_name(name)
        block = Block(self.fresh_block_id(), declared.name, name, {})
        for key, value in (values or {}).items():
            block.hyperparameters[key] = self.coerce(block, key, value)
        missing = declared.missing(block.hyperparameters)
        if missing:
            raise HyperparameterError(f"{declared.name} {name!r} needs {', '.join(missing)}")
        if name in self._ids_by_name:
            raise NamingError(f"there is a block named {name!r} already; names are unique in a network")
        return block

    def new_wire(self, source: Ref, target: Ref, output: str | None = None, input: str | None = None) -> Wire:
        """A wire with a fresh id, not yet drawn; raises ConnectError."""
        begin, end = self.block(source), self.block(target)
        output_port = self._output_port(begin, output)
        input_port = self._input_port(end, input)
        if self.is_upstream(end.id, begin.id):
            raise ConnectError(
                "a block cannot feed itself"
                if begin.id == end.id
                else f"this would close a cycle: {end.name} already leads to {begin.name}"
            )
        taken = self.wires_at(end.id, input_port.name)
        if any(w.source == begin.id and w.output == output_port.name for w in taken) and not input_port.many:
            raise ConnectError(f"{begin.name} is wired to {end.name} already")
        if taken and not input_port.many:
            holder = self.blocks[taken[0].source].name
            raise ConnectError(f"{input_port.name} of {end.name} is taken by {holder}; it takes one wire")
        slot = max((w.slot for w in taken), default=-1) + 1
        return Wire(self.fresh_wire_id(), begin.id, output_port.name, end.id, input_port.name, slot)

    def coerce(self, block: Block, name: str, value: Any) -> Any:
        """The canonical value of a block's hyperparameter; inside a module also an expression."""
        return coerce_hyperparameter(block, name, value, self.declared(block.type), self.module is not None)

    # Primitive changes: what edits are made of

    def insert_block(self, block: Block, position: tuple[float, float]) -> None:
        if block.id in self.blocks:
            raise ValueError(f"there is a block {block.id} already")
        if block.name in self._ids_by_name:
            raise NamingError(f"there is a block named {block.name!r} already; names are unique in a network")
        if self.module is not None and block.type in self.modules:
            self.module.refuse_itself(self.modules[block.type])
        self.graph.add_node(block.id)
        self.blocks[block.id] = block
        self._ids_by_name[block.name] = block.id
        self.takers += block.reuses is not None
        self._into[block.id] = []
        self._out[block.id] = []
        self.positions[block.id] = position
        self._ranks.append(block.id)
        self._last_block = max(self._last_block, number(block.id))
        self._changed()

    def remove_block(self, id: BlockId) -> None:
        if self._into[id] or self._out[id]:
            raise ValueError(f"{self.blocks[id].name} still has wires")
        self.graph.remove_node(id)
        block = self.blocks.pop(id)
        del self._ids_by_name[block.name]
        self.takers -= block.reuses is not None
        del self._into[id], self._out[id], self.positions[id]
        self._ranks.remove(id)
        self._changed()

    def replace_block(self, block: Block) -> None:
        """Put a block with the same id in place of the old one: new values or a new name."""
        old = self.blocks[block.id]
        if block.name != old.name:
            if block.name in self._ids_by_name:
                raise NamingError(f"there is a block named {block.name!r} already; names are unique in a network")
            del self._ids_by_name[old.name]
            self._ids_by_name[block.name] = block.id
        self.takers += (block.reuses is not None) - (old.reuses is not None)
        self.blocks[block.id] = block
        self.stamp = next(_stamps)

    def insert_wire(self, wire: Wire) -> None:
        if wire.id in self.wires:
            raise ValueError(f"there is a wire {wire.id} already")
        if wire.source == wire.target or not self._ranks.add_edge(wire.source, wire.target, self._into, self._out):
            raise ConnectError(
                f"this would close a cycle: {self.blocks[wire.target].name} already leads to"
                f" {self.blocks[wire.source].name}"
            )
        self.graph.add_edge(wire.source, wire.target, key=wire.id)
        self.wires[wire.id] = wire
        insort(self._out[wire.source], wire, key=lambda one: number(one.id))
        insort(self._into[wire.target], wire, key=_slot)
        self._last_wire = max(self._last_wire, number(wire.id))
        self._changed()

    def remove_wire(self, id: WireId) -> None:
        wire = self.wires.pop(id)
        self.graph.remove_edge(wire.source, wire.target, key=id)
        self._out[wire.source].remove(wire)
        self._into[wire.target].remove(wire)
        self._changed()

    def bend_wire(self, id: WireId, via: tuple[tuple[float, float], ...]) -> None:
        """Draw a wire through other points; nothing else changes."""
        old, new = self.wires[id], replace(self.wires[id], via=via)
        self.wires[id] = new
        for wires in (self._out[old.source], self._into[old.target]):
            wires[wires.index(old)] = new

    def _changed(self) -> None:
        self._order = None
        self.stamp = next(_stamps)

    # Ports

    def _output_port(self, block: Block, name: str | None) -> Port:
        ports = self.declared(block.type).outputs
        if name is None:
            if not ports:
                raise ConnectError(f"{block.name} ({block.type}) has no output")
            return ports[0]
        port = self.declared(block.type).output_port(name)
        if port is None:
            raise ConnectError(f"{block.name} ({block.type}) has no output {name!r}; {_names('outputs', ports)}")
        return port

    def _input_port(self, block: Block, name: str | None) -> Port:
        declared = self.declared(block.type)
        if name is not None:
            port = declared.input_port(name)
            if port is None:
                raise ConnectError(
                    f"{block.name} ({block.type}) has no input {name!r}; {_names('inputs', declared.inputs)}"
                )
            return port
        if not declared.inputs:
            raise ConnectError(f"{block.name} ({block.type}) takes no input")
        for port in declared.inputs:
            if port.many or not self.wires_at(block.id, port.name):
                return port
        taken = ", ".join(port.name for port in declared.inputs)
        raise ConnectError(f"every input of {block.name} is taken ({taken})")


def coerce_hyperparameter(block: Block, name: str, value: Any, declared: BlockType, in_module: bool = False) -> Any:
    """The canonical value; raises HyperparameterError naming block, value and rule."""
    if not declared.has(name):
        known = ", ".join(h.name for h in declared.hyperparameters) or "none"
        raise HyperparameterError(f"{declared.name} has no hyperparameter {name!r}; it has {known}")
    try:
        if in_module and is_expression(value):
            return value if isinstance(value, Expression) else expression(value)
        return declared.hyperparameter(name).coerce(value)
    except (HyperparameterError, ExpressionError) as error:
        raise HyperparameterError(f"{block.name} ({block.type}): {error}") from None


def number(id: str) -> int:
    """The number in an id: creation order."""
    return int(id[1:])


def _slot(wire: Wire) -> tuple[str, int]:
    return wire.input, wire.slot


def _names(what: str, ports: tuple[Port, ...]) -> str:
    return f"its {what} are {', '.join(port.name for port in ports)}" if ports else f"it has no {what}"
