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
import sys
import time
from pathlib import Path

from backend.client import SubprocessClient
from backend.messages import Finished, State, Stop
from backend.resuming import resuming
from backend.run_folder import RunFolderError
from backend.runs import being_written
from graph.files import save_atomically

PLACE = "background.json"  # in the run folder, while a process of ours continues the run
ASKED = "background.stop"  # in the run folder, while that process is asked to stop
PATIENCE = 30.0  # seconds a process may take to save and to leave
POLL = 0.05
SMALL = 1000  # bytes of PLACE that are read


def let_go_on(folder: Path) -> int:
    """Continue a stopped run in a process that outlives this one; its number. Raises RunFolderError."""
    resuming(folder)  # says what is wrong while there is somebody to hear it
    command = [sys.executable, "-m", "backend.background", str(folder)]
    more = {"creationflags": 0x8} if os.name == "nt" else {"start_new_session": True}  # DETACHED_PROCESS
    quiet = subprocess.DEVNULL
    here = os.pathsep.join(path for path in sys.path if path)  # a checkout need not be installed
    process = subprocess.Popen(
        command, stdin=quiet, stdout=quiet, stderr=quiet, env={**os.environ, "PYTHONPATH": here}, **more
    )
    return process.pid


def continued_by(folder: Path) -> int | None:
    """The number of the process that continues the run in the background; None where none does."""
    try:
        with (folder / PLACE).open("rb") as file:
            number = json.loads(file.read(SMALL))["pid"]
        return number if isinstance(number, int) and number > 1 and being_written(folder) else None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def take_over(folder: Path, patience: float = PATIENCE) -> None:
    """Have the process that continues a run stop; when this returns the run can go on here. Raises RunFolderError.

    It is asked by a file: a number in a folder from elsewhere could be any process, and must not be signalled.
    """
    number = continued_by(folder)
    if number is None:
        return
    try:
        (folder / ASKED).touch()
    except OSError as error:
        raise RunFolderError(f"cannot ask the process that writes {folder} to stop: {error.strerror}") from None
    end = time.monotonic() + patience
    while being_written(folder) or (folder / ASKED).exists():
        if time.monotonic() > end:
            with contextlib.suppress(OSError):
                (folder / ASKED).unlink()
            raise RunFolderError(f"process {number} still writes {folder} after {patience:.0f} s: end it first")
        time.sleep(POLL)


def main(folder: Path) -> int:
    """Continue the run until it is over or SIGTERM comes; 0 when it finished."""
    start = resuming(folder)
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    with contextlib.suppress(FileNotFoundError):
        (folder / ASKED).unlink()  # of a process that died
    save_atomically(folder / PLACE, json.dumps({"pid": os.getpid()}).encode())
    try:
        with SubprocessClient() as client:
            client.send(start)
            asked = False
            while True:
                for event in client.take(POLL * 4):
                    if isinstance(event, Finished) or (isinstance(event, State) and event.state == "failed"):
                        return 0 if isinstance(event, Finished) else 1
                if (stopping or (folder / ASKED).exists()) and not asked:
                    client.send(Stop())
                    asked = True
    finally:
        for name in (PLACE, ASKED):  # the latter is waited for
            with contextlib.suppress(FileNotFoundError):
                (folder / name).unlink()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
