"""Takes blocks away that nothing asks for: what was computed on the way and then recognised as something else."""

from __future__ import annotations

from collections.abc import Iterable

from graph.network import Network


def upstream(network: Network, ends: Iterable[str]) -> set[str]:
    """The blocks that these need, themselves included, with those whose weights they use."""
    found = set(ends)
    waiting = list(found)
    while waiting:
        id = waiting.pop()
        needed = [wire.source for wire in network.wires_into(id)]
        if network.blocks[id].reuses is not None:
            needed.append(network.blocks[id].reuses)
        for one in needed:
            if one not in found:
                found.add(one)
                waiting.append(one)
    return found


def prune(network: Network, ends: Iterable[str]) -> list[str]:
    """Remove what does not lead to these blocks, inputs aside; gives the names of what went."""
    kept = upstream(network, ends)
    gone = []
    for id in reversed(network.order()):
        if id not in kept and network.type_of(id).role != "input":
            gone.append(network.blocks[id].name)
            network.remove(id)
    return gone[::-1]
