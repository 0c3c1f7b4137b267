"""Depth: how many blocks, and how many layers with weights, lie on the longest way to a block.

Layers count as papers count them: those with a matrix or kernel to learn, so that ResNet-152 has 152.
"""

from __future__ import annotations

from dataclasses import dataclass

from graph.analysis import Analysis
from graph.flatten import flatten
from graph.network import BlockId, Network


@dataclass(frozen=True, slots=True)
class Depth:
    """The longest way from an input up to and with a block."""

    blocks: int = 0
    layers: int = 0


def depths(network: Network, analysis: Analysis) -> dict[BlockId, Depth]:
    """The depth of every block; inside modules every pass counts."""
    flat = flatten(network, analysis)
    found: dict[BlockId, Depth] = {}
    for id in flat.network.order():
        before = [found[wire.source] for wire in flat.network.wires_into(id)]
        inferred = flat.analysis.inferred(id)
        counts = flat.network.type_of(id).role == "layer"
        learns = inferred is not None and any(len(shape) > 1 for _, shape in inferred.weights)
        found[id] = Depth(
            max((depth.blocks for depth in before), default=0) + counts,
            max((depth.layers for depth in before), default=0) + learns,
        )
    result = {}
    for id in network.blocks:
        ports = [flat.values[id, port.name] for port in network.type_of(id).outputs if (id, port.name) in flat.values]
        end = ports[0][0] if ports else flat.blocks.get(id)
        result[id] = found.get(end, Depth())
    return result


def depth_of(network: Network, analysis: Analysis) -> Depth:
    """The depth of the whole network."""
    found = depths(network, analysis).values()
    return Depth(max((d.blocks for d in found), default=0), max((d.layers for d in found), default=0))
