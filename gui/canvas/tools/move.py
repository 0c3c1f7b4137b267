"""MoveBlocks: drags the selection; Alt drags copies; an unwired block let go on a wire is inserted into it.

Only items move while dragging; the release sends one edit. Middles snap to those of wired neighbours.
"""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QPainter, QPen

from graph import commands
from graph.edits import BendWire, Compound, Move
from gui.canvas import placing
from gui.canvas.geometry import GRID
from gui.canvas.ink import ink
from gui.canvas.tools.tool import Pointer, Tool, far_enough
from gui.language import tr

MAGNET = 7.0  # pixels within which a block snaps under its neighbour


class MoveBlocks(Tool):
    def __init__(self, view, grabbed: str):
        super().__init__(view)
        self.grabbed = grabbed

    def start(self, at: Pointer) -> None:
        self._begin, self._moved, self._copies, self._wire = at, False, False, None
        self._guide: QLineF | None = None
        chosen = self.session.selection
        self._was_selected = self.grabbed in chosen
        if at.shift or at.ctrl:
            if not self._was_selected:
                self.session.select((*chosen, self.grabbed))
        elif not self._was_selected:
            self.scene.select_wires(())
            self.session.select((self.grabbed,))

    def move(self, at: Pointer) -> None:
        if not self._moved:
            if not far_enough(self._begin, at):
                return
            self._lift()
        self._copies = at.alt
        shift = self._snapped(at.scene - self._begin.scene)
        self.scene.shift({id: place + shift for id, place in self._homes.items()})
        self._mark_wire(at)
        self.view.viewport().update()

    def end(self, at: Pointer) -> None:
        if not self._moved:
            self._click(at)
            return
        places = {id: (self.scene.blocks[id].pos().x(), self.scene.blocks[id].pos().y()) for id in self._homes}
        wire, copies = self._wire, self._copies
        self._settle()
        if copies:
            self.scene.shift(self._homes)
            self._copy(places)
        elif wire is not None:
            placing.move_onto_wire(self.session, self.grabbed, wire, places[self.grabbed])
        elif any(places[id] != (home.x(), home.y()) for id, home in self._homes.items()):
            self.session.document.do(self._edit(places))

    def _edit(self, places: dict[str, tuple[float, float]]) -> Move | Compound:
        """The move, and that of the points of wires whose ends both go along."""
        home = self._homes[self.grabbed]
        dx, dy = places[self.grabbed][0] - home.x(), places[self.grabbed][1] - home.y()
        wires = (w for w in self.session.network.wires.values() if w.via and w.source in places and w.target in places)
        bends = [BendWire(w.id, tuple((x + dx, y + dy) for x, y in w.via)) for w in wires]
        return Compound(Move(places).text, (Move(places), *bends)) if bends else Move(places)

    def cancel(self) -> None:
        if self._moved:
            self.scene.shift(self._homes)
            self._settle()

    def paint(self, painter: QPainter) -> None:
        if self._guide is not None:
            pen = QPen(ink().theme.accent, 1, Qt.PenStyle.DashLine)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawLine(self._guide)
        if self._moved and self._copies:
            for id, home in self._homes.items():
                pen = QPen(ink().secondary, 1, Qt.PenStyle.DotLine)
                pen.setCosmetic(True)
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(self.scene.blocks[id].size.box.translated(home), 8, 8)

    def _click(self, at: Pointer) -> None:
        """A press without a drag: what a click does to the selection."""
        chosen = self.session.selection
        if at.ctrl and self._was_selected:
            self.session.select(id for id in chosen if id != self.grabbed)
        elif not (at.ctrl or at.shift):
            self.session.select((self.grabbed,))

    def _lift(self) -> None:
        self._moved = True
        self._homes = {id: QPointF(self.scene.blocks[id].pos()) for id in self.session.selection}
        self.view.setCursor(Qt.CursorShape.ClosedHandCursor)
        for id in self._homes:
            self.scene.blocks[id].lift(True)
        network = self.session.network
        held = self._homes.keys()
        wires = (*network.wires_into(self.grabbed), *network.wires_out(self.grabbed))
        beside = {end for wire in wires for end in (wire.source, wire.target)} - held
        self._magnets = [(self.scene.blocks[id].pos().x(), self.scene.blocks[id].box().center().y()) for id in beside]
        self._insertable = len(held) == 1 and not wires and placing.passes_through(network, self.grabbed)

    def _settle(self) -> None:
        self._guide = None
        if self._wire is not None:
            self.scene.wires[self._wire].set_state(hovered=False)
            self._wire = None
        for id in self._homes:
            self.scene.blocks[id].lift(False)
        self.view.unsetCursor()
        self.view.viewport().update()

    def _snapped(self, shift: QPointF) -> QPointF:
        """The shift on the grid, or with the grabbed block exactly under or over a neighbour."""
        home = self._homes[self.grabbed]
        x, y = home.x() + shift.x(), home.y() + shift.y()
        self._guide = None
        y = round(y / GRID) * GRID
        near = min(self._magnets, key=lambda magnet: abs(magnet[0] - x), default=None)
        if near is not None and abs(near[0] - x) <= MAGNET / self.view.zoom:
            x = near[0]
            self._guide = QLineF(x, near[1], x, y + self.scene.blocks[self.grabbed].size.height / 2)
        else:
            x = round(x / GRID) * GRID
        return QPointF(x - home.x(), y - home.y())

    def _mark_wire(self, at: Pointer) -> None:
        """Light the wire that would take the block in."""
        found = self.scene.wire_at(at.scene, 12.0 / self.view.zoom) if self._insertable and not at.alt else None
        id = found.id if found else None
        if id != self._wire:
            if self._wire is not None:
                self.scene.wires[self._wire].set_state(hovered=False)
            if found is not None:
                found.set_state(hovered=True)
            self._wire = id

    def _copy(self, places: dict[str, tuple[float, float]]) -> None:
        network = self.session.network
        left, top = min(x for x, _ in places.values()), min(y for _, y in places.values())
        edit, fresh = commands.paste(network, commands.copy(network, tuple(places)), (left, top))
        self.session.document.do(Compound(tr("Copy by dragging"), edit.edits))
        self.session.select(fresh)
