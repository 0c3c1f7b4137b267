"""Which rows of a table are for validation, where one of its columns says so."""

from __future__ import annotations

import numpy as np

from backend.data.errors import DataError
from backend.data.options import Option

SPLIT_BY = Option(
    "split_by",
    "text",
    "",
    "The column that says of every row whether it is for train or validation; empty draws by share.",
    empty="by share",
)
VALIDATION = frozenset({"validation", "valid", "val", "dev", "test", "1", "true", "yes"})
TRAIN = frozenset({"train", "training", "0", "false", "no"})


def validation_rows(place: str, name: str, cells: list[str]) -> np.ndarray:
    """The rows whose cell says validation; raises DataError for other words, and where a part would be empty."""
    words = [cell.lower() for cell in cells]
    wrong = next((row for row, word in enumerate(words) if word not in VALIDATION and word not in TRAIN), None)
    if wrong is not None:
        raise DataError(
            f'{place}, column "{name}"',
            f"says {cells[wrong][:50]!r} of a row, but must say train or validation (or 0 or 1) of each",
        )
    rows = np.flatnonzero([word in VALIDATION for word in words])
    if not 0 < len(rows) < len(words):
        part = "train" if len(rows) else "validation"
        raise DataError(f'{place}, column "{name}"', f"says {part} of no row; both parts must have some")
    return rows
