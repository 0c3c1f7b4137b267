"""What menus and keys do on the canvas: remove, copy, paste, select, name, lay out, search, find, walk.

Mixed into the view; each method is one undoable step or none. Mouse gestures are in tools/.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QGuiApplication

from graph import commands, placeable
from graph.edits import Disconnect, Move, RemoveBlocks, Rename
from graph.layout import layout
from graph.names import NamingError
from gui.canvas import placing, walking
from gui.canvas.geometry import GRID, TEXT_LEFT, PortRef
from gui.canvas.motion import glide
from gui.canvas.rename import RenameField
from gui.canvas.search_popup import Entry, SearchPopup
from gui.canvas.tools.tool import Pointer
from gui.language import counted, tr

NUDGE = 2 * GRID


class CanvasActions:
    """Needs `session`, `canvas`, `bubble` and the navigation of a view."""

    # Removing and copying

    def delete(self) -> None:
        """Remove the selected blocks and wires."""
        self._remove(bridge=False)

    def delete_and_bridge(self) -> None:
        """Remove the selected blocks and join what came before with what followed."""
        self._remove(bridge=True)

    def _remove(self, bridge: bool) -> None:
        document, ids, wires = self.session.document, self.session.selection, self.canvas.selected_wires
        if self.canvas.selected_annotations and not ids and not wires:
            self.remove_annotations()
            return
        edits = []
        if wires:
            edits.append(Disconnect(wires))
        if ids:
            edits.append(commands.remove_and_bridge(document.network, ids) if bridge else RemoveBlocks(ids))
        if len(edits) == 1:
            document.do(edits[0])
        elif edits:
            with document.group(
                tr("Remove {0} and {1}").format(counted(len(ids), "block"), counted(len(wires), "wire"))
            ):
                document.do(edits[0])
                document.do(RemoveBlocks(ids))

    def copy(self) -> None:
        """The selected blocks with the wires among them as JSON text."""
        if self.session.selection:
            QGuiApplication.clipboard().setText(commands.copy(self.session.network, self.session.selection))

    def cut(self) -> None:
        if self.session.selection:
            self.copy()
            self.session.document.do(RemoveBlocks(self.session.selection))

    def paste(self) -> None:
        """Copied blocks at the cursor, or in the middle of the view."""
        at = self.pointer_scene()
        try:
            edit, ids = commands.paste(
                self.session.network, QGuiApplication.clipboard().text(), (round(at.x()), round(at.y()))
            )
        except ValueError as error:
            self.bubble.show_at(at, tr("Nothing to paste: {0}").format(error))
            return
        self.session.document.do(edit)
        self.session.select(ids)

    def duplicate(self) -> None:
        """Copies beside the selection."""
        if not self.session.selection:
            return
        edit, ids = commands.duplicate(self.session.network, self.session.selection)
        self.session.document.do(edit)
        self.session.select(ids)

    # Selecting

    def select_all(self) -> None:
        self.session.select(self.session.network.blocks)

    def select_none(self) -> None:
        self.session.clear_selection()
        self.canvas.select_wires(())
        self.canvas.select_annotations(())

    def invert_selection(self) -> None:
        chosen = set(self.session.selection)
        self.session.select(id for id in self.session.network.blocks if id not in chosen)

    def walk(self, dx: int, dy: int) -> None:
        """Select the next block along the wires (down, up) or beside (left, right)."""
        following = walking.step(self.canvas, self.session.network, self.session.selection, dx, dy)
        if following is not None:
            self.session.select((following,))
            self.bring_into_view((following,))

    def nudge(self, dx: int, dy: int) -> None:
        """Move the selection by a grid step; repeated steps are one."""
        ids, places = self.session.selection, self.session.network.positions
        if ids:
            moved = {id: (places[id][0] + dx * NUDGE, places[id][1] + dy * NUDGE) for id in ids}
            self.session.document.do(Move(moved), merge=f"nudge {' '.join(ids)}")

    # Arranging and naming

    def layout(self) -> None:
        """Lay out the selection if it is several blocks, or everything; animated, one step."""
        ids = self.session.selection if len(self.session.selection) > 1 else None
        network, before = self.session.network, {}
        places = layout(network, self.canvas.sizes(), only=ids)
        moved = {id: place for id, place in places.items() if network.positions[id] != place}
        if not moved:
            return
        before = {id: QPointF(self.canvas.blocks[id].pos()) for id in moved}
        self.session.document.do(Move(moved, tr("Lay out")))
        if ids is None:
            self.fit()
        glide(self, before)

    def rename(self) -> None:
        """Edit the selected block's name in place."""
        if self.session.selected is not None:
            self.rename_block(self.session.selected)

    def rename_block(self, id: str) -> None:
        item = self.canvas.blocks[id]
        self.bring_into_view((id,))
        box = item.box()
        left = self.mapFromScene(QPointF(box.left() + TEXT_LEFT - 8, box.top() + 6))
        right = self.mapFromScene(QPointF(box.right() - 6, box.top() + 28))
        field = RenameField(self.viewport(), item.face.name)
        field.setGeometry(QRect(left.x(), left.y(), max(140, right.x() - left.x()), max(26, right.y() - left.y())))
        field.accepted.connect(lambda name: self._rename(id, name))
        field.show()
        field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _rename(self, id: str, name: str) -> None:
        if id not in self.canvas.blocks or name == self.session.network.blocks[id].name:
            return
        try:
            self.session.document.do(Rename(id, name))
        except NamingError as error:
            self.bubble.show_at(self.canvas.blocks[id].pos(), str(error))

    # Placing and finding

    def add(self, type: str) -> str:
        """A block of a type after the selected one, on the selected wire, or in the middle of the view."""
        wires = self.canvas.selected_wires
        if self.session.selected is not None:
            return placing.place_after(self.session, self.canvas, self.session.selected, type)
        declared = placeable.known(self.session.network, type)
        if len(wires) == 1 and declared.inputs and declared.outputs:
            return placing.place_on_wire(self.session, self.canvas, wires[0], type)
        middle = self.visible_area().center()
        return placing.place(self.session, self.canvas, type, (middle.x(), middle.y()))

    def search(self) -> None:
        """Search a block to place: after the selected one, else at the cursor."""
        selected = self.session.selected
        if selected is not None or self.canvas.selected_wires:
            note = (
                tr("After {0}").format(self.session.network.blocks[selected].name)
                if selected
                else tr("On the selected wire")
            )
            area = self.canvas.blocks[selected].box() if selected else None
            at = self.mapFromScene(area.center() + QPointF(0, area.height())) if area else self.pointer_view()
            self.open_search(
                tr("Add a block"), _entries_of(self.session.network), lambda type: self.add(type), at, note
            )
        else:
            self.search_at(self.pointer_view())

    def search_at(self, point) -> None:
        """Search a block to place at a point of the viewport."""
        spot = self.mapToScene(point)
        place = (spot.x(), spot.y())
        entries = _entries_of(self.session.network)
        self.open_search(
            tr("Add a block"), entries, lambda type: placing.place(self.session, self.canvas, type, place), point
        )

    def search_from_port(self, port: PortRef, at: Pointer) -> None:
        """Search only what fits a port; the choice arrives wired."""
        place = (at.scene.x(), at.scene.y())
        tensor = self.session.analysis.output(port.block, port.name) if port.output else None
        note = tr("What takes {0}").format(tensor) if tensor is not None else tr("What fits here")
        popup = self.open_search(
            tr("Wire to a new block"),
            _entries_of(self.session.network, placing.candidates_from(self.session, port)),
            lambda type: placing.place_at_port(self.session, self.canvas, port, type, place),
            at.view,
            note,
        )
        self.hang_wire(port, at.scene, popup)

    def find(self) -> None:
        """Find a block by name, type or value and jump to it."""
        point = self.viewport().rect().center()
        self.open_search(tr("Find in the network"), lambda text: walking.found(self.canvas, text), self._jump, point)

    def open_search(self, prompt: str, find, choose, at, note: str = "") -> SearchPopup:
        popup = SearchPopup(self.viewport(), prompt, find, note)
        popup.chosen.connect(lambda key: self._chosen(choose, key))
        popup.closed.connect(lambda: self.setFocus(Qt.FocusReason.PopupFocusReason))
        self.session.document_changed.connect(popup.close)  # its entries speak of the document that was
        popup.open_at(at)
        return popup

    def _chosen(self, choose, key: str) -> None:
        try:
            choose(key)
        except ValueError as error:
            self.bubble.show_at(self.pointer_scene(), str(error))
        self.bring_into_view(self.session.selection)

    def _jump(self, id: str) -> None:
        self.session.select((id,))


def _entries_of(network, among=None):
    """Search over what can be placed, all or some, as entries."""

    def find(text: str) -> list[Entry]:
        return [
            Entry(found.name, found.name, found.help.split("\n")[0], found.family, found.family)
            for found in placeable.search(network, text, among)
        ]

    return find
