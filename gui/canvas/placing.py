"""How blocks arrive: alone, after a block, on a wire, from a port; each one undoable step that makes its own room.

Works on session and sizes of what stands there; knows no mouse and no painting.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import networkx as nx

from graph import commands, placeable
from graph.block_type import BlockType
from graph.edits import AddBlock, Compound, Connect, Move
from graph.layout import BLOCK_GAP, ROW_GAP
from graph.network import Network
from gui.canvas.geometry import GRID, HEIGHT, MIN_WIDTH, PortRef
from gui.canvas.scene import CanvasScene
from gui.language import tr
from gui.session import Session

Point = tuple[float, float]


def place(session: Session, scene: CanvasScene, type: str, at: Point) -> str:
    """A new block at a point, its middle there."""
    document = session.document
    with _adopted(document, type):
        edit = commands.add(document.network, type, free_spot(scene, (at[0], at[1] - HEIGHT / 2)))
        document.do(edit)
    session.select((edit.block.id,))
    return edit.block.id


def place_after(session: Session, scene: CanvasScene, before: str, type: str) -> str:
    """A new block after another: wired to it, in between it and what followed."""
    network = session.network
    declared = placeable.known(network, type)
    item = scene.blocks[before]
    if not declared.inputs or not network.type_of(before).outputs:
        return place(session, scene, type, (item.pos().x() + item.size.width + BLOCK_GAP, item.box().center().y()))
    followed = bool(network.wires_out(before)) and declared.role == "layer"
    spot = (item.pos().x(), item.box().bottom() + ROW_GAP)
    with _adopted(session.document, type):
        edit = commands.append_after(network, before, type, spot if followed else free_spot(scene, spot))
        return _do_with_room(session, edit)


def place_on_wire(session: Session, scene: CanvasScene, wire: str, type: str) -> str:
    """A new block in the middle of a wire."""
    network = session.network
    ends = network.wires[wire]
    source, target = scene.blocks[ends.source], scene.blocks[ends.target]
    spot = ((source.pos().x() + target.pos().x()) / 2, source.box().bottom() + ROW_GAP)
    lane = scene.wires[wire].route.lane
    if lane is not None:  # beside the blocks the wire goes around, not on them
        spot = (lane, scene.wires[wire].middle.y() - HEIGHT / 2)
    with _adopted(session.document, type):
        edit = commands.insert_on_wire(network, wire, type, _snap(spot))
        return _do_with_room(session, edit)


def place_at_port(session: Session, scene: CanvasScene, port: PortRef, type: str, at: Point) -> str:
    """A new block at a point, wired to a port."""
    network = session.network
    declared = placeable.known(network, type)
    document = session.document
    y = at[1] if port.output else at[1] - HEIGHT
    with document.group(tr("Add {0}").format(type)), _adopted(document, type):
        block = commands.suggested_block(network, type)
        document.do(AddBlock(block, free_spot(scene, (at[0], y))))
        if port.output:
            name = first_fitting(document, port, declared)
            document.do(Connect(network.new_wire(port.block, block.id, port.name, name)))
        else:
            document.do(Connect(network.new_wire(block.id, port.block, None, port.name)))
    session.select((block.id,))
    return block.id


def move_onto_wire(session: Session, id: str, wire: str, at: Point) -> None:
    """Lead a wire through a block that stands unwired."""
    document, network = session.document, session.network
    edits = commands.splice(network, network.wires[wire], network.blocks[id])
    with document.group(tr("Insert {0}").format(network.blocks[id].name)):
        document.do(Move({id: at}))
        for edit in edits:
            document.do(edit)
        _make_room(session, id)


def passes_through(network: Network, id: str) -> bool:
    """Whether a wire can be led through a block."""
    declared = network.type_of(id)
    return bool(declared.inputs) and bool(declared.outputs)


def candidates_from(session: Session, port: PortRef) -> list[BlockType]:
    """Block types that could be placed at the other end of a wire from this port."""
    if port.output:
        found = placeable.fitting(session.network, session.analysis.output(port.block, port.name))
        return sorted(found, key=lambda declared: declared.role != "layer")
    sources = [declared for declared in placeable.types(session.network) if declared.outputs]
    if port.name == "target":
        return sorted(sources, key=lambda declared: declared.role != "target")
    return [declared for declared in sources if declared.role != "target"]


def first_fitting(document, port: PortRef, declared: BlockType) -> str:
    """The input of a new block that takes the port's tensor: a target's goes to `target`, others to the first."""
    role = document.network.type_of(port.block).role
    if role == "target" and declared.input_port("target"):
        return "target"
    return declared.inputs[0].name


def free_spot(scene: CanvasScene, at: Point) -> Point:
    """The point itself, or the first one to its right where a new block covers nothing."""
    x, y = _snap(at)
    half = MIN_WIDTH / 2 + GRID
    for _ in range(40):
        covered = [box for _, box in scene.index.within(x - half, y - GRID, x + half, y + HEIGHT + GRID)]
        if not covered:
            return x, y
        x = _snap((max(box[2] for box in covered) + half + BLOCK_GAP, y))[0]
    return x, y


@contextmanager
def _adopted(document, type: str) -> Iterator[None]:
    """With a ready module in the project before one of it is placed; all of it one step."""
    edits = placeable.adoption(document.network, type)
    if not edits:
        yield
        return
    with document.group(tr("Add {0}").format(type)):
        for edit in edits:
            document.do(edit)
        yield


def _do_with_room(session: Session, edit: Compound) -> str:
    document = session.document
    block = next(step.block for step in edit.edits if isinstance(step, AddBlock))
    with document.group(edit.text):
        document.do(edit)
        _make_room(session, block.id)
    session.select((block.id,))
    return block.id


def _make_room(session: Session, id: str) -> None:
    """Push everything downstream of a new block down, if what follows stands in its way."""
    network = session.network
    top = network.positions[id][1]
    followers = {wire.target for wire in network.wires_out(id)}
    if not followers:
        return
    ceiling = min(network.positions[other][1] for other in followers)
    needed = top + HEIGHT + ROW_GAP - ceiling
    if needed <= 0:
        return
    below = nx.descendants(network.graph, id)
    line = ceiling - 1
    moved = {other: network.positions[other] for other in below if network.positions[other][1] >= line}
    document = session.document
    document.do(Move({other: (x, y + needed) for other, (x, y) in moved.items()}))


def _snap(point: Point) -> Point:
    return round(point[0] / GRID) * GRID, round(point[1] / GRID) * GRID
