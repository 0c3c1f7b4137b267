"""Going through a network by keys: the next block along the wires or beside, and blocks found by words."""

from __future__ import annotations

from graph.network import Network
from gui.canvas.scene import CanvasScene
from gui.canvas.search_popup import Entry


def step(scene: CanvasScene, network: Network, selection: tuple[str, ...], dx: int, dy: int) -> str | None:
    """The block one key away: with the flow, against it, or the nearest beside; the first block to begin with."""
    if not selection:
        return next(iter(network.order()), None)
    here = selection[-1]
    if dy:
        wires = network.wires_out(here) if dy > 0 else network.wires_into(here)
        ends = [wire.target if dy > 0 else wire.source for wire in wires]
        return min(ends, key=lambda id: _aside(scene, here, id), default=None)
    place = scene.blocks[here].box().center()
    beside = []
    for id, item in scene.blocks.items():
        away = item.box().center() - place
        if id != here and away.x() * dx > 0 and abs(away.y()) <= 2 * abs(away.x()):
            beside.append((abs(away.x()) + 3 * abs(away.y()), id))
    return min(beside, default=(0, None))[1]


def found(scene: CanvasScene, text: str) -> list[Entry]:
    """Blocks whose name, type or values contain every word; all of them for none."""
    words = text.lower().split()
    hits = []
    for item in scene.blocks.values():
        face = item.face
        everything = f"{face.name} {face.type} {face.detail} {face.shape}".lower()
        if all(word in everything for word in words):
            rank = 0 if face.name.lower().startswith(text.lower()) else 1
            detail = f"{face.type}  {face.detail}" if face.detail else face.type
            hits.append((rank, Entry(item.id, face.name, detail, face.family, face.shape)))
    return [entry for _, entry in sorted(hits, key=lambda hit: hit[0])]


def _aside(scene: CanvasScene, here: str, there: str) -> float:
    away = scene.blocks[there].pos() - scene.blocks[here].pos()
    return abs(away.x()) + abs(away.y()) * 0.1
