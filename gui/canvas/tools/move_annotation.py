"""MoveAnnotation: drags a frame with what it holds, or a note; by its corner it is resized."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt

from graph.annotations import FRAME, SMALLEST, Annotate
from graph.edits import Compound, Move
from gui.canvas.geometry import GRID
from gui.canvas.tools.tool import Pointer, Tool, far_enough
from gui.language import tr

LEAST = 80.0  # units a side, so that its title stays readable


class MoveAnnotation(Tool):
    """Holds one frame or note by its `body` or its `corner`."""

    def __init__(self, view, id: str, grip: str):
        super().__init__(view)
        self.item = self.scene.annotations[id]
        self.grip = grip
        self.cursor = Qt.CursorShape.SizeFDiagCursor if grip == "corner" else None

    def start(self, at: Pointer) -> None:
        self._begin, self._moved = at, False
        self.session.clear_selection()
        self.scene.select_wires(())
        self.scene.select_annotations((self.item.id,))
        box = self.item.box().adjusted(-1, -1, 1, 1)
        holds = self.item.annotation.kind == FRAME and self.grip == "body"
        inside = [item for item in self.scene.blocks.values() if box.contains(item.box())] if holds else []
        others = [other for other in self.scene.annotations.values() if other is not self.item] if holds else []
        self._blocks = {item.id: QPointF(item.pos()) for item in inside}
        self._notes = [other for other in others if box.contains(other.box())]

    def move(self, at: Pointer) -> None:
        if not self._moved and not far_enough(self._begin, at):
            return
        self._moved = True
        shift = at.scene - self._begin.scene
        if self.grip == "corner":
            self.item.resize(*self._size(shift))
            return
        by = QPointF(_on_grid(shift.x()), _on_grid(shift.y()))
        self._show(by)

    def end(self, at: Pointer) -> None:
        if not self._moved:
            return
        document, shift = self.session.document, at.scene - self._begin.scene
        if self.grip == "corner":
            width, height = self._size(shift)
            document.do(Annotate((self.item.annotation.having(width=width, height=height),), tr("Resize")))
            return
        dx, dy = _on_grid(shift.x()), _on_grid(shift.y())
        if not (dx or dy):
            return
        moved = tuple(item.annotation.moved(dx, dy) for item in (self.item, *self._notes))
        name = tr("Move frame") if self.item.annotation.kind == FRAME else tr("Move note")
        edits = [Annotate(moved, name)]
        if self._blocks:
            edits.append(Move({id: (place.x() + dx, place.y() + dy) for id, place in self._blocks.items()}))
        document.do(Compound(name, tuple(edits)))

    def cancel(self) -> None:
        self._show(QPointF())
        self.item.show_annotation(self.item.annotation)

    def _show(self, by: QPointF) -> None:
        for item in (self.item, *self._notes):
            item.setPos(QPointF(item.annotation.x, item.annotation.y) + by)
        self.scene.shift({id: place + by for id, place in self._blocks.items()})

    def _size(self, shift: QPointF) -> tuple[float, float]:
        one, least = self.item.annotation, max(LEAST, SMALLEST)
        return max(least, _on_grid(one.width + shift.x())), max(least / 2, _on_grid(one.height + shift.y()))


def _on_grid(value: float) -> float:
    return round(value / GRID) * GRID
