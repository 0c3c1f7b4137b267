"""DrawWire: a wire pulled out of a port, or its end pulled off a block; fitting ports glow and attract.

Dropped on a port or a body it connects, on empty canvas it asks which block to place; a pulled end dropped on
nothing removes the wire.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from graph.edits import Connect, Disconnect
from gui.canvas import routing
from gui.canvas.fit import Verdict, verdict
from gui.canvas.geometry import PortRef
from gui.canvas.ink import ink
from gui.canvas.painting import ARROW, paint_arrow
from gui.canvas.tools.tool import Pointer, Tool, far_enough
from gui.language import tr

ATTRACTION = 30.0  # pixels from which a fitting port draws the wire to itself


class DrawWire(Tool):
    """From `port`; `pulled` is the wire whose other end is in the hand, if it is an old one."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, view, port: PortRef, pulled: str | None = None):
        super().__init__(view)
        self.port = port
        self.pulled = pulled
        self.goal: PortRef | None = None
        self.reason = ""

    def start(self, at: Pointer) -> None:
        self._begin, self._at, self._moved = at, at.scene, False
        self._verdicts: dict[PortRef, Verdict] = {}

    def move(self, at: Pointer) -> None:
        if not self._moved:
            if not far_enough(self._begin, at):
                return
            self._moved = True
            self._take_up()
        self._look_around()
        self._at = at.scene
        self.goal, self.reason = self._goal_at(at)
        anchor = self.scene.port_point(self.goal) if self.goal else at.scene
        self.view.bubble.show_at(anchor, self.reason, steady=True) if self.reason else self.view.bubble.hide()
        self.view.viewport().update()

    def end(self, at: Pointer) -> None:
        if not self._moved and self.pulled is None and not self.sticks:
            self.sticks = True  # a click on a port: the next one says where to
            self.view.keep(self, at)
            return
        self._let_go()
        if not self._moved:
            return
        on_body = self.scene.block_at(at.scene)
        if self.goal is not None:
            self._connect(self.goal)
        elif self.reason:
            self.view.bubble.show_at(at.scene, self.reason)
        elif self.pulled is not None:
            self.session.document.do(Disconnect((self.pulled,)))
        elif on_body is None:
            self.view.search_from_port(self.port, at)

    def cancel(self) -> None:
        self._let_go()

    # Looking for a place

    def _goal_at(self, at: Pointer) -> tuple[PortRef | None, str]:
        """Where the wire would end if it were let go here, and what speaks against it."""
        reach = ATTRACTION / self.view.zoom
        wanted = not self.port.output
        exact = self.scene.port_at(at.scene, reach / 2, wanted)
        body = self.scene.block_at(at.scene)
        if exact is None and body is not None and body.id != self.port.block:
            return self._on_body(body)
        near = exact or self._attracting(at.scene, reach)
        if near is None or near.block == self.port.block:
            return None, ""
        found = self._verdict(near)
        return (None if found.refused else near), found.text

    def _attracting(self, point: QPointF, reach: float) -> PortRef | None:
        """The nearest port around that fits."""
        found = [port for port, verdict in self._verdicts.items() if verdict.fits]
        scored = [(_distance(self.scene.port_point(port), point), port.block, port) for port in found]
        distance, _, port = min(scored, default=(reach + 1, "", None), key=lambda entry: entry[:2])
        return port if distance <= reach else None

    def _on_body(self, body) -> tuple[PortRef | None, str]:
        """The first fitting port of a block, else the first that can be wired, else the reason; needed ones first."""
        ports = sorted(body.face.inputs if self.port.output else body.face.outputs, key=lambda port: port.optional)
        refs = [PortRef(body.id, port.name, not self.port.output) for port in ports]
        if not refs:
            side = "input" if self.port.output else "output"
            return None, tr("{0} ({1}) has no {2}").format(body.face.name, body.face.type, side)
        verdicts = [(ref, self._verdict(ref)) for ref in refs]
        needed = sum(not port.optional for port in ports)
        for ref, found in verdicts[:needed]:
            if found.fits:
                return ref, ""
        for ref, found in verdicts:
            if not found.refused:
                return ref, found.text
        return None, verdicts[0][1].text

    def _verdict(self, port: PortRef) -> Verdict:
        found = self._verdicts.get(port)
        if found is None:
            found = self._verdicts[port] = verdict(self.session.document, self.port, port, self.pulled)
        return found

    def _look_around(self) -> None:
        """Judge the ports in sight; blocks without a fitting one step back."""
        for id in self.scene.blocks_in(self.view.visible_area()):
            item = self.scene.blocks[id]
            ports = item.face.inputs if self.port.output else item.face.outputs
            refs = [PortRef(id, port.name, not self.port.output) for port in ports]
            if all(ref in self._verdicts for ref in refs) and refs:
                continue
            fits = [ref for ref in refs if self._verdict(ref).fits]
            item.set_look(dimmed=not fits and id != self.port.block)

    # Taking up and letting go

    def _take_up(self) -> None:
        if self.pulled is not None:
            self.scene.wires[self.pulled].setVisible(False)

    def _let_go(self) -> None:
        for item in self.scene.blocks.values():
            item.set_look(dimmed=False)
        if self.pulled in self.scene.wires:
            self.scene.wires[self.pulled].setVisible(True)
        self.view.bubble.hide()
        self.view.viewport().update()

    def _connect(self, goal: PortRef) -> None:
        source, target = (self.port, goal) if self.port.output else (goal, self.port)
        document = self.session.document
        network = document.network
        old = network.wires.get(self.pulled) if self.pulled else None
        if old is not None and (old.source, old.output, old.target, old.input) == (
            source.block,
            source.name,
            target.block,
            target.name,
        ):
            return
        if old is None:
            document.do(Connect(network.new_wire(source.block, target.block, source.name, target.name)))
        else:
            with document.group(tr("Rewire")):
                document.do(Disconnect((old.id,)))
                document.do(Connect(network.new_wire(source.block, target.block, source.name, target.name)))
        if self.reason:  # it was drawn, and will be a problem: say so where the eye is
            self.view.bubble.show_at(self.scene.port_point(goal), self.reason)

    # Painting

    def paint(self, painter: QPainter) -> None:
        if not self._moved:
            return
        pen = ink()
        self._paint_glow(painter, pen)
        end = self.scene.port_point(self.goal) if self.goal else self._at
        colour = pen.severity["warning"] if self.reason else pen.theme.accent
        paint_loose_wire(painter, self.scene.port_point(self.port), end, self.port.output, colour, self.goal is None)

    def _paint_glow(self, painter: QPainter, pen) -> None:
        for port, found in self._verdicts.items():
            if not found.fits:
                continue
            point = self.scene.port_point(port)
            here = port == self.goal
            glow = QColor(pen.theme.accent)
            glow.setAlphaF(0.35 if here else 0.18)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(glow)
            painter.drawEllipse(point, 13 if here else 10, 13 if here else 10)
            painter.setBrush(QBrush(pen.theme.accent if here else pen.body))
            painter.setPen(pen.selected)
            painter.drawEllipse(point, 5, 5)


