"""Band: drags a box around blocks; Shift adds them to the selection, Ctrl toggles them, a click clears it."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from gui.canvas.ink import ink
from gui.canvas.tools.tool import Pointer, Tool, far_enough


class Band(Tool):
    def start(self, at: Pointer) -> None:
        self._begin, self._box = at, QRectF()
        self._before = self.session.selection

    def move(self, at: Pointer) -> None:
        if self._box.isNull() and not far_enough(self._begin, at):
            return
        self._box = QRectF(self._begin.scene, at.scene).normalized()
        self._select(at)
        self.view.viewport().update()

    def end(self, at: Pointer) -> None:
        if self._box.isNull() and not (at.shift or at.ctrl):
            self.session.clear_selection()
            self.scene.select_wires(())

    def cancel(self) -> None:
        self.session.select(self._before)

    def paint(self, painter: QPainter) -> None:
        if self._box.isNull():
            return
        accent = ink().theme.accent
        wash = QColor(accent)
        wash.setAlphaF(0.10)
        pen = QPen(accent, 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(wash)
        painter.drawRect(self._box)

    def _select(self, at: Pointer) -> None:
        inside = sorted(self.scene.blocks_in(self._box), key=lambda id: int(id[1:]))
        before = dict.fromkeys(self._before)
        if at.ctrl:
            chosen = [id for id in before if id not in set(inside)] + [id for id in inside if id not in before]
        else:
            chosen = [*(before if at.shift else ()), *inside]
        self.session.select(chosen)
