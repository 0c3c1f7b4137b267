"""Pictures before and after augmentation, one over the other, with masks, boxes and what they are compared with.

Values become colours over one span for all, so that a change of brightness is seen. Knows no messages.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import theme
from gui.training.augmentation_request import Pairs
from gui.training.tile_view import short
from gui.training.tiles import coloured

MOST = 16.0  # pixels that a value may be wide


@dataclass(frozen=True, slots=True)
class Places:
    """Where the pictures stand: `columns` samples side by side, bands of rows below each other."""

    columns: int
    tile: QSize
    pitch: int  # from one column to the next: captions may be wider than pictures
    left: int  # room for the names of rows
    rows: int  # in a band
    caption: int

    def tile_at(self, sample: int, row: int) -> QRect:
        band, column = divmod(sample, self.columns)
        top = band * self.band_height + row * (self.tile.height() + theme.SPACE)
        left = self.left + column * self.pitch + (self.pitch - theme.GAP - self.tile.width()) // 2
        return QRect(left, top, self.tile.width(), self.tile.height())

    @property
    def band_height(self) -> int:
        return self.rows * (self.tile.height() + theme.SPACE) + self.caption + theme.GAP

    def caption_at(self, sample: int) -> QRect:
        top = self.tile_at(sample, self.rows - 1).bottom() + theme.SPACE
        left = self.left + sample % self.columns * self.pitch
        return QRect(left, top, self.pitch - theme.GAP, self.caption)


class PairsView(QWidget):
    """As large as there is room for."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setMinimumSize(QSize(240, 160))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.pairs: Pairs | None = None
        self.places: Places | None = None
        self.limits = (0.0, 1.0)
        self._images: list[list[QImage]] = []  # by row, by sample
        theme.appearance.changed.connect(self.update)

    def show_pairs(self, pairs: Pairs | None) -> None:
        self.pairs, self._images = pairs, []
        if pairs is not None:
            both = np.concatenate([pairs.originals.ravel(), pairs.augmented.ravel()])
            self.limits = float(both.min()), float(both.max())
            self._images = [[picture(one, self.limits) for one in row] for row in (pairs.originals, pairs.augmented)]
            if pairs.masks is not None and pairs.moved is not None:
                values = np.concatenate([pairs.masks.ravel(), pairs.moved.ravel()]).astype(np.float64)
                limits = float(values.min()), float(values.max())
                self._images += [[picture(one[None], limits) for one in row] for row in (pairs.masks, pairs.moved)]
        self._lay_out()
        self.update()

    @property
    def row_names(self) -> list[str]:
        return [self.tr("Before"), self.tr("After"), self.tr("Mask"), self.tr("Mask after")][: len(self._images)]

    @property
    def captions(self) -> tuple[str, ...]:
        return self.pairs.mixed if self.pairs is not None else ()

    def resizeEvent(self, event) -> None:
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self._lay_out()
        super().changeEvent(event)

    def _lay_out(self) -> None:
        """The number of columns at which pictures are largest."""
        self.places = None
        if not self._images or not self._images[0]:
            return
        metrics = QFontMetrics(theme.ui_font("small"))
        left = max(metrics.horizontalAdvance(name) for name in self.row_names) + theme.GAP
        caption = metrics.height() if any(self.captions) else 0
        widest = max((metrics.horizontalAdvance(text) for text in self.captions), default=0)
        size, count, rows = self._images[0][0].size(), len(self._images[0]), len(self._images)
        best, ratio = 0.0, self.devicePixelRatio()  # enlarged values are whole pixels
        for columns in range(1, count + 1):
            bands = math.ceil(count / columns)
            wide = (self.width() - left - (columns - 1) * theme.GAP) / columns
            tall = (self.height() - bands * (caption + theme.GAP + rows * theme.SPACE)) / (bands * rows)
            scale = min(wide / size.width(), tall / size.height(), MOST)
            if scale > best:
                best = scale
                scale = math.floor(scale * ratio) / ratio if scale * ratio >= 2 else scale
                tile = QSize(max(int(size.width() * scale), 1), max(int(size.height() * scale), 1))
                pitch = max(tile.width(), min(widest, (self.width() - left) // columns - theme.GAP)) + theme.GAP
                self.places = Places(columns, tile, pitch, left, rows, caption)

    def paintEvent(self, event) -> None:
        if self.places is None:
            return
        painter = QPainter(self)
        painter.setFont(theme.ui_font("small"))
        for row, images in enumerate(self._images):
            for sample, image in enumerate(images):
                place = self.places.tile_at(sample, row)
                self._paint_image(painter, place, image)
                for box in self.boxes_of(row, sample):
                    _paint_box(painter, place, box)
        painter.setPen(theme.current().text[1])
        metrics = painter.fontMetrics()
        for sample, text in enumerate(self.captions):
            area = self.places.caption_at(sample)
            if metrics.horizontalAdvance(text) > area.width():
                text = metrics.elidedText(text.split(", ")[0], Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
        for first in range(0, len(self._images[0]), self.places.columns):
            for row, name in enumerate(self.row_names):
                tile = self.places.tile_at(first, row)
                area = QRect(0, tile.top(), self.places.left, tile.height())
                painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)

    def _paint_image(self, painter: QPainter, place: QRect, image: QImage) -> None:
        """Values as squares where they are enlarged; smoothed where several share a pixel."""
        shrinks = image.width() > place.width() * self.devicePixelRatio()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks)
        painter.drawImage(place, image)

    def boxes_of(self, row: int, sample: int) -> list[list[float]]:
        """The boxes x y w h of a picture, in shares of its sides."""
        boxes = (self.pairs.boxes, self.pairs.moved_boxes)[row] if row < 2 else None
        return [box for box in boxes[sample].tolist() if box[2] > 0 and box[3] > 0] if boxes is not None else []

    def mouseMoveEvent(self, event) -> None:
        text = self._words_at(event.position().toPoint())
        if text:
            QToolTip.showText(event.globalPosition().toPoint(), text, self)
        else:
            QToolTip.hideText()

    def _words_at(self, point) -> str:
        """What a picture is, and the value under the mouse."""
        if self.places is None:
            return ""
        for row, name in enumerate(self.row_names):
            for sample in range(len(self._images[row])):
                place = self.places.tile_at(sample, row)
                if place.contains(point):
                    return self._described(row, sample, name, place, point)
        return ""

    def _described(self, row: int, sample: int, name: str, place: QRect, point) -> str:
        pairs = self.pairs
        values = (pairs.originals, pairs.augmented, pairs.masks, pairs.moved)[row][sample]
        y = (point.y() - place.top()) * values.shape[-2] // place.height()
        x = (point.x() - place.left()) * values.shape[-1] // place.width()
        at = ", ".join(short(float(one)) for one in np.atleast_1d(values[..., y, x])[:4])
        labels = pairs.labels if row % 2 == 0 else pairs.mixed
        what = f"{name}: {labels[sample]}" if labels else name
        return self.tr("{0}\nrow {1}, column {2}: {3}").format(what, y, x, at)


def _paint_box(painter: QPainter, place: QRect, box: list[float]) -> None:
    """A light line on a dark one, seen on any picture."""
    x, y, w, h = box
    across, down = place.width(), place.height()
    area = QRectF(place.left() + x * across, place.top() + y * down, w * across, h * down)
    painter.save()
    painter.setClipRect(place)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    area &= QRectF(place).adjusted(1, 1, -1, -1)  # a line along the picture's edge is seen too
    for colour, width in ((theme.DARK.surface[0], 3.0), (theme.DARK.series[1], 1.5)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap, Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(area)
    painter.restore()


def picture(values: np.ndarray, limits: tuple[float, float]) -> QImage:
    """A picture (channels, height, width): three channels in colours, one in greys, of others the first."""
    if len(values) == 3:
        bytes_ = coloured(np.moveaxis(values, 0, -1), "rgb", limits)
    else:
        bytes_ = coloured(values[0], "grey", limits)
    bytes_ = np.ascontiguousarray(bytes_)
    height, width = bytes_.shape[:2]
    return QImage(bytes_.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
