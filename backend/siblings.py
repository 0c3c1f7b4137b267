"""The other processes of a run on several devices of one machine: started, heard, and ended by the first one.

Each gets the Start as one line on its standard input and lives no longer than that stays open: whatever becomes of
the first process, kill -9 included, none is left behind. They say what fails as messages. Imports no torch.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from backend import launching
from backend.client import describe_exit
from backend.messages import MAX_LINE, Failure, ProtocolError, Start, State, decode_event, encode
from backend.placement import Place

PREPARED = (
    "meeting the other processes"  # text of the State with which a process says that it is ready to meet the others
)
PATIENCE = 5.0  # seconds an ended run's process may take to leave
LAST_WORDS = 2.0  # seconds to wait for the reason of a failure


class SiblingError(Exception):
    """Another process of the run failed; `failure` is what it said, or how it ended."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


class Sibling:
    """One other process: `prepared` once it waits for the others, `failure` once it failed."""

    def __init__(self, start: Start, place: Place | None, name: str, lost: Callable[[], None] = lambda: None) -> None:
        """`place` is None where the environment tells it; `lost` is called, from a thread, when it failed."""
        self._lost = lost
        self.name, self.prepared, self.failure = name, False, None
        self.over = False  # it has ended, and all it said was heard
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            launching.command("backend.rank", *_words(place)),
            env=os.environ | launching.environment() | {"PYTHONFAULTHANDLER": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        threading.Thread(target=self._listen, name=name, daemon=True).start()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(encode(start))
            self.process.stdin.flush()

    def wait(self, prepared: bool, seconds: float | None = None) -> None:
        """Until it is over, or `prepared`; at most so many seconds."""
        with self._news:
            self._news.wait_for(lambda: self.failure or self.over or (prepared and self.prepared), seconds)

    def close(self, seconds: float) -> int:
        """Let it leave, make it after `seconds`; its exit code."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(max(seconds, 0.0))
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(1.0)
        self.process.kill()
        return self.process.wait()

    def _listen(self) -> None:
        while line := self.process.stdout.readline(MAX_LINE):
            with contextlib.suppress(ProtocolError):
                event = decode_event(line)
                with self._news:
                    self.prepared |= isinstance(event, State) and event.text == PREPARED
                    if isinstance(event, Failure) and self.failure is None:
                        self.failure = event.model_copy(update={"text": f"{self.name}: {event.text}"})
                    self._news.notify_all()
        code = self.process.wait()
        with self._news:
            if code and self.failure is None:
                text = f"{self.name} ended unexpectedly ({describe_exit(code)}); the run cannot go on without it."
                self.failure = Failure(kind="process", text=text)
            self.over = True
            self._news.notify_all()
        if self.failure is not None:
            self._lost()


class Siblings:
    """All other processes of one run on this machine."""

    def __init__(self, start: Start, store: Path, lost: Callable[[], None] = lambda: None) -> None:
        places = [Place(rank, start.devices, rank, start.devices, str(store)) for rank in range(1, start.devices)]
        self._store = store
        self._all = [Sibling(start, place, f"Process {place.rank + 1} of {place.size}", lost) for place in places]

    def wait_until_prepared(self) -> None:
        """Return when all are ready to meet; raises SiblingError when one failed."""
        for one in self._all:
            one.wait(prepared=True)
            if one.failure is not None:
                raise SiblingError(one.failure)

    def failure(self) -> Failure | None:
        """Why one failed, for whom the connection to it broke; waits a moment for its words."""
        end = time.monotonic() + LAST_WORDS
        while True:
            said = [one.failure for one in self._all if one.failure is not None]
            reasons = [failure for failure in said if failure.kind != "internal"]  # others' connections broke, too
            if reasons or time.monotonic() > end:
                return next(iter(reasons or said), None)
            time.sleep(0.02)

    def close(self) -> None:
        """The run is over: all leave by themselves, or are made to."""
        end = time.monotonic() + PATIENCE
        for one in self._all:
            one.close(end - time.monotonic())
        self._store.unlink(missing_ok=True)

    def kill(self) -> None:
        """The run failed here: nobody waits for it."""
        for one in self._all:
            with contextlib.suppress(OSError):
                one.process.kill()
        self.close()


def take_part(start: Start, place: Place) -> int:
    """Be one of the other processes that torchrun or SLURM started; the exit code."""
    one = Sibling(start, None, f"Process {place.rank + 1} of {place.size}")
    one.wait(prepared=False)
    code = one.close(PATIENCE)
    if one.failure is not None:
        print(one.failure.text, file=sys.stderr)
    return 1 if code or one.failure else 0


def _words(place: Place | None) -> list[str]:
    if place is None:
        return []
    numbers = {"--rank": place.rank, "--size": place.size, "--local-rank": place.local_rank}
    return [word for name, value in numbers.items() for word in (name, str(value))] + ["--store", place.store]
