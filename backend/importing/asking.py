"""Asking the process that reads foreign models, and understanding what it prints. Imports no reader."""

from __future__ import annotations

import json
from pathlib import Path

from backend import launching

READER = "backend.importing.process"
SECONDS = 120  # for the largest models that can be read
MOST_NOTES = 50


class Refused(ValueError):
    """What the process said instead of a project; its text is for a person."""


def reading(model: Path, target: Path) -> list[str]:
    """The command that writes a model as the project `target`; it wants `launching.environment`."""
    return launching.command(READER, model.absolute(), target.absolute())


def parsed(model: Path, told: bytes) -> tuple[list[Path], list[str]]:
    """The files that were written and the notes; raises Refused, also with the reason the process gave."""
    try:
        said = json.loads(told)
    except (ValueError, RecursionError):
        raise Refused(f"{model.name}: the process that reads it ended without a word: it may be damaged") from None
    if isinstance(said, dict) and isinstance(said.get("error"), str):
        raise Refused(said["error"])
    lists = (said.get("files"), said.get("notes")) if isinstance(said, dict) else (None, None)
    if not all(isinstance(one, list) and all(isinstance(text, str) for text in one) for one in lists):
        raise Refused(f"{model.name}: the process that reads it said something else than files and notes")
    return [Path(file) for file in lists[0]], lists[1]
