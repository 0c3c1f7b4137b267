"""Project files: load, save, versions. Loading checks everything and builds aside; a failure changes nothing.

A path in a project is kept as written: whether data may be read from outside the project's folder is asked where
data is read, of the person at the machine, and never answered by the file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graph import foreign_files, strict_json
from graph.document import Document
from graph.edits import check_assumption
from graph.files import DISK, Files, backup_of, save_atomically, sweep
from graph.names import NamingError, check_name
from graph.project_modules import read_modules
from graph.project_records import ProjectRecord
from graph.project_schema import (
    Fault,
    ProjectError,
    build_network,
    raise_all,
    read_parts,
    read_record,
    shown,
)
from graph.project_text import FORMAT, VERSION, document_text

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}  # version -> to the next; none is old yet


def load_project(path: Path | str, files: Files = DISK) -> Document:
    """The document in a file; raises ProjectError naming every fault with its place."""
    path = Path(path)
    try:
        document = from_bytes(_read(path, files))
    except ProjectError as error:
        raise _told_of(path, error) from None
    document.mark_saved(path)
    return document


def save_project(document: Document, path: Path | str, files: Files = DISK) -> None:
    """Write the document, whole and durable, and mark it saved; raises ProjectError with the old file untouched."""
    path = Path(path)
    try:
        data = to_json(document).encode()
        target = save_atomically(path, data, lambda content: _check(content, data), backup=True, files=files)
    except ProjectError as error:
        text = f"it was not saved, as it could not be opened again: {error}"
        raise ProjectError(_printable(path), text) from error
    except OSError as error:
        reason = error.strerror or str(error)
        text = f"it cannot be saved: {reason[:1].lower()}{reason[1:]}; the file on disk was left whole"
        raise ProjectError(_printable(path), text) from error
    document.mark_saved(path)
    sweep(target.parent, files)


def to_json(document: Document) -> str:
    """The text of a document: stable in order, friendly to git."""
    return document_text(document)


def from_json(text: str) -> Document:
    """The document of a text; raises ProjectError naming every fault with its place."""
    return _read_text(text, text.encode("utf-8", "replace"))


def from_bytes(data: bytes) -> Document:
    """The document of a file's content; raises ProjectError naming every fault with its place."""
    return _read_text(data, data)


def _read_text(source: bytes | str, data: bytes) -> Document:
    foreign = foreign_files.recognise(data)
    if foreign:
        raise ProjectError("", f"this is {foreign}; a Netloom project is JSON text")
    try:
        raw = strict_json.loads(source)
    except strict_json.JsonError as error:
        raise _not_json(data, error) from None
    record = read_record(ProjectRecord, _migrated(raw))
    modules = read_modules(record.modules)
    assumptions = _read_assumptions(record.assumptions)
    parts = read_parts(record, _name_faults(record.name), modules)
    network = build_network(record.name, parts, modules)
    network.assumptions = assumptions
    return Document(network, record.recipe)


def _migrated(raw: Any) -> Any:
    """Parsed JSON brought to this version's form."""
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise ProjectError("format", f"this is {foreign_files.recognise_json(raw)}")
    version = raw.get("version")
    if isinstance(version, bool) or not isinstance(version, int):
        raise ProjectError("version", f"it must be a whole number such as {VERSION}, not {shown(version)}")
    if version > VERSION:
        text = f"the file has format version {version}; this Netloom reads up to {VERSION}: take a newer Netloom"
        raise ProjectError("version", text)
    while version < VERSION:
        if version not in MIGRATIONS:
            raise ProjectError("version", f"there never was a format version {version}; the first is 1")
        raw = {**MIGRATIONS[version](raw), "version": version + 1}
        version += 1
    return raw


def _read_assumptions(record: dict[str, int]) -> dict[str, int]:
    for name, divisor in record.items():
        try:
            check_assumption(name, divisor)
        except ValueError as error:
            raise ProjectError(f"assumptions, {shown(name)}", str(error)) from None
    return {name: divisor for name, divisor in sorted(record.items()) if divisor > 1}


def _name_faults(name: str) -> list[Fault]:
    try:
        check_name(name)
    except NamingError as error:
        return [Fault("name", str(error))]
    return []


def _not_json(data: bytes, error: strict_json.JsonError) -> ProjectError:
    text = data.decode("utf-8", "replace")
    line = foreign_files.conflict_line(text)
    if line:
        return ProjectError(f"line {line}", "a merge conflict is not resolved: keep one side and remove its markers")
    end = strict_json.place(text, len(text.rstrip()))
    if text.lstrip().startswith("{") and (error.place == end or "unterminated" in error.text):
        return ProjectError(error.place, "the file ends in the middle; it was cut off")
    return ProjectError(error.place, error.text)


def _check(content: bytes, data: bytes) -> None:
    """Raise unless the content is a good project, and the new content comes back exactly as it is."""
    again = from_bytes(content)
    if content == data:
        raise_all([] if to_json(again).encode() == data else [Fault("", "the text would not read back the same")])


def _read(path: Path, files: Files) -> bytes:
    limit = strict_json.LIMITS.size
    try:
        status = files.status(path)
        if stat.S_ISDIR(status.st_mode):
            raise ProjectError("", "this is a folder; a *.netloom file is wanted")
        if not stat.S_ISREG(status.st_mode):
            raise ProjectError("", "this is a device or pipe; a *.netloom file is wanted")
        if status.st_size > limit:
            raise ProjectError("", f"{status.st_size:,} bytes are no drawing; at most {limit:,} are read")
        return files.read(path, limit + 1)
    except FileNotFoundError:
        raise ProjectError("", "there is no such file") from None
    except (OSError, ValueError) as error:
        if isinstance(error, ProjectError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise ProjectError("", f"it cannot be read: {reason[:1].lower()}{reason[1:]}") from None


def _told_of(path: Path, error: ProjectError) -> ProjectError:
    """The error with the file's name in front, and the way out if a good version lies beside it."""
    faults = tuple(Fault(", ".join(filter(None, (_printable(path.name), f.place))), f.text) for f in error.faults)
    try:
        backup = backup_of(path)
        beside = os.path.isfile(backup)
    except (OSError, ValueError):
        beside = False
    if beside:
        last = faults[-1]
        hint = f"{last.text} (the version before it is {_printable(backup.name)})"
        faults = (*faults[:-1], Fault(last.place, hint))
    return ProjectError(faults[0].place, faults[0].text, faults)


def _printable(path: Path | str) -> str:
    return str(path).encode("utf-8", "backslashreplace").decode()
