"""Pictures with boxes, as a CSV file lists them: image,x,y,w,h,label, one box a row; pictures lie beside the file.

x and y are the upper left corner, in pixels of the file; the field has shares of the picture, or pixels of the resized
one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from backend.data.bad_samples import BAD_SAMPLES, keep_good, settle
from backend.data.columns import read_column
from backend.data.dataset import Dataset, make_field
from backend.data.errors import DataError, DataProblem, shorten
from backend.data.limits import MAX_CLASSES, check_memory, memory_size
from backend.data.options import Option
from backend.data.paths import printable
from backend.data.pictures import GRAYSCALE, SIZE, decode, for_each, values
from backend.data.table_columns import Columns
from backend.data.table_file import SEPARATOR, read_columns
from graph.data_source import NO_LABEL, Field

WANTED = ("image", "x", "y", "w", "h", "label")
OPTIONS = (
    SIZE,
    GRAYSCALE,
    Option(
        "most_boxes",
        "whole number",
        None,
        "Room for boxes on a picture; empty takes what the fullest one needs. Pictures with more are bad samples.",
        low=1,
        high=10_000,
        empty="as needed",
    ),
    Option(
        "units",
        "text",
        "shares",
        "Boxes in shares of the picture, 0 to 1, or in pixels of the resized one.",
        choices=("shares", "pixels"),
    ),
    SEPARATOR,
    BAD_SAMPLES,
)


@dataclass(slots=True)
class Listed:
    """A picture and its boxes, as the file lists them; `fault` says why it cannot be used."""

    name: str
    row: int
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    fault: str | None = None

    @property
    def shown(self) -> str:
        return printable(self.name)[:100]


def describe(options: dict[str, Any], path: Path) -> tuple[Field, ...]:
    """ "image", "boxes" (M, 4), "box_labels" (M,) and "count": how many of the M boxes are there."""
    columns, pictures, classes = _listed(options, path)
    return _fields(columns.place, pictures, classes, options, options["size"] or _first_size(path, pictures))


def load(options: dict[str, Any], path: Path) -> Dataset:
    """Every picture once, in the order of the file; rows without a box (empty cells) are pictures with none."""
    columns, pictures, classes = _listed(options, path)
    place, size = columns.place, options["size"] or _first_size(path, pictures)
    fields = _fields(place, pictures, classes, options, size)
    needed = sum(memory_size(len(pictures), each.shape, each.dtype) for each in fields)
    check_memory(place, needed, 'choose a smaller option "size" or "most_boxes"')
    arrays = {each.name: np.zeros((len(pictures), *each.shape), each.dtype) for each in fields}
    arrays["box_labels"].fill(NO_LABEL)

    def fill(row: int) -> DataProblem | None:
        try:
            _fill(arrays, row, pictures[row], path.parent, fields, options["units"])
        except DataError as fault:
            return DataProblem(place, pictures[row].row, f"{pictures[row].shown}: {fault.text}")
        return None

    outcomes = for_each(len(pictures), fill)
    bad = [outcome for outcome in outcomes if outcome]
    malformed = list(columns.problems)
    settle(place, malformed + bad, len(malformed) + len(bad), len(malformed) + len(pictures), options["bad_samples"])
    arrays, rows = keep_good(arrays, {row for row, outcome in enumerate(outcomes) if outcome})
    if not len(rows):
        raise DataError(place, "has no picture that can be used", shorten(bad))
    return Dataset(place, fields, arrays, shorten(malformed + bad))


def _listed(options: dict[str, Any], path: Path) -> tuple[Columns, list[Listed], tuple[str, ...]]:
    """The file's rows gathered by picture, and the classes of the boxes."""
    columns = read_columns(path, options["separator"], True)
    missing = [name for name in WANTED if name not in columns.cells]
    if missing:
        has = ", ".join(list(columns.cells)[:20])
        raise DataError(
            columns.place, f"has no column {', '.join(missing)}; {', '.join(WANTED)} are wanted, it has {has}"
        )
    labels = read_column("label", columns.cells["label"], True, columns.decimal_comma)
    numbers = [read_column(n, columns.cells[n], False, columns.decimal_comma) for n in ("x", "y", "w", "h")]
    if len(labels.categories) > MAX_CLASSES:
        raise DataError(columns.place, f"has {len(labels.categories):,} classes, more than the {MAX_CLASSES:,} allowed")
    pictures: dict[str, Listed] = {}
    for place, name in enumerate(columns.cells["image"]):
        picture = pictures.setdefault(name, Listed(name, columns.rows[place]))
        cells = [columns.cells[n][place] for n in ("x", "y", "w", "h", "label")]
        if not any(cells):
            continue
        box = tuple(float(each.values[place]) if each.categories is None else np.nan for each in numbers)
        if not all(np.isfinite(box)) or labels.values[place] < 0:
            picture.fault = picture.fault or f"row {columns.rows[place]} is no box: x, y, w, h and a label are wanted"
        picture.boxes.append(box)
        picture.labels.append(int(labels.values[place]))
    return columns, list(pictures.values()), labels.categories


