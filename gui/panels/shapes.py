"""The `Shapes` section of the inspector: what goes in and out of a block, what it costs, and the arithmetic behind."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from graph import Document
from graph.quantities import prefixed, thousands
from gui import theme
from gui.panels.rows import label

COUNTS = ("parameters", "multiply-adds")
Row = tuple[str, str, str]  # what, value, arithmetic (may be empty)


class Shapes(QWidget):
    """Names left, numbers right in the monospaced face, the arithmetic under each in grey; selectable."""

    def __init__(self):
        super().__init__()
        self.heading = label("Shapes", "heading")
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

    def show_block(self, document: Document, id: str) -> None:
        self.show_rows(block_rows(document, id))


def block_rows(document: Document, id: str) -> list[Row]:
    """Inputs, outputs, counts, and then the block type's own explanation."""
    analysis = document.analysis
    inferred = analysis.inferred(id)
    rows: list[Row] = []
    for port, found in analysis.inputs(id).items():
        for number, tensor in enumerate(found if isinstance(found, tuple) else (found,), start=1):
            several = isinstance(found, tuple) and len(found) > 1
            rows.append((f"{port} {number}" if several else port, _type_text(tensor), ""))
    if inferred is None:
        return [*rows, ("output", "not known yet", "")]
    explained = [(what, *_split(text)) for what, text in analysis.explain(id)]
    told = {what: arithmetic for what, value, arithmetic in explained}
    rows += [(port, _type_text(tensor), _remark(told.get(port, ""))) for port, tensor in inferred.outputs.items()]
    rows += [row for row in explained if row[0] not in (*inferred.outputs, *COUNTS)]
    if inferred.parameters or "parameters" in told:
        rows.append(("parameters", thousands(inferred.parameters), told.get("parameters", "")))
    if inferred.buffers:
        rows.append(("buffers", thousands(inferred.buffers), ""))
    if inferred.macs != 0:
        rows.append(("multiply-adds", _macs_text(inferred.macs), told.get("multiply-adds", "")))
    return rows


def _remark(text: str) -> str:
    """What is said of an output beside its type, which stands there already: `N x 6, as the input`."""
    return "" if "->" in text else text.partition(", ")[2] or text


def _type_text(tensor) -> str:
    return str(tensor) if tensor.dtype == "float32" else f"{tensor} {tensor.dtype}"


def _macs_text(macs) -> str:
    return f"{thousands(macs)} ({prefixed(macs)})" if isinstance(macs, int) and macs >= 1e6 else thousands(macs)


def _split(text: str) -> tuple[str, str]:
    """`floor((32 + 2*0 - 5)/1) + 1 = 28` stands as 28 with the arithmetic under it."""
    arithmetic, equals, value = text.rpartition(" = ")
    return (value, arithmetic) if equals else ("", text)


def _html(rows: list[Row]) -> str:
    look, mono = theme.current(), theme.mono_font().family()
    face = f"font-family:'{escape(mono)}',monospace; font-size:{theme.SIZES['small'] + 1}px"
    quiet = look.text[1].name()
    parts = ["<table width='100%' cellspacing='0' cellpadding='2'>"]
    for what, value, arithmetic in rows:
        parts.append(
            f"<tr><td style='color:{quiet}'>{escape(what)}</td>"
            f"<td align='right' style=\"{face}\">{escape(value)}</td></tr>"
        )
        if arithmetic:
            parts.append(
                f"<tr><td colspan='2' style=\"{face}; color:{quiet}; padding-left:12px; padding-bottom:4px\">"
                f"{escape(arithmetic)}</td></tr>"
            )
    return "".join([*parts, "</table>"])
