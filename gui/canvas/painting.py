"""How blocks, ports, pills and arrows are painted, at each level of detail.

Plain functions from a face to painter calls; no state, no network, no events.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from graph.aside import BYPASSED
from gui.canvas import geometry
from gui.canvas.face import Face, PortFace
from gui.canvas.geometry import FOOTER, PAD, PORT_RADIUS, STRIPE, TEXT_LEFT, Size
from gui.canvas.ink import Ink, elided, icon_path

FULL, NAMED = 0.45, 0.18  # zoom from which everything, or boxes with names, are drawn; below: flat rectangles
SHAPES = 0.3  # zoom from which boxes with names also carry their shape
PILLS = 0.6  # zoom from which wires carry their shape
RADIUS = 8.0
CHIP = 26.0
ARROW = 8.0
BADGE = 8.0


@dataclass(slots=True)
class Look:
    """What a block's state adds to its face."""

    selected: bool = False
    hovered: bool = False
    dimmed: bool = False
    lit_port: geometry.PortRef | None = None
    own_face: Face | None = None  # what it really shows, while another face is supposed


def paint_block(painter: QPainter, face: Face, size: Size, look: Look, pen: Ink, zoom: float) -> None:
    """One block around its origin."""
    if look.dimmed:
        painter.setOpacity(0.38)
    elif face.aside:
        painter.setOpacity(0.5)
    if zoom < FULL:
        _paint_named(painter, face, size, look, pen, zoom)
        return
    box = size.box
    _paint_body(painter, box, face, look, pen)
    _paint_heading(painter, box, face, pen)
    if not face.folded:
        _paint_footer(painter, box, face, look, pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_outline(face, look, pen))
    painter.drawRoundedRect(box, RADIUS, RADIUS)
    paint_ports(painter, face, size, look, pen, zoom)
    if face.severity in ("error", "warning"):
        _paint_badge(painter, QPointF(box.right() - 3, box.top() + 3), face.severity, pen)
    if face.aside:
        painter.setOpacity(1.0)
        _paint_aside(painter, box, face, pen)


def _paint_body(painter: QPainter, box: QRectF, face: Face, look: Look, pen: Ink) -> None:
    painter.setPen(pen.no_pen)
    for spread, colour in zip((0.5, 1.5, 3.0), pen.shadow, strict=True):
        painter.setBrush(colour)
        painter.drawRoundedRect(box.adjusted(-spread, 1, spread, 1 + spread), RADIUS + spread, RADIUS + spread)
    if look.selected:
        painter.setPen(pen.halo)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(-2, -2, 2, 2), RADIUS + 2, RADIUS + 2)
        painter.setPen(pen.no_pen)
    painter.setBrush(pen.body_hovered if look.hovered else pen.body)
    painter.drawRoundedRect(box, RADIUS, RADIUS)
    painter.setBrush(pen.family(face.family)[2])
    painter.drawPath(_stripe(box.width(), box.height()))


def _outline(face: Face, look: Look, pen: Ink):
    if look.selected:
        return pen.selected
    if face.severity in ("error", "warning"):
        return pen.severity_pen[face.severity]
    return pen.outline_hovered if look.hovered else pen.outline


def _paint_heading(painter: QPainter, box: QRectF, face: Face, pen: Ink) -> None:
    colour, tint, _ = pen.family(face.family)
    chip = QRectF(box.left() + 13, box.top() + (7 if face.folded else 12), CHIP, CHIP)
    painter.setBrush(tint)
    painter.drawRoundedRect(chip, 6, 6)
    painter.translate(chip.center())
    painter.fillPath(icon_path(face.family), colour)
    painter.translate(-chip.center())
    left, room = box.left() + TEXT_LEFT, int(box.width() - TEXT_LEFT - PAD)
    theme = pen.theme.name
    painter.setFont(pen.name_font)
    painter.setPen(pen.text)
    painter.drawText(QPointF(left, box.top() + (24.5 if face.folded else 22)), elided(face.name, room, "name", theme))
    if face.repeat != 1:
        _paint_chip(painter, box, f"x{face.repeat}", pen, pen.text)
    if face.folded:
        return
    painter.setFont(pen.detail_font)
    painter.setPen(pen.secondary)
    painter.drawText(QPointF(left, box.top() + 38), elided(geometry.subtitle(face), room, "detail", theme))


