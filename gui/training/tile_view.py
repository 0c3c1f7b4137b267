"""A widget that shows many small pictures as one sharp image, beside the scale of their colours.

Give it values with `show_tiles`; it chooses the grid that fits. Knows no networks and no messages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import theme
from gui.training.tiles import Colouring, Grid, arrange, arrange_matrix, coloured, compose, lookup

SCALE = 10  # width of the colour scale
CAPTION = 16  # height or width of a caption line


@dataclass(frozen=True, slots=True, eq=False)
class Tiles:
    """Values (n, h, w), or (n, h, w, 3) as RGB, their colours, and what the axes of a matrix mean."""

    values: np.ndarray
    colouring: Colouring
    limits: tuple[float, float]
    matrix: tuple[int, int] | None = None  # rows, columns: tiles stand in this order, turned where it fits better
    captions: tuple[str, str] = ("", "")  # of rows, of columns
    square: bool = True  # False where the axes of a tile are not both of space
    describe: Callable[[int, int, int], str] | None = None  # tile, row, column -> words under the mouse


class TileView(QWidget):
    """The picture at whole pixels a value; resizing lays it out anew."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setMinimumSize(QSize(120, 72))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.tiles: Tiles | None = None
        self.grid: Grid | None = None
        self._turned = False  # a matrix shown with its rows as columns
        self._image = QImage()
        theme.appearance.changed.connect(self._redress)

    def show_tiles(self, tiles: Tiles | None) -> None:
        self.tiles = tiles
        self._lay_out()
        self.update()

    @property
    def shown(self) -> int:
        """How many tiles of all there is room for."""
        return min(self.grid.shown, len(self.tiles.values)) if self.grid else 0

    def _redress(self, *_: object) -> None:
        self.update()

    def resizeEvent(self, event) -> None:
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._lay_out()
        super().changeEvent(event)

    def paintEvent(self, event) -> None:
        if self.grid is None:
            return
        painter = QPainter(self)
        place = self._place()
        painter.drawImage(place.topLeft(), self._image)
        painter.setFont(theme.mono_font("small"))
        self._paint_scale(painter, place)
        self._paint_captions(painter, place)

    def mouseMoveEvent(self, event) -> None:
        text = self._words_at(event.position().toPoint())
        if text:
            QToolTip.showText(event.globalPosition().toPoint() + QPoint(12, 12), text, self)
        else:
            QToolTip.hideText()

    # Laying out

    def _room(self) -> tuple[int, int]:
        """Device pixels left for the picture."""
        ratio = self.devicePixelRatio()
        captions = CAPTION if self.tiles.matrix else 0
        width = self.width() - captions - self._scale_width()
        return max(int(width * ratio), 8), max(int((self.height() - captions) * ratio), 8)

    def _lay_out(self) -> None:
        tiles, self.grid = self.tiles, None
        if tiles is None or not len(tiles.values):
            return
        ratio = self.devicePixelRatio()
        room, gap, most = self._room(), max(round(2 * ratio), 1), round(32 * ratio)
        size = tiles.values.shape[1:3]
        order = np.arange(len(tiles.values))
        self._turned = False
        if tiles.matrix is None:
            self.grid = arrange(len(order), size, room, gap, most, tiles.square)
            order = order[: self.grid.shown]
        else:
            rows, columns = tiles.matrix
            upright = arrange_matrix(rows, columns, size, room, gap, most)
            turned = arrange_matrix(columns, rows, size, room, gap, most)
            lies = room[0] > room[1] and columns < rows  # at equal size it lies down in a wide room
            self._turned = (turned.shown, turned.wide, lies) > (upright.shown, upright.wide, not lies)
            self.grid = turned if self._turned else upright
            order = order.reshape(rows, columns)
            order = (order.T if self._turned else order)[: self.grid.rows, : self.grid.columns].ravel()
        bytes_ = compose(coloured(tiles.values[order], tiles.colouring, tiles.limits), self.grid)
        height, width = bytes_.shape[:2]
        self._image = QImage(bytes_.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
        self._image.setDevicePixelRatio(ratio)

    def _place(self) -> QRect:
        ratio = self.devicePixelRatio()
        captions = CAPTION if self.tiles.matrix else 0
        width, height = (round(side / ratio) for side in self.grid.size)
        return QRect(captions, captions, width, height)

    # Painting

    def _limit_texts(self) -> tuple[str, ...]:
        low, high = self.tiles.limits
        middle = (low + high) / 2
        return tuple(short(value, signed=low < 0) for value in (high, middle, low))

    def _scale_width(self) -> int:
        metrics = QFontMetrics(theme.mono_font("small"))
        return 12 + SCALE + 6 + max(metrics.horizontalAdvance(text) for text in self._limit_texts())

    def _paint_scale(self, painter: QPainter, place: QRect) -> None:
        """The colours from highest to lowest, with the numbers at both ends and in the middle."""
        metrics = painter.fontMetrics()
        height = min(max(place.height(), 64), self.height() - place.top(), 160)
        left = place.right() + 12
        colours = np.ascontiguousarray(lookup(self.tiles.colouring)[::-1, None, :])
        ramp = QImage(colours.data, 1, 256, 3, QImage.Format.Format_RGB888)
        bar = QRect(left, place.top(), SCALE, height)
        painter.drawImage(bar, ramp)
        painter.setPen(theme.current().line)
        painter.drawRect(bar.adjusted(0, 0, -1, -1))
        painter.setPen(theme.current().text[1])
        for text, share in zip(self._limit_texts(), (0.0, 0.5, 1.0), strict=True):
            top = round(bar.top() + share * (bar.height() - metrics.height()))
            area = QRect(bar.right() + 6, top, self.width(), metrics.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_captions(self, painter: QPainter, place: QRect) -> None:
        if not self.tiles.matrix:
            return
        rows, columns = self._captions()
        painter.setFont(theme.ui_font("small"))
        painter.setPen(theme.current().text[1])
        width = max(self.width() - place.left(), 1)
        top = QRect(place.left(), 0, width, CAPTION)
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, f"{columns} →")
        painter.translate(0, place.top())
        painter.rotate(90)
        side = QRect(0, -CAPTION, max(self.height() - place.top(), 1), CAPTION)
        painter.drawText(side, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, f"{rows} →")
        painter.resetTransform()

    def _captions(self) -> tuple[str, str]:
        """What rows and columns mean, and how many there are room for where not all fit."""
        texts = (
            caption if shown == total else self.tr("{0}, first {1} of {2}").format(caption, shown, total)
            for caption, total, shown in zip(
                self.tiles.captions,
                self.tiles.matrix,
                (self.grid.columns, self.grid.rows) if self._turned else (self.grid.rows, self.grid.columns),
                strict=True,
            )
        )
        rows, columns = texts
        return (columns, rows) if self._turned else (rows, columns)

    def _words_at(self, point: QPoint) -> str:
        if self.grid is None or self.tiles.describe is None:
            return ""
        place, ratio = self._place(), self.devicePixelRatio()
        at = self.grid.at((point.x() - place.x()) * ratio, (point.y() - place.y()) * ratio)
        if at is None or point.x() < place.x() or point.y() < place.y():
            return ""
        row, column, down, across = at
        index = row * self.grid.columns + column
        if self.tiles.matrix:
            index = column * self.tiles.matrix[1] + row if self._turned else row * self.tiles.matrix[1] + column
        return self.tiles.describe(index, down, across) if index < len(self.tiles.values) else ""


def short(value: float, signed: bool = False) -> str:
    """A number on a scale: two or three significant digits, with a real minus sign."""
    text = f"{abs(value):.3g}"
    sign = "\N{MINUS SIGN}" if value < 0 else ("+" if signed and value > 0 else "")
    return sign + text
