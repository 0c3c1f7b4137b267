"""A run of the past taken up again: its network as an untitled project, and what it takes to let the run go on.

Run folders may come from anywhere: what one says of where data lie is judged against where the folder itself lies.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from backend import background
from backend.messages import Start
from backend.resuming import LARGEST, resuming
from backend.run_folder import PROJECT, START, RunFolderError, bounded
from backend.run_home import home_of, read_outside
from backend.runs import RunEntry
from graph import Document, project_file
from graph.difference import difference
from graph.project_file import ProjectError
from gui.opening import Opened, read, untitled
from gui.runs.reading import history_of
from gui.training.history import History


class CannotGoOn(ValueError):
    """A run that cannot be taken up again; the text says why and what would help."""


@dataclass(frozen=True, slots=True)
class Continuation:
    """What goes on and how; `outside` names data that lie outside the project's folder."""

    document: Document
    start: Start
    outside: str | None


def snapshot(run: Path) -> Opened:
    """The project that a run trained, as one without a file; raises CannotOpen."""
    return untitled(read(run / PROJECT), _base(run) or home_of(run))


def continuation(run: Path, epochs: int | None) -> Continuation:
    """How the run in a folder goes on, up to so many epochs in all; raises CannotGoOn."""
    try:
        start = resuming(run, epochs=epochs, outside=False, agreed=())
        document = project_file.from_json(start.project)
    except (RunFolderError, ProjectError) as error:
        raise CannotGoOn(str(error)) from None
    return Continuation(document, start, read_outside(run, document.recipe, start))


def taken_up(run: Path) -> History | CannotGoOn:
    """What a run has told so far, once nobody else continues it; takes as long as another process needs to save."""
    try:
        background.take_over(run)
    except RunFolderError as error:
        return CannotGoOn(str(error))
    return history_of(run)[0]


def goes_on_alone(entry: RunEntry) -> bool:
    """Whether a process of ours continues the run in the background; it can be asked to leave it."""
    return entry.outcome == "running" and background.continued_by(entry.path) is not None


def agreed(going: Continuation) -> Start:
    """The Start of a run whose person agreed to data outside the project's folder."""
    return going.start.model_copy(update={"outside": True})


def same_network(one: Document, other: Document) -> bool:
    """Whether what is drawn is what the run trains; places and recipes do not matter."""
    told = difference(one, other)
    return not (told.added or told.removed or told.changed or told.wires or told.modules)


def epochs_left(entry: RunEntry) -> int | None:
    """How many epochs of its recipe the run has not done; None where that is not known."""
    return None if entry.recipe is None else max(0, entry.recipe.epochs - entry.epochs)


def _base(run: Path) -> Path | None:
    """The folder that the run's data were relative to."""
    try:
        base = json.loads(bounded(run / START, LARGEST)).get("base")
        return Path(base) if isinstance(base, str) and "\0" not in base else None
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