def _paint_footer(painter: QPainter, box: QRectF, face: Face, look: Look, pen: Ink) -> None:
    painter.setPen(pen.no_pen)
    wrong = face.severity == "error"
    band = _footer(box.width(), box.height())
    if wrong:
        tint = QColor(pen.severity["error"])
        tint.setAlphaF(0.16 if pen.theme.dark else 0.10)
        painter.fillPath(band, tint)
    else:
        painter.fillPath(band, pen.footer)
    y = box.bottom() - 7.5
    left, room = box.left() + PAD + STRIPE - 2, int(box.width() - 2 * PAD)
    theme = pen.theme.name
    if wrong:
        painter.setFont(pen.detail_font)
        painter.setPen(pen.severity["error"])
        painter.drawText(QPointF(left, y), elided(face.problem, room, "detail", theme))
        return
    painter.setFont(pen.number_font)
    right = pen.number_metrics.horizontalAdvance(face.parameters)
    own = look.own_face or face
    painter.setPen(pen.secondary if face.shape == own.shape else pen.theme.accent)
    painter.drawText(QPointF(left, y), elided(face.shape, int(room - right - 10), "number", theme))
    plain = pen.text if face.parameters not in ("0", "?") else pen.faint
    painter.setPen(plain if face.parameters == own.parameters else pen.theme.accent)
    painter.drawText(QPointF(box.right() - PAD - right, y), face.parameters)


def paint_ports(painter: QPainter, face: Face, size: Size, look: Look, pen: Ink, zoom: float) -> None:
    """The ports on both edges; names where there are several, or while the block is hovered."""
    for port, output, point in geometry.port_names(face, size):
        lit = look.lit_port is not None and look.lit_port.name == port.name and look.lit_port.output == output
        _paint_port(painter, port, output, point, lit, pen)
        several = len(face.outputs if output else face.inputs) > 1
        if zoom >= PILLS and (several or look.hovered):
            painter.setFont(pen.port_font)
            painter.setPen(pen.severity["error"] if port.wrong else pen.text if lit else pen.faint)
            y = point.y() + (14.0 if output else -6.0)
            painter.drawText(QPointF(point.x() + 8, y), port.name)


def _paint_port(painter: QPainter, port: PortFace, output: bool, point: QPointF, lit: bool, pen: Ink) -> None:
    radius = PORT_RADIUS
    if lit:
        painter.setPen(pen.selected)
        painter.setBrush(pen.theme.accent)
        radius += 1.5
    elif port.wires and not output:
        return  # the heads of the wires stand here
    elif port.wrong:
        painter.setPen(pen.severity_pen["error"])
        painter.setBrush(pen.body)
    elif port.wires:
        painter.setPen(pen.no_pen)
        painter.setBrush(pen.wire_colour)
        radius = 3.0
    else:
        painter.setPen(pen.outline_hovered if port.optional else pen.port_line)
        painter.setBrush(pen.body)
        radius -= 1.25 if port.optional else 0.0
    if port.many and not output:
        half = radius + geometry.MANY_SPREAD / 2
        painter.drawRoundedRect(QRectF(point.x() - half, point.y() - radius, 2 * half, 2 * radius), radius, radius)
    else:
        painter.drawEllipse(point, radius, radius)


def _paint_aside(painter: QPainter, box: QRectF, face: Face, pen: Ink) -> None:
    """The word for it, and for a bypassed block the straight way through it."""
    if face.aside == BYPASSED:
        line = QPen(pen.secondary, 1.6, Qt.PenStyle.DashLine)
        painter.setPen(line)
        painter.drawLine(QPointF(box.center().x(), box.top()), QPointF(box.center().x(), box.bottom()))
    _paint_chip(painter, box, face.aside, pen, pen.secondary)


def _paint_chip(painter: QPainter, box: QRectF, word: str, pen: Ink, colour: QColor) -> None:
    """A word in the upper right corner."""
    painter.setFont(pen.detail_font)
    width = QFontMetricsF(pen.detail_font).horizontalAdvance(word) + 14
    chip = QRectF(box.right() - width - 8, box.top() + 8, width, 18)
    painter.setPen(pen.pill_line)
    painter.setBrush(pen.pill)
    painter.drawRoundedRect(chip, 9, 9)
    painter.setPen(colour)
    painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, word)


def _paint_badge(painter: QPainter, centre: QPointF, severity: str, pen: Ink) -> None:
    painter.setPen(pen.no_pen)
    painter.setBrush(pen.ground)
    painter.drawEllipse(centre, BADGE + 2, BADGE + 2)
    painter.setBrush(pen.severity[severity])
    painter.drawEllipse(centre, BADGE, BADGE)
    painter.setBrush(pen.on_severity)
    painter.drawRoundedRect(QRectF(centre.x() - 1.1, centre.y() - 4.6, 2.2, 5.6), 1.1, 1.1)
    painter.drawEllipse(QPointF(centre.x(), centre.y() + 3.4), 1.35, 1.35)


