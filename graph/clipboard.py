"""The clipboard's text: blocks and the wires among them, in the project file's own schema.

What comes back from a clipboard is foreign text and goes through the same strict loader as a file.
"""

from __future__ import annotations

from collections.abc import Iterable

from graph import strict_json
from graph.network import BlockId, Network
from graph.project_schema import Parts, PartsRecord, ProjectError, read_parts, read_record
from graph.project_text import VERSION, layout_lines, parts_lines

FORMAT = "netloom clipboard"
PLACE = "clipboard"


def blocks_to_text(network: Network, ids: Iterable[BlockId]) -> str:
    """Blocks with the wires among them as JSON text; positions count from the leftmost and topmost."""
    chosen = set(ids)
    blocks = [network.blocks[id] for id in chosen]
    wires = [wire for wire in network.wires.values() if wire.source in chosen and wire.target in chosen]
    left = min((network.positions[id][0] for id in chosen), default=0.0)
    top = min((network.positions[id][1] for id in chosen), default=0.0)
    positions = {id: (network.positions[id][0] - left, network.positions[id][1] - top) for id in chosen}
    return layout_lines(
        {"format": FORMAT, "version": VERSION, **parts_lines(blocks, wires, positions, network.declared)}
    )


def text_to_blocks(text: str) -> Parts:
    """Blocks, wires and positions of a clipboard text; raises ProjectError for anything else."""
    try:
        raw = strict_json.loads(text)
    except strict_json.JsonError:
        raise ProjectError(PLACE, "it holds no blocks; copy some in Netloom first") from None
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise ProjectError(PLACE, "it holds no blocks; copy some in Netloom first")
    if raw.get("version") != VERSION:
        text = f"its blocks were copied by another Netloom (version {raw.get('version')!r}, this one reads {VERSION})"
        raise ProjectError(PLACE, text)
    return read_parts(read_record(PartsRecord, raw))
