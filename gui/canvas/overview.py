"""Overview: the whole network from far away, drawn in a few batched calls instead of item by item."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from gui.canvas.annotation_item import colour_of
from gui.canvas.ink import Ink

if TYPE_CHECKING:
    from gui.canvas.scene import CanvasScene


TILE = 16_384.0  # units; what lies beside the view is not drawn at all


class Tile:
    """What stands in one square, as one path of lines and one path of boxes for every family."""

    def __init__(self) -> None:
        self.area = QRectF()
        self.lines = QPainterPath()
        self.families: dict[str, QPainterPath] = defaultdict(_filled)

    def add_box(self, family: str, box: QRectF) -> None:
        self.area = self.area.united(box)
        self.families[family].addRect(box)

    def add_line(self, points: list[QPointF]) -> None:
        self.lines.moveTo(points[0])
        for point in points[1:]:
            self.lines.lineTo(point)

    def finish(self) -> None:
        """Know the whole area once everything is added."""
        self.area = self.area.united(self.lines.boundingRect()).adjusted(-1, -1, 1, 1)


class Overview:
    """Flat rectangles in family colours and plain lines, gathered once after each change."""

    def __init__(self, scene: CanvasScene):
        self._scene = scene
        self._fresh = False
        self._tiles: list[Tile] = []
        self._marked: dict[str, list[QRectF]] = {}
        self._selected: list[QRectF] = []

    def forget(self) -> None:
        """Something changed: gather again before the next painting."""
        self._fresh = False

    def paint(self, painter: QPainter, pen: Ink, zoom: float, area: QRectF | None = None) -> None:
        """Draw what touches an area, or everything; the painter is in scene coordinates."""
        if not self._fresh:
            self._gather()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        tiles = [tile for tile in self._tiles if area is None or tile.area.intersects(area)]
        for item in self._scene.annotations.values():
            tint = colour_of(item.annotation.colour, pen)
            tint.setAlphaF(0.2)
            painter.fillRect(item.box(), tint)
        painter.setPen(_hair(pen.wire_colour, 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for tile in tiles:
            painter.drawPath(tile.lines)
        painter.setPen(Qt.PenStyle.NoPen)
        for tile in tiles:
            for family, boxes in tile.families.items():
                painter.fillPath(boxes, pen.family(family)[0])
        for severity, boxes in self._marked.items():
            painter.setPen(_hair(pen.severity[severity], 3.0))
            _draw_around(painter, boxes, 3 / zoom, area)
        painter.setPen(_hair(pen.theme.accent, 2.0))
        _draw_around(painter, self._selected, 2 / zoom, area)

    def _gather(self) -> None:
        tiles: dict[tuple[int, int], Tile] = defaultdict(Tile)
        marked = defaultdict(list)
        for item in self._scene.blocks.values():
            box = item.box()
            tiles[_square(box.x(), box.y())].add_box(item.face.family, box)
            if item.face.severity in ("error", "warning"):
                marked[item.face.severity].append(box)
        for item in self._scene.wires.values():
            route = item.route
            points = [QPointF(*route.start)]
            points += [QPointF(*point) for point in route.via]
            if route.lane is not None:
                points += [QPointF(route.lane, route.enter), QPointF(route.lane, route.leave)]
            tiles[_square(*route.start)].add_line([*points, QPointF(*route.end)])
        for tile in tiles.values():
            tile.finish()
        self._tiles, self._marked = list(tiles.values()), dict(marked)
        self._selected = [item.box() for item in self._scene.blocks.values() if item.look.selected]
        self._fresh = True


def _square(x: float, y: float) -> tuple[int, int]:
    return int(x // TILE), int(y // TILE)


def _draw_around(painter: QPainter, boxes: list[QRectF], by: float, area: QRectF | None) -> None:
    """Outlines a little larger than the boxes."""
    seen = boxes if area is None else [box for box in boxes if box.intersects(area)]
    if seen:
        painter.drawRects([box.adjusted(-by, -by, by, by) for box in seen])


def _hair(colour: QColor, width: float) -> QPen:
    """A pen of the same width at every zoom."""
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    return pen


def _filled() -> QPainterPath:
    """A path that stays filled where its boxes overlap."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    return path
