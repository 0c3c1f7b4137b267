"""How other processes of ours are started: this Python, this Netloom, and nothing from the current folder.

A project's folder may hold a `backend` of its own, which must never run. Imports no torch.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HOME = str(Path(__file__).resolve().parent.parent)


class NoAnswer(Exception):
    """A process that did not answer; its text says why."""


def command(module: str, *words: object) -> list[str]:
    """The command line that runs a module of ours; it wants `environment`."""
    return [sys.executable, "-P", "-m", module, *map(str, words)]


def environment() -> dict[str, str]:
    """What to add to the environment, so that a checkout need not be installed."""
    return {"PYTHONPATH": os.pathsep.join([HOME, *filter(None, [os.environ.get("PYTHONPATH")])])}


def answer(command: list[str], seconds: float) -> bytes:
    """What a command of ours prints until it ends; raises NoAnswer."""
    own = os.environ | environment()
    try:
        return subprocess.run(command, capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL, env=own).stdout
    except subprocess.TimeoutExpired:
        raise NoAnswer(f"could not be read within {seconds:.0f} s") from None
    except (OSError, ValueError) as fault:
        raise NoAnswer(f"no process could be started to read it: {fault}") from None
