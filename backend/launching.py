"""How other processes of ours are started: this Python, this Netloom, and nothing from the current folder.

A project's folder may hold a `backend` of its own, which must never run. Imports no torch.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

HOME = str(Path(__file__).resolve().parent.parent)


def command(module: str, *words: object) -> list[str]:
    """The command line that runs a module of ours; it wants `environment`."""
    return [sys.executable, "-P", "-m", module, *map(str, words)]


def environment() -> dict[str, str]:
    """What to add to the environment, so that a checkout need not be installed."""
    return {"PYTHONPATH": os.pathsep.join([HOME, *filter(None, [os.environ.get("PYTHONPATH")])])}
