"""What a network's weights will be called and how large they are, known from its drawing: no torch is needed.

The names are read off the generated source, the shapes off the analysis, so that a file can be held against both
before anything runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backend.layer_pairing import Shaped
from backend.source import Source
from graph import Network
from graph.analysis import Analysis
from graph.module import ModuleType
from graph.network import BlockId
from graph.weight_rules import is_one_module, weights_of

Names = dict[str, Shaped]


@dataclass(frozen=True, slots=True)
class Made:
    """A line of __init__: the block it makes a layer for, what that is called, and whether it stands in a row."""

    id: BlockId
    identifier: str
    in_row: bool


def weights_by_block(network: Network, analysis: Analysis, source: Source) -> dict[BlockId, Names]:
    """For every block with a layer of its own, what its tensors are called, in the order of the module's layers."""
    text = source.text.splitlines()
    outer = [made for line, id in sorted(source.lines.items()) if (made := _made(text[line - 1], id))]
    inner: dict[str, dict[BlockId, Made]] = {}
    for line, (module, id) in sorted(source.inner_lines.items()):
        if made := _made(text[line - 1], id):
            inner.setdefault(module, {}).setdefault(id, made)  # classes of one module call their layers the same
    found = {made.id: dict(_tensors(network, analysis, made, f"{made.identifier}.", inner)) for made in outer}
    return {id: names for id, names in found.items() if names}


def all_weights(by_block: Mapping[BlockId, Names]) -> Names:
    """The tensors of all blocks as one table."""
    return {name: one for names in by_block.values() for name, one in names.items()}


def _made(line: str, id: BlockId) -> Made | None:
    """What a line makes: `self.conv1 = nn.Conv2d(...)`; lines about weights and of forward make nothing."""
    target, equals, value = line.strip().partition(" = ")
    if not equals or not target.startswith("self.") or "." in target[5:]:
        return None
    return Made(id, target[5:], value.startswith("nn.Sequential("))


def _tensors(
    network: Network, analysis: Analysis, made: Made, prefix: str, inner: Mapping[str, Mapping[BlockId, Made]]
) -> Iterator[tuple[str, Shaped]]:
    block = network.blocks.get(made.id)
    if block is None or (block.reuses is not None and is_one_module(network, analysis, block)):
        return
    declared = network.declared(block.type)
    if not isinstance(declared, ModuleType):
        yield from ((f"{prefix}{name}", Shaped(shape)) for name, shape in weights_of(analysis, made.id).items())
        yield from _statistics(network, analysis, made.id, prefix)
        return
    for index, one in enumerate(declared.passes(analysis.values(made.id), analysis.inputs(made.id))):
        ahead = f"{prefix}{index}." if made.in_row else prefix
        for layer in inner.get(declared.name, {}).values():
            yield from _tensors(declared.network, one.analysis, layer, f"{ahead}{layer.identifier}.", inner)


def _statistics(network: Network, analysis: Analysis, id: BlockId, prefix: str) -> Iterator[tuple[str, Shaped]]:
    """What normalisation keeps beside its weights."""
    inferred = analysis.inferred(id)
    if network.type_of(id).family == "normalization" and inferred is not None and inferred.buffers:
        channels = (inferred.buffers - 1) // 2
        yield f"{prefix}running_mean", Shaped((channels,))
        yield f"{prefix}running_var", Shaped((channels,))
        yield f"{prefix}num_batches_tracked", Shaped((), "int64")
