"""What blocks and wires in view would show if a value were another: painted over their faces, forgotten when let go.

Reads the supposition of the session; items keep their own faces and places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF

from gui.canvas.face import face_of, wire_text
from gui.canvas.painting import SHAPES

if TYPE_CHECKING:
    from gui.canvas.scene import CanvasScene

AROUND = 200.0  # beyond the edges of the view, so that a wire's far end is right too


class SupposedFaces(QObject):
    """Puts supposed faces on the items that can be seen, and takes them off again."""

    def __init__(self, scene: CanvasScene):
        super().__init__(scene)  # a QObject, so that nothing is told to a scene that is gone
        self._scene = scene
        self._blocks: set[str] = set()
        self._wires: set[str] = set()
        scene.session.what_if.changed.connect(self.refresh)

    def refresh(self) -> None:
        supposing, scene = self._scene.session.what_if, self._scene
        document = supposing.document
        seen = self._seen() & supposing.ids if supposing.active else set()
        texts = {
            wire.id: wire_text(document, wire)
            for id in seen
            for wire in document.network.wires_out(id)
            if wire.id in scene.wires
        }
        for id in (self._blocks - seen) & scene.blocks.keys():
            scene.blocks[id].suppose(None)
        for id in (self._wires - texts.keys()) & scene.wires.keys():
            scene.wires[id].suppose(None)
        for id in seen:
            scene.blocks[id].suppose(face_of(document, id))
        for id, text in texts.items():
            scene.wires[id].suppose(text)
        self._blocks, self._wires = seen, set(texts)

    def _seen(self) -> set[str]:
        """The blocks in any view of the scene that is near enough to show shapes."""
        area = QRectF()
        for view in self._scene.views():
            if view.transform().m11() < SHAPES:
                continue
            area = area.united(view.mapToScene(view.viewport().rect()).boundingRect())
        if area.isEmpty():
            return set()
        return set(self._scene.blocks_in(area.adjusted(-AROUND, -AROUND, AROUND, AROUND)))
