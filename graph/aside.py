"""Blocks put aside: bypassed ones pass on what reaches them, muted ones are left out; both stay in the drawing.

A bypassed block is an identity: its first output is its first wired input. A muted one goes with its wires: a port that
joins many goes on with the rest and an optional one stays empty, while one that needs a value gets what reached the
muted block, so that a chain heals. Analysis, source and costs follow; nothing else knows.
"""

from __future__ import annotations

from dataclasses import replace

from graph.network import Block, BlockId, Network, Wire

BYPASSED, MUTED = "bypassed", "muted"
WAYS = ("", BYPASSED, MUTED)


class AsideError(ValueError):
    """A block that cannot be put aside; the text says why."""


def check_aside(network: Network, ids: tuple[BlockId, ...]) -> None:
    """Raise AsideError unless these blocks have something to pass on and something to pass it to."""
    for id in ids:
        block, declared = network.blocks[id], network.type_of(id)
        if declared.role != "layer" or not declared.inputs or not declared.outputs:
            raise AsideError(f"{block.name} ({block.type}) cannot be bypassed or muted: nothing passes through it")


def carrier(network: Network, id: BlockId) -> Wire | None:
    """The wire whose value a block put aside passes on: the first wired input."""
    wires = network.wires_into(id)
    order = {port.name: index for index, port in enumerate(network.type_of(id).inputs)}
    return min(wires, key=lambda wire: (order.get(wire.input, len(order)), wire.slot), default=None)


def counts(network: Network, wire: Wire) -> bool:
    """Whether a wire brings its value: not from a muted block into a port that can do without."""
    if network.blocks[wire.source].aside != MUTED:
        return True
    port = network.type_of(wire.target).input_port(wire.input)
    if port is None or port.optional:
        return port is None
    rest = (w for w in network.wires_at(wire.target, wire.input) if network.blocks[w.source].aside != MUTED)
    return not (port.many and any(rest))


def passed_port(network: Network, id: BlockId) -> str:
    """The output through which a block put aside passes on."""
    return network.type_of(id).outputs[0].name


def owner_of(network: Network, block: Block) -> BlockId | None:
    """Whose weights a block uses: its own where the owner is put aside and it is the first of those that took them."""
    if block.reuses is None or block.reuses not in network.blocks or not network.blocks[block.reuses].aside:
        return block.reuses
    heir = _heirs(network, {block.reuses}).get(block.reuses)
    return None if heir == block.id else heir


def without_aside(network: Network) -> Network:
    """The network that is computed: the same blocks by their ids, those put aside left out and their wires healed."""
    aside = {id for id, block in network.blocks.items() if block.aside}
    if not aside:
        return network
    heirs = _heirs(network, aside)
    left = Network(network.name, network.modules)
    for id, block in network.blocks.items():
        if id not in aside:
            owner = heirs.get(block.reuses, block.reuses) if block.reuses else None
            left.insert_block(block.having(reuses=None if owner == id else owner), network.positions[id])
    for wire in network.wires.values():
        if wire.target in aside or not counts(network, wire):
            continue
        begin = _origin(network, wire)
        if begin is not None:
            left.insert_wire(begin)
    left.module = network.module
    return left


def _origin(network: Network, wire: Wire) -> Wire | None:
    """The wire from where its value really comes; None where nothing reaches it."""
    while network.blocks[wire.source].aside:
        before = carrier(network, wire.source)
        if before is None or wire.output != passed_port(network, wire.source):
            return None
        wire = replace(wire, source=before.source, output=before.output)
    return wire


def _heirs(network: Network, aside: set[BlockId]) -> dict[BlockId, BlockId]:
    """Owner put aside -> the first block left that uses its weights, which has them then."""
    heirs: dict[BlockId, BlockId] = {}
    for id, block in network.blocks.items():
        if block.reuses in aside and not block.aside:
            heirs.setdefault(block.reuses, id)
    return heirs
