"""Edits of one weight of several blocks: how it begins, or the numbers typed in for it; the other weights stay.

Each is one step whatever the number of blocks. What lends weights to what is listed here too.
"""

from __future__ import annotations

from collections.abc import Iterable

from graph.analysis import Analysis
from graph.edits import Compound, Edit, SetProperty
from graph.network import BlockId, Network
from graph.weight_rules import weights_of
from graph.weights import Initial, Numbers


def begin(network: Network, ids: Iterable[BlockId], weight: str, way: Initial | None) -> Edit:
    """Let a weight begin in this way, None as torch does; numbers that were typed in for it are forgotten."""
    edits: list[Edit] = []
    for id in ids:
        block = network.blocks[id]
        if weight in block.weights:
            edits.append(SetProperty((id,), "weights", _without(block.weights, weight)))
        initial = _without(block.initial, weight)
        edits.append(SetProperty((id,), "initial", initial if way is None else {**initial, weight: way}))
    return _one_step(edits, f"Set how {weight} begins")


def type_in(network: Network, ids: Iterable[BlockId], weight: str, value: Numbers) -> Edit:
    """Give a weight these numbers, in place of a way to begin."""
    edits: list[Edit] = []
    for id in ids:
        block = network.blocks[id]
        if weight in block.initial:
            edits.append(SetProperty((id,), "initial", _without(block.initial, weight)))
        edits.append(SetProperty((id,), "weights", {**block.weights, weight: value}))
    return _one_step(edits, f"Type in {weight}")


def lenders(network: Network, analysis: Analysis, ids: Iterable[BlockId]) -> list[BlockId]:
    """Blocks whose weights all of these could use: with weights of their own that agree in name and shape."""
    ids = set(ids)
    wanted = [set(weights_of(analysis, id).items()) for id in ids]
    taken = {block.reuses for block in network.blocks.values() if block.reuses}
    if not all(wanted) or ids & taken:
        return []
    return [
        id
        for id, block in network.blocks.items()
        if id not in ids and block.reuses is None and _lends(set(weights_of(analysis, id).items()), wanted)
    ]


def _lends(own: set, wanted: list[set]) -> bool:
    return all(own & one for one in wanted)


def _without(found: dict, name: str) -> dict:
    return {key: value for key, value in found.items() if key != name}


def _one_step(edits: list[Edit], text: str) -> Edit:
    return Compound(text, tuple(edits))
