"""Where a network's samples come from, and what their fields are: names, shapes, dtypes, classes.

Values only: what reads files stands in the backend.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Rule

from graph.frozen import Frozen, OptionValue, Word

Dtype = Literal["float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "bool"]
DataKind = Literal[
    "digits",
    "iris",
    "wine",
    "breast_cancer",
    "diabetes",
    "moons",
    "circles",
    "spirals",
    "xor",
    "gaussian_ring",
    "shapes",
    "sine",
    "sequence_recall",
    "alice",
    "noise",
    "table",
    "text",
    "npz",
    "idx",
    "image_folder",
    "image_pairs",
    "image_boxes",
    "sequences",
    "huggingface",
]
BoxRole = Literal["boxes", "boxes in pixels", "labels of boxes", "count of boxes"]
NO_LABEL = -100  # of a place without a box: what the losses of torch leave out
DATA_KINDS: tuple[str, ...] = DataKind.__args__
FILE_KINDS = (
    *("table", "text", "npz", "idx", "image_folder", "image_pairs", "image_boxes", "sequences"),
    "huggingface",
)


class Field(Frozen):
    """One field of a data set: its shape without the batch, dtype, and class names where it is a label.

    `role` says what it tells of boxes (x y w h) in the pictures beside it: what moves a picture moves them too.
    """

    name: Word
    shape: Annotated[tuple[Annotated[int, Rule(ge=1, le=2**31 - 1)], ...], Rule(max_length=8, strict=False)] = ()
    dtype: Dtype = "float32"
    classes: Annotated[tuple[Word, ...], Rule(max_length=100_000, strict=False)] | None = None
    role: BoxRole | None = None


class DataSource(Frozen):
    """Where samples come from; `path` is relative to the project's folder unless the user chose another place."""

    kind: DataKind
    path: Annotated[str, Rule(max_length=4000)] | None = None
    options: dict[Annotated[str, Rule(max_length=100)], OptionValue] = Rule(default_factory=dict)
    fields: Annotated[tuple[Field, ...], Rule(max_length=1000, strict=False)] = ()

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)
