"""Parquet as a table's columns: numbers, yes and no, text, and dates as days since 1970; read in bounded batches.

What no column of a table can hold (lists, pictures) is only refused where it is asked for. Needs pyarrow.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from backend.data.arrow_batches import batches, look
from backend.data.arrow_columns import Texts, holds, plain, shown
from backend.data.cells import Cells, CodedCells, NumberCells
from backend.data.errors import DataError
from backend.data.table_columns import Columns, check_cells, check_names

DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
WORDS = ("False", "True")  # as CSV has them


def read_parquet(place: str, path: Path) -> Columns:
    """The columns of a Parquet file; raises DataError."""
    file = look(path, place)
    names = check_names(place, list(file.schema.names))
    check_cells(place, file.rows * max(len(names), 1))
    if not names or not file.rows:
        raise DataError(place, "holds no rows; one sample a row is wanted")
    unusable = {name: told for name in names if (told := _refusal(file.schema.field(name).type))}
    gathered = {
        name: Texts(f'{place}, column "{name}"') if _is_text(file.schema.field(name).type) else _Values()
        for name in names
        if name not in unusable
    }
    rows = 0
    for batch in batches(file, list(gathered)) if gathered else ():
        rows += batch.num_rows
        for name, column in gathered.items():
            column.add(batch.column(name))
    if gathered and rows != file.rows:
        raise DataError(place, f"declares {file.rows:,} rows, but has {rows:,}; write it again")
    nothing = CodedCells((), np.full(file.rows, -1, np.int8))
    cells = {name: _cells(gathered[name]) if name in gathered else nothing for name in names}
    return Columns(place, cells, range(file.rows), unusable=unusable)


@dataclass(slots=True)
class _Values:
    """Numbers, yes and no, or days of one column as far as they have come."""

    parts: list[np.ndarray] = field(default_factory=list)
    absent: list[np.ndarray] = field(default_factory=list)

    def add(self, values: Any) -> None:
        values = getattr(values, "storage", values)
        values = values.dictionary_decode() if hasattr(values, "dictionary") else values
        self.absent.append(np.asarray(values.is_null()))
        self.parts.append(_numbers(values))


def _cells(gathered: _Values | Texts) -> Cells:
    if isinstance(gathered, Texts):
        words = tuple(word.strip() for word in gathered.words)
        return CodedCells(words, gathered.codes())
    values, absent = np.concatenate(gathered.parts), np.concatenate(gathered.absent)
    if values.dtype == bool:
        return CodedCells(WORDS, np.where(absent, -1, values).astype(np.int8))
    return NumberCells(values, absent)


def _numbers(values: Any) -> np.ndarray:
    """The values as numpy has them, 0 where there is none; dates as days since 1970."""
    kind = values.type
    if _is(kind, "is_null"):
        return np.zeros(len(values), np.float32)
    days = 1.0
    if _is(kind, "is_date32"):
        values = values.cast("int32")
    elif _is(kind, "is_date64") or _is(kind, "is_timestamp"):
        days = DAY[getattr(kind, "unit", "ms")]
        values = values.cast("int64")
    elif _is(kind, "is_decimal"):
        values = values.cast("float64")
    found = values.fill_null(False if _is(kind, "is_boolean") else 0).to_numpy(zero_copy_only=False)
    return found if days == 1 else found / days


def _refusal(kind: Any) -> str | None:
    """Why a column of this type cannot be one of a table; None where it can."""
    kind = plain(kind)
    dates = any(_is(kind, question) for question in ("is_date", "is_timestamp", "is_null"))
    flat = not any(_is(kind, question) for question in ("is_list", "is_large_list", "is_fixed_size_list"))
    if dates or (flat and holds(kind, {}) in ("numbers", "text")):
        return None
    return f"holds {shown(kind)}, but numbers, text, dates or yes and no are wanted"


def _is_text(kind: Any) -> bool:
    return holds(kind, {}) == "text"


def _is(kind: Any, question: str) -> bool:
    return getattr(importlib.import_module("pyarrow.types"), question)(kind)
