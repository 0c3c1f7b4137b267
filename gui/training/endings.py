"""Why a run cannot begin, and what is left when its process has died: in words, as Failure events.

Pure functions over the document, the run and the exit code.
"""

from __future__ import annotations

import json
from pathlib import Path

from backend.client import describe_exit
from backend.messages import Failure
from graph import Document
from gui.language import counted, tr
from gui.training.run import Run

LONGEST_HEADER = 16 * 1024 * 1024  # bytes


def refusal(document: Document) -> Failure | None:
    """Why this document cannot be trained as it is, or None."""
    if not document.network.blocks:
        return Failure(kind="network", text=tr("The network is empty. Place an Input, some layers and an Output."))
    if document.recipe.data is None:
        return Failure(kind="data", text=tr("No data are chosen. Pick a data set for this network."))
    errors = [problem for problem in document.analysis.problems if problem.severity == "error"]
    if not errors:
        return None
    first = errors[0]
    name = f"{document.network.blocks[first.block].name}: " if first.block else ""
    more = tr("; and {0}").format(counted(len(errors) - 1, "more error")) if len(errors) > 1 else ""
    return Failure(kind="network", text=f"{name}{first.text}{more}.", block=first.block)


def ended_process(failure: Failure, run: Run, exit_code: int, by_us: bool) -> Failure:
    """The obituary of a worker that died within a run: how, where, and what of it is on disk."""
    if by_us:
        how = tr("The training process did not answer and was ended")
    elif exit_code < 0:
        how = tr("The training process ended ({0})").format(_signal(exit_code))
    else:
        how = tr("The training process ended unexpectedly ({0})").format(describe_exit(exit_code))
    text = f"{how}{_where(run)}. {_left(run)}"
    return failure.model_copy(update={"text": text})


def _signal(exit_code: int) -> str:
    known = {-9: tr("killed, signal 9"), -15: tr("terminated, signal 15"), -11: tr("crashed, signal 11")}
    return known.get(exit_code) or describe_exit(exit_code)


def _where(run: Run) -> str:
    history = run.history
    if not history.step:
        return tr(" before its first step")
    return tr(" at epoch {0}, step {1:,}").format(max(history.epoch, 1), history.step)


def _left(run: Run) -> str:
    """Which weights are on disk: as their files say, for not every epoch is written."""
    for name, which in (("last.safetensors", ""), ("best.safetensors", tr(", the best so far,"))):
        epoch = _epoch_of(run.folder / name)
        if epoch is not None:
            return tr("Weights of epoch {0}{1} are in {2}.").format(epoch, which, run.folder)
    return tr("No weights had been saved yet; its log is in {0}.").format(run.folder)


def _epoch_of(path: Path) -> int | None:
    """The epoch in a safetensors file's own words, or None where there is no whole file."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length)) if length <= LONGEST_HEADER else {}
        return int(header["__metadata__"]["epoch"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
