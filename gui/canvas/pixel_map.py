"""A map of cells, such as an image or a feature map: cells can be chosen, a region of it lit, the rest dimmed.

Whole pixels a cell where there is room; nothing is interpolated. Knows no network.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.training.sample_view import as_pixels

GRID_FROM = 5.0  # width of a cell from which lines between cells are drawn
AROUND = 10.0  # room around the map, into which a region may reach beyond its edge
STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
Cell = tuple[int, int]  # row, column
Span = tuple[float, float]  # first and last, in cells; may lie beyond the edges


class PixelMap(QWidget):
    """`chosen` says which cell was clicked, dragged over or walked to."""

    chosen = Signal(int, int)

    def __init__(self, name: str, choosable: bool = False):
        super().__init__()
        self.rows = self.columns = 0
        self.cell: Cell | None = None
        self.region: tuple[Span, Span] | None = None
        self._image: QImage | None = None
        self._choosable = choosable
        self.setAccessibleName(name)
        self.setMinimumSize(QSize(96, 96))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        if choosable:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setCursor(Qt.CursorShape.CrossCursor)
        theme.appearance.changed.connect(self._redress)

    def show_map(self, rows: int, columns: int) -> None:
        """Another size; forgets the picture if it does not fit."""
        self.rows, self.columns = rows, columns
        if self._image is not None and (self._image.height(), self._image.width()) != (rows, columns):
            self._image = None
        self.update()

    def show_picture(self, sample: np.ndarray | None) -> bool:
        """Paint a sample in the cells; False where it is none of this size."""
        pixels = as_pixels(np.asarray(sample)) if sample is not None else None
        if pixels is None or pixels.shape[:2] != (self.rows, self.columns):
            self._image = None
        else:
            held = np.ascontiguousarray(pixels)
            shape = self.columns, self.rows, 3 * self.columns
            self._image = QImage(held.data, *shape, QImage.Format.Format_RGB888).copy()
        self.update()
        return self._image is not None

    @property
    def has_picture(self) -> bool:
        return self._image is not None

    def show_cell(self, cell: Cell | None) -> None:
        self.cell = cell
        self.update()

    def show_region(self, region: tuple[Span, Span] | None) -> None:
        """Light rows and columns from first to last; None lights nothing."""
        self.region = region
        self.update()

    # Places

    @property
    def scale(self) -> float:
        """Width of a cell."""
        room = min((self.width() - 2 * AROUND) / max(1, self.columns), (self.height() - 2 * AROUND) / max(1, self.rows))
        return max(0.25, float(int(room)) if room >= 1 else room)

    @property
    def box(self) -> QRectF:
        """Where the map is painted."""
        width, height = self.columns * self.scale, self.rows * self.scale
        return QRectF(round((self.width() - width) / 2), round((self.height() - height) / 2), width, height)

    def cell_at(self, point: QPointF) -> Cell | None:
        """The cell under a point, the nearest one beyond the edges; None of an empty map."""
        if not self.rows or not self.columns:
            return None
        box, scale = self.box, self.scale
        row, column = int((point.y() - box.top()) // scale), int((point.x() - box.left()) // scale)
        return min(max(row, 0), self.rows - 1), min(max(column, 0), self.columns - 1)

    def middle_of(self, cell: Cell) -> QPointF:
        box, scale = self.box, self.scale
        return QPointF(box.left() + (cell[1] + 0.5) * scale, box.top() + (cell[0] + 0.5) * scale)

    # Hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._choose(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = STEPS.get(event.key())
        if not self._choosable or step is None or self.cell is None:
            super().keyPressEvent(event)
            return
        row, column = self.cell[0] + step[0], self.cell[1] + step[1]
        if 0 <= row < self.rows and 0 <= column < self.columns:
            self.chosen.emit(row, column)

    def focusInEvent(self, event) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event) -> None:
        super().focusOutEvent(event)
        self.update()

    def _choose(self, point: QPointF) -> None:
        cell = self.cell_at(point)
        if self._choosable and cell is not None and cell != self.cell:
            self.chosen.emit(*cell)

    # Painting

    def paintEvent(self, event) -> None:
        if not self.rows or not self.columns:
            return
        painter, look = QPainter(self), theme.current()
        box = self.box
        if self._image is not None:
            painter.drawImage(box, self._image)  # no smoothing: pixels stay pixels
        else:
            painter.fillRect(box, look.surface[2])
        self._paint_grid(painter, box)
        if self.region is not None:
            self._paint_region(painter, box)
        if self.cell is not None:
            self._paint_cell(painter, box)
        painter.setPen(QPen(look.accent if self.hasFocus() else look.line, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _paint_grid(self, painter: QPainter, box: QRectF) -> None:
        if self.scale < GRID_FROM:
            return
        colour = QColor(theme.current().text[2])
        colour.setAlphaF(0.16)
        painter.setPen(QPen(colour, 1))
        for column in range(1, self.columns):
            x = box.left() + column * self.scale
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
        for row in range(1, self.rows):
            y = box.top() + row * self.scale
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))

    def _paint_region(self, painter: QPainter, box: QRectF) -> None:
        """What is seen stays as it is, the rest steps back; beyond the edge lies the border that layers add."""
        look, scale = theme.current(), self.scale
        (top, bottom), (left, right) = self.region
        seen = QRectF(
            box.left() + left * scale, box.top() + top * scale, (right - left + 1) * scale, (bottom - top + 1) * scale
        )
        inside = seen.intersected(box)
        veil = QColor(look.surface[0])
        veil.setAlphaF(0.62)
        for part in (
            QRectF(box.left(), box.top(), box.width(), inside.top() - box.top()),
            QRectF(box.left(), inside.bottom(), box.width(), box.bottom() - inside.bottom()),
            QRectF(box.left(), inside.top(), inside.left() - box.left(), inside.height()),
            QRectF(inside.right(), inside.top(), box.right() - inside.right(), inside.height()),
        ):
            painter.fillRect(part, veil)
        if self._image is None:
            tint = QColor(look.accent)
            tint.setAlphaF(0.22)
            painter.fillRect(inside, tint)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if seen != inside:
            painter.setPen(QPen(look.accent, 1, Qt.PenStyle.DotLine))
            painter.drawRect(seen)
        painter.setPen(QPen(look.accent, 2))
        painter.drawRect(inside)

    def _paint_cell(self, painter: QPainter, box: QRectF) -> None:
        look, side = theme.current(), max(self.scale, 4.0)
        middle = self.middle_of(self.cell)
        painter.fillRect(QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side), look.accent)

    def _redress(self, *_ignored) -> None:
        self.update()
