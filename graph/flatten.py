"""Flattening: the same computation without modules, every pass drawn out, expressions as their numbers.

What a module's inside costs or sees depends on where it stands; here each place has blocks of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph.analysis import Analysis
from graph.analyzer import analyze, analyze_like
from graph.aside import without_aside
from graph.module import ModuleType
from graph.network import Block, BlockId, Network

Value = tuple[str, str]  # a block of the flat network and one of its outputs
Values = dict[Value, Value]


@dataclass(frozen=True, slots=True)
class Flat:
    """The flat network with its analysis, and where blocks and values of the drawing now are."""

    network: Network
    analysis: Analysis
    blocks: dict[BlockId, BlockId]  # plain blocks of the drawing
    values: Values


def flattened(network: Network, analysis: Analysis | None = None) -> Network:
    """A network of plain blocks, named along the modules they stood in (`stage1.0.conv`); modules that cannot be
    worked out are left out."""
    flat = Network(network.name)
    _copy(flat, without_aside(network), analysis or analyze(network), "", {})
    return flat


def flatten(network: Network, analysis: Analysis) -> Flat:
    """The same with its analysis and the way back; a network without modules is its own flat form."""
    drawn, network = network, without_aside(network)
    if not any(isinstance(network.declared(block.type), ModuleType) for block in network.blocks.values()):
        own = {id: id for id in network.blocks}
        if network is not drawn:
            analysis = analyze_like(network, analysis)
        return Flat(
            network, analysis, own, {(id, p.name): (id, p.name) for id in own for p in network.type_of(id).outputs}
        )
    flat = Network(network.name)
    values = _copy(flat, network, analysis, "", {})
    blocks = {block.id: flat.block(block.name).id for block in network.blocks.values() if flat.has(block.name)}
    return Flat(flat, analyze_like(flat, analysis), blocks, values)


def _copy(flat: Network, network: Network, analysis: Analysis, ahead: str, given: Mapping[str, Value]) -> Values:
    """Draw a network's blocks; `given` feeds its inputs by name. Returns where each output value now comes from."""
    found: Values = {}
    for id in network.order():
        block = network.blocks[id]
        declared = network.declared(block.type)
        sources = [
            (wire, found[wire.source, wire.output])
            for wire in network.wires_into(id)
            if (wire.source, wire.output) in found
        ]
        if declared.role == "input" and block.name in given:
            found[id, "output"] = given[block.name]
        elif isinstance(declared, ModuleType):
            if analysis.inferred(id) is None:
                continue  # broken, or waiting for something that is
            wired = {wire.input: value for wire, value in sources}
            outputs = _unrolled(flat, declared, analysis, block, f"{ahead}{block.name}", wired)
            found |= {(id, port): value for port, value in outputs.items()}
        elif not (declared.role == "output" and given):
            placed = _placed(flat, block, analysis.values(id), f"{ahead}{block.name}")
            for wire, (source, output) in sources:
                flat.connect(source, placed, output, wire.input)
            found |= {(id, port.name): (placed.id, port.name) for port in declared.outputs}
    return found


def _unrolled(
    flat: Network, module: ModuleType, analysis: Analysis, block: Block, name: str, wired: dict[str, Value]
) -> dict[str, Value]:
    values = analysis.values(block)
    outputs = {port.name: value for port, value in zip(module.outputs, wired.values(), strict=False)}
    for index, one in enumerate(module.passes(values, analysis.inputs(block))):
        ahead = f"{name}." if values["repeat"] == 1 else f"{name}.{index}."
        inside = without_aside(module.network)
        found = _copy(flat, inside, one.analysis, ahead, wired)
        outputs = {
            output.name: found[wire.source, wire.output]
            for output in inside.with_role("output")
            for wire in inside.wires_into(output)
        }
        wired = dict(zip((port.name for port in module.inputs), outputs.values(), strict=False))
    return outputs


def _placed(flat: Network, block: Block, values: Mapping[str, Any], name: str) -> Block:
    new = block.having(
        id=flat.fresh_block_id(),
        name=flat.free_name(name if len(name) <= 80 else f"{name[:38]}..{name[-38:]}"),
        hyperparameters={key: values[key] for key in block.hyperparameters},
    )
    flat.insert_block(new, (0.0, 0.0))
    return new
