"""Arrow and Parquet files in batches: judged by what they declare before anything is unpacked, each batch verified.

Needs pyarrow, which is imported only when such a file is read. Knows nothing of what the columns mean.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from backend.data import arrow_stream
from backend.data.errors import DataError
from backend.data.limits import check_memory
from backend.data.paths import open_regular, printable, reason

PARQUET = b"PAR1"
BATCH = 32 * 1024**2  # bytes of Parquet unpacked together
MOST_ROWS = 65_536  # of them
WIDEST = 8  # bytes of a value that is a number
HEADERS = 64 * 1024**2  # bytes of one text in a Parquet file's own description
DAMAGED = "is damaged or cut off"


@dataclass(frozen=True, slots=True)
class ArrowFile:
    """A file as it describes itself."""

    path: Path
    place: str
    parquet: bool
    schema: Any  # pyarrow.Schema
    rows: int


def pyarrow(place: str) -> Any:
    """The library; raises DataError where it is missing."""
    try:
        return importlib.import_module("pyarrow")
    except ImportError as fault:
        raise DataError(
            place,
            f"is Arrow or Parquet, which pyarrow reads, and that is missing here ({fault}); pip install pyarrow",
        ) from None


def is_parquet(path: Path) -> bool:
    """Judged by its first bytes; raises DataError where it cannot be opened."""
    with open_regular(path) as stream:
        return stream.read(len(PARQUET)) == PARQUET


def look(path: Path, place: str | None = None) -> ArrowFile:
    """What a file declares; nothing is unpacked. Raises DataError."""
    place = place or printable(path.name)
    arrow = pyarrow(place)
    parquet = is_parquet(path)
    with open_regular(path) as stream, _damage_told(place):
        if parquet:
            told = _opened(stream)
            return ArrowFile(path, place, True, told.schema_arrow, told.metadata.num_rows)
        rows = arrow_stream.count_rows(place, stream)
        arrow_stream.begin(stream)
        return ArrowFile(path, place, False, arrow.ipc.open_stream(arrow.PythonFile(stream)).schema, rows)


def batches(file: ArrowFile, columns: list[str]) -> Iterator[Any]:
    """The chosen columns as pyarrow.RecordBatch, one batch after another; raises DataError."""
    arrow = pyarrow(file.place)
    with open_regular(file.path) as stream, _damage_told(file.place):
        if file.parquet:
            found = _parquet_batches(file, stream, columns)
        else:
            arrow_stream.count_rows(file.place, stream)  # again: the file may have changed
            arrow_stream.begin(stream)
            found = arrow.ipc.open_stream(arrow.PythonFile(stream))
        for batch in found:
            chosen = batch.select(columns)
            chosen.validate(full=True)
            yield chosen


def unpacked_size(told: Any, columns: Iterable[str]) -> int:
    """Bytes of the chosen columns, as a Parquet file's description declares them; short codes may stand for numbers."""
    size = 0
    wanted = tuple(columns)
    for group in range(told.num_row_groups):
        described = told.row_group(group)
        for number in range(described.num_columns):
            chunk = described.column(number)
            if _belongs(chunk.path_in_schema, wanted):
                size += max(chunk.total_uncompressed_size, chunk.num_values * WIDEST, 0)
    return size


def _belongs(path: str, columns: tuple[str, ...]) -> bool:
    return any(path == name or path.startswith(f"{name}.") for name in columns)


def _opened(stream: BinaryIO, coded: list[str] | None = None) -> Any:
    parquet = importlib.import_module("pyarrow.parquet")
    return parquet.ParquetFile(
        stream,
        read_dictionary=coded,
        thrift_string_size_limit=HEADERS,
        thrift_container_size_limit=10_000_000,
    )


def _parquet_batches(file: ArrowFile, stream: BinaryIO, columns: list[str]) -> Iterator[Any]:
    """Texts stay codes: a dictionary of one long text and a million rows of it are small, written out they are not."""
    told = _opened(stream)
    size = unpacked_size(told.metadata, columns)
    check_memory(file.place, size, "save fewer rows or columns")
    leaves = [told.schema.column(number) for number in range(len(told.schema))]
    coded = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY" and _belongs(leaf.path, tuple(columns))]
    stream.seek(0)
    rows = max(1, min(MOST_ROWS, BATCH * max(file.rows, 1) // max(size, 1)))
    return _opened(stream, coded).iter_batches(rows, columns=columns, use_threads=False)


@contextmanager
def _damage_told(place: str) -> Iterator[None]:
    """Whatever pyarrow raises on hostile bytes becomes a DataError: its many kinds all mean one thing."""
    try:
        yield
    except (DataError, GeneratorExit):
        raise
    except MemoryError:
        raise DataError(place, "does not fit into this machine's free memory") from None
    except Exception as fault:
        raise DataError(place, f"{DAMAGED} ({reason(fault)})") from fault
