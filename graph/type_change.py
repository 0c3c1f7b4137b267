"""Another type for a block that stands: wires and shared hyperparameters stay, what fits nowhere goes.

`ReplaceBlock` is the edit, `change_type` the command around it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from graph import placeable
from graph.block_type import BlockType, Port
from graph.edits import Compound, Connect, Disconnect, Edit, SetProperty
from graph.hyperparameter import HyperparameterError
from graph.network import Block, BlockId, ConnectError, Network, Wire

if TYPE_CHECKING:
    from graph.document import Document

OWN_WEIGHTS = {"weights": {}, "initial": {}, "reuses": None}  # what belongs to the weights of one type


@dataclass(frozen=True, slots=True)
class ReplaceBlock:
    """Put a block in place of one with the same id: another type with its own hyperparameters."""

    block: Block

    @property
    def text(self) -> str:
        return f"Change {self.block.name} to {self.block.type}"

    def apply(self, document: Document) -> Edit:
        old = document.network.blocks[self.block.id]
        document.network.replace_block(self.block)
        document.touched.edited.add(self.block.id)
        return ReplaceBlock(old)


def change_type(network: Network, id: BlockId, type: str) -> Compound:
    """The edit that gives a block another type; raises ConnectError or HyperparameterError if it cannot stand there.

    Hyperparameters of the same name keep their values where the new type takes them; wires keep their ports, or take
    the one in the same place, or go where there is none.
    """
    block = network.blocks[id]
    declared = placeable.known(network, type)
    if declared.name == block.type:
        raise ConnectError(f"{block.name} is a {type} already")
    new = block.having(type=declared.name, hyperparameters=_kept_values(network, block, declared), **OWN_WEIGHTS)
    if declared.role != "layer" or not declared.inputs or not declared.outputs:
        new = new.having(aside="")  # nothing passes through it any more
    wires = (*network.wires_into(id), *network.wires_out(id))
    edits: list[Edit] = list(placeable.adoption(network, declared.name))
    takers = tuple(b.id for b in network.blocks.values() if b.reuses == id)
    if takers:
        edits.append(SetProperty(takers, "reuses", None))
    edits += [Disconnect(tuple(wire.id for wire in wires))] if wires else []
    edits.append(ReplaceBlock(new))
    edits += [Connect(wire) for wire in _kept_wires(network, id, wires, declared)]
    return Compound(f"Change {block.name} to {declared.name}", tuple(edits))


def _kept_values(network: Network, block: Block, declared: BlockType) -> dict[str, Any]:
    """What the old block was set to, as far as the new type takes it, and what the new one must be given."""
    values = dict(declared.suggested())
    every = network.values(block)
    for hyperparameter in declared.hyperparameters:
        name = hyperparameter.name
        wanted = name in block.hyperparameters or name in values  # what must be given takes the old one's default, too
        if not wanted or name not in every:
            continue
        try:
            values[name] = network.coerce(block.having(type=declared.name, hyperparameters={}), name, every[name])
        except HyperparameterError:
            continue
    return values


def _kept_wires(network: Network, id: BlockId, wires: tuple[Wire, ...], declared: BlockType) -> list[Wire]:
    old = network.type_of(id)
    inputs, outputs = _places(old.inputs, declared.inputs), _places(old.outputs, declared.outputs)
    kept: list[Wire] = []
    taken: set[str] = set()
    for wire in wires:
        if wire.target == id:
            port = inputs.get(wire.input, wire.input if declared.input_port(wire.input) else None)
            many = port is not None and declared.input_port(port).many
            if port is None or (port in taken and not many):
                continue
            taken.add(port)
            kept.append(replace(wire, input=port))
        else:
            port = outputs.get(wire.output, wire.output if declared.output_port(wire.output) else None)
            if port is not None:
                kept.append(replace(wire, output=port))
    return kept


def _places(old: tuple[Port, ...], new: tuple[Port, ...]) -> dict[str, str]:
    """Old port -> new port: the one of the same name, else the one in the same place."""
    names = {port.name for port in new}
    found = {port.name: port.name for port in old if port.name in names}
    for before, after in zip(old, new, strict=False):
        found.setdefault(before.name, after.name)
    if new and new[0].many:  # all that came in alone comes in there
        found.update({port.name: new[0].name for port in old if port.name not in names})
    return found
