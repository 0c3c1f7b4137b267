"""Pens, brushes, fonts and icon outlines of the canvas, made once for each theme.

Painting takes them from here so that no paint call builds colours or measures fonts. Knows no network.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainterPath, QPen, QTransform

from gui import theme as themes
from gui.theme import Theme, mixed

ICON = 14.0  # side of a family icon on a block


class Ink:
    """Everything one theme paints the canvas with."""

    def __init__(self, theme: Theme):
        self.theme = theme
        dark = theme.dark
        self.ground = theme.paper
        self.body = theme.surface[1] if dark else QColor("#FFFFFF")
        self.body_hovered = mixed(theme.text[0], self.body, 0.045 if dark else 0.025)
        self.footer = mixed(theme.text[0], self.body, 0.03 if dark else 0.035)
        self.text, self.secondary, self.faint = theme.text
        self.outline = QPen(mixed(theme.text[2], self.body, 0.34 if dark else 0.40), 1.0)
        self.outline_hovered = QPen(mixed(theme.text[2], self.body, 0.75), 1.0)
        self.hairline = QPen(mixed(theme.text[2], self.body, 0.20 if dark else 0.24), 1.0)
        self.selected = QPen(theme.accent, 2.0)
        self.halo = QPen(_faded(theme.accent, 0.22 if dark else 0.18), 7.0)
        self.shadow = [QColor(0, 0, 0, alpha) for alpha in ((34, 26, 18) if dark else (12, 9, 6))]
        self.dot = mixed(theme.text[2], theme.surface[0], 0.30 if dark else 0.34)
        self.wire_colour = mixed(theme.text[2], theme.surface[0], 0.72 if dark else 0.66)
        self.wire = _wire_pen(self.wire_colour, 1.75)
        self.wire_lit = _wire_pen(theme.accent, 2.25)
        self.wire_faint = _wire_pen(mixed(self.wire_colour, self.ground, 0.45), 1.75)
        self.wire_wrong = _wire_pen(theme.severity["error"], 2.0)
        self.pill = mixed(theme.text[0], theme.surface[0], 0.045 if dark else 0.03)
        self.pill_line = QPen(mixed(theme.text[2], theme.surface[0], 0.30), 1.0)
        self.port_line = QPen(self.wire_colour, 1.5)
        self.no_pen = QPen(Qt.PenStyle.NoPen)
        self.severity = theme.severity
        self.severity_pen = {name: QPen(colour, 1.75) for name, colour in theme.severity.items()}
        self.on_severity = QColor("#14161B") if dark else QColor("#FFFFFF")
        self._family: dict[str, tuple[QColor, QColor, QBrush]] = {}
        self.name_font = _weighted(themes.ui_font("normal"), QFont.Weight.DemiBold)
        self.detail_font = themes.ui_font("small")
        self.number_font = themes.mono_font("small")
        self.port_font = _sized(themes.ui_font("small"), 10)
        self.pill_font = _sized(themes.mono_font("small"), 10)
        self.far_font = _sized(_weighted(themes.ui_font("large"), QFont.Weight.DemiBold), 24)
        self.name_metrics, self.detail_metrics, self.number_metrics, self.port_metrics, self.pill_metrics = (
            QFontMetricsF(f)
            for f in (self.name_font, self.detail_font, self.number_font, self.port_font, self.pill_font)
        )
        self.near_font = _sized(self.far_font, 17)
        self.far_number_font = _sized(themes.mono_font("small"), 15)
        self.far_metrics, self.near_metrics, self.far_number_metrics = (
            QFontMetricsF(f) for f in (self.far_font, self.near_font, self.far_number_font)
        )

    def family(self, name: str) -> tuple[QColor, QColor, QBrush]:
        """A family's colour, the tint behind its icon, and the colour as a brush."""
        found = self._family.get(name)
        if found is None:
            colour = self.theme.family.get(name, self.secondary)
            found = self._family[name] = (colour, mixed(colour, self.body, 0.17), QBrush(colour))
        return found


def ink() -> Ink:
    """The ink of the theme that is on."""
    return _ink(themes.current().name)


@lru_cache(maxsize=4)
def _ink(name: str) -> Ink:
    return Ink(themes.current())


@lru_cache(maxsize=256)
def icon_path(family: str) -> QPainterPath:
    """A family's glyph as an outline of ICON x ICON around (0, 0): sharp at every zoom and in SVG."""
    import qtawesome  # 0.2 s: only when the first block is painted

    glyph = themes.ICONS.get(family, themes.ICONS["block"])
    path = QPainterPath()
    path.addText(0, 0, qtawesome.font("mdi6", 96), qtawesome.charmap(f"mdi6.{glyph}"))
    box = path.boundingRect()
    scale = ICON / max(box.width(), box.height(), 1.0)
    centre = box.center()
    return QTransform().scale(scale, scale).translate(-centre.x(), -centre.y()).map(path)


@lru_cache(maxsize=4096)
def elided(text: str, width: int, which: str, theme: str) -> str:
    """Text cut to a width in one of the ink's fonts ("name", "detail", "number", "far")."""
    metrics: QFontMetricsF = getattr(_ink(theme), f"{which}_metrics")
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


def rounded(rect: QRectF, radius: float) -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(rect, radius, radius)
    return path


def _wire_pen(colour: QColor, width: float) -> QPen:
    return QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


def _faded(colour: QColor, alpha: float) -> QColor:
    faded = QColor(colour)
    faded.setAlphaF(alpha)
    return faded


def _weighted(font: QFont, weight: QFont.Weight) -> QFont:
    font = QFont(font)
    font.setWeight(weight)
    return font


def _sized(font: QFont, pixels: int) -> QFont:
    font = QFont(font)
    font.setPixelSize(pixels)
    return font
