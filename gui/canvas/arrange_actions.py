"""What menus and keys do with several blocks at once: align, distribute, bypass, mute, change the type.

Mixed into the view; each change is one undoable step.
"""

from __future__ import annotations

import networkx as nx
from PySide6.QtCore import QPointF

from graph import placeable
from graph.aside import BYPASSED, MUTED, AsideError
from graph.edits import Disconnect, Move, SetProperty
from graph.type_change import change_type
from gui.canvas.arrange import aligned, distributed
from gui.canvas.geometry import PortRef
from gui.canvas.motion import glide
from gui.canvas.search_popup import Entry


class ArrangeActions:
    """Needs `session`, `canvas`, `bubble` and the navigation of a view."""

    def align(self, edge: str) -> None:
        """Put an edge, or the middles, of the selected blocks on one line."""
        self._arrange(2, lambda places, sizes: aligned(places, sizes, edge), self.tr("Align"))

    def distribute(self, way: str) -> None:
        """Make the gaps between the selected blocks equal."""
        self._arrange(3, lambda places, sizes: distributed(places, sizes, way), self.tr("Distribute"))

    def align_left(self) -> None:
        self.align("left")

    def align_centre(self) -> None:
        self.align("centre")

    def align_right(self) -> None:
        self.align("right")

    def align_top(self) -> None:
        self.align("top")

    def align_middle(self) -> None:
        self.align("middle")

    def align_bottom(self) -> None:
        self.align("bottom")

    def distribute_across(self) -> None:
        self.distribute("across")

    def distribute_down(self) -> None:
        self.distribute("down")

    def _arrange(self, least: int, goal, text: str) -> None:
        ids, network, sizes = self.session.selection, self.session.network, self.canvas.sizes()
        if len(ids) < least:
            self.session.say(self.tr("Select at least {0} blocks first").format(least))
            return
        places = goal({id: network.positions[id] for id in ids}, {id: sizes[id] for id in ids})
        moved = {id: place for id, place in places.items() if network.positions[id] != place}
        if moved:
            before = {id: QPointF(self.canvas.blocks[id].pos()) for id in moved}
            self.session.document.do(Move(moved, text))
            glide(self, before)

    # Along the wires

    def select_upstream(self) -> None:
        """Select everything that leads to the selection, too."""
        self._select_along(nx.ancestors)

    def select_downstream(self) -> None:
        """Select everything that the selection leads to, too."""
        self._select_along(nx.descendants)

    def _select_along(self, walk) -> None:
        chosen = self.session.selection
        found = set().union(*(walk(self.session.network.graph, id) for id in chosen)) - set(chosen)
        order = {id: index for index, id in enumerate(self.session.network.order())}
        self.session.select((*chosen, *sorted(found, key=order.__getitem__)))

    def disconnect_port(self, port: PortRef) -> None:
        """Remove every wire at a port."""
        wires = self.wires_at(port)
        if wires:
            self.session.document.do(Disconnect(wires))

    def wires_at(self, port: PortRef) -> tuple[str, ...]:
        """The wires that begin, or end, at a port."""
        network = self.session.network
        if port.output:
            return tuple(w.id for w in network.wires_out(port.block) if w.output == port.name)
        return tuple(w.id for w in network.wires_at(port.block, port.name))

    # Putting aside

    def bypass(self) -> None:
        """Let the selected blocks pass on what reaches them; once more puts them back."""
        self._put_aside(BYPASSED)

    def mute(self) -> None:
        """Leave the selected blocks out, wires healed; once more puts them back."""
        self._put_aside(MUTED)

    def _put_aside(self, way: str) -> None:
        ids, blocks = self.session.selection, self.session.network.blocks
        if not ids:
            self.session.say(self.tr("Select the blocks to bypass or to mute first"))
            return
        value = "" if all(blocks[id].aside == way for id in ids) else way
        try:
            self.session.document.do(SetProperty(ids, "aside", value))
        except AsideError as error:
            self.bubble.show_at(self.canvas.blocks[ids[0]].pos(), str(error))

    def fold(self) -> None:
        """Draw the selected blocks as their titles alone, or whole again."""
        ids, blocks = self.session.selection, self.session.network.blocks
        if ids:
            folded = not all(blocks[id].folded for id in ids)
            self.session.document.do(SetProperty(ids, "folded", folded))

    # Another type

    def change_type(self) -> None:
        """Search another type for the selected block; wires and shared hyperparameters stay."""
        id = self.session.selected
        if id is None:
            self.session.say(self.tr("Select one block to change its type"))
            return
        block, box = self.session.network.blocks[id], self.canvas.blocks[id].box()
        note = self.tr("Instead of {0} ({1})").format(block.name, block.type)
        point = self.mapFromScene(box.bottomLeft())
        self.open_search(
            self.tr("Change the type"), self._other_types(id), lambda type: self._change(id, type), point, note
        )

    def _change(self, id: str, type: str) -> None:
        self.session.document.do(change_type(self.session.network, id, type))

    def _other_types(self, id: str):
        """Types that could stand there, those that take what comes in and share the family first."""
        network, declared = self.session.network, self.session.network.type_of(id)
        taken = next(iter(self.session.analysis.inputs(id).values()), None)
        taken = taken[0] if isinstance(taken, tuple) and taken else taken
        alike = [
            t for t in placeable.types(network) if (t.role, bool(t.inputs)) == (declared.role, bool(declared.inputs))
        ]
        fits = {t.name for t in placeable.fitting(network, taken)} if taken is not None else set()
        alike.sort(key=lambda t: (t.family != declared.family, t.name not in fits))
        among = [t for t in alike if t.name != declared.name]

        def find(text: str) -> list[Entry]:
            found = placeable.search(network, text, among)
            return [Entry(t.name, t.name, t.help.split("\n")[0], t.family, t.family) for t in found]

        return find
