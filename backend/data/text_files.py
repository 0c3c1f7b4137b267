"""The texts a source is made of: one file, or the files of a folder with a sub-folder (or a file) for each class.

Knows folders, encodings and lines; nothing of vocabularies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from backend.data.errors import DataError, DataProblem
from backend.data.folder_parts import entries, parts_of
from backend.data.limits import MAX_CLASSES
from backend.data.paths import open_regular, printable

MAX_TEXT = 64 * 1024**2  # bytes of all files together
MAX_LINES = 2_000_000
SUFFIXES = (".txt", ".text", ".md")
Labels = Literal["none", "first", "last"]


@dataclass(frozen=True, slots=True)
class Text:
    """One text, or why it cannot be used."""

    place: str
    row: int | None
    text: str
    label: str | None = None
    validation: bool = False
    fault: str | None = None

    @property
    def problem(self) -> DataProblem:
        return DataProblem(self.place, self.row, self.fault or "")


class Reader:
    """Reads files as long as they are not too much together."""

    def __init__(self) -> None:
        self.left = MAX_TEXT

    def read(self, path: Path) -> str:
        """A file's text with plain line ends; raises DataError."""
        place = printable(path.name)
        with open_regular(path) as file:
            data = file.read(self.left + 1)
        self.left -= len(data)
        if self.left < 0:
            raise TooMuch(place, f"the text is longer than the {MAX_TEXT:,} bytes allowed; take a part of it")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as fault:
            line = data.count(b"\n", 0, fault.start) + 1
            raise DataError(f"{place}, line {line}", "is not UTF-8 text; save it as UTF-8") from None
        return text.replace("\r\n", "\n").replace("\r", "\n")


class TooMuch(DataError):
    """The files together are too large: no fault of the last one alone."""


def whole_files(path: Path, problems: list[DataProblem]) -> list[Text]:
    """Every file as one text; of a folder, its label is the sub-folder it lies in."""
    reader = Reader()
    if not path.is_dir():
        return [Text(printable(path.name), None, reader.read(path))]
    return [_whole(reader, file, shown, label, held_out) for file, shown, label, held_out in _files(path, problems)]


def _whole(reader: Reader, file: Path, shown: str, label: str | None, held_out: bool) -> Text:
    try:
        text = reader.read(file)
    except TooMuch:
        raise
    except DataError as fault:
        return Text(shown, None, "", label, held_out, fault.text)
    return Text(shown, None, text, label, held_out, None if text.strip() else "holds no text")


def lines(path: Path, labels: Labels, problems: list[DataProblem]) -> list[Text]:
    """Every line that is not blank; its label stands before the first or behind the last tab, or is the folder's.

    In a folder without sub-folders each file is a class and is called like it.
    """
    found = []
    folder = path.is_dir()
    for whole in whole_files(path, problems):
        if whole.fault:
            found.append(whole)
            continue
        label = whole.label or (Path(whole.place).stem if folder else None)
        count = whole.text.count("\n")
        if len(found) + count > MAX_LINES:
            raise DataError(whole.place, f"brings more than the {MAX_LINES:,} lines allowed; take a part of them")
        for row, line in enumerate(whole.text.split("\n")):
            if line.strip():
                found.append(_line(whole, row, line.strip(), label, labels))
    return found


def _line(whole: Text, row: int, line: str, label: str | None, labels: Labels) -> Text:
    fault = None
    if labels != "none":
        before, tab, behind = line.partition("\t") if labels == "first" else line.rpartition("\t")
        label, line = (before.strip(), behind.strip()) if labels == "first" else (behind.strip(), before.strip())
        if not tab or not label or not line:
            fault = "has no label and text with a tab between"
    return Text(whole.place, row, line, label, whole.validation, fault)


def class_names(place: str, texts: list[Text]) -> tuple[str, ...]:
    """The sorted labels; raises DataError where some cannot be names of classes."""
    names = sorted({text.label for text in texts if text.label is not None})
    for name in names:
        if len(name) > 200 or not name.isprintable():
            raise DataError(place, f"{name[:50]!r} cannot be a class name: 1 to 200 printable characters are wanted")
    if len(names) > MAX_CLASSES:
        raise DataError(place, f"has {len(names):,} classes, more than the {MAX_CLASSES:,} allowed")
    return tuple(names)


def _files(path: Path, problems: list[DataProblem]) -> Iterator[tuple[Path, str, str | None, bool]]:
    """(file, name in messages, label, is it for validation) of a folder, by part, class and name."""
    train, validation = parts_of(path)
    for part in (train, validation):
        if part is None:
            continue
        prefix = "" if validation is None else f"{part.name}/"
        for entry in entries(part):
            if entry.is_dir(follow_symlinks=False):
                for inner in entries(Path(entry.path)):
                    shown = f"{prefix}{printable(entry.name)}/{printable(inner.name)}"
                    if _is_text(inner, shown, problems):
                        yield Path(inner.path), shown, printable(entry.name), part is validation
            elif _is_text(entry, f"{prefix}{printable(entry.name)}", problems):
                yield Path(entry.path), f"{prefix}{printable(entry.name)}", None, part is validation


def _is_text(entry, shown: str, problems: list[DataProblem]) -> bool:
    if entry.is_symlink():
        problems.append(DataProblem(shown, None, "is a symbolic link, which is not followed"))
    elif entry.is_dir():
        problems.append(DataProblem(shown, None, "is a folder within a class; texts in it are left out"))
    elif not entry.name.lower().endswith(SUFFIXES):
        problems.append(DataProblem(shown, None, f"is no text by its name ({' '.join(SUFFIXES)})"))
    else:
        return True
    return False
