"""Hovering: what lies under the mouse lights up and says what it is; a wire lights the whole way it belongs to.

Mixed into the view; changes nothing in the document.
"""

from __future__ import annotations

import networkx as nx
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QToolTip

from gui.canvas import words
from gui.canvas.geometry import REACH
from gui.canvas.tools.tool import Pointer

WIRE_REACH = 7.0
LONGEST_WAY = 2000  # wires; beyond it a lit way says nothing


class Hovering:
    """Needs `session`, `canvas`, `bubble`, `tool` and the navigation of a view."""

    def _hover(self, at: Pointer) -> None:
        self._empty.hovered = not self.canvas.blocks and self._empty.link.contains(QPointF(at.view))
        port = self.canvas.port_at(at.scene, REACH / max(self.zoom, 0.5)) if not self.far else None
        block = self.canvas.blocks[port.block] if port else self.canvas.block_at(at.scene)
        wire = None
        if block is None and not self.far:
            wire = self.canvas.wire_at(at.scene, WIRE_REACH / self.zoom)
        here = (block.id if block else "", wire.id if wire else "")
        if here != self._hovered:
            self._forget_hover()
            self._hovered = here
            if block is not None and block.face.severity in ("error", "warning"):
                beside = block.box().topRight() - QPointF(4, 0)
                self.bubble.show_at(beside, block.face.problem, steady=True, severity=block.face.severity)
        if block is not None:
            block.set_look(hovered=True, lit_port=port)
        if wire is not None and not wire.hovered:
            wire.set_state(hovered=True)
            self._light_way(wire.id)
        over = self._empty.hovered
        shape = Qt.CursorShape.CrossCursor if port else Qt.CursorShape.PointingHandCursor if over else None
        self.viewport().unsetCursor() if shape is None else self.viewport().setCursor(shape)

    def _forget_hover(self) -> None:
        block, wire = self._hovered
        if block in self.canvas.blocks:
            self.canvas.blocks[block].set_look(hovered=False, lit_port=None)
            self.bubble.let_go()
        if wire in self.canvas.wires:
            self.canvas.wires[wire].set_state(hovered=False)
        self._forget_way()
        self._hovered = ("", "")

    def viewportEvent(self, event) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            text = self._explain(self.mapToScene(event.pos()))
            QToolTip.showText(event.globalPos(), text, self.viewport()) if text else QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def _explain(self, at: QPointF) -> str:
        """What the thing under a point has to say."""
        if self.tool is not None:
            return ""
        port = self.canvas.port_at(at, REACH / max(self.zoom, 0.5)) if not self.far else None
        if port is not None:
            return words.of_port(self.session.document, port)
        block = self.canvas.block_at(at)
        if block is not None:
            return words.of_block(self.session.document, block.id)
        wire = self.canvas.wire_at(at, WIRE_REACH / self.zoom)
        return words.of_wire(self.session.document, wire.id) if wire is not None else ""

    def _hide_tooltip(self) -> None:
        QToolTip.hideText()
        self.bubble.hide()

    def _light_way(self, id: str) -> None:
        """Light every wire that leads to this one, and every one it leads to."""
        network = self.session.network
        if id not in network.wires:
            return
        wire, graph = network.wires[id], network.graph
        before = nx.ancestors(graph, wire.source) | {wire.source}
        behind = nx.descendants(graph, wire.target) | {wire.target}
        way = [w.id for end in before for w in network.wires_into(end)]
        way += [w.id for end in behind for w in network.wires_out(end)]
        self._way = set(way) & self.canvas.wires.keys() if len(way) <= LONGEST_WAY else set()
        for one in self._way:
            self.canvas.wires[one].set_state(on_way=True)

    def _forget_way(self) -> None:
        for one in self._way & self.canvas.wires.keys():
            self.canvas.wires[one].set_state(on_way=False)
        self._way = set()
