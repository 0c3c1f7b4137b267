"""Numbers of a running job as events: steps batched in time, throughput, progress and time left.

Counts steps and seconds (pauses left out). Knows no commands.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch

from backend.messages import Event, Progress, Steps
from backend.training.job import Job
from backend.training.readout import Columns, Readout
from backend.training.turn import Values

SMOOTHING = 0.3  # weight of the newest interval in the throughput told


class NotFinite(Exception):
    """The loss of a step is NaN or infinite."""

    def __init__(self, step: int, epoch: int, loss: float) -> None:
        super().__init__(f"the loss of step {step} is {loss}")
        self.step, self.epoch, self.loss = step, epoch, loss


class Meter:
    """What one run has done so far."""

    def __init__(self, job: Job, emit: Callable[[Event], None]) -> None:
        self._job, self._emit = job, emit
        self.step = 0  # steps done
        self.epoch = 0  # the running epoch, from 1
        self._readout = Readout(job.ranks)
        self._unsent: list[Columns] = []
        self._sent = 0  # the last step that was read
        self._samples = 0  # in _unsent
        self._rate = 0.0
        self._began = self._window = time.perf_counter()
        self._paused = 0.0
        self._before = 0.0  # seconds spent before the run was resumed
        self._epoch_began = 0.0

    def begin_epoch(self, epoch: int) -> None:
        self.epoch = epoch
        self._epoch_began = self.seconds

    def add(self, rows: torch.Tensor, values: Values) -> None:
        """Count one step; touches no clock and no device."""
        self.step += 1
        self._readout.add(rows, values)

    def read(self) -> None:
        """Fetch the steps since the last read from the device; raises NotFinite for the first bad loss."""
        if not len(self._readout):
            return
        columns = self._readout.read()
        self._unsent.append(columns)
        self._samples += sum(columns.sizes)
        bad = columns.first_not_finite()
        if bad is not None:
            raise NotFinite(self.step - len(columns.sizes) + bad + 1, self.epoch, columns.metrics["loss"][bad])

    def end_epoch(self) -> tuple[dict[str, float], float]:
        """The epoch's training means and its seconds, validation included."""
        return self._readout.end_epoch(), self.seconds - self._epoch_began

    def send_steps(self) -> None:
        """Tell the steps read since the last telling."""
        if not self._unsent:
            return
        now = time.perf_counter()
        rate = self._samples / max(now - self._window, 1e-9)
        self._rate += (SMOOTHING if self._rate else 1.0) * (rate - self._rate)
        self._window, self._samples = now, 0
        names = self._unsent[0].metrics
        metrics = {name: tuple(v for columns in self._unsent for v in columns.metrics[name]) for name in names}
        first, self._sent = self._sent + 1, self._sent + len(metrics["loss"])
        self._unsent.clear()
        self._emit(
            Steps(
                epoch=self.epoch,
                steps=tuple(range(first, self._sent + 1)),
                metrics=metrics,
                images_per_second=self._rate,
            )
        )

    def send_progress(self) -> None:
        """Tell how far the run is."""
        left = self._job.steps - self.step
        self._emit(
            Progress(
                step=self.step,
                steps=self._job.steps,
                epoch=self.epoch,
                epochs=self._job.epochs,
                seconds=self.seconds,
                seconds_left=self.seconds / self.step * left if self.step else None,
                images_per_second=self._rate,
                learning_rate=self._job.learner.learning_rate,
            )
        )

    def state(self) -> dict[str, Any]:
        """What `restore` takes; to be asked for when all steps are read and told."""
        return {
            "step": self.step,
            "epoch": self.epoch,
            "seconds": self.seconds,
            "epoch_began": self._epoch_began,
            "readout": self._readout.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Count on from there."""
        self.step, self.epoch, self._sent = state["step"], state["epoch"], state["step"]
        self._before = state["seconds"] - self.seconds
        self._epoch_began = state["epoch_began"]
        self._readout.restore(state["readout"])

    def skip(self, seconds: float) -> None:
        """Leave a pause out of all rates and times."""
        self._paused += seconds
        self._window += seconds

    @property
    def seconds(self) -> float:
        """Seconds spent on the run, pauses left out."""
        return self._before + time.perf_counter() - self._began - self._paused
