"""Where things are on a block: its size, its ports, what a point hits.

A block's origin is the middle of its top edge; flow runs down, so inputs stand on the top edge, outputs on the
bottom edge. Measures text, paints nothing, knows no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil

from PySide6.QtCore import QPointF, QRectF

from graph.layout import port_share
from gui.canvas.face import Face, PortFace
from gui.canvas.ink import ink

GRID = 4.0
MIN_WIDTH, MAX_WIDTH, WIDTH_STEP = 184.0, 280.0, 32.0
HEIGHT = 76.0
FOLDED = 40.0  # of a block folded to its title
FOOTER = 22.0
STRIPE = 4.0
PAD = 12.0
TEXT_LEFT = 48.0  # where the name begins: after stripe and icon
PORT_RADIUS = 4.5
MANY_SPREAD = 14.0  # between wires that land on one port
REACH = 14.0  # how near to a port counts as on it
MARGIN = 26.0  # what a block paints around its box: labels, badge, shadow


@dataclass(frozen=True, slots=True)
class PortRef:
    """One port of one block; `output` says on which side."""

    block: str
    name: str
    output: bool


@dataclass(frozen=True, slots=True)
class Size:
    """A block's measured box."""

    width: float
    height: float

    @property
    def box(self) -> QRectF:
        return QRectF(-self.width / 2, 0.0, self.width, self.height)


def size_of(face: Face) -> Size:
    """The box that holds a face; widths come in few steps so that a column looks calm."""
    pen = ink()
    needed = max(
        TEXT_LEFT + PAD + _wide("name", face.name, pen.theme.name),
        TEXT_LEFT + PAD + _wide("detail", subtitle(face), pen.theme.name),
        2 * PAD + 18 + _wide("number", face.shape + face.parameters, pen.theme.name),
        *(_port_row(ports, pen.theme.name) for ports in (face.inputs, face.outputs)),
    )
    if face.folded:
        needed = TEXT_LEFT + PAD + _wide("name", face.name, pen.theme.name)
    steps = max(0, ceil((min(needed, MAX_WIDTH) - MIN_WIDTH) / WIDTH_STEP))
    return Size(
        max(MIN_WIDTH + steps * WIDTH_STEP, _port_row(face.outputs, pen.theme.name)), FOLDED if face.folded else HEIGHT
    )


def subtitle(face: Face) -> str:
    """The second line: type and what differs from the defaults."""
    return f"{face.type}  {face.detail}" if face.detail else face.type


def port_point(face: Face, size: Size, name: str, output: bool) -> QPointF:
    """Where a port stands, from the block's origin; an unknown name stands in the middle."""
    ports = face.outputs if output else face.inputs
    y = size.height if output else 0.0
    index = next((i for i, port in enumerate(ports) if port.name == name), None)
    if index is None:
        return QPointF(0.0, y)
    return QPointF(port_offset(index, len(ports), size.width), y)


def port_offset(index: int, count: int, width: float) -> float:
    return width * port_share(index, count)


def port_names(face: Face, size: Size) -> list[tuple[PortFace, bool, QPointF]]:
    """Every port with its side and place."""
    found = []
    for output, ports in ((False, face.inputs), (True, face.outputs)):
        y = size.height if output else 0.0
        found += [(p, output, QPointF(port_offset(i, len(ports), size.width), y)) for i, p in enumerate(ports)]
    return found


def _port_row(ports: tuple[PortFace, ...], theme: str) -> float:
    if len(ports) < 2:
        return 0.0
    widest = max(_wide("port", port.name, theme) for port in ports)
    return len(ports) * (widest + 22.0) / 0.86


@lru_cache(maxsize=8192)
def _wide(which: str, text: str, theme: str) -> float:
    return getattr(ink(), f"{which}_metrics").horizontalAdvance(text)
