"""Every source of data there is: how the interface names it, what it asks for, and the two functions that read it.

A new kind of data is one entry here, one module beside, and one word in graph/data_source.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from backend.data import (
    digits,
    drawings,
    huggingface,
    idx,
    image_boxes,
    image_folder,
    image_pairs,
    made_sequences,
    noise,
    npz,
    sequences,
    story,
    table,
    tables,
    text,
    toy,
)
from backend.data.dataset import Dataset
from backend.data.options import Option
from graph.data_source import Field

Offered = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class SourceKind:
    """One kind of source; `describe` and `load` take complete options and the path."""

    kind: str
    title: str
    sentence: str
    options: tuple[Option, ...]
    describe: Callable[[dict[str, Any], Path | None], tuple[Field, ...]]
    load: Callable[[dict[str, Any], Path | None], Dataset]
    path: Literal["none", "file", "folder", "file or folder"] = "none"
    patterns: tuple[str, ...] = ()  # for a file dialog
    offers: Callable[[dict[str, Any], Path], Offered] | None = None  # names, by the option that takes them

    @property
    def needs_path(self) -> bool:
        return self.path != "none"

    @property
    def defaults(self) -> Mapping[str, int | float | bool | str | None]:
        """Every option at its default, as a DataSource may carry them."""
        return {option.name: option.default for option in self.options}


def _table(kind: str, title: str, sentence: str) -> SourceKind:
    return SourceKind(kind, title, sentence, tables.OPTIONS, partial(tables.describe, kind), partial(tables.load, kind))


def _toy(kind: str, title: str, sentence: str) -> SourceKind:
    return SourceKind(kind, title, sentence, toy.OPTIONS[kind], partial(toy.describe, kind), partial(toy.load, kind))


CATALOG: tuple[SourceKind, ...] = (
    SourceKind(
        "digits",
        "Handwritten digits",
        "1,797 real pictures of the digits 0 to 9, 8 x 8 pixels or resized.",
        digits.OPTIONS,
        digits.describe,
        digits.load,
    ),
    _table("iris", "Iris flowers", "Tell three species apart by four measures of 150 flowers."),
    _table("wine", "Wine", "Tell three growers apart by 13 measures of 178 wines."),
    _table("breast_cancer", "Breast cancer", "Tell malignant from benign by 30 measures of 569 tumours."),
    _table("diabetes", "Diabetes", "Predict how far the illness advances in a year, from 10 measures of 442 people."),
    _toy("moons", "Two moons", "Two half circles that reach into each other."),
    _toy("circles", "Two circles", "One circle within another."),
    _toy("spirals", "Spirals", "Arms wound around each other: hard for a small network."),
    _toy("xor", "XOR", "Four squares, opposite ones alike: what a single layer cannot learn."),
    _toy("gaussian_ring", "Ring of Gaussians", "Heaps of points on a ring: for generators, which like to miss some."),
    SourceKind(
        "shapes",
        "Circles and squares",
        "Drawn shapes to be found pixel by pixel: segmentation in its smallest form.",
        drawings.OPTIONS,
        drawings.describe,
        drawings.load,
    ),
    SourceKind(
        "sine",
        "Sine",
        "One number from another: a curve to be fitted.",
        made_sequences.SINE_OPTIONS,
        made_sequences.describe_sine,
        made_sequences.load_sine,
    ),
    SourceKind(
        "sequence_recall",
        "First symbol",
        "Remember the first symbol to the end of a sequence: what plain recurrent networks forget.",
        made_sequences.RECALL_OPTIONS,
        made_sequences.describe_recall,
        made_sequences.load_recall,
    ),
    SourceKind(
        "alice",
        "Alice in Wonderland",
        "The first page of a story, to be told on character by character.",
        story.OPTIONS,
        story.describe,
        story.load,
    ),
    SourceKind(
        "noise",
        "Noise",
        "Standard normal numbers, drawn anew for every batch: what a generator begins with.",
        noise.OPTIONS,
        noise.describe,
        noise.load,
    ),
    SourceKind(
        "table",
        "Table (CSV, Parquet)",
        "Your own table: columns of numbers and categories, one of them to be predicted.",
        table.OPTIONS,
        table.describe,
        table.load,
        "file",
        ("*.csv", "*.tsv", "*.txt", "*.parquet"),
        table.offers,
    ),
    SourceKind(
        "text",
        "Text",
        "Your own text: a file for a language model, or a folder with one sub-folder for each class.",
        text.OPTIONS,
        text.describe,
        text.load,
        "file or folder",
        ("*.txt", "*.text", "*.md"),
    ),
    SourceKind(
        "npz",
        "NPZ file",
        "Your own arrays, as numpy.savez writes them: each becomes a field.",
        npz.OPTIONS,
        npz.describe,
        npz.load,
        "file",
        ("*.npz",),
        npz.offers,
    ),
    SourceKind(
        "idx",
        "IDX files (MNIST)",
        "MNIST, Fashion-MNIST and their kin: an images file and a labels file, gzipped or not.",
        idx.OPTIONS,
        idx.describe,
        idx.load,
        "file or folder",
        ("*idx3-ubyte", "*idx3-ubyte.gz", "*idx4-ubyte", "*idx4-ubyte.gz"),
    ),
    SourceKind(
        "image_folder",
        "Image folder",
        "Your own pictures, in one sub-folder for each class.",
        image_folder.OPTIONS,
        image_folder.describe,
        image_folder.load,
        "folder",
    ),
    SourceKind(
        "image_pairs",
        "Pictures and masks",
        "For every picture a mask of the same name, or another picture: segmentation, or drawing.",
        image_pairs.OPTIONS,
        image_pairs.describe,
        image_pairs.load,
        "folder",
    ),
    SourceKind(
        "image_boxes",
        "Pictures with boxes (CSV)",
        "A table of image, x, y, w, h, label beside your pictures: where what is on them.",
        image_boxes.OPTIONS,
        image_boxes.describe,
        image_boxes.load,
        "file",
        ("*.csv", "*.tsv"),
    ),
    SourceKind(
        "sequences",
        "Sequences (NPZ)",
        "Arrays padded to one length, and the length of every sequence.",
        sequences.OPTIONS,
        sequences.describe,
        sequences.load,
        "file",
        ("*.npz",),
        sequences.offers,
    ),
    SourceKind(
        "huggingface",
        "Hugging Face data set",
        "A data set that save_to_disk of Hugging Face's datasets wrote, or its Arrow or Parquet files.",
        huggingface.OPTIONS,
        huggingface.describe,
        huggingface.load,
        "file or folder",
        ("*.arrow", "*.parquet"),
        huggingface.offers,
    ),
)
CATALOG = tuple(
    entry if entry.kind == "noise" else replace(entry, options=(*entry.options, noise.BESIDE)) for entry in CATALOG
)
BY_KIND = {entry.kind: entry for entry in CATALOG}


def catalog() -> tuple[SourceKind, ...]:
    """All kinds of sources in the order the interface shows them."""
    return CATALOG
