"""The processes of one run, gathered and parted: joined where torchrun or SLURM started them, otherwise started here.

Knows neither the job nor what is trained.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from backend.messages import Failure, Start
from backend.placement import Place, PlacementError, from_environment
from backend.siblings import SiblingError, Siblings
from backend.training.device import DeviceError
from backend.training.ranks import Ranks

BROKEN_OFF = ("internal", "network", "device")  # as what a connection that breaks is met, wherever it is


class Company:
    """This process and the others of its run; alone where the Start asks for one device."""

    def __init__(self, start: Start, place: Place | None = None) -> None:
        """`place` is this process' where the environment does not tell it; raises DeviceError."""
        self._start = start
        self._siblings: Siblings | None = None
        self._store: Path | None = None
        if start.devices > 1 and place is None:
            place = _given(start.devices)
            if place is None:
                self._store = Path(start.run_folder) / f"meeting-{os.getpid()}-{time.time_ns()}"
                place = Place(0, start.devices, 0, start.devices, str(self._store))
        self.ranks = Ranks(place, start.shard)

    def gather(self) -> None:
        """Start the others, if nobody else does; the run's folder is there."""
        if self._store is not None:
            for left in self._store.parent.glob("meeting-*"):  # of a run that was killed
                left.unlink(missing_ok=True)
            self._siblings = Siblings(self._start, self._store, self.ranks.abort)
            self.ranks.wait_for_others = self._siblings.wait_until_prepared

    def explain(self, error: Exception, told: Failure) -> Failure:
        """What was told of an error, or why another process failed where that is what broke this one."""
        if isinstance(error, SiblingError):
            return error.failure
        if self._siblings is None or told.kind not in BROKEN_OFF:
            return told
        said = self._siblings.failure()
        return said if said is not None and said.kind not in (told.kind, "internal") else told

    def part(self, failed: bool) -> None:
        """The run is over."""
        if failed and self._siblings is not None:
            self._siblings.kill()
        self.ranks.leave()
        if not failed and self._siblings is not None:
            self._siblings.close()
        self._siblings = None


def _given(devices: int) -> Place | None:
    """The place that the environment gives, where it is one among as many as are asked for."""
    try:
        place = from_environment(os.environ)
    except PlacementError as error:
        raise DeviceError(str(error)) from error
    return place if place is not None and place.size == devices else None
