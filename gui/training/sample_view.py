"""One sample as what it is: an image in grey or colour, a point among the other points, or a row of numbers.

Never interpolates. Knows no controller.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.training.tile_view import short

MARGIN = 14  # below and left of a point's axes, for their numbers


class SampleView(QWidget):
    """Paints the sample last shown; `set_cloud` gives the points it is shown among."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.sample: np.ndarray | None = None
        self._cloud: np.ndarray | None = None
        self._labels: np.ndarray | None = None
        self.setMinimumSize(QSize(72, 72))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.appearance.changed.connect(self._redress)

    def show_sample(self, sample: np.ndarray | None) -> None:
        self.sample = sample
        self.setToolTip(" x ".join(map(str, sample.shape)) if sample is not None else "")
        self.update()

    def set_cloud(self, points: np.ndarray | None, labels: np.ndarray | None = None) -> None:
        """Points (n, 2) to show a 2-d sample among, coloured by label."""
        self._cloud, self._labels = points, labels
        self.update()

    def paintEvent(self, event) -> None:
        if self.sample is None:
            return
        painter = QPainter(self)
        pixels = as_pixels(self.sample)
        if pixels is not None:
            self._paint_pixels(painter, pixels)
        elif self.sample.size == 2:
            self._paint_point(painter, self.sample.ravel())
        else:
            self._paint_row(painter, self.sample.ravel())

    def _paint_pixels(self, painter: QPainter, pixels: np.ndarray) -> None:
        """Every pixel a square of whole device pixels where there is room; else the nearest ones."""
        height, width = pixels.shape[:2]
        ratio = self.devicePixelRatio()
        scale = min(self.width() * ratio / width, self.height() * ratio / height)
        scale = int(scale) if scale >= 1 else scale
        pixels = np.ascontiguousarray(pixels)
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        place = QRectF(0, 0, width * scale / ratio, height * scale / ratio)
        painter.drawImage(place, image)  # no smoothing hint: nearest
        painter.setPen(QPen(theme.current().line, 0))
        painter.drawRect(place)

    def _paint_point(self, painter: QPainter, point: np.ndarray) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width() - 2 * MARGIN, self.height() - MARGIN)
        box = QRectF(2 * MARGIN, 0.5, side - 1, side - 1)
        reach = np.abs(point).max() if self._cloud is None else max(np.abs(self._cloud).max(), np.abs(point).max())
        reach = max(float(np.ceil(reach * 2) / 2), 0.5)
        painter.setPen(QPen(theme.current().line, 1))
        painter.setBrush(theme.current().surface[0])
        painter.drawRect(box)
        painter.drawLine(QPointF(box.left(), box.center().y()), QPointF(box.right(), box.center().y()))
        painter.drawLine(QPointF(box.center().x(), box.top()), QPointF(box.center().x(), box.bottom()))

        def place(x: float, y: float) -> QPointF:
            return QPointF(
                box.center().x() + x / reach * box.width() / 2, box.center().y() - y / reach * box.height() / 2
            )

        painter.setPen(Qt.PenStyle.NoPen)
        if self._cloud is not None:
            for (x, y), label in zip(self._cloud, self._labels, strict=True):
                colour = QColor(theme.current().series[int(label) % len(theme.current().series)])
                colour.setAlpha(110)
                painter.setBrush(colour)
                painter.drawEllipse(place(x, y), 1.5, 1.5)
        painter.setBrush(theme.current().accent)
        painter.setPen(QPen(theme.current().surface[0], 2))
        painter.drawEllipse(place(*point), 5, 5)
        self._paint_reach(painter, box, reach)

    def _paint_reach(self, painter: QPainter, box: QRectF, reach: float) -> None:
        painter.setFont(theme.ui_font("small"))
        painter.setPen(theme.current().text[1])
        low, high = short(-reach), short(reach)
        below = QRectF(box.left(), box.bottom() + 1, box.width(), MARGIN)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, low)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, high)
        aside = QRectF(0, box.top(), 2 * MARGIN - 4, box.height())
        painter.drawText(aside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, high)
        painter.drawText(aside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, low)

    def _paint_row(self, painter: QPainter, values: np.ndarray) -> None:
        """A bar a feature around zero, as many as fit, with the reach of the bars in numbers."""
        colours = theme.current()
        shown = values[: max(self.width() // 3, 1)]
        reach = float(np.abs(shown).max()) or 1.0
        area = QRect(0, 0, self.width(), self.height() - 16)
        middle, step = area.center().y(), area.width() / len(shown)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.text[1])
        for index, value in enumerate(shown):
            height = float(value) / reach * (area.height() / 2 - 1)
            bar = QRectF(index * step, middle - max(height, 0), max(step - 1, 1), abs(height))
            painter.drawRect(bar)
        painter.setPen(colours.line)
        painter.drawLine(0, middle, area.width(), middle)
        painter.setFont(theme.ui_font("small"))
        painter.setPen(colours.text[1])
        words = self.tr("{0:,} features, ±{1}").format(len(values), short(reach))
        painter.drawText(QRect(0, area.bottom(), self.width(), 16), Qt.AlignmentFlag.AlignLeft, words)

    def _redress(self, *_: object) -> None:
        self.update()


def as_pixels(sample: np.ndarray) -> np.ndarray | None:
    """RGB bytes (h, w, 3) of a grey or colour image (1 or 3, h, w) or a table (h, w); None of anything else."""
    if sample.ndim == 3 and sample.shape[0] in (1, 3):
        pixels = sample.transpose(1, 2, 0)
    elif sample.ndim == 2 and min(sample.shape) > 1:
        pixels = sample[..., None]
    else:
        return None
    low, high = min(0.0, float(np.nanmin(pixels))), float(np.nanmax(pixels))
    high = 1.0 if low == 0.0 and high <= 1.0 else high  # images run from 0 to 1: a dim one stays dim
    share = np.nan_to_num((pixels - low) / ((high - low) or 1.0))
    bytes_ = (np.clip(share, 0, 1) * 255 + 0.5).astype(np.uint8)
    return np.broadcast_to(bytes_, (*bytes_.shape[:2], 3))
