"""One sample of a data set, every field as what it is: a picture, a point, a class, a text, a row of numbers."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QScrollArea, QWidget

from backend.data.vocabulary import text_of
from graph.data_source import Field
from gui import theme
from gui.data import boxes
from gui.data.reading import Looked
from gui.language import tr
from gui.panels.rows import clear, label
from gui.training.sample_view import SampleView

MOST_NUMBERS = 12  # of a row told in figures
MOST_TOKENS = 400
MOST_NAMED = 40  # lines of numbers that have names
SIDE = 150  # of a picture


class SamplePage(QScrollArea):
    """Fields below one another; pictures as they are, the rest in words."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        self._grid = QGridLayout(page)
        self._grid.setContentsMargins(0, 0, theme.GAP, 0)
        self._grid.setSpacing(theme.GAP)
        self._grid.setColumnStretch(1, 1)
        self.setWidget(page)
        self.shown: dict[str, QWidget] = {}

    def show_sample(self, looked: Looked, row: int) -> None:
        """Show a row of the whole data set."""
        clear(self._grid)
        self.shown = {}
        for place, field in enumerate(looked.dataset.fields):
            name = label(field.name, "small")
            name.setToolTip(f"{' x '.join(map(str, field.shape)) or 1} {field.dtype}")
            self._grid.addWidget(name, place, 0, Qt.AlignmentFlag.AlignTop)
            part = self.shown[field.name] = _part(field, looked, row)
            self._grid.addWidget(part, place, 1)
        self._grid.setRowStretch(len(looked.dataset.fields), 1)


def _part(field: Field, looked: Looked, row: int) -> QWidget:
    """What shows one field of one sample."""
    value = looked.dataset.arrays[field.name][row]
    if names := looked.dataset.columns.get(field.name):
        return label("\n".join(named(names, value)), wrap=True)
    if field.role in (*boxes.BOXES, "labels of boxes") and field.shape:
        return label(boxes.told(looked.dataset, field, row), wrap=True)
    if field.classes and not field.shape:
        return label(field.classes[int(value)], wrap=True)
    if field.classes and len(field.shape) == 1:
        unit = looked.source.options.get("unit", "characters")
        return label(text_of(field.classes, value[:MOST_TOKENS].tolist(), unit), wrap=True)
    if len(field.shape) in (2, 3) or field.shape == (2,):
        view = SampleView()
        view.setFixedHeight(SIDE)
        view.show_sample(_picture(field, value, boxes.boxes_of(looked.dataset, row)))
        return view
    if value.dtype.kind == "b":
        return label(tr("{0} of {1} places").format(f"{int(value.sum()):,}", f"{value.size:,}"))
    return label(numbers(value), wrap=True)


def _picture(field: Field, value: np.ndarray, within: np.ndarray | None) -> np.ndarray:
    """A mask as shades of grey, a picture with the boxes on it; everything else as it is."""
    if within is not None and value.ndim == 3 and value.shape[0] in (1, 3):
        return boxes.drawn(value, within)
    if value.ndim == 2 and field.classes:
        return (value / max(len(field.classes) - 1, 1)).astype(np.float32)[None]
    return value[None].astype(np.float32) if value.ndim == 2 else value


def named(names: tuple[str, ...], value: np.ndarray) -> list[str]:
    """A line a number; of a category spread into columns of 0 and 1 only the one that it is."""
    lines = []
    for name, number in zip(names, value.tolist(), strict=True):
        if " = " not in name or number not in (0, 1):
            lines.append(f"{name} = {number:.4g}")
        elif number:
            lines.append(name)
    more = len(lines) - MOST_NAMED
    return lines if more <= 0 else [*lines[:MOST_NAMED], tr("and {0} more").format(f"{more:,}")]


def numbers(value: np.ndarray) -> str:
    """A few numbers in figures, and how many more there are."""
    flat = value.reshape(-1)
    shown = ", ".join(f"{float(one):.4g}" if flat.dtype.kind == "f" else str(one) for one in flat[:MOST_NUMBERS])
    return f"{shown} ... ({flat.size:,})" if flat.size > MOST_NUMBERS else shown
