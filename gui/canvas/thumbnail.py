"""A small picture of a network, painted by the canvas; a tall one is set in columns, a huge one shows its beginning.

The picture carries what can be said of the network in one line as texts of its own. Knows no files.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QTransform

from graph import Document
from gui.canvas.ink import ink
from gui.canvas.scene import CanvasScene
from gui.session import Session

LEAST, MOST = 0.1, 0.62  # zoom: a very large network shows its beginning, a small one does not shout
FLAT = 0.4  # zoom below which colours tell more than names that nobody can read
MARGIN = 16.0  # pixels around what is shown
BETWEEN = 56.0  # between columns, at 100 %
COLUMNS = 6
FADE = 0.28  # share of the height over which a network that goes on fades out


def thumbnail(document: Document, size: QSizeF, scale: float) -> QImage:
    """The network in a picture of `size` logical pixels, `scale` device pixels each, in the theme that is on."""
    session = Session(document)
    scene = CanvasScene(session)
    try:
        image = QImage((size * scale).toSize(), QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(ink().ground)
        painter = QPainter(image)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.scale(scale, scale)
        _paint(painter, scene, size)
        painter.end()
    finally:
        scene.deleteLater()
        session.deleteLater()
    for key, text in _facts(document).items():
        image.setText(key, text)
    return image


def _paint(painter: QPainter, scene: CanvasScene, size: QSizeF) -> None:
    """Networks are tall and pictures wide: a tall one is set in columns, as a newspaper is."""
    rows = _rows(scene)
    if not rows:
        return
    room = QSizeF(size.width() - 2 * MARGIN, size.height() - 2 * MARGIN)
    zoom, columns = _set_in_columns(rows, room)
    left = (size.width() - _width(columns) * zoom) / 2
    tallest = max(column.height() for column in columns) * zoom
    top = max(MARGIN, (size.height() - tallest) / 2)
    for column in columns:
        part = column.adjusted(-BETWEEN / 2, -4, BETWEEN / 2, 4)
        target = QRectF(left - BETWEEN / 2 * zoom, top - 4 * zoom, part.width() * zoom, part.height() * zoom)
        _paint_part(painter, scene, part, target, zoom)
        left += target.width()
    if tallest > room.height() + 1:
        _fade(painter, size)


def _paint_part(painter: QPainter, scene: CanvasScene, part: QRectF, target: QRectF, zoom: float) -> None:
    painter.save()
    painter.setClipRect(target)
    if zoom < FLAT:
        shift = target.topLeft() - part.topLeft() * zoom
        painter.setTransform(QTransform(zoom, 0, 0, zoom, shift.x(), shift.y()), True)
        scene.overview.paint(painter, ink(), zoom)
    else:
        scene.render(painter, target, part, Qt.AspectRatioMode.IgnoreAspectRatio)
    painter.restore()


def _set_in_columns(rows: list[QRectF], room: QSizeF) -> tuple[float, list[QRectF]]:
    """The zoom, and the columns, that show the most of it the largest."""
    best: tuple[float, list[QRectF]] = (0.0, [])
    for count in range(1, min(COLUMNS, len(rows)) + 1):
        columns = _columns(rows, count)
        zoom = min(MOST, room.width() / _width(columns), room.height() / max(c.height() for c in columns))
        if zoom > best[0] * 1.05:  # another column must be worth it
            best = zoom, columns
    return max(LEAST, best[0]), best[1]


def _columns(rows: list[QRectF], count: int) -> list[QRectF]:
    """The rows in at most `count` columns of about one height, cut only between rows."""
    height = max((rows[-1].bottom() - rows[0].top()) / count, *(row.height() for row in rows), 1.0)
    while True:
        columns: list[QRectF] = []
        for row in rows:
            if columns and row.bottom() - columns[-1].top() <= height:
                columns[-1] = columns[-1].united(row)
            else:
                columns.append(QRectF(row))
        if len(columns) <= count:
            return columns
        height *= 1.04


def _width(columns: list[QRectF]) -> float:
    return sum(column.width() for column in columns) + BETWEEN * (len(columns) - 1)


def _rows(scene: CanvasScene) -> list[QRectF]:
    """Stretches of the drawing with blocks in them, from the top; no cut may go through one."""
    rows: list[QRectF] = []
    for box in sorted((item.box() for item in scene.blocks.values()), key=QRectF.top):
        if rows and box.top() <= rows[-1].bottom():
            rows[-1] = rows[-1].united(box)
        else:
            rows.append(QRectF(box))
    return rows


def _fade(painter: QPainter, size: QSizeF) -> None:
    ground = QColor(ink().ground)
    clear = QColor(ground)
    clear.setAlpha(0)
    top = size.height() * (1 - FADE)
    shade = QLinearGradient(0, top, 0, size.height())
    shade.setColorAt(0.0, clear)
    shade.setColorAt(1.0, ground)
    painter.fillRect(QRectF(0, top, size.width(), size.height() - top), shade)


def _facts(document: Document) -> dict[str, str]:
    analysis = document.analysis
    data = document.recipe.data
    return {
        "name": document.network.name,
        "blocks": str(len(document.network.blocks)),
        "parameters": str(analysis.total_parameters),
        "partial": "yes" if analysis.partial else "",
        "data": data.kind if data else "",
    }