def _fill(
    arrays: dict[str, np.ndarray], row: int, picture: Listed, folder: Path, fields: tuple[Field, ...], units: str
) -> None:
    """One picture and its boxes into their rows; raises DataError."""
    if picture.fault:
        raise DataError(picture.shown, picture.fault)
    shape, room = fields[0].shape, fields[1].shape[0]
    if len(picture.boxes) > room:
        raise DataError(picture.shown, f"has {len(picture.boxes)} boxes, but there is room for {room} (most_boxes)")
    pixels, (width, height) = decode(_beside(folder, picture.name), lambda one: (values(one, shape), one.size))
    arrays["image"][row] = pixels
    count = len(picture.boxes)
    arrays["count"][row] = count
    if not count:
        return
    boxes = np.array(picture.boxes, np.float64)
    x, y, w, h = boxes.T
    outside = (x < 0) | (y < 0) | (w <= 0) | (h <= 0) | (x + w > width + 0.5) | (y + h > height + 0.5)
    if outside.any():
        box = " ".join(f"{value:g}" for value in boxes[outside][0])
        raise DataError(picture.shown, f"the box {box} (x y w h) does not lie within its {width} x {height} pixels")
    scale = np.array([width, height, width, height])
    target = np.array([shape[2], shape[1], shape[2], shape[1]]) if units == "pixels" else 1.0
    arrays["boxes"][row, :count] = np.clip(boxes / scale, 0, 1) * target
    arrays["box_labels"][row, :count] = picture.labels


def _beside(folder: Path, name: str) -> Path:
    """The picture a row names, which must lie in the file's own folder or within; raises DataError."""
    if not name or "\0" in name or len(name) > 1000:
        raise DataError(name[:50], "is no name of a file")
    path = folder / name
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):
        inside = False
    if not inside:
        raise DataError(name, "lies outside the folder of the CSV file")
    return path


def _first_size(path: Path, pictures: list[Listed]) -> tuple[int, int]:
    """Height and width of the first picture that can be read."""
    first = ""
    for picture in pictures:
        try:
            return decode(_beside(path.parent, picture.name), lambda one: (one.height, one.width))
        except DataError as fault:
            first = first or f"; the first: {picture.shown} {fault.text}"
    raise DataError(printable(path.name), f"names no picture that can be read{first}")


def _fields(
    place: str, pictures: list[Listed], classes: tuple[str, ...], options: dict[str, Any], size: tuple[int, int]
) -> tuple[Field, ...]:
    room = options["most_boxes"] or max(1, max(len(picture.boxes) for picture in pictures))
    boxes = "boxes in pixels" if options["units"] == "pixels" else "boxes"
    return (
        make_field(place, "image", (1 if options["grayscale"] else 3, *size), "float32"),
        make_field(place, "boxes", (room, 4), "float32", role=boxes),
        make_field(place, "box_labels", (room,), "int64", classes or None, "labels of boxes"),
        make_field(place, "count", (), "int64", role="count of boxes"),
    )
