"""Pan: middle-drag or Space+drag moves the view over the network."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt

from gui.canvas.tools.tool import Pointer, Tool


class Pan(Tool):
    cursor = Qt.CursorShape.ClosedHandCursor
    pans_at_edges = False

    def start(self, at: Pointer) -> None:
        self._before = at.view
        self._travelled = QPoint()

    def move(self, at: Pointer) -> None:
        step = at.view - self._before
        self._before = at.view
        self._travelled += step
        self.view.scroll_by(-step.x(), -step.y())

    def cancel(self) -> None:
        self.view.scroll_by(self._travelled.x(), self._travelled.y())
