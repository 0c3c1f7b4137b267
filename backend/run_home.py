"""Where a run's project lies, and what the run reads outside of it. Imports no torch.

Run folders may come from anywhere: what one says of where data lie is judged against where the folder itself lies.
"""

from __future__ import annotations

import os
from pathlib import Path

from backend.messages import Start
from backend.runs import TRASH
from graph.recipe import Recipe


def home_of(run: Path) -> Path:
    """The project's folder of a run: above `runs`, else that of the run itself."""
    parents = [parent for parent in run.parents if parent.name == "runs" and TRASH not in parent.parts]
    return parents[0].parent if parents else run


def read_outside(run: Path, recipe: Recipe, start: Start) -> str | None:
    """The first full path that leaves the project's folder, be it by itself or by the run's `base`."""
    from backend.data import leaves_folder  # deferred: it brings numpy
    from backend.data.paths import printable

    home = home_of(run)
    for source in (*((recipe.data,) if recipe.data else ()), *recipe.start_weights):
        if source.path:
            path = os.path.normpath(Path(start.base or home) / source.path)
            if leaves_folder(source.model_copy(update={"path": path}), home):
                return printable(path)
    return None