def _paint_named(painter: QPainter, face: Face, size: Size, look: Look, pen: Ink, zoom: float) -> None:
    """The middle distance: a box, its family, its name large."""
    if face.aside:
        painter.setOpacity(0.4)
    box = size.box
    brush = pen.family(face.family)[2]
    painter.setBrush(pen.body_hovered if look.hovered else pen.body)
    outline = _outline(face, look, pen)
    wide = outline.widthF() > 1.5
    painter.setPen(outline if not wide else _cosmetic(outline))
    painter.drawRoundedRect(box, RADIUS, RADIUS)
    painter.fillRect(QRectF(box.left() + 1, box.top() + 1, 10, box.height() - 2), brush)
    room, theme = int(box.width() - 34), pen.theme.name
    which = "far" if pen.far_metrics.horizontalAdvance(face.name) <= room else "near"
    painter.setFont(pen.far_font if which == "far" else pen.near_font)
    painter.setPen(pen.text)
    y = box.center().y() + (9 if zoom < SHAPES else -3)
    painter.drawText(QPointF(box.left() + 24, y), elided(face.name, room, which, theme))
    if zoom >= SHAPES:
        painter.setFont(pen.far_number_font)
        supposed = look.own_face is not None and look.own_face.shape != face.shape
        painter.setPen(pen.theme.accent if supposed else pen.secondary)
        painter.drawText(QPointF(box.left() + 24, y + 26), elided(face.shape, room, "far_number", theme))


def _cosmetic(pen):
    wider = type(pen)(pen)
    wider.setCosmetic(True)
    return wider


def paint_arrow(painter: QPainter, x: float, y: float, colour: QColor, scale: float = 1.0) -> None:
    """The head of a wire, its tip at the port."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    half, top = 4.5 * scale, y - ARROW * scale
    painter.drawPolygon(QPolygonF((QPointF(x - half, top), QPointF(x + half, top), QPointF(x, y))))


def paint_pill(
    painter: QPainter, centre: QPointF, text: str, pen: Ink, lit: bool = False, supposed: bool = False
) -> None:
    """A wire's shape, on a quiet ground that the wire passes under; one that is only supposed in the accent."""
    box = pill_box(centre, text, pen)
    painter.setPen(pen.theme.accent if supposed else pen.pill_line)
    painter.setBrush(pen.pill)
    painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
    painter.setFont(pen.pill_font)
    painter.setPen(pen.theme.accent if supposed else pen.text if lit else pen.secondary)
    painter.drawText(QPointF(box.left() + 8, centre.y() + 3.6), text)


def pill_box(centre: QPointF, text: str, pen: Ink) -> QRectF:
    width = _pill_width(text, pen.theme.name, pen) + 16
    return QRectF(centre.x() - width / 2, centre.y() - 8, width, 16)


_PILL_WIDTHS: dict[tuple[str, str], float] = {}


def _pill_width(text: str, theme: str, pen: Ink) -> float:
    found = _PILL_WIDTHS.get((text, theme))
    if found is None:
        if len(_PILL_WIDTHS) > 4096:
            _PILL_WIDTHS.clear()
        found = _PILL_WIDTHS[text, theme] = pen.pill_metrics.horizontalAdvance(text)
    return found


@lru_cache(maxsize=256)
def _stripe(width: float, height: float) -> QPainterPath:
    """The family's stripe along the left edge, inside the rounded corners."""
    outer = QPainterPath()
    left, top = -width / 2, 0.0
    outer.addRoundedRect(QRectF(left, top, width, height), RADIUS - 0.5, RADIUS - 0.5)
    band = QPainterPath()
    band.addRect(QRectF(left, top, STRIPE, height))
    return outer.intersected(band)


@lru_cache(maxsize=256)
def _footer(width: float, height: float) -> QPainterPath:
    """The band behind the numbers, inside the rounded corners, right of the stripe."""
    outer = QPainterPath()
    outer.addRoundedRect(QRectF(-width / 2 + 0.5, 0.5, width - 1, height - 1), RADIUS - 0.5, RADIUS - 0.5)
    band = QPainterPath()
    band.addRect(QRectF(-width / 2 + STRIPE + 0.5, height - FOOTER - 2, width - STRIPE - 1, FOOTER + 2))
    return outer.intersected(band)
