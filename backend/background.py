"""Runs that go on when their window is closed: a process of its own continues a run from its state, to the bit.

`python -m backend.background RUN` is that process; its number stands in the run folder while it lives. To attach
again is to stop it, which saves the state, and to go on with the run in the window. Imports no torch.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from sys import argv

from backend import launching
from backend.client import SubprocessClient
from backend.messages import Finished, State, Stop
from backend.resuming import resuming
from backend.run_folder import RunFolderError, bounded
from backend.runs import being_written
from graph.files import save_atomically

PLACE = "background.json"  # in the run folder, while a process of ours continues the run
ASKED = "background.stop"  # in the run folder, while that process is asked to stop
PATIENCE = 30.0  # seconds a process may take to save and to leave
LEAVING = 5.0  # seconds from its last word in the log to its end
POLL = 0.05
SMALL = 1000  # bytes of PLACE that are read


def let_go_on(folder: Path) -> int:
    """Continue a stopped run in a process that outlives this one; its number. Raises RunFolderError."""
    resuming(folder)  # says what is wrong while there is somebody to hear it
    if being_written(folder):
        raise RunFolderError(f"another process is writing the run in {folder}: stop it first")
    command = launching.command("backend.background", folder.resolve())
    more = {"creationflags": 0x8} if os.name == "nt" else {"start_new_session": True}  # DETACHED_PROCESS
    quiet = subprocess.DEVNULL
    environment = os.environ | launching.environment()
    return subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, env=environment, **more).pid


def continued_by(folder: Path) -> int | None:
    """The number of the process that continues the run in the background; None where none does."""
    number = _place(folder)
    return number if number is not None and being_written(folder) else None


def take_over(folder: Path, patience: float = PATIENCE) -> None:
    """Have the process that continues a run stop; when this returns the run can go on here. Raises RunFolderError.

    It is asked by a file: a number in a folder from elsewhere could be any process, and must not be signalled.
    """
    number = continued_by(folder)
    if number is None:
        return
    try:
        if (folder / ASKED).is_symlink():
            _forget(folder, ASKED)  # never make a file where it leads to
        (folder / ASKED).touch()
    except OSError as error:
        raise RunFolderError(f"cannot ask the process that writes {folder} to stop: {error.strerror}") from None
    begun = written = time.monotonic()
    while being_written(folder) or (folder / ASKED).exists():
        now = time.monotonic()
        if being_written(folder):
            written = now
        elif now - written > LEAVING:  # it died before it could take the question away
            _forget(folder, ASKED, PLACE)
            return
        if now - begun > patience:
            _forget(folder, ASKED)
            raise RunFolderError(f"process {number} still writes {folder} after {patience:.0f} s: end it first")
        time.sleep(POLL)


def main(folder: Path) -> int:
    """Continue the run until it is over or SIGTERM comes; 0 when it finished."""
    start = resuming(folder)
    if being_written(folder):
        return 1  # another process is at it, and its number stands in the folder
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    _forget(folder, ASKED, PLACE)  # of a process that died; a link is removed, not followed
    save_atomically(folder / PLACE, json.dumps({"pid": os.getpid()}).encode())
    try:
        with SubprocessClient() as client:
            client.send(start)
            asked = False
            while not client.over:
                for event in client.take(POLL * 4):
                    if isinstance(event, Finished) or (isinstance(event, State) and event.state == "failed"):
                        return 0 if isinstance(event, Finished) else 1
                if (stopping or (folder / ASKED).exists()) and not asked:
                    client.send(Stop())
                    asked = True
            return 1  # the worker died before the run began
    finally:
        if _place(folder) in (os.getpid(), None):
            _forget(folder, PLACE, ASKED)  # the latter is waited for


def _place(folder: Path) -> int | None:
    """The number that stands in the folder; None where there is none that makes sense."""
    try:
        number = json.loads(bounded(folder / PLACE, SMALL))["pid"]
        return number if type(number) is int and number > 1 else None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def _forget(folder: Path, *names: str) -> None:
    for name in names:
        with contextlib.suppress(OSError):
            (folder / name).unlink()


if __name__ == "__main__":
    raise SystemExit(main(Path(argv[1])))
