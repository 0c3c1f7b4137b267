"""The mailbox between whoever commands a run and the loop that obeys; safe from threads and signal handlers."""

from __future__ import annotations

import queue

from backend.messages import Command


class Control:
    """Commands in order of arrival. Asking whether there are any costs the loop some 50 ns a step."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Command] = queue.SimpleQueue()  # may be put to inside a signal handler
        self.idle = self._queue.empty

    def post(self, command: Command) -> None:
        """Hand in a command, from any thread."""
        self._queue.put(command)

    def next(self, timeout: float = 0.0) -> Command | None:
        """The oldest command, waiting up to `timeout` seconds for one; None when there is none."""
        try:
            return self._queue.get(timeout > 0, timeout or None)
        except queue.Empty:
            return None
