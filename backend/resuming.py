"""How a run was asked for, remembered in its folder, so that it can go on by its folder alone.

Imports no torch: windows and the command line ask for it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from backend.messages import Start
from backend.run_folder import PROJECT, START, RunFolderError, bounded
from graph.strict_json import LIMITS

LEFT_OUT = {"v", "type", "project", "run_folder", "resume"}  # told by the folder itself
LARGEST = 1 << 20  # bytes of start.json


def remembered(start: Start) -> bytes:
    """What start.json holds of a Start."""
    return start.model_dump_json(exclude=LEFT_OUT, indent=2).encode() + b"\n"


def resuming(folder: Path, **changes: Any) -> Start:
    """The Start with which the run in a folder goes on: as it was begun, but for `changes` that are not None.

    Raises RunFolderError when the folder is no run, or what it holds cannot be read.
    """
    try:
        project = bounded(folder / PROJECT, LIMITS.size).decode()
        asked = json.loads(bounded(folder / START, LARGEST))
        given = {name: value for name, value in changes.items() if value is not None}
        kept = {name: value for name, value in asked.items() if name not in LEFT_OUT}
        return Start(**{**kept, **given, "project": project, "run_folder": str(folder), "resume": True})
    except FileNotFoundError as error:
        raise RunFolderError(f"{folder} is no run that can go on: it has no {Path(error.filename).name}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or START
        raise RunFolderError(f"{folder / START}: {place}: {first['msg']}") from None
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise RunFolderError(f"{folder}: the run cannot be read: {error}") from None
