"""The edits that fixes are made of: insert, replace, lead around, remove, set.

Each is built for the network as it is when the fix is applied; nothing here decides whether something is wrong.
"""

from __future__ import annotations

from dataclasses import replace as copied
from typing import Any

from graph import commands
from graph.edits import UNSET, AddBlock, Compound, Connect, Disconnect, Edit, RemoveBlocks, SetHyperparameter
from graph.network import Block, Network
from graph.problem import Fix


def setting(block: Block, name: str, value: Any, title: str | None = None) -> Fix:
    """Set a hyperparameter."""
    return Fix(title or f"Set {name} to {value}", lambda n, r: SetHyperparameter(block.id, name, value))


def unsetting(block: Block, name: str, title: str) -> Fix:
    """Take back what was set, so that torch's default or the data decide."""
    return Fix(title, lambda n, r: SetHyperparameter(block.id, name, UNSET))


def removing(block: Block, title: str | None = None) -> Fix:
    """Remove a block and join what came before it with what follows."""
    return Fix(title or f"Remove {block.name}", lambda n, r: commands.remove_and_bridge(n, (block.id,)))


def inserting(block: Block, port: str, type: str, title: str | None = None, slot: int | None = None, **values) -> Fix:
    """Place a block on the wire that ends at a port (`slot`: which of several)."""

    def build(network: Network, recipe) -> Edit:
        wires = [w for w in network.wires_at(block.id, port) if slot is None or w.slot == slot]
        return insert(network, wires[0].id, type, **values)

    return Fix(title or f"Insert {type}", build)


def replacing(block: Block, type: str, title: str | None = None, **values: Any) -> Fix:
    """Put a block of another type in the same place, on the same wires."""
    return Fix(title or f"Replace {block.name} by {type}", lambda n, r: replace(n, block.id, type, **values))


def bypassing(reader: Block, skipped: Block, port: str = "input", title: str | None = None) -> Fix:
    """Let a port read what comes before a block; the block goes if nothing else reads it."""
    title = title or f"Feed {reader.name} from before {skipped.name}"
    return Fix(title, lambda n, r: rewire_around(n, reader.id, port, skipped.id))


def insert(network: Network, wire_id: str, type: str, **values: Any) -> Compound:
    """Place a block with these values in the middle of a wire."""
    wire = network.wires[wire_id]
    block = commands.suggested_block(network, type, values)
    start, end = network.positions[wire.source], network.positions[wire.target]
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    return Compound(f"Insert {block.name}", (AddBlock(block, middle), *commands.splice(network, wire, block)))


def replace(network: Network, id: str, type: str, **values: Any) -> Compound:
    """A block of another type instead of this one; wires keep their ports where these exist, else take the first."""
    declared = network.declared(type)
    block = commands.suggested_block(network, type, values)
    into, out = network.wires_into(id), network.wires_out(id)
    edits: list[Edit] = [Disconnect(tuple(wire.id for wire in (*into, *out))), AddBlock(block, network.positions[id])]
    offset = 0
    for wire in into:
        port = declared.input_port(wire.input) or declared.inputs[0]
        edits.append(Connect(copied(wire, id=network.fresh_wire_id(offset), target=block.id, input=port.name)))
        offset += 1
    for wire in out:
        port = declared.output_port(wire.output) or declared.outputs[0]
        edits.append(Connect(copied(wire, id=network.fresh_wire_id(offset), source=block.id, output=port.name)))
        offset += 1
    return Compound(f"Replace by {type}", (*edits, RemoveBlocks((id,))))


def rewire_around(network: Network, reader: str, port: str, skipped: str) -> Edit:
    """Let the wire at a port begin before a block; the block goes if nothing else reads it."""
    wire = network.wires_at(reader, port)[0]
    before = network.wires_into(skipped)[0]
    edit = commands.rewire(network, wire.id, before.source, before.output)
    if wire.source == skipped and len(network.wires_out(skipped)) == 1:
        return Compound(edit.text, (edit, RemoveBlocks((skipped,))))
    return edit
