"""CanvasScene: the items of one document, kept true change by change; answers what lies where.

Observes the session and never edits. Gestures belong to tools, words to face, courses of wires to routing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtWidgets import QGraphicsScene

from graph.collector import resting_collector
from graph.layout import layout
from gui import theme
from gui.canvas import geometry, routing
from gui.canvas.annotation_item import AnnotationItem
from gui.canvas.block_item import BlockItem
from gui.canvas.face import face_of, wire_text
from gui.canvas.geometry import PortRef
from gui.canvas.overview import Overview
from gui.canvas.routing import BoxIndex, Lanes, Route
from gui.canvas.supposed import SupposedFaces
from gui.canvas.wire_item import WireItem
from gui.session import Session

WORLD = QRectF(-4e6, -4e6, 8e6, 8e6)  # fixed, so that nothing recomputes it and panning has no end


MANY = 40  # disturbed places above which wires look for them, and not they for wires


class CanvasScene(QGraphicsScene):
    """Block and wire items by their ids."""

    synced = Signal()  # items follow the document again
    overview_stale = Signal()  # what is seen from far away has changed

    def __init__(self, session: Session, parent=None):
        super().__init__(parent)
        self.session = session
        self.blocks: dict[str, BlockItem] = {}
        self.wires: dict[str, WireItem] = {}
        self.annotations: dict[str, AnnotationItem] = {}
        self.index = BoxIndex()
        self.overview = Overview(self)
        self._lanes = Lanes()
        self._ends: dict[str, tuple[str, str]] = {}  # wire -> the blocks it joins; outlives the wire by one change
        self.supposed = SupposedFaces(self)
        self._lit_blocks: set[str] = set()
        self._lit_wires: set[str] = set()
        self._pointed = ""
        self.setSceneRect(WORLD)
        self.setBspTreeDepth(18)  # cells of 15,000 units: about what a tall network has in view, not half of it
        session.document_changed.connect(self.rebuild)
        session.changed.connect(self.sync)
        session.selection_changed.connect(self.show_selection)
        session.pointed.connect(self.point_at)
        theme.appearance.changed.connect(self.restyle)
        self.rebuild()

    # Following the document

    @resting_collector()
    def rebuild(self) -> None:
        """Make every item anew."""
        self.clear()
        self.blocks, self.wires, self._ends, self.annotations = {}, {}, {}, {}
        self.index, self._lanes = BoxIndex(), Lanes()
        self._lit_blocks, self._lit_wires = set(), set()
        network = self.session.network
        for id in network.blocks:
            self._add_block(id)
        self._place_unplaced()
        for id in network.wires:
            self._add_wire(id)
        self.reroute(network.wires)
        self._annotate(network.annotations)
        self._forget_overview()
        self.show_selection()
        self.synced.emit()

    def sync(self, changes) -> None:
        """Follow one change of the document."""
        network = self.session.network
        ends = {end for id in changes.wires_removed | changes.wires_added for end in self._drop_wire(id)}
        disturbed = [self._drop_block(id) for id in changes.removed if id in self.blocks]
        for id in changes.added:
            disturbed += [self._drop_block(id)] if id in self.blocks else []
            disturbed.append(self._add_block(id))
        for id in changes.wires_added & network.wires.keys():
            self._add_wire(id)
        touched = set((changes.wires_added | changes.bent) & network.wires.keys())
        ends |= {end for id in touched for end in self._ends[id]}
        for id in ((changes.edited | changes.analyzed | ends) & self.blocks.keys()) - changes.added:
            touched |= self._refresh(id)
        touched |= {wire.id for id in ends & self.blocks.keys() for wire in network.wires_into(id)}
        for id in changes.moved & self.blocks.keys():
            disturbed += self._move_to_document(id)
            touched |= self._wires_of(id)
        touched |= self._wires_near(disturbed, touched)
        self.reroute(touched)
        self._annotate(changes.annotations)
        self._forget_overview()
        self.show_selection()
        self.synced.emit()

    def show_selection(self) -> None:
        """Light what is selected, and the wires at it."""
        chosen = set(self.session.selection) & self.blocks.keys()
        for id in (chosen ^ self._lit_blocks) & self.blocks.keys():
            self.blocks[id].set_look(selected=id in chosen)
        few = chosen if len(chosen) <= 40 else set()  # with everything selected, lit wires say nothing
        lit = {wire for id in few for wire in self._wires_of(id)}
        for id in (lit ^ self._lit_wires) & self.wires.keys():
            self.wires[id].set_state(near_selection=id in lit)
        self._lit_blocks, self._lit_wires = chosen, lit
        self._forget_overview()

    def point_at(self, id: str) -> None:
        """Light a block that is talked about elsewhere, and its wires; "" lights none."""
        if self._pointed in self.blocks:
            self.blocks[self._pointed].set_look(hovered=False)
            for wire in self._wires_of(self._pointed) & self.wires.keys():
                self.wires[wire].set_state(on_way=False)
        self._pointed = id
        if id in self.blocks:
            self.blocks[id].set_look(hovered=True)
            for wire in self._wires_of(id) & self.wires.keys():
                self.wires[wire].set_state(on_way=True)

    def select_annotations(self, ids: Iterable[str]) -> None:
        """Select exactly these frames and notes."""
        chosen = set(ids)
        for item in self.annotations.values():
            item.set_selected(item.id in chosen)

    @property
    def selected_annotations(self) -> tuple[str, ...]:
        return tuple(id for id, item in self.annotations.items() if item.selected)

    def select_wires(self, ids: Iterable[str]) -> None:
        """Select exactly these wires; the session only knows blocks."""
        chosen = set(ids) & self.wires.keys()
        for item in self.wires.values():
            item.set_state(selected=item.id in chosen)

    @property
    def selected_wires(self) -> tuple[str, ...]:
        return tuple(id for id, item in self.wires.items() if item.selected)

    def restyle(self, _theme=None) -> None:
        """Measure and paint again in another theme."""
        for item in self.blocks.values():
            item.measure()
        for item in self.annotations.values():
            item.restyle()
        self._forget_overview()
        self.update()

    # Moving without editing

    def shift(self, places: dict[str, QPointF]) -> None:
        """Show blocks elsewhere while they are dragged or animated; the document does not know."""
        moved: dict[str, QPointF] = {}
        for id, place in places.items():
            item = self.blocks[id]
            moved[id] = place - item.pos()
            item.setPos(place)
            self._register(item)
        touched = {wire for id in moved for wire in self._wires_of(id)}
        for id in tuple(touched):
            source, target = self._ends[id]
            if moved.get(source) is not None and moved[source] == moved.get(target):
                self.wires[id].carry(moved[source])
                touched.discard(id)
        self.reroute(touched)
        self._forget_overview()

    def settle(self, places: dict[str, QPointF]) -> None:
        """End a movement: blocks at their places, wires around what now stands in their way."""
        self.shift({id: place for id, place in places.items() if id in self.blocks})
        self.reroute(self.wires)

    def sizes(self) -> dict[str, tuple[float, float]]:
        return {id: (item.size.width, item.size.height) for id, item in self.blocks.items()}

    # What lies where

    def block_at(self, point: QPointF) -> BlockItem | None:
        """The block whose box holds a point, the last added first."""
        x, y = point.x(), point.y()
        found = [id for id, _ in self.index.within(x, y, x, y)]
        return max((self.blocks[id] for id in found), key=lambda item: item.zValue(), default=None)

    def port_at(self, point: QPointF, reach: float, output: bool | None = None) -> PortRef | None:
        """The nearest port within reach, of one side or of both."""
        best, found = reach, None
        x, y = point.x(), point.y()
        for id, _ in self.index.within(x - reach, y - reach, x + reach, y + reach):
            port = self.blocks[id].port_near(point, best)
            if port is not None and (output is None or port.output == output):
                found = port
                best = min(best, _distance(self.port_point(port), point) + 1e-6)
        return found

    def wire_at(self, point: QPointF, reach: float) -> WireItem | None:
        """The nearest wire within reach."""
        around = QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach)
        near = [item for item in self.items(around) if isinstance(item, WireItem)]
        scored = [(item.distance(point), item.id, item) for item in near]
        distance, _, item = min(scored, default=(1e9, "", None), key=lambda entry: entry[:2])
        return item if distance <= reach else None

    def annotation_at(self, point: QPointF) -> tuple[AnnotationItem, str] | None:
        """The frame or note that a press at a point takes hold of, the smallest first, and by what."""
        found = [(item, grip) for item in self.annotations.values() if (grip := item.grip_at(point))]
        return min(found, key=lambda one: one[0].size.width() * one[0].size.height(), default=None)

    def port_point(self, port: PortRef) -> QPointF:
        return self.blocks[port.block].port_point(port.name, port.output)

    def blocks_in(self, area: QRectF) -> list[str]:
        """Blocks that touch an area."""
        return [id for id, _ in self.index.within(area.left(), area.top(), area.right(), area.bottom())]

    def content(self, ids: Iterable[str] | None = None) -> QRectF:
        """The area of some blocks, or of everything with its wires."""
        area = QRectF()
        for id in self.blocks if ids is None else ids:
            area = area.united(self.blocks[id].box())
        if ids is None:
            for item in self.wires.values():
                area = area.united(item.boundingRect()) if item.route.lane is not None else area
            for item in self.annotations.values():
                area = area.united(item.box())
        return area

    # Courses

    def reroute(self, ids: Iterable[str]) -> None:
        """Find the courses of wires again, the short ones first so that they get the inner lanes."""
        network = self.session.network
        ids = set(ids)
        many: dict[tuple[str, str], list[str]] = {}
        for id in tuple(ids):
            wire = network.wires[id]
            into = network.wires_into(wire.target)
            siblings = [w.id for w in into if w.input == wire.input] if len(into) > 1 else into
            if len(siblings) > 1:
                many[wire.target, wire.input] = siblings
                ids.update(siblings)
        ends = {}
        for id in ids & self.wires.keys():
            wire = network.wires[id]
            start = self.blocks[wire.source].port_point(wire.output, True)
            end = self.blocks[wire.target].port_point(wire.input, False)
            ends[id] = start, end, (wire.source, wire.target)
        routes: dict[str, Route] = {}
        for _, id in sorted((abs(end.y() - start.y()), id) for id, (start, end, _) in ends.items()):
            start, end, pair = ends[id]
            via = network.wires[id].via
            if via:
                self._lanes.release(id)
                routes[id] = Route((start.x(), start.y()), (end.x(), end.y()), via=via)
            else:
                routes[id] = routing.find_route(id, start, end, self.index, self._lanes, pair)
        for siblings in many.values():
            routes.update(
                routing.side_by_side({id: routes[id] for id in siblings if id in routes}, geometry.MANY_SPREAD)
            )
        for id, route in routes.items():
            self.wires[id].follow(route, self._pill_share(id))

    def _pill_share(self, id: str) -> float:
        """How far down its wire a pill sits, so that those of a fan or of a merge stand apart."""
        network, wire = self.session.network, self.session.network.wires[id]
        into, out = network.wires_into(wire.target), network.wires_out(wire.source)
        if len(into) == len(out) == 1:
            return 0.5
        fans = sum(other.output == wire.output for other in out) > 1
        merges = sum(other.input == wire.input for other in into) > 1
        twins = [other.id for other in into if other.source == wire.source]
        return (0.5 if fans == merges else 0.68 if fans else 0.32) + 0.24 * twins.index(id)

    # Items

    def _add_block(self, id: str) -> QRectF:
        item = BlockItem(id, face_of(self.session.document, id))
        item.setPos(*self.session.network.positions[id])
        self.blocks[id] = item
        self.addItem(item)
        return self._register(item)

    def _annotate(self, ids: Iterable[str]) -> None:
        """Show these frames and notes as they are now."""
        there = self.session.network.annotations
        for id in ids:
            item = self.annotations.get(id)
            if id not in there:
                if item is not None:
                    self.removeItem(self.annotations.pop(id))
            elif item is not None:
                item.show_annotation(there[id])
            else:
                self.annotations[id] = AnnotationItem(there[id])
                self.addItem(self.annotations[id])

    def _drop_block(self, id: str) -> QRectF:
        item = self.blocks.pop(id)
        self.index.drop(id)
        self.removeItem(item)
        return item.box()

    def _add_wire(self, id: str) -> None:
        wire = self.session.network.wires[id]
        item = WireItem(id, wire_text(self.session.document, wire))
        item.wrong = self._is_wrong(wire)
        self._ends[id] = wire.source, wire.target
        self.wires[id] = item
        self.addItem(item)

    def _drop_wire(self, id: str) -> tuple[str, ...]:
        """Take a wire's item away, if it has one; returns the blocks it joined."""
        item = self.wires.pop(id, None)
        if item is None:
            return ()
        self._lanes.release(id)
        self.removeItem(item)
        return self._ends.pop(id)

    def _refresh(self, id: str) -> set[str]:
        """Show a block's new face and its wires' new shapes; returns wires whose ends moved."""
        network = self.session.network
        item = self.blocks[id]
        moved = item.show_face(face_of(self.session.document, id))
        for wire in network.wires_out(id):
            if wire.id in self.wires:
                self.wires[wire.id].show_text(wire_text(self.session.document, wire))
        for wire in network.wires_into(id):
            if wire.id in self.wires:
                self.wires[wire.id].set_state(wrong=self._is_wrong(wire))
        if moved:
            self._register(item)
        return self._wires_of(id) if moved else set()

    def _is_wrong(self, wire) -> bool:
        face = self.blocks[wire.target].face
        return any(port.wrong and port.name == wire.input for port in face.inputs)

    def _move_to_document(self, id: str) -> list[QRectF]:
        item = self.blocks[id]
        before = item.box()
        item.setPos(*self.session.network.positions[id])
        self._register(item)
        return [before, item.box()]

    def _forget_overview(self) -> None:
        self.overview.forget()
        self.overview_stale.emit()

    def _register(self, item: BlockItem) -> QRectF:
        box = item.box()
        self.index.put(item.id, box.getCoords())
        return box

    def _wires_of(self, id: str) -> set[str]:
        network = self.session.network
        return {wire.id for wire in (*network.wires_into(id), *network.wires_out(id))}

    def _wires_near(self, areas: list[QRectF], known: set[str]) -> set[str]:
        """Wires, beside those known, that may have gained or lost an obstacle."""
        margin = routing.WIDE + routing.NARROW
        if len(areas) > MANY:
            whole = reduce(QRectF.united, areas).adjusted(-margin, -margin, margin, margin)
            wires = self.session.network.wires.keys() - known
            boxes = ((id, item.boundingRect()) for id, item in self.wires.items() if id in wires)
            close = [(id, box.getCoords()) for id, box in boxes if whole.intersects(box)]
            places = BoxIndex()
            for index, area in enumerate(areas if close else ()):
                places.put(str(index), area.adjusted(-margin, -margin, margin, margin).getCoords())
            return {id for id, box in close if any(places.within(*box))}
        found = (i for area in areas for i in self.items(area.adjusted(-margin, -margin, margin, margin)))
        return {item.id for item in found if isinstance(item, WireItem) and item.id in self.session.network.wires}

    def _place_unplaced(self) -> None:
        """A network built in code stands on one point: lay it out, which is no edit since nothing was drawn."""
        network = self.session.network
        if len(network.blocks) > 1 and len(set(network.positions.values())) == 1:
            network.positions.update(layout(network, self.sizes()))
            for id in self.blocks:
                self._move_to_document(id)


def _distance(a: QPointF, b: QPointF) -> float:
    return ((a.x() - b.x()) ** 2 + (a.y() - b.y()) ** 2) ** 0.5
