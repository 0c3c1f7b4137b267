"""One run as the window remembers it, and the folder it is given. Knows neither Qt widgets nor processes."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from PySide6.QtCore import QStandardPaths

from backend.messages import Failure, Finished, Prediction, ProbeKind
from graph import Document
from gui.language import N_, tr
from gui.training.history import History


@dataclass(slots=True)
class Run:
    """A run from its snapshot to its end; `names` are the blocks' names when it began."""

    number: int  # within this window, from 1
    folder: Path
    seed: int
    loss_label: str
    classes: int | None
    names: dict[str, str]
    history: History = field(default_factory=History)
    started: datetime = field(default_factory=datetime.now)
    failure: Failure | None = None
    finished: Finished | None = None
    turns: tuple[str, ...] = ()  # names of objectives that take turns
    edited_since: bool = False  # the document is no longer what this run trains

    @property
    def title(self) -> str:
        return tr("run {0}, {1:%H:%M}").format(self.number, self.started)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A probe's arrays, copied out of shared memory: filters (out, in, ...) or feature maps (C, H, W)."""

    kind: ProbeKind
    block: str
    step: int
    epoch: int
    array: np.ndarray
    image: np.ndarray | None = None
    answer: np.ndarray | None = None
    prediction: Prediction | None = None


def new_run_folder(document: Document, now: datetime | None = None) -> Path:
    """A name free for a run's folder: in `runs` beside the project, else in the user's data folder."""
    slug = re.sub(r"[^a-z0-9]+", "-", document.network.name.lower()).strip("-") or "network"
    stem = f"{slug}-{now or datetime.now():%Y%m%d-%H%M%S}"
    home = runs_home(document.path)
    names = (stem if count == 1 else f"{stem}-{count}" for count in range(1, 10_000))
    return next(home / name for name in names if not (home / name).exists())


def runs_home(project: Path | None) -> Path:
    """Where a project's runs go; not among installed files, and only where there is leave to write."""
    if project is not None:
        beside = Path(project).resolve().parent
        if os.access(beside, os.W_OK) and not (beside / "__init__.py").exists():
            return beside / "runs"
    data = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
    return Path(data) / "runs"


def data_home(document: Document) -> str:
    """The folder whose data may be read without a question: the project's own; without a file, where runs go."""
    return str(document.path.parent if document.path else runs_home(None))


LOSS_UNITS = {
    "CrossEntropyLoss": N_("cross-entropy loss (nats)"),
    "BCEWithLogitsLoss": N_("cross-entropy loss (nats)"),
    "MSELoss": N_("mean squared error"),
    "L1Loss": N_("mean absolute error"),
}


def describe_objective(document: Document) -> tuple[str, int | None]:
    """What the loss axis is called, and the number of classes where the targets are labels."""
    network, analysis = document.network, document.analysis
    targets = [analysis.output(block) for block in network.with_role("target")]
    classes = next((target.classes for target in targets if target and target.classes), None)
    kinds = {block.type for block in network.with_role("loss")}
    if not kinds:  # the default objective
        labels = any(target and target.dtype.startswith("int") for target in targets)
        kinds = {"CrossEntropyLoss" if labels else "MSELoss"}
    labels = {tr(LOSS_UNITS.get(kind, N_("loss"))) for kind in kinds}
    return (labels.pop() if len(labels) == 1 else tr("loss (sum of several)")), classes
