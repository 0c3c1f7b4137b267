"""An Arrow file's framing, walked before pyarrow unpacks any of it: how many rows it has, how large its parts are.

Only the few numbers of each message's header are read (they are FlatBuffers); knows neither types nor values.
Format: https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

from backend.data.errors import DataError

MAGIC = b"ARROW1\0\0"  # begins a file that has a footer too; without, it is the stream alone
CONTINUES = 0xFFFFFFFF
SCHEMA, DICTIONARY, ROWS = 1, 2, 3  # kinds of messages
MAX_HEADER = 64 * 1024**2
MAX_BODY = 1024**3  # bytes of one batch, which is read at once
MAX_MESSAGES = 10_000_000
AGAIN = "write it again, as save_to_disk of datasets does"


def begin(stream: BinaryIO) -> None:
    """Move to the first message."""
    stream.seek(0)
    if stream.read(len(MAGIC)) != MAGIC:
        stream.seek(0)


def count_rows(place: str, stream: BinaryIO) -> int:
    """The rows of all batches; raises DataError for damaged files, and packed ones, whose size nothing tells."""
    size = os.fstat(stream.fileno()).st_size
    begin(stream)
    rows = 0
    try:
        for number in range(MAX_MESSAGES):
            header = _next_header(stream, size)
            if header is None:
                if not number:
                    raise DataError(place, f"holds no Arrow data; {AGAIN}")
                return rows
            kind, body, found = _told(place, header)
            if (number == 0) != (kind == SCHEMA) or body > size - stream.tell():
                raise ValueError("a part is larger than the file, or out of order")
            if body > MAX_BODY:
                raise DataError(
                    place,
                    f"has {body:,} bytes in one batch, more than the {MAX_BODY:,} allowed; write fewer rows in each",
                )
            rows += found
            stream.seek(body, os.SEEK_CUR)
    except (struct.error, ValueError) as fault:
        raise DataError(place, f"is no Arrow file, or damaged or cut off ({fault}); {AGAIN}") from None
    raise DataError(place, f"has more than {MAX_MESSAGES:,} batches; {AGAIN}")


def _next_header(stream: BinaryIO, size: int) -> bytes | None:
    """The header of the next message; None at the end."""
    start = stream.read(8)
    if not start:
        return None
    mark, length = struct.unpack("<Ii", start)
    if mark != CONTINUES:
        raise ValueError("no message where one should begin")
    if length == 0:
        return None
    if not 0 < length <= min(MAX_HEADER, size - stream.tell()):
        raise ValueError("a header is larger than the file")
    return stream.read(length)


def _told(place: str, header: bytes) -> tuple[int, int, int]:
    """(kind, bytes of the body, rows) of a message."""
    message = _table_at(header, 0)
    kind_at, body_at = _slot(header, message, 1), _slot(header, message, 3)
    kind = header[kind_at] if kind_at else 0
    (body,) = struct.unpack_from("<q", header, body_at) if body_at else (0,)
    if kind not in (SCHEMA, DICTIONARY, ROWS) or body < 0:
        raise ValueError("a message of no known kind")
    if kind == SCHEMA:
        return kind, body, 0
    batch = _table_at(header, _needed(_slot(header, message, 2)))
    if kind == DICTIONARY:
        batch = _table_at(header, _needed(_slot(header, batch, 1)))
    if _slot(header, batch, 3):
        raise DataError(place, f"is packed Arrow, whose size cannot be told before it is unpacked; {AGAIN}")
    rows_at = _slot(header, batch, 0)
    (rows,) = struct.unpack_from("<q", header, rows_at) if rows_at else (0,)
    if rows < 0:
        raise ValueError("a batch of less than no rows")
    return kind, body, rows if kind == ROWS else 0


def _table_at(header: bytes, place: int) -> int:
    """Where the table lies that an offset at `place` points to."""
    return place + struct.unpack_from("<I", header, place)[0]


def _slot(header: bytes, table: int, slot: int) -> int | None:
    """Where a table's value lies; None where it has its default."""
    layout = table - struct.unpack_from("<i", header, table)[0]
    if layout < 0:
        raise ValueError("a table without a layout")
    (length,) = struct.unpack_from("<H", header, layout)
    if 4 + 2 * slot >= length:
        return None
    (offset,) = struct.unpack_from("<H", header, layout + 4 + 2 * slot)
    return table + offset if offset else None


def _needed(place: int | None) -> int:
    if place is None:
        raise ValueError("a message without content")
    return place
