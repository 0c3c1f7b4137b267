"""How far the host may run ahead of a device: as many steps as it does between two looks, however long one takes.

A device takes orders long before it carries them out. With whole steps in one order (CUDA graphs) minutes of work
could be waiting when somebody presses Stop. Knows no run.
"""

from __future__ import annotations

import time


class Pace:
    """Counts steps since the device was last waited for; `interval` seconds of them are enough."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._most, self._done = 1, 0
        self._began = time.perf_counter()

    def due(self) -> bool:
        """Count one step; whether to wait for the device now."""
        self._done += 1
        return self._done >= self._most

    def waited(self) -> None:
        """The device has done all it was given: as many steps as fit, at most twice as many as so far."""
        if self._done:
            each = (time.perf_counter() - self._began) / self._done
            self._most = max(2, min(int(self._interval / max(each, 1e-9)), 2 * self._most))
        self._done = 0

    def go_on(self) -> None:
        """Steps begin again, after a look or a validation."""
        self._began = time.perf_counter()
