"""A short table of totals: names left, numbers right."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui import theme
from gui.panels.rows import label

Row = tuple[str, str, str]  # what, value, arithmetic (may be empty)


class Shapes(QWidget):
    """Names left, numbers right in the monospaced face, the arithmetic under each in grey; selectable."""

    def __init__(self):
        super().__init__()
        self.heading = label(self.tr("Shapes"), "heading")
        self.table = QLabel()
        self.table.setTextFormat(Qt.TextFormat.RichText)
        self.table.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.table.setWordWrap(True)
        self.table.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.SPACE)
        box.addWidget(self.heading)
        box.addWidget(self.table)
        self.rows: list[Row] = []

    def show_rows(self, rows: list[Row]) -> None:
        self.rows = rows
        self.table.setText(_html(rows))


def _html(rows: list[Row]) -> str:
    look, mono = theme.current(), theme.mono_font().family()
    size = f"font-size:{theme.SIZES['small']}px"
    face = f"font-family:'{escape(mono)}',monospace; {size}"
    quiet = look.text[1].name()
    parts = ["<table width='100%' cellspacing='0' cellpadding='2'>"]
    for what, value, arithmetic in rows:
        parts.append(
            f"<tr><td style='color:{quiet}; {size}; vertical-align:middle'>{escape(what)}</td>"
            f"<td align='right' style=\"{face}\">{escape(value)}</td></tr>"
        )
        if arithmetic:
            parts.append(
                f"<tr><td colspan='2' style=\"{face}; color:{quiet}; padding-left:12px; padding-bottom:4px\">"
                f"{escape(arithmetic)}</td></tr>"
            )
    return "".join([*parts, "</table>"])
