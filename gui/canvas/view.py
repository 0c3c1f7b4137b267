"""CanvasView: the canvas as a widget; it turns mouse and keys into tools and actions.

Which press begins which gesture is decided here; what a gesture does is in tools/, what a key does in
canvas_actions. Observes the session through the scene.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QMenu

from graph.edits import BendWire
from gui import theme
from gui.canvas.annotation_actions import AnnotationActions
from gui.canvas.arrange_actions import ArrangeActions
from gui.canvas.arrange_bar import ArrangeBar
from gui.canvas.breadcrumb import Breadcrumb
from gui.canvas.bubble import Bubble
from gui.canvas.canvas_actions import CanvasActions
from gui.canvas.empty_state import EmptyState
from gui.canvas.geometry import REACH, PortRef
from gui.canvas.hovering import WIRE_REACH, Hovering
from gui.canvas.keys import KEYS
from gui.canvas.minimap import Minimap
from gui.canvas.module_actions import ModuleActions
from gui.canvas.navigation import Navigation
from gui.canvas.picture import save_picture
from gui.canvas.scene import CanvasScene
from gui.canvas.tools.band import Band
from gui.canvas.tools.bend import Bend, point_added
from gui.canvas.tools.cut import Cut
from gui.canvas.tools.drop import Drop
from gui.canvas.tools.move import MoveBlocks
from gui.canvas.tools.move_annotation import MoveAnnotation
from gui.canvas.tools.move_wires import MoveWires
from gui.canvas.tools.pan import Pan
from gui.canvas.tools.tool import Pointer, Tool
from gui.canvas.tools.wire import DrawWire, paint_loose_wire, pull_end
from gui.canvas.wire_item import WireItem
from gui.language import tr
from gui.session import Session


class CanvasView(CanvasActions, ModuleActions, ArrangeActions, AnnotationActions, Hovering, Navigation):
    """The network of a session, to be looked at and drawn on."""

    example_requested = Signal()  # the empty canvas's link was clicked

    def __init__(self, session: Session, parent=None):
        super().__init__(CanvasScene(session), parent)
        self.canvas.setParent(self)
        self.session = session
        self.bubble = Bubble(self.viewport())
        self.motion = True
        self.released_keys: Callable[[], set[int]] = set  # what the window rebound: no longer answered here
        self.tool: Tool | None = None
        self._empty = EmptyState()
        self._drop = Drop(self)
        self._last = Pointer(QPointF(), self.viewport().rect().center())
        self._hovered: tuple[str, str] = ("", "")
        self._way: set[str] = set()  # wires lit because one of them is hovered
        self._hanging: tuple[PortRef, QPointF] | None = None
        self._space = False
        self._space_used = False
        self._level: tuple[str, ...] = ()
        self._looks: dict[tuple[str, ...], tuple] = {}  # how levels were looked at when they were left
        self.breadcrumb = Breadcrumb(session, self)
        self.minimap = Minimap(self)
        self.arrange_bar = ArrangeBar(self)
        self.setObjectName("canvas")
        self.setAccessibleName(tr("Canvas"))
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        session.project_opened.connect(self._forget_levels)
        session.document_changed.connect(self._show_document)
        session.revealed.connect(self._reveal)
        theme.appearance.changed.connect(self._repaint)
        self.canvas.synced.connect(self._forget_hover)

    def pointer_view(self) -> QPoint:
        """Where the mouse was last over the canvas, in pixels."""
        at = self._last.view
        return at if self.viewport().rect().contains(at) else self.viewport().rect().center()

    def pointer_scene(self) -> QPointF:
        return self.mapToScene(self.pointer_view())

    def render_png(self, path) -> None:
        save_picture(self.canvas, path)

    render_svg = render_png

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._hide_tooltip()
        at = self._pointer(event)
        if self.tool is not None:  # another button while dragging gives the gesture up
            sticks = self.tool.sticks and event.button() == Qt.MouseButton.LeftButton
            self.finish(at) if sticks else self.cancel_tool()
            return
        if not self.canvas.blocks and self._empty.link.contains(event.position()):
            self.example_requested.emit()
            return
        tool = self._tool_for(event.button(), at)
        if tool is not None:
            self.begin(tool, at)

    def _tool_for(self, button: Qt.MouseButton, at: Pointer) -> Tool | None:
        """The gesture a press begins."""
        if button == Qt.MouseButton.MiddleButton or (button == Qt.MouseButton.LeftButton and self._space):
            self._space_used = True
            return Pan(self)
        if button == Qt.MouseButton.RightButton:
            return Cut(self) if at.ctrl else None
        if button != Qt.MouseButton.LeftButton:
            return None
        port = self.canvas.port_at(at.scene, REACH / 1.4 / max(self.zoom, 0.5)) if not self.far else None
        if port is not None:
            return self._from_port(port, at)
        block = self.canvas.block_at(at.scene)
        if block is not None:
            self.canvas.select_annotations(())
            return MoveBlocks(self, block.id)
        wire = self.canvas.wire_at(at.scene, WIRE_REACH / self.zoom) if not self.far else None
        if wire is not None:
            self._select_wire(wire.id, at)
            held = wire.point_at(at.scene, 2 * WIRE_REACH / self.zoom)
            if held is not None:
                return Bend(self, wire.id, held)
            return pull_end(self, wire.id, at.scene)
        held = self.canvas.annotation_at(at.scene)
        if held is not None and not at.shift:
            return MoveAnnotation(self, held[0].id, held[1])
        self.canvas.select_annotations(())
        return Band(self)

    def _from_port(self, port: PortRef, at: Pointer) -> Tool | None:
        """A press on a taken input pulls its wire off; on any other port it draws a new one; Ctrl takes all wires."""
        if at.ctrl and self.wires_at(port):
            return MoveWires(self, port)
        if at.alt:
            self.disconnect_port(port)
            return None
        if not port.output:
            landed = [w.id for w in self.session.network.wires_at(port.block, port.name)]
            near = [id for id in landed if abs(self.canvas.wires[id].route.end[0] - at.scene.x()) <= 6]
            declared = self.session.network.type_of(port.block).input_port(port.name)
            if near or (landed and not (declared and declared.many)):
                return pull_end(self, (near or landed)[0], at.scene)
        return DrawWire(self, port)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._last = self._pointer(event)
        if self.tool is not None:
            self.tool.move(self._last)
        else:
            self._hover(self._last)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.tool is not None and not self.tool.sticks:
            self.finish(self._pointer(event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at = self._pointer(event)
        block = self.canvas.block_at(at.scene)
        if block is not None:
            on_title = at.scene.y() < block.pos().y() + 28
            if on_title:
                self.rename_block(block.id)
            elif self.session.can_step_into(block.id):
                self.session.step_into(block.id)
            else:
                self.session.field_requested.emit(block.id, "")
        elif (wire := self.canvas.wire_at(at.scene, WIRE_REACH / self.zoom)) is not None:
            self._bend(wire, at)
        elif (held := self.canvas.annotation_at(at.scene)) is not None:
            self.edit_annotation(held[0].id)
        else:
            self.search_at(at.view)

    def _bend(self, wire: WireItem, at: Pointer) -> None:
        """Lead a wire through one more point, or take away the one that is there."""
        held = wire.point_at(at.scene, 2 * WIRE_REACH / self.zoom)
        via = wire.route.via
        new = point_added(wire.route, at.scene) if held is None else (*via[:held], *via[held + 1 :])
        self.session.document.do(BendWire(wire.id, new, tr("Bend wire") if held is None else tr("Straighten wire")))

    def contextMenuEvent(self, event) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier or self.tool is not None or not self.actions():
            return
        block = self.canvas.block_at(self.mapToScene(event.pos()))
        if block is not None and block.id not in self.session.selection:
            self.session.select((block.id,))
        held = self.canvas.annotation_at(self.mapToScene(event.pos())) if block is None else None
        if held is not None:
            self.annotation_menu(held[0].id).popup(event.globalPos())
            return
        menu = QMenu(self)
        menu.addActions(self.actions())
        menu.popup(event.globalPos())

    def leaveEvent(self, event) -> None:
        self._forget_hover()
        super().leaveEvent(event)

    # Tools

    def begin(self, tool: Tool, at: Pointer) -> None:
        """Start a gesture; it gets everything until it ends."""
        self._forget_hover()
        self.tool, self._last = tool, at
        if tool.cursor is not None:
            self.viewport().setCursor(tool.cursor)
        tool.start(at)
        self.follow_edges(tool.pans_at_edges)

    def finish(self, at: Pointer) -> None:
        tool, self.tool = self.tool, None
        self._put_down()
        try:
            tool.end(at)
        except ValueError as error:  # what the network refuses in the end: nothing has changed, so say why
            self.bubble.show_at(at.scene, str(error))

    def keep(self, tool: Tool, at: Pointer) -> None:
        """Go on with a gesture whose button came up without a drag: the next click ends it."""
        self.tool, self._last = tool, at
        self.follow_edges(tool.pans_at_edges)

    def cancel_tool(self) -> None:
        if self.tool is not None:
            tool, self.tool = self.tool, None
            self._put_down()
            tool.cancel()

    def hang_wire(self, port: PortRef, end: QPointF, until) -> None:
        """Keep showing a wire let go over nothing until its popup has been answered."""
        self._hanging = port, end
        until.closed.connect(self._drop_hanging)

    def _drop_hanging(self) -> None:
        self._hanging = None
        self.viewport().update()

    def _put_down(self) -> None:
        self.follow_edges(False)
        self.viewport().unsetCursor()
        self.viewport().update()

    def drag_at(self) -> QPoint | None:
        return self._last.view if self.tool is not None else None

    def edge_scrolled(self) -> None:
        if self.tool is not None:
            self._last = Pointer(self.mapToScene(self._last.view), self._last.view, self._last.modifiers)
            self.tool.move(self._last)

    # Dragging in from the palette

    def dragEnterEvent(self, event) -> None:
        event.acceptProposedAction() if self._drop.start_drag(event.mimeData()) else event.ignore()

    def dragMoveEvent(self, event) -> None:
        self._drop.move(self._pointer(event))
        event.acceptProposedAction()

    def dragLeaveEvent(self, event) -> None:
        self._drop.cancel()

    def dropEvent(self, event) -> None:
        try:
            self._drop.end(self._pointer(event))
        except ValueError as error:
            self.bubble.show_at(self._pointer(event).scene, str(error))
        event.acceptProposedAction()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    # Keys

    def event(self, event) -> bool:
        # Tab belongs to the search, not to the focus chain.
        if event.type() == QEvent.Type.KeyPress and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self.keyPressEvent(event)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.tool is not None:
            self.cancel_tool()
        elif event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space, self._space_used = True, False
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif self.tool is not None:
            self._modifiers_changed(event)
        elif action := self._own_action(event):
            action(self)
        elif event.key() != Qt.Key.Key_Space:
            super().keyPressEvent(event)

    def _own_action(self, event: QKeyEvent) -> Callable | None:
        keys = event.keyCombination().toCombined() & ~int(Qt.KeyboardModifier.KeypadModifier.value)
        return None if keys in self.released_keys() else KEYS.get(keys)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat() and self._space:
            self._space = False
            self.viewport().unsetCursor()
            if not self._space_used:
                self.search()
        elif self.tool is not None:
            self._modifiers_changed(event)

    def _modifiers_changed(self, event: QKeyEvent) -> None:
        self._last = Pointer(self._last.scene, self._last.view, event.modifiers())
        self.tool.move(self._last)

    # Painting above the items

    def drawForeground(self, painter: QPainter, area: QRectF) -> None:
        for tool in (self.tool, self._drop):
            if tool is not None:
                painter.save()
                tool.paint(painter)
                painter.restore()
        painter.save()
        if self._hanging is not None and self._hanging[0].block in self.canvas.blocks:
            port, end = self._hanging
            accent = theme.current().accent
            paint_loose_wire(painter, self.canvas.port_point(port), end, port.output, accent, dashed=True)
        painter.resetTransform()
        if not self.canvas.blocks:
            self._empty.paint(painter, QRectF(self.viewport().rect()))
        self.bubble.paint(painter, self.viewportTransform())
        painter.restore()

    # Inner workings

    def _pointer(self, event) -> Pointer:
        at = event.position().toPoint()
        return Pointer(self.mapToScene(at), at, event.modifiers())

    def _select_wire(self, id: str, at: Pointer) -> None:
        chosen = self.canvas.selected_wires if at.shift or at.ctrl else ()
        if not (at.shift or at.ctrl):
            self.session.clear_selection()
        self.canvas.select_wires((*chosen, id))

    def _reveal(self, id: str) -> None:
        self.bring_into_view((id,))

    def _repaint(self, _theme) -> None:
        self.viewport().update()

    def _come_back(self) -> bool:
        """Look at a level as it was left; whether it was looked at before."""
        path = self.session.path
        if path != self._level:
            self._looks[self._level] = self.transform(), self.visible_area().center()
        self._level = path
        if path not in self._looks:
            return False
        transform, centre = self._looks.pop(path)
        self.setTransform(transform)
        self.centerOn(centre)
        return True

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        self.minimap.place()
        self.arrange_bar.place()

    def _forget_levels(self) -> None:
        self._looks, self._level = {}, ()

    def _show_document(self) -> None:
        self.cancel_tool()
        self._hovered = ("", "")
        if self._come_back():
            return
        QTimer.singleShot(0, self, self.show_document) if self.isVisible() else setattr(self, "_fit_when_shown", True)
