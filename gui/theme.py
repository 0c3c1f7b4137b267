"""The look as tokens: colours of the dark and the light theme, fonts, icons, and which theme is on.

Everything painted takes its colours from `current()` and repaints on `appearance.changed`.
It knows nothing of networks: families are only names here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon
from PySide6.QtWidgets import QApplication

SPACE = 4  # the rhythm: every distance is a multiple of it
GAP = 8  # between related things
GROUP = 16  # between groups
ROW = 28  # height of a row, a field, a button

SIZES = {"small": 11, "normal": 13, "large": 17}  # pixels, scaled by Qt on dense screens
MODES = ("system", "dark", "light")


@dataclass(frozen=True, slots=True)
class Theme:
    """One set of colours; the fields are the token names."""

    name: str
    surface: tuple[QColor, QColor, QColor, QColor]  # ground, panels, raised, hover
    text: tuple[QColor, QColor, QColor]  # text, secondary, placeholders; all >= 4.5:1 on surface 0-2
    line: QColor  # hairlines between areas and around fields
    accent: QColor  # selection and focus, nothing else
    on_accent: QColor  # text on a filled accent
    family: dict[str, QColor]
    severity: dict[str, QColor]  # error, warning, hint; and "good"
    series: tuple[QColor, ...]  # training, validation, then four more
    syntax: dict[str, QColor]

    @property
    def dark(self) -> bool:
        return self.surface[0].lightness() < 128

    @property
    def paper(self) -> QColor:
        """What networks are drawn on."""
        return self.surface[0] if self.dark else mixed(self.surface[1], self.surface[0], 0.6)

    @property
    def selection(self) -> QColor:
        """Accent thinned to lie under selected text and rows."""
        return mixed(self.accent, self.surface[1], 0.22 if self.dark else 0.13)


def mixed(over: QColor, under: QColor, share: float) -> QColor:
    """`share` of one opaque colour over another."""
    return QColor(
        round(over.red() * share + under.red() * (1 - share)),
        round(over.green() * share + under.green() * (1 - share)),
        round(over.blue() * share + under.blue() * (1 - share)),
    )


def contrast(one: QColor, other: QColor) -> float:
    """WCAG 2 contrast ratio, 1 to 21."""

    def luminance(colour: QColor) -> float:
        linear = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in (colour.redF(), colour.greenF(), colour.blueF())
        )
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _colours(text: str) -> tuple[QColor, ...]:
    return tuple(QColor(f"#{code}") for code in text.split())


def _named(**codes: str) -> dict[str, QColor]:
    return {name: QColor(f"#{code}") for name, code in codes.items()}


# Families: Okabe-Ito and Tol's "light" on dark grounds, the same hues darkened on light ones.
# Fifteen names share ten colours; those that share one never sit side by side in a usual network.
DARK = Theme(
    name="dark",
    surface=_colours("16181D 1D2026 272B33 343A45"),
    text=_colours("E6E8EC A9B1BE 929BAA"),
    line=QColor("#353B46"),
    accent=QColor("#93A4FF"),
    on_accent=QColor("#12141A"),
    family=_named(
        source="B8BFCA",
        convolution="56B4E9",
        pooling="44BB99",
        linear="E69F00",
        recurrent="CC79A7",
        attention="FFAABB",
        embedding="99DDFF",
        normalization="AAAA00",
        activation="F0E442",
        regularization="8A94A6",
        shaping="BBCC33",
        merging="99DDFF",
        arithmetic="D9B98C",
        generative="FFAABB",
        loss="EE8866",
        metric="EEDD88",
        module="D0A9F5",
    ),
    severity=_named(error="FF7B72", warning="F2B84B", hint="79B8FF", good="5CC98F"),
    series=_colours("55AAFF FFAA44 EE4488 DDFFBB BBAAFF 44CCBB"),
    syntax=_named(
        keyword="C9A5FF", name="7CC4FF", string="A5D99C", number="F4B678", comment="929BAA", builtin="6FD3C4"
    ),
)

LIGHT = Theme(
    name="light",
    surface=_colours("FFFFFF F5F6F8 EBEDF1 DCE0E7"),
    text=_colours("1B1F27 515A67 5F6875"),
    line=QColor("#D3D8E0"),
    accent=QColor("#3D51D6"),
    on_accent=QColor("#FFFFFF"),
    family=_named(
        source="5B6472",
        convolution="0072B2",
        pooling="00806A",
        linear="B36B00",
        recurrent="AA4499",
        attention="CC3366",
        embedding="2E86C1",
        normalization="7D7A00",
        activation="948000",
        regularization="77808E",
        shaping="5E7D00",
        merging="2E86C1",
        arithmetic="8A5A2B",
        generative="CC3366",
        loss="C24A14",
        metric="94701C",
        module="7A4FBF",
    ),
    severity=_named(error="C62828", warning="8F5A00", hint="0B63B5", good="1B7A43"),
    series=_colours("0066CC CC5500 440000 110044 7A3DB8 00756B"),
    syntax=_named(
        keyword="7A2FB5", name="0B5CAD", string="23702F", number="9A4A00", comment="5F6875", builtin="00696B"
    ),
)

# Our names for pictures -> glyphs of Material Design Icons 6.
ICONS = {
    "new": "file-outline",
    "open": "folder-open-outline",
    "save": "content-save-outline",
    "export": "export-variant",
    "picture": "image-outline",
    "undo": "undo",
    "redo": "redo",
    "cut": "content-cut",
    "copy": "content-copy",
    "paste": "content-paste",
    "duplicate": "plus-box-multiple-outline",
    "delete": "delete-outline",
    "search": "magnify",
    "command": "console-line",
    "fit": "fit-to-page-outline",
    "layout": "sitemap-outline",
    "theme": "theme-light-dark",
    "play": "play",
    "pause": "pause",
    "stop": "stop",
    "step": "step-forward",
    "reset": "backup-restore",
    "settings": "cog-outline",
    "error": "alert-circle",
    "warning": "alert",
    "hint": "lightbulb-on-outline",
    "good": "check-circle-outline",
    "fix": "wrench-outline",
    "code": "code-tags",
    "python": "language-python",
    "table": "table-large",
    "chart": "chart-line",
    "data": "database-outline",
    "help": "help-circle-outline",
    "close": "close",
    "right": "chevron-right",
    "left": "chevron-left",
    "random": "shuffle-variant",
    "logarithm": "math-log",
    "down": "chevron-down",
    "up": "chevron-up",
    "filters": "grid",
    "eye": "eye-outline",
    "block": "shape-outline",
    "keyboard": "keyboard-outline",
    "plus": "plus",
    "minus": "minus",
    "refresh": "refresh",
    "source": "tray-arrow-down",
    "convolution": "matrix",
    "pooling": "arrow-collapse-vertical",
    "linear": "vector-line",
    "recurrent": "sync",
    "attention": "target",
    "embedding": "format-list-bulleted",
    "normalization": "chart-bell-curve",
    "activation": "function-variant",
    "regularization": "blur",
    "shaping": "swap-vertical",
    "merging": "merge",
    "arithmetic": "calculator-variant-outline",
    "generative": "creation",
    "loss": "bullseye",
    "metric": "ruler",
    "module": "package-variant-closed",
    "arrange_left": "align-horizontal-left",
    "arrange_centre": "align-horizontal-center",
    "arrange_right": "align-horizontal-right",
    "arrange_top": "align-vertical-top",
    "arrange_middle": "align-vertical-center",
    "arrange_bottom": "align-vertical-bottom",
    "arrange_across": "distribute-horizontal-center",
    "arrange_down": "distribute-vertical-center",
}


class Appearance(QObject):
    """Which theme is on, and the news when another one is."""

    changed = Signal(object)  # the new Theme

    def __init__(self):
        super().__init__()
        self.theme = DARK
        self.mode = "system"
        self.followed = False

    def follow_system(self) -> None:
        if self.mode == "system":
            _put_on(QApplication.instance(), _system_theme())


appearance = Appearance()


def current() -> Theme:
    return appearance.theme


def apply(app: QApplication, mode: str = "system") -> None:
    """Dress the application: "dark", "light", or "system", which then follows the desktop."""
    if mode not in MODES:
        raise ValueError(f"theme mode {mode!r} is unknown; use one of {', '.join(MODES)}")
    appearance.mode = mode
    hints = app.styleHints()
    if not appearance.followed:
        hints.colorSchemeChanged.connect(appearance.follow_system)
        appearance.followed = True
    # Title bars and native dialogs follow the scheme told to Qt.
    schemes = {"dark": Qt.ColorScheme.Dark, "light": Qt.ColorScheme.Light}
    hints.setColorScheme(schemes.get(mode, Qt.ColorScheme.Unknown))
    _put_on(app, {"dark": DARK, "light": LIGHT}.get(mode) or _system_theme())


def _system_theme() -> Theme:
    scheme = QApplication.styleHints().colorScheme()
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK


def _put_on(app: QApplication, theme: Theme) -> None:
    from gui.stylesheet import palette, stylesheet

    appearance.theme = theme
    app.setFont(ui_font())
    app.setPalette(palette(theme))
    app.setStyleSheet(stylesheet(theme))
    appearance.changed.emit(theme)


def _sized(font: QFont, size: str, bold: bool) -> QFont:
    font.setPixelSize(SIZES[size])
    font.setBold(bold)
    font.setFeature(QFont.Tag("tnum"), 1)  # digits of one width, so that columns of numbers align
    return font


def ui_font(size: str = "normal", bold: bool = False) -> QFont:
    """The system's interface face, "small", "normal" or "large"."""
    return _sized(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont), size, bold)


def mono_font(size: str = "normal", bold: bool = False) -> QFont:
    """The monospaced face for code, shapes and numbers."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setStyleHint(QFont.StyleHint.Monospace)
    return _sized(font, size, bold)


def icon(name: str, colour: QColor | str | None = None) -> QIcon:
    """A picture in the theme's secondary text colour, or in a colour of its own."""
    theme = current()
    normal = QColor(colour) if colour is not None else theme.text[1]
    return _drawn(ICONS[name], normal.name(), mixed(theme.text[2], theme.surface[1], 0.5).name())


def family_icon(family: str) -> QIcon:
    """A family's picture in the family's colour."""
    return icon(family if family in ICONS else "block", family_colour(family))


def family_colour(family: str) -> QColor:
    theme = current()
    return theme.family.get(family, theme.text[1])


@lru_cache(maxsize=512)
def _drawn(glyph: str, colour: str, faint: str) -> QIcon:
    import qtawesome  # 0.2 s: only when the first picture is drawn

    return qtawesome.icon(f"mdi6.{glyph}", color=colour, color_disabled=faint)
