"""A table's file, CSV or Parquet by its first bytes, read as columns of cells; the last ones are remembered.

Knows not what the columns mean.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from backend.data import table_columns
from backend.data.errors import DataError
from backend.data.options import Option
from backend.data.parquet_pages import MAGIC
from backend.data.paths import open_regular, printable
from backend.data.table_columns import Columns
from backend.data.table_csv import SEPARATORS, read_csv
from backend.data.table_parquet import read_parquet

SEPARATOR = Option(
    "separator",
    "text",
    "auto",
    "What stands between the cells of a CSV file; auto counts which fits the first line best.",
    choices=("auto", *SEPARATORS),
)
HEADER = Option(
    "header", "yes or no", True, "The first row of a CSV file names the columns; without, they are 1, 2 ..."
)


def read_columns(path: Path, separator: str, header: bool) -> Columns:
    """The columns of a file; raises DataError. The last few files are remembered as long as they do not change."""
    if path.is_dir():
        raise DataError(printable(path.name), "is a folder; a CSV or Parquet file is wanted here")
    state = os.stat(path)
    return _read(path, separator, header, (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=2)
def _read(path: Path, separator: str, header: bool, _version: tuple[int, int]) -> Columns:
    place = printable(path.name)
    with open_regular(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > table_columns.MAX_FILE:
            raise DataError(
                place,
                f"has {size:,} bytes, more than the {table_columns.MAX_FILE:,} allowed for a table; save it as NPZ "
                "instead",
            )
        if stream.peek(len(MAGIC))[: len(MAGIC)] != MAGIC:
            return read_csv(place, stream, separator, header)
    return read_parquet(place, path)
