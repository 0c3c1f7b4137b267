"""Tool: what every gesture of the canvas is. A tool sees pointers and scene items; the view feeds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QPainter

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the mouse is, in the scene and on the viewport, and which modifier keys are held."""

    scene: QPointF
    view: QPoint
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier

    @property
    def shift(self) -> bool:
        return bool(self.modifiers & Qt.KeyboardModifier.ShiftModifier)

    @property
    def ctrl(self) -> bool:
        return bool(self.modifiers & Qt.KeyboardModifier.ControlModifier)

    @property
    def alt(self) -> bool:
        return bool(self.modifiers & Qt.KeyboardModifier.AltModifier)


class Tool:
    """One gesture from press to release; `cancel` leaves everything as it was before `start`."""

    cursor: Qt.CursorShape | None = None
    pans_at_edges = True
    sticks = False  # goes on without a button held; the next click ends it

    def __init__(self, view: CanvasView):
        self.view = view
        self.scene = view.canvas
        self.session = view.session

    def start(self, at: Pointer) -> None:
        """The button went down."""

    def move(self, at: Pointer) -> None:
        """The pointer moved, the view scrolled under it, or a modifier key changed."""

    def end(self, at: Pointer) -> None:
        """The button came up: send one edit, if any."""

    def cancel(self) -> None:
        """Esc, or the gesture was taken away."""

    def paint(self, painter: QPainter) -> None:
        """Draw what belongs to the gesture above everything, in scene coordinates."""


def far_enough(start: Pointer, at: Pointer) -> bool:
    """Whether a press has become a drag."""
    return (at.view - start.view).manhattanLength() >= 4
