"""One of the further processes of a run on several devices: `python -m backend.rank`, started by Siblings.

It reads a Start from standard input, computes its share of every batch, and says only what fails. It ends when the
run does, and at once when standard input closes: then whoever started it is gone.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading

from backend.messages import MAX_LINE, Event, Failure, Start, State, decode_command, encode
from backend.placement import Place, from_environment
from backend.worker import reserve_stdout


def main() -> None:
    """The process, from its first line to its last."""
    place = _place()
    descriptor = reserve_stdout()
    for number in (signal.SIGINT, signal.SIGTERM):  # the first process is told, and ends us in good order
        signal.signal(number, signal.SIG_IGN)
    stdin = open(0, "rb", closefd=False)  # noqa: SIM115
    start = decode_command(stdin.readline(MAX_LINE + 1))
    threading.Thread(target=_leave_with, args=(stdin,), name="parent", daemon=True).start()
    failed = _compute(start, place, descriptor)
    sys.stderr.flush()
    os._exit(1 if failed else 0)  # threads of torch need no farewell


def _place() -> Place:
    parser = argparse.ArgumentParser()
    for name in ("--rank", "--size", "--local-rank"):
        parser.add_argument(name, type=int)
    parser.add_argument("--store", help="the file where the processes of one machine meet")
    given = parser.parse_args()
    if given.rank is not None:
        return Place(given.rank, given.size, given.local_rank, given.size, given.store)
    return from_environment(os.environ) or Place()


def _compute(start: Start, place: Place, descriptor: int) -> bool:
    """Whether the run failed here."""
    from backend.probes.watching import Watching
    from backend.shared_arrays import FrameWriter, new_prefix
    from backend.training.control import Control
    from backend.training.run import Run

    told: list[Failure] = []

    def tell(event: Event) -> None:
        if isinstance(event, Failure):
            told.append(event)
        if isinstance(event, Failure | State):
            with contextlib.suppress(OSError):
                os.write(descriptor, encode(event))

    Run(Control(), Watching(FrameWriter(new_prefix()), tell), tell, place).execute(start)
    return bool(told)


def _leave_with(stdin) -> None:
    while stdin.read(4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
