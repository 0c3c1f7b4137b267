"""Runs from the window's side: one state machine over the worker process, told to the widgets as Qt signals.

Owns which run is on, the one before it, and what is being watched. Draws nothing; knows no torch.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from backend import shared_arrays
from backend.messages import (
    Epoch,
    Event,
    Failure,
    Finished,
    Heartbeat,
    Pause,
    Probe,
    ProbeKind,
    Progress,
    Ready,
    Resume,
    SetLearningRate,
    Start,
    State,
    Steps,
    Stop,
    Unwatch,
    Watch,
)
from graph import Document
from gui.session import Session
from gui.training.endings import ended_process, refusal
from gui.training.history import History
from gui.training.run import Look, Run, data_home, describe_objective, new_run_folder
from gui.training.worker_process import WorkerProcess

STATES = ("idle", "starting", "training", "paused", "stopping", "finished", "failed")
ACTIVE = ("starting", "training", "paused", "stopping")
PATIENCE = 10_000  # ms a Stop may take before the process is asked through the system, then killed
_STATE_OF = {
    "idle": "idle",
    "loading": "starting",
    "training": "training",
    "paused": "paused",
    "stopped": "finished",
    "finished": "finished",
    "failed": "failed",
}


class RunController(QObject):
    """start, pause, resume, stop, set_learning_rate, watch; and what the run tells, signal by signal."""

    state_changed = Signal(str)
    run_started = Signal(object)  # Run
    stepped = Signal(object)  # Steps
    epoch_ended = Signal(object)  # Epoch
    progressed = Signal(object)  # Progress
    looked = Signal(object)  # Look
    look_refused = Signal(str, str)  # block, why it cannot be shown
    failed = Signal(object)  # Failure; its run, if there was one, is over
    warned = Signal(str)  # something odd that ends nothing; "" takes it back
    finished = Signal(object)  # Finished
    worker_changed = Signal()  # warm, or gone
    learning_rate_changed = Signal(float)
    run_outdated = Signal()  # the document no longer is what the run trains

    def __init__(self, session: Session, parent: QObject | None = None, worker: WorkerProcess | None = None):
        super().__init__(parent)
        self._session = session
        self.worker = worker or WorkerProcess(self)
        self.state = "idle"
        self.text = ""  # what the worker says it is doing
        self.run: Run | None = None
        self.previous: Run | None = None
        self.learning_rate = session.project.recipe.learning_rate
        # Asks the person about data outside the project's folder; the window puts its question here.
        self.may_read_outside: Callable[[Document], bool] = lambda document: False
        self.questioned = False  # a question is out: if it fails, who asked tells it
        self._count = 0
        self._watches: dict[ProbeKind, Watch] = {}
        self._ending = False  # we ended the process ourselves
        self._closed = False
        self._warned = ""
        self._slow = False  # the warning is of a step that takes long
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._patience.timeout.connect(self.escalate)
        self.worker.told.connect(self._hear)
        self.worker.alive_changed.connect(self.worker_changed)
        session.project_changed.connect(self._document_changed)
        session.project_opened.connect(self._document_swapped)

    # What people do

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def ready(self) -> Ready | None:
        """The warm worker's device and version, or None."""
        return self.worker.ready

    def warm_up(self) -> None:
        """Start the worker, so that a first run begins at once."""
        self.worker.start()

    def start(self) -> bool:
        """Train a snapshot of the document; False, with the reason told by `failed`, where that cannot be."""
        if self.active:
            return False
        document = self._session.project
        refused = refusal(document)
        if refused is not None:
            self.failed.emit(refused)
            return False
        from graph import project_file

        outside = self.may_read_outside(document)
        folder = new_run_folder(document)
        base = data_home(document)
        text = project_file.to_json(document)
        return self._begin(document, Start(project=text, run_folder=str(folder), base=base, outside=outside))

    def go_on(self, document: Document, start: Start, history: History) -> bool:
        """Let a run go on from its last state: what it trains, how, and what it has told so far; False while one is on.

        Whether it may read the data that it asks for has been settled.
        """
        return not self.active and self._begin(document, start, history)

    def _begin(self, document: Document, start: Start, history: History | None = None) -> bool:
        label, classes = describe_objective(document)
        names = {id: block.name for id, block in document.network.blocks.items()}
        self._count += 1
        previous = self.run if self.run and len(self.run.history.losses) else self.previous
        folder, seed = Path(start.run_folder), document.recipe.seed
        self.previous, self.run = previous, Run(self._count, folder, seed, label, classes, names, history or History())
        objectives = document.recipe.objectives
        self.run.turns = tuple(one.name for one in objectives) if len(objectives) > 1 else ()
        self._ending = False
        self._warn("")
        self._set_learning_rate(document.recipe.learning_rate)
        self._become("starting", "starting")
        self.run_started.emit(self.run)
        self.worker.send(start)
        for watch in self._watches.values():
            self.worker.send(watch)
        return True

    def pause(self) -> None:
        if self.state == "training":
            self.worker.send(Pause())

    def resume(self) -> None:
        if self.state == "paused":
            self.worker.send(Resume())

    def toggle(self) -> None:
        """What the one big button does: start, pause or resume."""
        {"training": self.pause, "paused": self.resume}.get(self.state, self.start)()

    def stop(self) -> None:
        """End the run after its step; asked a second time, end the process."""
        if self.state == "stopping":
            self.escalate()
        elif self.active:
            self.worker.send(Stop())
            self._become("stopping", self.tr("finishing the step"))
            self._patience.start()

    def escalate(self) -> None:
        """End a run that does not end: SIGTERM, and SIGKILL if asked again or after a while."""
        if not self.active:
            return
        if self._ending:
            self.worker.kill()
            return
        self._ending = True
        self._become("stopping", self.tr("ending the process"))
        self.worker.terminate()
        self._patience.start()

    def set_learning_rate(self, value: float) -> None:
        """Change it for the run that is on; the recipe stays as it is."""
        if self.active and value != self.learning_rate:
            self.worker.send(SetLearningRate(value=value))
            self._set_learning_rate(value)

    def watch(self, kind: ProbeKind, block: str, sample: int = 0) -> None:
        """Ask for `looked` signals of a block while somebody looks; replaces an earlier one of the kind."""
        watch = Watch(kind=kind, block=block, sample=sample)
        before = self._watches.get(kind)
        if before == watch:
            return
        if before is not None and before.block != block:
            self._send_if_running(Unwatch(kind=kind, block=before.block))
        self._watches[kind] = watch
        self._send_if_running(watch)

    def unwatch(self, kind: ProbeKind) -> None:
        if self._watches.pop(kind, None):
            self._send_if_running(Unwatch(kind=kind))

    def close(self) -> None:
        """End the worker; to be called when the window has gone."""
        if not self._closed:
            self._closed = True
            self.worker.told.disconnect(self._hear)
            self.worker.close()

    # What the worker tells

    def _hear(self, events: list[Event]) -> None:
        for event in events:
            self._hear_one(event)

    def _hear_one(self, event: Event) -> None:
        match event:
            case Ready():
                self.worker_changed.emit()
            case State():
                self._hear_state(event)
            case Failure():
                self._hear_failure(event)
            case Heartbeat():
                self._hear_heartbeat(event)
            case _ if self.run is not None:
                self._hear_of_run(event)

    def _hear_of_run(self, event: Event) -> None:
        history = self.run.history
        match event:
            case Steps():
                history.add_steps(event)
                self.stepped.emit(event)
            case Epoch():
                history.add_epoch(event)
                self.epoch_ended.emit(event)
            case Progress():
                history.add_progress(event)
                self.progressed.emit(event)
            case Probe():
                self._hear_probe(event)
            case Finished():
                self.run.finished = event
                self.finished.emit(event)

    def _hear_state(self, event: State) -> None:
        state = _STATE_OF[event.state]
        if self.run is None:
            return
        if state == "idle":
            return  # a fresh worker in the place of one that died
        if self.state == "stopping" and state in ("starting", "training", "paused"):
            return
        if state == "starting" and not self.active:
            return
        self._become(state, event.text)

    def _hear_probe(self, event: Probe) -> None:
        watch = self._watches.get(event.kind)
        if watch is None or watch.block != event.block:
            return
        array = shared_arrays.read(event.array)
        if array is None:
            return  # overwritten since: a newer one is on its way
        image, answer = (shared_arrays.read(part) if part else None for part in (event.image, event.answer))
        look = Look(event.kind, event.block, event.step, event.epoch, array, image, answer, event.prediction)
        self.looked.emit(look)

    def _hear_failure(self, failure: Failure) -> None:
        running = self.active and self.run is not None
        if self.questioned and not running and failure.kind != "process":
            return
        if failure.kind == "process":
            if not running:
                if not self.worker.alive and self.worker.gave_up:
                    self.failed.emit(failure)
                return
            failure = ended_process(failure, self.run, self.worker.exit_code, self._ending)
        elif failure.kind == "command" and failure.block:
            if any(watch.block == failure.block for watch in self._watches.values()):  # else nobody looks there now
                self.look_refused.emit(failure.block, failure.text)
            return
        elif failure.kind in ("command", "internal") and running:
            self._warn(failure.text)
            return
        if self.run is not None and (running or self.run.finished is None):
            self.run.failure = failure
        self.failed.emit(failure)

    def _hear_heartbeat(self, event: Heartbeat) -> None:
        if self.active and event.stuck_for > 10:
            words = self.tr("Step {0:,} has taken {1:.0f} s so far. Stop ends it.")
            self._warn(words.format(event.step + 1, event.stuck_for), slow=True)
        elif self._slow:
            self._warn("")

    # Inner

    def _become(self, state: str, text: str = "") -> None:
        changed = state != self.state
        self.state, self.text = state, text
        if not self.active:
            self._patience.stop()
            self._warn("")
            if changed:
                self._set_learning_rate(self._session.project.recipe.learning_rate)
        self.state_changed.emit(state)

    def _warn(self, text: str, slow: bool = False) -> None:
        self._slow = slow
        if text != self._warned:
            self._warned = text
            self.warned.emit(text)

    def _set_learning_rate(self, value: float) -> None:
        if value != self.learning_rate:
            self.learning_rate = value
            self.learning_rate_changed.emit(value)

    def _send_if_running(self, command) -> None:
        if self.run is not None and self.worker.alive:
            self.worker.send(command)

    def _document_changed(self, changes) -> None:
        if not self.active:
            self._set_learning_rate(self._session.project.recipe.learning_rate)
        if self.run and not self.run.edited_since and (changes.structure or changes.edited or changes.recipe):
            self.run.edited_since = True
            self.run_outdated.emit()

    def _document_swapped(self) -> None:
        """Another document is open: its runs begin anew; one that is on saves and ends unseen."""
        if self.active:
            self.worker.retire()
        self.run = self.previous = None
        self._watches.clear()
        self._become("idle")
