"""Runs thrown away and brought back: they are moved within the folder of runs, into its `.trash`, whole.

Each lies in a folder of its own there, under its own name. Nothing is erased but by `empty`. Imports no torch.
"""

from __future__ import annotations

import os
import secrets
import shutil
from datetime import datetime
from pathlib import Path

from backend.runs import TRASH, being_written, is_run

MOST = 10_000  # runs of the trash that are looked at


class TrashError(Exception):
    """A run cannot be moved to the trash, brought back or erased; the text names it and the reason."""


def throw_away(run: Path, root: Path) -> Path:
    """Move a run below `root` to the trash of `root`; returns where it lies now. Raises TrashError."""
    run, root = Path(os.path.abspath(run)), Path(os.path.abspath(root))
    if root not in run.parents or TRASH in run.relative_to(root).parts:
        raise TrashError(f"{run} does not lie below {root}: only runs of that folder are thrown away from here")
    if run.is_symlink() or not is_run(run):
        raise TrashError(f"{run} is no run folder: it is left where it is")
    if being_written(run):
        raise TrashError(f"{run.name} is being trained: stop it first")
    own = root / TRASH / f"{datetime.now():%Y%m%d-%H%M%S-%f}-{secrets.token_hex(4)}"
    target = own / run.relative_to(root)
    try:
        target.parent.mkdir(parents=True)
        os.rename(run, target)
    except OSError as error:
        _remove_empty(target.parent, root / TRASH)
        raise TrashError(f"{run} cannot be moved to the trash: {error.strerror or error}") from error
    return target


def bring_back(thrown: Path, root: Path) -> Path:
    """Move a run of the trash to where it was, under another name where that is taken; raises TrashError."""
    thrown, root = Path(os.path.abspath(thrown)), Path(os.path.abspath(root))
    trash = root / TRASH
    if trash not in thrown.parents or len(thrown.relative_to(trash).parts) < 2:
        raise TrashError(f"{thrown} does not lie in {trash}")
    name = Path(*thrown.relative_to(trash).parts[1:])
    free = (root / name.parent / (name.name if n == 1 else f"{name.name}-{n}") for n in range(1, 10_000))
    target = next(path for path in free if not os.path.lexists(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.rename(thrown, target)
    except OSError as error:
        raise TrashError(f"{name} cannot be brought back: {error.strerror or error}") from error
    _remove_empty(thrown.parent, trash)
    return target


def thrown_away(root: Path) -> list[Path]:
    """The runs in the trash, the last thrown first."""
    found: list[Path] = []
    for own in sorted(_folders(Path(root) / TRASH), reverse=True)[:MOST]:
        waiting = [own]
        while waiting and len(found) < MOST:
            for inner in _folders(waiting.pop()):
                if is_run(inner):
                    found.append(inner)
                elif len(inner.relative_to(own).parts) < 4:
                    waiting.append(inner)
    return found


def empty(root: Path) -> None:
    """Erase the trash for good; links in it are removed, never followed. Raises TrashError."""
    trash = Path(root) / TRASH
    try:
        if trash.is_symlink():
            raise OSError("it is a link")
        if trash.exists():
            shutil.rmtree(trash)
    except OSError as error:
        raise TrashError(f"{trash} cannot be emptied: {error.strerror or error}") from error


def _folders(path: Path) -> list[Path]:
    try:
        with os.scandir(path) as found:
            return [Path(one.path) for one in found if one.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _remove_empty(folder: Path, trash: Path) -> None:
    """Take away the empty folders that a run leaves in the trash."""
    while folder == trash or trash in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
