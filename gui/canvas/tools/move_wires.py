"""MoveWires: Ctrl and a drag on a port take all its wires along; they end at the port where they are let go."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from graph.edits import Compound, Connect, Disconnect
from gui.canvas.geometry import PortRef
from gui.canvas.ink import ink
from gui.canvas.tools.tool import Pointer, Tool, far_enough
from gui.canvas.tools.wire import ATTRACTION, paint_loose_wire
from gui.language import tr


class MoveWires(Tool):
    """From `port`, to another one of the same side."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, view, port: PortRef):
        super().__init__(view)
        self.port = port
        self.wires = view.wires_at(port)
        self.goal: PortRef | None = None

    def start(self, at: Pointer) -> None:
        self._begin, self._at, self._moved = at, at.scene, False

    def move(self, at: Pointer) -> None:
        if not self._moved and not far_enough(self._begin, at):
            return
        self._moved, self._at = True, at.scene
        for id in self.wires:
            self.scene.wires[id].setVisible(False)
        near = self.scene.port_at(at.scene, ATTRACTION / self.view.zoom, self.port.output)
        self.goal = near if near != self.port else None
        self.view.viewport().update()

    def end(self, at: Pointer) -> None:
        self.cancel()
        if self._moved and self.goal is not None:
            self.session.document.do(self._edit(self.goal))

    def cancel(self) -> None:
        for id in self.wires:
            if id in self.scene.wires:
                self.scene.wires[id].setVisible(True)
        self.view.viewport().update()

    def paint(self, painter: QPainter) -> None:
        if not self._moved:
            return
        end = self.scene.port_point(self.goal) if self.goal else self._at
        for id in self.wires:
            route = self.scene.wires[id].route
            fixed = QPointF(*(route.end if self.port.output else route.start))
            paint_loose_wire(painter, fixed, end, not self.port.output, ink().theme.accent, self.goal is None)

    def _edit(self, goal: PortRef) -> Compound:
        """The same wires, at the other port; what is wired there already makes room if it takes one alone."""
        network = self.session.network
        edits = [Disconnect(self.wires)]
        if not goal.output:
            port = network.type_of(goal.block).input_port(goal.name)
            there = self.view.wires_at(goal)
            if there and not (port and port.many):
                edits.append(Disconnect(there))
        for offset, id in enumerate(self.wires):
            wire, fresh = network.wires[id], network.fresh_wire_id(offset)
            if self.port.output:
                moved = replace(wire, id=fresh, source=goal.block, output=goal.name)
            else:
                moved = replace(wire, id=fresh, target=goal.block, input=goal.name)
            edits.append(Connect(moved))
        return Compound(tr("Move wires"), tuple(edits))
