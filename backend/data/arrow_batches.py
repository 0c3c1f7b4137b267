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

from backend.data import arrow_stream, parquet_pages
from backend.data.errors import DataError
from backend.data.limits import check_memory
from backend.data.parquet_pages import Chunk
from backend.data.paths import open_regular, printable, reason

BATCH = 32 * 1024**2  # bytes of Parquet unpacked together
MOST_ROWS = 65_536  # of them
WIDEST = 8  # bytes of a number
MAX_TEXTS = 1024**3  # bytes of one column of texts or pictures in one group of rows
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
        return stream.read(len(parquet_pages.MAGIC)) == parquet_pages.MAGIC


def look(path: Path, place: str | None = None) -> ArrowFile:
    """What a file declares; nothing is unpacked. Raises DataError."""
    place = place or printable(path.name)
    arrow = pyarrow(place)
    parquet = is_parquet(path)
    with open_regular(path) as stream, _damage_told(place):
        if parquet:
            rows, _ = parquet_pages.chunks(place, stream)
            stream.seek(0)
            return ArrowFile(path, place, True, _named(_opened(stream).schema_arrow), rows)
        rows = arrow_stream.count_rows(place, stream)
        arrow_stream.begin(stream)
        return ArrowFile(path, place, False, _named(arrow.ipc.open_stream(arrow.PythonFile(stream)).schema), rows)


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


def judge(place: str, chunks: Iterable[Chunk], columns: list[str]) -> int:
    """Bytes that the chosen columns unpack to; raises DataError where these are too many."""
    numbers, texts = 0, 0
    for chunk in chunks:
        if chunk.path[:1] and chunk.path[0] in columns:
            if chunk.is_text and chunk.size > MAX_TEXTS:
                raise DataError(
                    f'{place}, column "{chunk.path[0][:50]}"',
                    f"unpacks to {chunk.size:,} bytes at once, more than the {MAX_TEXTS:,} allowed; write it with "
                    "smaller groups of rows",
                )
            texts += chunk.size if chunk.is_text else 0
            numbers += 0 if chunk.is_text else max(chunk.size, chunk.values * WIDEST)
    check_memory(place, numbers, "save fewer rows or columns")
    return numbers + texts


def _named(schema: Any) -> Any:
    """The schema, once its names have been read: these may be no UTF-8."""
    return schema if schema.names is not None else None


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
    _, chunks = parquet_pages.chunks(file.place, stream)
    size = judge(file.place, chunks, columns)
    coded = {".".join(chunk.path) for chunk in chunks if chunk.is_text and chunk.path[0] in columns}
    stream.seek(0)
    rows = max(1, min(MOST_ROWS, BATCH * max(file.rows, 1) // max(size, 1)))
    return _opened(stream, sorted(coded)).iter_batches(rows, columns=columns, use_threads=False)


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
