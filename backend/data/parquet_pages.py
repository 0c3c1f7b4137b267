"""A Parquet file's pages, walked before pyarrow unpacks any of them: how many values, and how many bytes they become.

A few KB of Parquet can stand for gigabytes, and its footer may say otherwise; the headers of the pages are what counts.
Format: https://parquet.apache.org/docs/file-format
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from backend.data.errors import DataError
from backend.data.paths import reason
from backend.data.thrift import Reader

MAGIC = b"PAR1"
MAX_FOOTER = 16 * 1024**2
MAX_HEADER = 1024**2  # of a page; it may repeat the least and the greatest of its values
MAX_PAGE = 512 * 1024**2
MOST_PAGES = 1_000_000
BYTE_ARRAY = 6  # the type of texts and bytes
DELTA_BYTE_ARRAY = 7  # each text as what differs from the last: a kind of packing that nothing bounds
COLUMN = {1: None, 3: None, 5: None, 7: None, 9: None, 11: None}
FOOTER = {3: None, 4: {1: {1: None, 3: COLUMN}}}
COUNT = {1: None, 2: None, 4: None}  # values; how these are written, in the first and the second version of a page
PAGE = {2: None, 3: None, 5: COUNT, 7: COUNT, 8: COUNT}


@dataclass(frozen=True, slots=True)
class Chunk:
    """A column of a group of rows: its values and what its pages unpack to."""

    path: tuple[str, ...]
    is_text: bool
    values: int
    size: int


def chunks(place: str, stream: BinaryIO) -> tuple[int, list[Chunk]]:
    """(rows, chunks) of a file, every page of it looked at; raises DataError for damage and for pages too large."""
    try:
        footer = _footer(place, stream)
        groups = footer.get(4, [])
        columns = [column for group in groups for column in group.get(1, [])]
        left = [MOST_PAGES]
        return max(footer.get(3, 0), 0), [_chunk(place, stream, column, left) for column in columns]
    except (ValueError, AttributeError, TypeError, OverflowError, struct.error) as fault:  # of types gone wrong
        raise DataError(place, f"is damaged or cut off ({reason(fault)}); write it again") from None


def _footer(place: str, stream: BinaryIO) -> dict[int, Any]:
    size = os.fstat(stream.fileno()).st_size
    if size < 12:
        raise ValueError("it is too short")
    stream.seek(size - 8)
    (length,) = struct.unpack("<I", stream.read(4))
    if stream.read(4) != MAGIC:
        raise ValueError("it does not end as Parquet does")
    if not 0 < length <= size - 12:
        raise ValueError("its description is longer than the file")
    if length > MAX_FOOTER:
        raise DataError(place, f"describes itself in {length:,} bytes, more than the {MAX_FOOTER:,} allowed")
    stream.seek(size - 8 - length)
    return Reader(stream.read(length)).struct(FOOTER)


def _chunk(place: str, stream: BinaryIO, column: dict[int, Any], left: list[int]) -> Chunk:
    if 1 in column:
        raise DataError(place, "keeps columns in other files; write it again as one")
    about = column.get(3, {})
    path = tuple(part.decode("utf-8") for part in about.get(3, []))
    values = size = 0
    for page in _pages(stream, about, left):
        unpacked = page.get(2, 0)
        told = page.get(5) or page.get(8)
        if not 0 <= unpacked <= MAX_PAGE:
            raise DataError(place, f"has a page of {unpacked:,} bytes, more than the {MAX_PAGE:,} allowed")
        written = (told or {}).get(2 if 5 in page else 4)
        if told is not None and written == DELTA_BYTE_ARRAY:
            raise DataError(
                place, f'column "{".".join(path)[:50]}" is written as DELTA_BYTE_ARRAY, whose size nothing tells; '
                "write it again with another encoding, such as PLAIN"
            )  # fmt: skip
        size += unpacked
        values += max(told.get(1, 0), 0) if told else 0
    return Chunk(path, about.get(1) == BYTE_ARRAY, max(values, about.get(5, 0)), size)


def _pages(stream: BinaryIO, about: dict[int, Any], left: list[int]) -> Iterator[dict[int, Any]]:
    """The headers of a chunk's pages."""
    if about.get(5, 0) <= 0:
        return  # no value of it is ever read
    start, dictionary = about[9], about.get(11, 0)
    place = dictionary if 0 < dictionary < start else start
    end = place + about[7]
    while place < end:
        left[0] -= 1
        if left[0] < 0:
            raise ValueError(f"it has more than {MOST_PAGES:,} pages")
        stream.seek(place)
        reader = Reader(stream.read(4096))
        try:
            page = reader.struct(PAGE)
        except ValueError:
            stream.seek(place)
            reader = Reader(stream.read(MAX_HEADER))
            page = reader.struct(PAGE)
        if page.get(3, -1) < 0:
            raise ValueError("a page of less than no bytes")
        place += reader.place + page[3]
        yield page
