"""Boxes of one sample: their outlines drawn into its picture, and told in words with the names of what they hold."""

from __future__ import annotations

import numpy as np

from backend.data.dataset import Dataset
from graph.data_source import Field
from gui import theme
from gui.language import tr

BOXES = ("boxes", "boxes in pixels")
MOST = 40  # told in words


def boxes_of(dataset: Dataset, row: int) -> np.ndarray | None:
    """The boxes (k, 4) of a sample, x y w h in shares of the picture; None where the data have no boxes."""
    field = next((field for field in dataset.fields if field.role in BOXES), None)
    if field is None:
        return None
    boxes = dataset.arrays[field.name][row][: count_of(dataset, row, field.shape[0])].astype(np.float64)
    if field.role == BOXES[0]:
        return boxes
    height, width = next(field.shape[1:] for field in dataset.fields if len(field.shape) == 3)
    return boxes / (width, height, width, height)


def count_of(dataset: Dataset, row: int, most: int) -> int:
    """How many of the places for boxes are taken."""
    field = next((field for field in dataset.fields if field.role == "count of boxes"), None)
    return min(int(dataset.arrays[field.name][row]), most) if field else most


def drawn(picture: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """The picture (C, H, W) in colour, with the boxes' outlines one pixel wide."""
    found = np.array(np.broadcast_to(picture, (3, *picture.shape[1:])) if picture.shape[0] == 1 else picture)
    height, width = found.shape[1:]
    colour = np.array(theme.current().series[1].getRgbF()[:3], found.dtype)[:, None]
    for x, y, w, h in boxes:
        left, right = (int(np.clip(round(share * width), 0, width - 1)) for share in (x, x + w))
        top, bottom = (int(np.clip(round(share * height), 0, height - 1)) for share in (y, y + h))
        found[:, [top, bottom], left : right + 1] = colour[:, :, None]
        found[:, top : bottom + 1, [left, right]] = colour[:, :, None]
    return found


def told(dataset: Dataset, field: Field, row: int) -> str:
    """A line a box, or a line a label of one."""
    value = dataset.arrays[field.name][row]
    count = count_of(dataset, row, len(value))
    if field.role in BOXES:
        lines = [tr("x {0:.3g}, y {1:.3g}, w {2:.3g}, h {3:.3g}").format(*map(float, box)) for box in value[:count]]
    else:
        names = field.classes or ()
        lines = [names[label] if 0 <= label < len(names) else str(label) for label in value[:count].tolist()]
    more = len(lines) - MOST
    return "\n".join(lines if more <= 0 else [*lines[:MOST], tr("and {0} more").format(f"{more:,}")]) or tr("none")
