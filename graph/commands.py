"""Commands: what hands do, as edits ready for the document: insert on a wire, bridge, paste, duplicate.

Each looks at the network and returns one edit; nothing changes until the document does it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from graph import placeable
from graph.collector import resting_collector
from graph.edits import UNSET, AddBlock, Compound, Connect, Disconnect, Edit, Position, RemoveBlocks, SetHyperparameter
from graph.names import free_name
from graph.network import Block, BlockId, ConnectError, Network, Ref, Wire, number

GAP = 48.0  # free space between a block and the one placed after it, in canvas units
HEIGHT = 72.0  # about what a block takes; the canvas knows exactly


def add(network: Network, type: str, position: Position, **values: Any) -> AddBlock:
    """Place a block of a type, with the suggested values where torch demands one."""
    return AddBlock(suggested_block(network, type, values), position)


def suggested_block(network: Network, type: str, values: dict[str, Any] | None = None) -> Block:
    """A new block as the palette places it."""
    declared = placeable.known(network, type)
    return network.new_block(declared.name, None, {**declared.suggested(), **(values or {})})


def connect(network: Network, source: Ref, target: Ref, output: str | None = None, input: str | None = None) -> Edit:
    """Draw a wire; raises ConnectError with the reason."""
    return Connect(network.new_wire(source, target, output, input))


def insert_on_wire(network: Network, wire_id: str, type: str, position: Position | None = None) -> Compound:
    """Place a block of a type in the middle of a wire; raises ConnectError if it cannot pass anything on."""
    wire = network.wires[wire_id]
    block = suggested_block(network, type)
    start, end = network.positions[wire.source], network.positions[wire.target]
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    return Compound(
        f"Insert {block.name}",
        (AddBlock(block, position or middle), *splice(network, wire, block)),
    )


def splice(network: Network, wire: Wire, block: Block) -> tuple[Edit, ...]:
    """Lead a wire through a block: its first input and first output."""
    declared = network.declared(block.type)
    if not declared.inputs or not declared.outputs:
        raise ConnectError(f"{declared.name} has no input and output to lead a wire through")
    into = Wire(network.fresh_wire_id(), wire.source, wire.output, block.id, declared.inputs[0].name)
    onward = replace(wire, id=network.fresh_wire_id(1), source=block.id, output=declared.outputs[0].name, via=())
    return (Disconnect((wire.id,)), Connect(into), Connect(onward))


def append_after(network: Network, ref: Ref, type: str, position: Position | None = None) -> Compound:
    """Place a block after another: wired to it, and in between it and what followed its first output."""
    before = network.block(ref)
    block = suggested_block(network, type)
    declared = network.declared(block.type)
    ports = network.type_of(before).outputs
    x, y = network.positions[before.id]
    edits: list[Edit] = [AddBlock(block, position or (x, y + HEIGHT + GAP))]
    if declared.inputs and ports:
        output = ports[0].name
        edits.append(Connect(Wire(network.fresh_wire_id(), before.id, output, block.id, declared.inputs[0].name)))
        followers = [w for w in network.wires_out(before) if w.output == output]
        if declared.outputs and declared.role == "layer":
            edits += _pass_on(network, followers, block.id, declared.outputs[0].name)
    return Compound(f"Add {block.name}", tuple(edits))


def _pass_on(network: Network, wires: list[Wire], source: BlockId, output: str) -> list[Edit]:
    """Let wires begin at another block."""
    edits: list[Edit] = []
    for offset, wire in enumerate(wires, start=1):
        moved = replace(wire, id=network.fresh_wire_id(offset), source=source, output=output)
        edits += [Disconnect((wire.id,)), Connect(moved)]
    return edits


def rewire(network: Network, wire_id: str, source: Ref, output: str | None = None) -> Compound:
    """Let a wire begin somewhere else."""
    wire = network.wires[wire_id]
    begin = network.block(source)
    port = output or network.type_of(begin).outputs[0].name
    moved = replace(wire, id=network.fresh_wire_id(), source=begin.id, output=port)
    return Compound("Rewire", (Disconnect((wire.id,)), Connect(moved)))


def remove_and_bridge(network: Network, ids: tuple[BlockId, ...]) -> Compound:
    """Remove blocks and join what came before each with what followed."""
    doomed = set(ids)
    edits: list[Edit] = []
    offset = 0
    for id in network.order():
        if id in doomed:
            continue
        for wire in network.wires_into(id):
            origin = wire
            while origin is not None and origin.source in doomed:
                origin = next(iter(network.wires_into(origin.source)), None)
            if origin is not None and wire.source in doomed:
                bridge = replace(wire, id=network.fresh_wire_id(offset), source=origin.source, output=origin.output)
                edits.append(Connect(bridge))
                offset += 1
    text = "Remove block and bridge" if len(ids) == 1 else f"Remove {len(ids)} blocks and bridge"
    return Compound(text, (RemoveBlocks(tuple(ids)), *edits))


def bind(network: Network, id: BlockId, field: str) -> Compound:
    """Bind a source to a field of the data: shape and dtype come from there, so what was set by hand goes."""
    values = network.blocks[id].hyperparameters
    given = (SetHyperparameter(id, name, UNSET) for name in ("shape", "dtype") if name in values)
    return Compound(f"Bind to {field}", (SetHyperparameter(id, "field", field), *given))


def copy(network: Network, ids) -> str:
    """Blocks with the wires among them as JSON text."""
    from graph import clipboard  # deferred: the strict loader is needed by hands, not by the analysis

    return clipboard.blocks_to_text(network, sorted(ids, key=number))


@resting_collector()
def paste(network: Network, text: str, at: Position | None = None) -> tuple[Compound, tuple[BlockId, ...]]:
    """The edit that adds copied blocks under fresh ids and free names, and the new ids; raises ProjectError."""
    from graph import clipboard

    clip = clipboard.text_to_blocks(text, network)
    left = min((x for x, _ in clip.positions.values()), default=0.0)
    top = min((y for _, y in clip.positions.values()), default=0.0)
    dx, dy = (at[0] - left, at[1] - top) if at is not None else (24.0, 24.0)
    fresh = {block.id: network.fresh_block_id(offset) for offset, block in enumerate(clip.blocks)}
    taken, reached = dict.fromkeys(network.names), {}
    edits: list[Edit] = list(clipboard.definitions(clip, network))
    for block in clip.blocks:
        name = free_name(block.name, taken, reached)
        taken[name] = None
        x, y = clip.positions.get(block.id, (0.0, 0.0))
        copied = replace(block, id=fresh[block.id], name=name, reuses=_owner(network, block, fresh))
        edits.append(AddBlock(copied, (x + dx, y + dy)))
    for offset, wire in enumerate(clip.wires):
        via = tuple((x + dx, y + dy) for x, y in wire.via)
        source, target = fresh[wire.source], fresh[wire.target]
        id = network.fresh_wire_id(offset)
        edits.append(Connect(Wire(id, source, wire.output, target, wire.input, wire.slot, via)))
    count = len(clip.blocks)
    text = "Paste block" if count == 1 else f"Paste {count} blocks"
    return Compound(text, tuple(edits)), tuple(fresh.values())


def duplicate(network: Network, ids) -> tuple[Compound, tuple[BlockId, ...]]:
    """Copies of blocks and the wires among them, a little aside."""
    return paste(network, copy(network, ids))


def _owner(network: Network, block: Block, fresh: dict[BlockId, BlockId]) -> BlockId | None:
    """Whose weights a pasted block uses: the owner's copy, or the owner itself where only the taker was copied."""
    if block.reuses is None or block.reuses in fresh:
        return fresh.get(block.reuses)
    there = network.blocks.get(block.reuses)
    return there.id if there is not None and there.reuses is None and there.type == block.type else None
