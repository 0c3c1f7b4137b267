"""The curves of a run that is over or elsewhere, read from its log: all of a short one, samples of a long one.

Every epoch is kept as it was told (thinned evenly where there are very many); of a long log the steps at evenly
spread places. Holds a chunk of the file at a time; imports no torch.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from backend.messages import MAX_LINE, Epoch, Steps
from backend.run_folder import EVENTS, Logged

WHOLE = 4 * 2**20  # bytes of a log that is read in full
SAMPLES = 600  # lines of steps that are read of a longer one
MOST_EPOCHS = 10_000
CHUNK = 2**20
SHORT_SAMPLE = 32 * 1024  # bytes looked through first
LONGEST_SAMPLE = 256 * 1024  # bytes looked through for one line of steps
_EPOCH, _STEPS = b'"type":"epoch"', b'"type":"steps"'


@dataclass(frozen=True, slots=True)
class Curves:
    """What a run told of its metrics, in order; `sampled` where steps were left out."""

    events: tuple[Steps | Epoch, ...] = ()
    sampled: bool = False


def read_curves(run: Path) -> Curves:
    """The metrics in a run's log, as far as it can be read; nothing where there is none."""
    try:
        log = os.open(run / EVENTS, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(log, "rb") as file:
            size = os.fstat(log).st_size
            long = size > WHOLE
            lines = dict(_lines(file, (_EPOCH,) if long else (_EPOCH, _STEPS)))
            if long:
                lines |= dict(_samples(file, size))
    except OSError:
        return Curves()
    events = (_event(lines[place]) for place in sorted(lines))
    return Curves(tuple(event for event in events if event is not None), long)


def _lines(file, wanted: tuple[bytes, ...]) -> Iterator[tuple[int, bytes]]:
    """Lines that hold one of the words, with their places; of too many every second, fourth ... is taken."""
    found: list[tuple[int, bytes]] = []
    start, rest, every, seen = 0, b"", 1, 0
    while chunk := file.read(CHUNK):
        body = rest + chunk
        end = body.rfind(b"\n") + 1
        for place, line in _holding(body[:end], wanted):
            if _EPOCH in line:
                seen += 1
                if seen % every:
                    continue
            found.append((start + place, line))
            if len(found) > 2 * MOST_EPOCHS and wanted == (_EPOCH,):
                found, every = found[1::2], 2 * every
        start += end
        rest = body[end:] if len(body) - end <= MAX_LINE else b""
        start += 0 if rest or end == len(body) else len(body) - end
    return iter([*found, (start, rest)] if any(word in rest for word in wanted) else found)


def _holding(body: bytes, wanted: tuple[bytes, ...]) -> Iterator[tuple[int, bytes]]:
    """Whole lines with one of the words; the others are not looked at byte by byte."""
    for word in wanted:
        at = body.find(word)
        while at >= 0:
            begin, end = body.rfind(b"\n", 0, at) + 1, body.find(b"\n", at)
            yield begin, body[begin:end]
            at = body.find(word, end)


def _samples(file, size: int) -> Iterator[tuple[int, bytes]]:
    """One line of steps after each of many evenly spread places."""
    for at in range(SAMPLES):
        place = size * at // SAMPLES
        for length in (SHORT_SAMPLE, LONGEST_SAMPLE):
            file.seek(place)
            found = _first(file.read(length), whole=at == 0)
            if found is not None:
                yield place + found[0], found[1]
                break


def _first(body: bytes, whole: bool) -> tuple[int, bytes] | None:
    """The first line of steps that stands there from its beginning to its end."""
    begin = 0 if whole else body.find(b"\n") + 1
    word = body.find(_STEPS, begin)
    end = body.find(b"\n", word) if word >= 0 else -1
    if end < 0:
        return None
    begin = body.rfind(b"\n", 0, word) + 1
    return begin, body[begin:end]


def _event(line: bytes) -> Steps | Epoch | None:
    try:
        event = Logged.model_validate_json(line).event
    except ValidationError:
        return None
    return event if isinstance(event, (Steps, Epoch)) and (not isinstance(event, Steps) or event.steps) else None
