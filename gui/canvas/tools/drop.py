"""Drop: a block dragged in from the palette; on a wire, which lights up first, it is inserted; Alt suppresses."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from graph import placeable
from gui.canvas import placing
from gui.canvas.geometry import HEIGHT, MIN_WIDTH
from gui.canvas.ink import ICON, icon_path, ink
from gui.canvas.tools.tool import Pointer, Tool
from gui.language import tr

MIME = "application/x-netloom-block"
REACH = 22.0


class Drop(Tool):
    """Lives as long as the view; `type` is what hovers over it now."""

    type = ""
    _at: QPointF | None = None
    _wire: str | None = None

    def start_drag(self, data) -> bool:
        """Whether the dragged thing is a block type we know."""
        self.type = bytes(data.data(MIME)).decode("utf-8", "replace") if data.hasFormat(MIME) else ""
        if not placeable.is_known(self.session.network, self.type):
            self.type = ""
        return bool(self.type)

    def move(self, at: Pointer) -> None:
        self._at = at.scene
        declared = self._declared()
        found = None
        if declared.inputs and declared.outputs and not at.alt:
            found = self.scene.wire_at(at.scene, REACH / self.view.zoom)
        self._light(found.id if found else None)
        self.view.viewport().update()

    def end(self, at: Pointer) -> None:
        self.move(at)
        type, wire = self.type, self._wire
        self.cancel()
        if not type:
            return
        if wire is not None:
            placing.place_on_wire(self.session, self.scene, wire, type)
        else:
            placing.place(self.session, self.scene, type, (at.scene.x(), at.scene.y()))

    def cancel(self) -> None:
        self._light(None)
        self._at, self.type = None, ""
        self.view.viewport().update()

    def paint(self, painter: QPainter) -> None:
        """A shadow of the block where it would land."""
        if self._at is None or not self.type:
            return
        pen = ink()
        colour, tint, _ = pen.family(self._declared().family)
        box = QRectF(self._at.x() - MIN_WIDTH / 2, self._at.y() - HEIGHT / 2, MIN_WIDTH, HEIGHT)
        painter.setOpacity(0.85)
        painter.setPen(QPen(pen.theme.accent if self._wire else colour, 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(pen.body)
        painter.drawRoundedRect(box, 8, 8)
        chip = QRectF(box.left() + 13, box.top() + 12, 26, 26)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        painter.drawRoundedRect(chip, 6, 6)
        painter.setFont(pen.name_font)
        painter.setPen(pen.text)
        painter.drawText(QPointF(box.left() + 48, box.top() + 22), self.type)
        painter.setFont(pen.detail_font)
        painter.setPen(pen.secondary)
        hint = tr("insert here") if self._wire else self._declared().family
        painter.drawText(QPointF(box.left() + 48, box.top() + 38), hint)
        painter.translate(chip.center())
        painter.scale(15 / ICON, 15 / ICON)
        painter.fillPath(icon_path(self._declared().family), colour)

    def _declared(self):
        return placeable.known(self.session.network, self.type)

    def _light(self, wire: str | None) -> None:
        if self._wire in self.scene.wires:
            self.scene.wires[self._wire].set_state(hovered=False)
        self._wire = wire
        if wire is not None:
            self.scene.wires[wire].set_state(hovered=True)
