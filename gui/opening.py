"""Reading a project for a window: the document with the digest of its bytes, or a failure told in a dialog.

Every failure names place and rule; nothing that is open changes by it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PySide6.QtWidgets import QMessageBox, QWidget

from graph import Document, load_project
from graph.data_source import DataSource
from graph.project_file import ProjectError
from graph.transfer import StartWeights
from gui.file_watch import Remembering
from gui.language import tr

MOST_FAULTS = 8

Source = TypeVar("Source", DataSource, StartWeights)


@dataclass(frozen=True, slots=True)
class Opened:
    """A project as it was read: what later changes on disk are told by."""

    document: Document
    digest: str = ""


class CannotOpen(ValueError):
    """A file that is no project; its text is what a person should read, line by line."""


def read(path: Path) -> Opened:
    """The project in a file; raises CannotOpen."""
    files = Remembering()
    try:
        return Opened(load_project(path, files), files.digest)
    except ProjectError as error:
        shown = [f"{fault.place}: {fault.text}" for fault in error.faults[:MOST_FAULTS]]
        if len(error.faults) > MOST_FAULTS:
            shown.append(tr("and {0:,} more").format(len(error.faults) - MOST_FAULTS))
        raise CannotOpen("\n".join(shown)) from error
    except OSError as error:
        raise CannotOpen(f"{path}: {error.strerror or error}") from error


def untitled(opened: Opened, base: Path | None = None) -> Opened:
    """A copy that belongs to no file: of an example, a template, a run.

    What it reads, from `base` or else from the file's own folder, it names so that it is found from anywhere.
    """
    document = opened.document
    base = base or (document.path.parent if document.path else None)
    if base is not None:
        recipe = document.recipe
        data = recipe.data and _from_anywhere(recipe.data, base)
        weights = tuple(_from_anywhere(start, base) for start in recipe.start_weights)
        if (data, weights) != (recipe.data, recipe.start_weights):
            document.recipe = recipe.having(data=data, start_weights=weights)
    document.path = None
    return Opened(document)


def _from_anywhere(source: Source, base: Path) -> Source:
    """A source as it is named from any folder."""
    if not source.path or Path(source.path).is_absolute():
        return source
    return source.model_copy(update={"path": os.path.normpath(base.resolve() / source.path)})


def read_or_tell(path: Path, parent: QWidget | None) -> Opened | None:
    """The project in a file, or None once the person has read why not."""
    try:
        return read(path)
    except CannotOpen as error:
        tell(parent, tr("{0} cannot be opened").format(path.name), str(error))
        return None


def tell(parent: QWidget | None, title: str, text: str) -> None:
    box = QMessageBox(QMessageBox.Icon.Warning, "Netloom", title, QMessageBox.StandardButton.Ok, parent)
    box.setInformativeText(text)
    box.exec()
