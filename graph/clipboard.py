"""The clipboard's text: blocks and the wires among them, in the project file's own schema.

What comes back from a clipboard is foreign text and goes through the same strict loader as a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated

from pydantic import Field as Rule

from graph import strict_json
from graph.module import ModuleType
from graph.module_edits import DefineModule
from graph.network import Block, BlockId, Network
from graph.project_modules import read_modules
from graph.project_records import MOST_MODULES, ModuleRecord, PartsRecord
from graph.project_schema import Parts, ProjectError, read_parts, read_record
from graph.project_text import VERSION, layout_lines, module_lines, parts_lines

FORMAT = "netloom clipboard"
PLACE = "clipboard"


class ClipRecord(PartsRecord):
    """What is copied: blocks, their wires, and the modules they are."""

    modules: Annotated[list[ModuleRecord], Rule(max_length=MOST_MODULES)] = []  # noqa: RUF012 (pydantic copies it)


@dataclass(frozen=True, slots=True)
class Clip(Parts):
    """Checked parts with the modules they need."""

    modules: dict[str, ModuleType] = field(default_factory=dict)


def blocks_to_text(network: Network, ids: Iterable[BlockId]) -> str:
    """Blocks with the wires among them as JSON text; positions count from the leftmost and topmost."""
    chosen = set(ids)
    blocks = [network.blocks[id] for id in chosen]
    left = min((network.positions[id][0] for id in chosen), default=0.0)
    top = min((network.positions[id][1] for id in chosen), default=0.0)
    inner = (wire for wire in network.wires.values() if wire.source in chosen and wire.target in chosen)
    wires = [replace(wire, via=tuple((x - left, y - top) for x, y in wire.via)) for wire in inner]
    positions = {id: (network.positions[id][0] - left, network.positions[id][1] - top) for id in chosen}
    modules = module_lines(network, _modules_of(network, blocks))
    parts = parts_lines(blocks, wires, positions, network.declared)
    return layout_lines({"format": FORMAT, "version": VERSION, **modules, **parts})


def text_to_blocks(text: str, network: Network | None = None) -> Clip:
    """Blocks, wires, positions and modules of a clipboard text; raises ProjectError for anything else.

    Modules of the same name in the network the blocks go to stand for those that were copied.
    """
    try:
        raw = strict_json.loads(text)
    except strict_json.JsonError:
        raise ProjectError(PLACE, "it holds no blocks; copy some in Netloom first") from None
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise ProjectError(PLACE, "it holds no blocks; copy some in Netloom first")
    if raw.get("version") != VERSION:
        text = f"its blocks were copied by another Netloom (version {raw.get('version')!r}, this one reads {VERSION})"
        raise ProjectError(PLACE, text)
    record = read_record(ClipRecord, raw)
    modules = read_modules(record.modules)
    known = {**modules, **(network.modules if network else {})}
    parts = read_parts(record, [], known, PLACE if network and network.module else "")
    return Clip(parts.blocks, parts.wires, parts.positions, modules=modules)


def definitions(clip: Clip, network: Network) -> Iterator[DefineModule]:
    """The edits that bring along the modules the network does not have."""
    for module in clip.modules.values():
        if module.name not in network.modules:
            yield DefineModule(module)


def _modules_of(network: Network, blocks: Iterable[Block]) -> list[str]:
    """The modules that blocks are, and those inside them, innermost names included."""
    placed = {block.type for block in blocks} & network.modules.keys()
    found = placed.union(*(network.modules[name].uses() for name in placed))
    return [name for name in network.modules if name in found]
