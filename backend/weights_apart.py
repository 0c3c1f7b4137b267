"""Files of weights as windows and the command line see them: those of torch are opened by a process apart.

So no window ever holds torch, and a file that harms its reader harms nothing else. Imports no torch.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from backend import launching
from backend.layer_pairing import Contents, Shaped
from backend.weight_files import MOST_TENSORS, SAFETENSORS, WeightFileError, read_header

READER = "backend.weight_reader"
SECONDS = 120  # to read a file: importing torch takes most of them


def shapes_in(path: Path) -> Contents:
    """Names, shapes and dtypes of a file of weights, in its order; raises WeightFileError."""
    return read_header(path) if is_safe(path) else parsed(path, _asked(path, reading(path)))


def convert(path: Path, target: Path) -> int:
    """Write torch's file as safetensors and return how many tensors it has; raises WeightFileError."""
    return len(parsed(path, _asked(path, reading(path, target))))


def is_safe(path: Path) -> bool:
    """Whether a file can be looked into without torch."""
    return path.suffix.lower() == SAFETENSORS


def reading(path: Path, target: Path | None = None) -> list[str]:
    """The command that prints what is in torch's file, and writes it as safetensors where that is wanted.

    It wants `launching.environment`.
    """
    return launching.command(READER, path, *([target] if target else []))


def parsed(path: Path, told: bytes) -> Contents:
    """What the command printed; raises WeightFileError, also with the reason it gave."""
    try:
        found = json.loads(told)
    except (ValueError, RecursionError):
        raise WeightFileError(path, "the process that reads it ended without a word: it may be damaged") from None
    if isinstance(found, dict) and isinstance(found.get("error"), str):
        raise WeightFileError(path, found["error"])
    if not isinstance(found, dict) or len(found) > MOST_TENSORS or not all(map(_is_entry, found.values())):
        raise WeightFileError(path, "the process that reads it said something else than names and shapes")
    return Contents({name: Shaped(tuple(shape), dtype) for name, (shape, dtype) in found.items()}, ordered=True)


def _asked(path: Path, command: list[str]) -> bytes:
    try:
        return launching.answer(command, SECONDS)
    except launching.NoAnswer as fault:
        raise WeightFileError(path, str(fault)) from None


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, list)
        and len(entry) == 2
        and isinstance(entry[0], list)
        and all(type(size) is int for size in entry[0])
        and isinstance(entry[1], str)
    )
