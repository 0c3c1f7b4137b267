"""Curves for TensorBoard: event files written by hand, a record a time, without its package. Imports no torch.

The framing is TFRecord's (length and data, each with a masked CRC-32C), the content protocol buffers' wire form of
Event and Summary with scalars. A file is only ever added to; a run that goes on begins another beside it.
"""

from __future__ import annotations

import functools
import os
import struct
import time
from pathlib import Path

from backend.messages import Epoch, Event, Progress, Steps

FOLDER = "tensorboard"
NAME = "events.out.tfevents"  # the reader looks for files with this in their names, and reads them in order
VERSION = "brain.Event:2"
MOST_STEPS = 8  # of the steps told at once: ten times a second, more than a reader ever draws
LONGEST_TAG = 200
_MASK = 0xA282EAD8
_START = b"\x08\x01"  # SessionLog with status START; a second one voids what was said before of its step and later


class EventFile:
    """One event file, made anew; it voids what files before it in the folder said of `first_step` and later."""

    def __init__(self, path: Path, first_step: int = 0) -> None:
        """Raises OSError, also where the file is there already."""
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self.path = path
        self._file = os.open(path, flags, 0o644)
        now = time.time()
        self._write(record(event(now, 0, _bytes(3, VERSION.encode()))))
        self._write(record(event(now, first_step, _bytes(7, _START))))

    def scalar(self, tag: str, value: float, step: int, wall_time: float | None = None) -> None:
        """Add one point of the curve `tag`; raises OSError."""
        self.scalars({tag: value}, step, wall_time)

    def scalars(self, values: dict[str, float], step: int, wall_time: float | None = None) -> None:
        """Add one point to each of several curves, as one record; raises OSError."""
        self._write(_point(values, step, time.time() if wall_time is None else wall_time))

    def points(self, points: list[tuple[int, dict[str, float]]], wall_time: float | None = None) -> None:
        """Add several steps in one write; raises OSError."""
        now = time.time() if wall_time is None else wall_time
        self._write(b"".join(_point(values, step, now) for step, values in points))

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._file, data) :]


class RunCurves:
    """A run's curves for TensorBoard: told its events, it makes the file with the first point there is."""

    def __init__(self, run: Path) -> None:
        self._folder = run / FOLDER
        self._file: EventFile | None = None
        self._rate: float | None = None  # the last learning rate written

    def append(self, event: Event) -> None:
        """Take in what an event says; other kinds say nothing here. Raises OSError."""
        if isinstance(event, Steps) and event.steps:
            self._opened(event.steps[0]).points(_of_steps(event))
        elif isinstance(event, Epoch):
            values = {f"validation/{name}": value for name, value in event.validation.items()}
            values |= {f"epoch mean/{name}": value for name, value in event.train.items()}
            self._opened(event.step).scalars(values | {"learning rate": event.learning_rate}, event.step)
            self._rate = event.learning_rate
        elif isinstance(event, Progress) and self._file is not None and event.learning_rate != self._rate:
            self._opened(event.step).scalar("learning rate", event.learning_rate, event.step)
            self._rate = event.learning_rate

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _opened(self, step: int) -> EventFile:
        if self._file is None:
            number = _next_number(self._folder)
            path = self._folder / f"{NAME}.{int(time.time()):010d}.{number:04d}.netloom"
            self._file = EventFile(path, first_step=step if number else 0)
        return self._file


def record(data: bytes) -> bytes:
    """One TFRecord: length, its checksum, the data, their checksum."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


def event(wall_time: float, step: int, what: bytes) -> bytes:
    """An Event message; `what` is its encoded file_version, summary or session_log."""
    at = b"\x10" + _varint(step) if step else b""  # zero is what is not said
    return b"\x09" + struct.pack("<d", wall_time) + at + what


def masked_crc(data: bytes) -> int:
    """CRC-32C, rotated and shifted as TFRecord wants it."""
    crc, table = 0xFFFFFFFF, _TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + _MASK) & 0xFFFFFFFF


def _point(values: dict[str, float], step: int, wall_time: float) -> bytes:
    summary = b"".join(_bytes(1, _value(tag, value)) for tag, value in values.items())
    return record(event(wall_time, step, _bytes(5, summary)))


def _value(tag: str, value: float) -> bytes:
    """A Summary.Value: the tag and the number, as the four bytes of a float; what is larger is infinite."""
    try:
        number = struct.pack("<f", value)
    except OverflowError:
        number = struct.pack("<f", float("inf") if value > 0 else float("-inf"))
    return _tag(tag) + number


@functools.lru_cache(maxsize=256)
def _tag(tag: str) -> bytes:
    """The tag, and that its number comes next."""
    return _bytes(1, tag[:LONGEST_TAG].encode("utf-8", "replace")) + b"\x15"


def _bytes(field: int, data: bytes) -> bytes:
    return bytes([field << 3 | 2]) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    if value <= 0x7F:
        return bytes((value,))
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _of_steps(told: Steps) -> list[tuple[int, dict[str, float]]]:
    """Some of the steps told at once, evenly spread, the last always among them."""
    count = len(told.steps)
    chosen = (
        range(count)
        if count <= MOST_STEPS
        else sorted({count - 1 - at * count // MOST_STEPS for at in range(MOST_STEPS)})
    )
    return [(told.steps[at], {f"train/{name}": column[at] for name, column in told.metrics.items()}) for at in chosen]


def _next_number(folder: Path) -> int:
    """How many event files the run has: one for each time that it went on."""
    try:
        return sum(NAME in name for name in os.listdir(folder))
    except FileNotFoundError:
        return 0


def _table() -> tuple[int, ...]:
    """CRC-32C's (Castagnoli's) polynomial, reflected, for each byte."""
    made = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        made.append(crc)
    return tuple(made)


_TABLE = _table()
