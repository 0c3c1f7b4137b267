"""Follows a run inside the worker: looks at it about ten times a second, tells what it saw, obeys commands.

Between two looks it costs the loop an append and a glance at the clock. Knows no pipes and no generated code.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch

from backend.messages import (
    Command,
    Epoch,
    Event,
    Failure,
    Pause,
    Resume,
    SetLearningRate,
    Shutdown,
    Start,
    State,
    Stop,
    Unwatch,
    Watch,
)
from backend.probes.watching import Watching
from backend.training.agreement import Agreement
from backend.training.checkpoint import Checkpoints
from backend.training.control import Control
from backend.training.evaluation import evaluate
from backend.training.job import Job
from backend.training.meter import Meter
from backend.training.pace import Pace
from backend.training.rewind import Rewind
from backend.training.turn import Values

INTERVAL = 0.1  # seconds between two looks; each waits once for the device
PROGRESS = 0.25  # seconds between two Progress events
IDLE = 0.1  # seconds a pause waits for a command before it looks at its watches again


class Follower:
    """The observer of one run; see loop.Observer."""

    def __init__(
        self,
        job: Job,
        control: Control,
        watching: Watching,
        checkpoints: Checkpoints,
        emit: Callable[[Event], None],
        save: Callable[[], None] = lambda: None,
    ) -> None:
        """`save` keeps the state of the run; it is called between two steps, when all before are told."""
        self._job, self._control, self._watching = job, control, watching
        self.checkpoints, self._emit, self._save = checkpoints, emit, save
        self.meter = Meter(job, emit)
        self.rewind = Rewind(job)
        self.leaving = False  # a Shutdown came: the process ends after the run
        self.moved = time.perf_counter()  # when the last step ended
        self._stopped = False
        self._together = Agreement(job.ranks, INTERVAL) if job.ranks.size > 1 else None
        self._pace = Pace(INTERVAL) if self._together is None and job.device.type != "cpu" else None
        self._save_agreed = False
        self._every = job.recipe.checkpoint_every
        self._look_at = self.moved + INTERVAL
        self._progress_at = self.moved

    def epoch_begins(self, epoch: int) -> bool:
        if self._stopped or self.had_enough:
            return False
        if self._job.course.batch == 0:
            self.meter.begin_epoch(epoch)
        self._save_if_due()
        if self._pace is not None:
            self._pace.go_on()
        return True

    def step(self, rows: torch.Tensor, values: Values) -> bool:
        self.meter.add(rows, values)
        self.rewind.note(rows)
        self.moved = time.perf_counter()
        if self._every is not None and self.meter.step % self._every == 0:
            self._keep_state()
        elif not (self._time_to_look() or (self._pace is not None and self._pace.due())):
            return True
        self._look()
        self._save_if_due()
        return not self._stopped

    def epoch_ends(self) -> bool:
        self._read()
        with self._job.learner.shown():
            validation = self._evaluate()
            if validation is None:
                return False
            train, seconds = self.meter.end_epoch()
            best = self.checkpoints.epoch(self.meter.epoch, self.meter.step, validation or train)
        self._job.learner.epoch((validation or train).get("loss", math.inf))
        if time.perf_counter() >= self._look_at:
            self.meter.send_steps()  # before the epoch they belong to
        self._emit(
            Epoch(
                epoch=self.meter.epoch,
                step=self.meter.step,
                train=train,
                validation=validation,
                learning_rate=self._job.learner.learning_rate,
                seconds=seconds,
                best=best,
            )
        )
        self._go_on()
        return True

    @property
    def had_enough(self) -> bool:
        """Whether so many epochs in a row were no better than the best that the run shall end."""
        patience = self._job.recipe.patience
        return patience is not None and self.checkpoints.waited >= patience

    def end(self) -> None:
        """Tell what has not been told; the run is over, well or badly."""
        self.meter.send_steps()
        self.meter.send_progress()

    def _evaluate(self) -> dict[str, float] | None:
        """Validation metrics; {} without a validation set, None when a command ended the run meanwhile."""
        if not len(self._job.validation):
            return {}
        twice = 2 * self._job.recipe.batch_size  # nothing is kept for a backward pass
        return evaluate(self._job, self._job.validation, twice, self._go_on)

    def _go_on(self) -> bool:
        self.moved = time.perf_counter()
        if self._time_to_look():
            self._look()
        return not self._stopped

    def _save_if_due(self) -> None:
        due = self.checkpoints.due() if self._together is None else self._save_agreed
        if self._every is None and due:
            self._save_agreed = False
            self._keep_state()

    def _keep_state(self) -> None:
        self.meter.read()
        self.meter.send_steps()
        with self.checkpoints.writing():
            self._save()

    def _read(self) -> None:
        """Wait for the device, and fetch what the steps gave."""
        self.meter.read()
        if self._pace is not None:
            self._pace.waited()

    def _time_to_look(self) -> bool:
        if self._together is not None:
            return self._together.due()
        return self.moved >= self._look_at or not self._control.idle()

    def _look(self) -> None:
        """Read and tell the steps since the last look, then obey."""
        self._read()
        now = time.perf_counter()
        if now >= self._look_at:
            self.meter.send_steps()
            if self._together is None:
                self.rewind.keep()
            self._watching.look(self.meter.step, self.meter.epoch)
            self._look_at = time.perf_counter() + INTERVAL
        if now >= self._progress_at:
            self.meter.send_progress()
            self._progress_at = now + PROGRESS
        while (command := self._control.next()) is not None:
            self._obey(command)
        if self._together is not None:
            self._settle(self._together)
        if self._pace is not None:
            self._pace.go_on()

    def _settle(self, together: Agreement) -> None:
        """Do what all processes of the run do now."""
        agreed = together.settle(keep=self.rewind.due, save=self.checkpoints.due())
        if agreed.keep:
            self.rewind.keep(force=True)
        self._save_agreed = self._save_agreed or agreed.save
        for command in agreed.commands:
            self._obey(command)

    def _obey(self, command: Command) -> None:
        if self._together is not None:
            self._together.note(command)
        match command:
            case Pause():
                self._pause()
            case Stop():
                self._stopped = True
            case Shutdown():
                self._stopped = self.leaving = True
            case SetLearningRate(value=value):
                self._job.learner.set_learning_rate(value)
                self.rewind.keep(force=True)  # steps done again use one learning rate
                self.meter.send_progress()
            case Watch():
                self._watching.watch(command)
                self._watching.look(self.meter.step, self.meter.epoch, only=command)
            case Unwatch():
                self._watching.unwatch(command)
            case Start():
                text = "a run is going on: stop it before starting another"
                self._emit(Failure(kind="command", text=text))

    def _pause(self) -> None:
        """Hold until a Resume, a Stop or a Shutdown; everything else is obeyed meanwhile."""
        begun = time.perf_counter()
        self.meter.send_steps()
        self.meter.send_progress()
        self._emit(State(state="paused", text=f"paused at step {self.meter.step:,}"))
        while not self._stopped:
            command = self._control.next(IDLE)
            self.moved = time.perf_counter()  # a pause is no hang
            if isinstance(command, Resume):
                self._emit(State(state="training", text=f"going on from step {self.meter.step:,}"))
                break
            if command is not None and not isinstance(command, Pause):
                self._obey(command)
        self.meter.skip(time.perf_counter() - begun)