def paint_loose_wire(
    painter: QPainter, fixed: QPointF, loose: QPointF, downwards: bool, colour: QColor, dashed: bool
) -> None:
    """A wire that is not drawn yet, from a port to wherever its end is."""
    begin, end = (fixed, loose) if downwards else (loose, fixed)
    line = QPen(ink().wire_lit)
    line.setColor(colour)
    if dashed:
        line.setDashPattern([4.0, 3.0])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(line)
    painter.drawPath(routing.path_of(routing.Route((begin.x(), begin.y()), (end.x(), end.y())), ARROW - 1))
    paint_arrow(painter, end.x(), end.y(), colour)


def pull_end(view, wire_id: str, at: QPointF) -> DrawWire:
    """The gesture that pulls the nearer end off a wire; the other end stays."""
    wire = view.session.network.wires[wire_id]
    route = view.canvas.wires[wire_id].route
    to_start, to_end = _distance(QPointF(*route.start), at), _distance(QPointF(*route.end), at)
    if to_end <= to_start:
        return DrawWire(view, PortRef(wire.source, wire.output, True), wire_id)
    return DrawWire(view, PortRef(wire.target, wire.input, False), wire_id)


def _distance(a: QPointF, b: QPointF) -> float:
    return ((a.x() - b.x()) ** 2 + (a.y() - b.y()) ** 2) ** 0.5
