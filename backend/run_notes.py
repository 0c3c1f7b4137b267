"""What a person says of a run: tags and notes, kept in its folder as notes.json. Imports no torch.

The file may come from anywhere: it is bounded and checked, and a broken one is told, never guessed at.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from graph.files import save_atomically

NOTES = "notes.json"
MOST_TAGS, LONGEST_TAG, LONGEST_NOTE = 32, 40, 20_000  # tags, characters, characters
LARGEST = 256 * 1024  # bytes of notes.json
BACKUP_OF_BROKEN = NOTES + ".broken"

Tag = Annotated[str, Field(min_length=1, max_length=LONGEST_TAG)]


class NotesError(ValueError):
    """Tags or notes cannot be read or kept; the text names the place, the value and the rule."""


class Notes(BaseModel):
    """Tags in their order, and free words."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    format: int = Field(default=1, ge=1, le=1)
    tags: Annotated[tuple[Tag, ...], Field(max_length=MOST_TAGS, strict=False)] = ()
    notes: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""

    @field_validator("tags")
    @classmethod
    def _tidy(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        for tag in tags:
            if tag != tag.strip() or "," in tag or not tag.isprintable():
                raise ValueError(f"the tag {tag!r} has a comma, a line break or space around it; tags are plain words")
        if len(set(tags)) < len(tags):
            raise ValueError("a tag stands there twice; each may stand once")
        return tags


def tags_of(text: str) -> tuple[str, ...]:
    """The tags in words with commas between them, each once."""
    words = (" ".join(word.split()) for word in text.split(","))
    return tuple(dict.fromkeys(word for word in words if word))


def noted(tags: tuple[str, ...] = (), notes: str = "") -> Notes:
    """Checked tags and notes; raises NotesError."""
    try:
        return Notes(tags=tags, notes=notes)
    except ValidationError as error:
        raise NotesError(_in_words(error)) from None


def read_notes(folder: Path) -> Notes:
    """The tags and notes of a run, none where there is no file; raises NotesError."""
    try:
        with _opened(folder / NOTES) as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise NotesError(f"{NOTES} is larger than {LARGEST:,} bytes; notes are shorter")
        return Notes.model_validate_json(data)
    except FileNotFoundError:
        return Notes()
    except OSError as error:
        raise NotesError(f"{NOTES} cannot be read: {error.strerror or error}") from None
    except ValidationError as error:
        raise NotesError(f"{NOTES}: {_in_words(error)}") from None


def write_notes(folder: Path, notes: Notes) -> None:
    """Keep them, whole and durable; a broken file that was there is put aside. Raises NotesError."""
    try:
        try:
            if read_notes(folder) == notes:
                return
        except NotesError:
            os.replace(folder / NOTES, folder / BACKUP_OF_BROKEN)
        save_atomically(folder / NOTES, notes.model_dump_json(indent=2).encode() + b"\n")
    except OSError as error:
        raise NotesError(f"the notes cannot be kept in {folder}: {error.strerror or error}") from None
    except UnicodeEncodeError:
        raise NotesError("the notes hold half of a surrogate pair; UTF-8 cannot hold it") from None


def _opened(path: Path):
    """The file for reading; a pipe in its place does not hang us."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags), "rb")


def _in_words(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    text = first["msg"].removeprefix("Value error, ")
    return f"{place}: {text}" if place else text
