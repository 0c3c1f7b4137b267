"""The layers behind which no weights follow: what a network's answers come from."""

from __future__ import annotations

from collections.abc import Callable

from graph.network import BlockId, Network


def last_layers(network: Network, has_weights: Callable[[BlockId], bool]) -> tuple[BlockId, ...]:
    """The blocks with weights that no other such block comes after, the last of the network's order first."""
    followed: set[BlockId] = set()  # blocks behind which there are weights
    last = []
    for id in reversed(network.order()):
        weighty = has_weights(id)
        if weighty and id not in followed:
            last.append(id)
        if weighty or id in followed:
            followed.update(wire.source for wire in network.wires_into(id))
    return tuple(last)
