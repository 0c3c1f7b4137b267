"""One run from Start to its last event: prepare, train, save, and tell whatever goes wrong.

The only place that knows both the job and the run folder.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from backend.messages import Epoch, Event, Failure, Finished, Progress, Start, State, Steps
from backend.placement import Place
from backend.probes.watching import Watching
from backend.resuming import remembered
from backend.run_folder import SOURCE, START, RunFolder
from backend.training import device as devices
from backend.training import state as states
from backend.training.checkpoint import Checkpoints
from backend.training.company import Company
from backend.training.compiling import is_compiled
from backend.training.control import Control
from backend.training.failures import failure, is_lost
from backend.training.follower import Follower
from backend.training.job import Job
from backend.training.loop import train
from backend.training.memory import advice, largest_batch
from backend.training.meter import NotFinite
from backend.training.preparation import Prepared, prepare, read_project
from backend.training.rewind import healthy
from backend.training.state import Snapshot, StateError, States
from backend.training.written_source import written_source
from graph import Network

LOGGED = (State, Steps, Epoch, Progress, Failure, Finished)


class Run:
    """One run; `follower` is there once it trains.

    On several devices every process has one, and all do the same; but the first one's alone has a folder.
    """

    def __init__(
        self, control: Control, watching: Watching, emit: Callable[[Event], None], place: Place | None = None
    ) -> None:
        """`place` is that of a process that another one of the run started."""
        self._control, self._watching, self._send, self._place = control, watching, emit, place
        self._company: Company | None = None
        self._folder: RunFolder | None = None
        self._recording = False
        self._network: Network | None = None
        self._prepared: Prepared | None = None
        self._states: States | None = None
        self._from: Snapshot | None = None  # what a resumed run goes on from
        self.follower: Follower | None = None
        self._lost = False  # the GPU does nothing more for this process

    @property
    def leaving(self) -> bool:
        """Whether the process shall end after this run."""
        return self._lost or (self.follower is not None and self.follower.leaving)

    def execute(self, start: Start) -> None:
        """Do all of it; whatever goes wrong is told, not raised."""
        self._watching.detach()
        told = None
        try:
            self._prepare(start)
            outcome = "finished" if self._train(start) else "stopped"
        except Exception as error:
            outcome, told = "failed", self._explain(error)
        if told is not None:
            self._tell(self._with_advice(told))
        self._finish(outcome)

    def _prepare(self, start: Start) -> None:
        self._loading("reading the project")
        document = read_project(start.project)
        self._network = document.network
        path = Path(start.run_folder)
        company = self._company = Company(start, self._place)
        self._states = States(path, self._write)
        if company.ranks.first:
            self._folder = RunFolder.again(path) if start.resume else RunFolder(path, start.project)
        if start.resume:
            self._from = self._states.newest()
            if self._from is not None:
                states.check_processes(self._from, company.ranks.size)
        if company.ranks.first and not start.resume:
            self._begin_folder(start)
        company.gather()
        self._prepared = prepare(document, start, self._loading, self._from is None, company.ranks)
        if not start.resume:
            self._write_source()

    def _begin_folder(self, start: Start) -> None:
        self._recording = True
        self._write(START, remembered(start))

    def _go_on_in_folder(self, start: Start, state: Snapshot | None) -> None:
        """Write the folder of a run again, now that nothing can keep the run from going on."""
        self._folder.go_on_from(state["log"] if state else None)
        self._begin_folder(start)
        self._write_source()

    def _write_source(self) -> None:
        self._write(SOURCE, written_source(self._prepared).encode())

    def _train(self, start: Start) -> bool:
        """Whether all epochs were done."""
        job = self._prepared.job
        recipe = job.recipe
        checkpoints = Checkpoints(
            job.module, self._write, self._prepared.accuracies, recipe.monitor, recipe.keep_best, job.ranks
        )
        follower = self.follower = Follower(job, self._control, self._watching, checkpoints, self._tell, self._save)
        state, self._from = self._from, None
        if state is not None:
            self._go_on_from(state)
        if start.resume and job.ranks.first:
            self._go_on_in_folder(start, state)
        if not job.ranks.shard:  # looking would need all processes
            self._watching.attach(job, *self._prepared.target)
        samples = f"{len(job.train):,} samples, {len(job.validation):,} to validate"
        if is_compiled(recipe):
            samples += "; the first steps compile the network, which may take a minute"
        self._tell(State(state="training", text=f"training on {self._where(job)}: {samples}"))
        try:
            completed = train(job, follower)
        finally:
            follower.end()
        if not completed and follower.had_enough:
            completed = True
            self._end_early(job)
        self._save()
        self._watching.look(follower.meter.step, follower.meter.epoch, at_once=True)
        return completed

    @staticmethod
    def _where(job: Job) -> str:
        size = job.ranks.size
        return str(job.device) if size == 1 else f"{size} {'processes' if job.device.type == 'cpu' else 'GPUs'}"

    def _end_early(self, job: Job) -> None:
        """Patience ended the run: go back to the best weights, if the recipe says so."""
        checkpoints, text = self.follower.checkpoints, ""
        if job.recipe.restore_best:
            checkpoints.take_best()
            if job.learner.averaging is not None:
                job.learner.averaging.begin_again()
            text = f"; the weights of epoch {checkpoints.best_epoch} are restored"
        self._tell(State(state="training", text=f"no better epoch in {job.recipe.patience}{text}"))

    def _save(self) -> None:
        """Write weights, and all that the run needs to go on from here. Between two steps, all of them told."""
        follower = self.follower
        with self._prepared.job.learner.shown():
            follower.checkpoints.write(follower.meter.epoch, follower.meter.step)
        if self._recording or self._prepared.job.ranks.size > 1:  # all processes gather what each of them has
            state = states.take(self._prepared.job, meter=follower.meter, checkpoints=follower.checkpoints)
        if self._recording:
            with self._reporting():
                self._states.save({**state, "log": self._folder.mark()})

    def _go_on_from(self, state: Snapshot) -> None:
        job, follower = self._prepared.job, self.follower
        states.put_back(job, state, meter=follower.meter, checkpoints=follower.checkpoints)
        follower.rewind.keep(force=True)
        if follower.had_enough:
            follower.checkpoints.waited = 0  # whoever goes on has patience again
        if job.over:
            done = f"the run has done {follower.meter.step:,} steps ({follower.meter.epoch:,} epochs)"
            text = f"{done}, and no more than {job.steps:,} are asked for: ask for more epochs, or begin a new run"
            raise StateError(text)
        note = states.differences(job, state)
        self._loading(f"going on from step {follower.meter.step:,}{note and ', ' + note}")

    def _finish(self, outcome: str) -> None:
        """Complete the run folder, then say what became of the run."""
        if self._company is not None:
            self._company.part(failed=outcome == "failed")
            if not self._company.ranks.first:
                return
        meter = self.follower.meter if self.follower else None
        place = f" at step {meter.step:,}" if meter else ""
        last: list[Event] = [State(state=outcome, text=outcome + place)]
        if outcome != "failed":
            checkpoints = self.follower.checkpoints
            last.append(
                Finished(
                    run_folder=str(self._folder.path),
                    stopped=outcome == "stopped",
                    step=meter.step,
                    epochs=self._prepared.job.course.epochs_done,
                    best_epoch=checkpoints.best_epoch,
                    best=checkpoints.best,
                )
            )
        for event in last:
            self._record(event)
        if self._recording:
            with self._reporting():
                self._folder.finish(outcome, step=meter.step if meter else 0)
        if self._folder is not None:
            self._folder.leave()  # another may go on with it, though nothing more could be written
        for event in last:
            self._send(event)

    def _explain(self, error: Exception) -> Failure:
        """The Failure of an error; what the error's frames hold is let go of."""
        self._lost = is_lost(error)
        if isinstance(error, NotFinite):
            told = self._trace(error)
        else:
            told = failure(error, self._network, self._prepared.job.program if self._prepared else None)
            self._save_what_there_is()
        error.with_traceback(None)
        return self._company.explain(error, told) if self._company is not None else told

    def _trace(self, found: NotFinite) -> Failure:
        """Where numbers stopped being finite; leaves, and writes, the last finite weights."""
        job, network = self._prepared.job, self._network
        rate = job.learner.learning_rate
        origin = self.follower.rewind.trace()
        saved = not job.ranks.shard and healthy(job.module)  # of a network that is spread, no copy was kept
        if saved:
            with job.learner.shown():
                self.follower.checkpoints.write(found.epoch, found.step - 1)
        block = network.blocks.get(job.program.blocks.get(origin.identifier)) if origin else None
        text = f"The loss became {found.loss} at step {found.step:,} (epoch {found.epoch})"
        if block is not None:
            text += f": {block.name} ({block.type}) is the first block that {origin.what}"
        elif origin is not None:
            text += f": {origin.what}"
        what = "the last finite weights are saved" if saved else "what was saved before is kept"
        text += f". A learning rate below {rate:g} often helps; {what}."
        return Failure(kind="not_finite", text=text, block=block.id if block else None)

    def _save_what_there_is(self) -> None:
        """After an error inside a step the weights are those of the step before: keep them, if they can be read."""
        if self.follower is not None and self.follower.meter.step and not self._company.ranks.shard:
            with contextlib.suppress(Exception), self._prepared.job.learner.shown():
                self.follower.checkpoints.write(self.follower.meter.epoch, self.follower.meter.step)

    def _with_advice(self, told: Failure) -> Failure:
        """After memory ran out: the batch size that was tried and fits."""
        if told.kind != "out_of_memory" or self._prepared is None or self._company.ranks.size > 1:
            return told
        job = self._prepared.job
        peak = devices.peak_memory(job.device)
        fits = largest_batch(job)
        return told.model_copy(update={"text": told.text + advice(job, fits, peak), "batch_size": fits})

    def _loading(self, text: str) -> None:
        self._tell(State(state="loading", text=text))

    def _tell(self, event: Event) -> None:
        self._record(event)
        self._send(event)

    def _record(self, event: Event) -> None:
        if self._recording and isinstance(event, LOGGED):
            with self._reporting():
                self._folder.append(event)

    def _write(self, name: str, data: bytes) -> None:
        if self._recording:
            with self._reporting():
                self._folder.write(name, data)

    @contextlib.contextmanager
    def _reporting(self) -> Iterator[None]:
        """A disk that is full is told once and does not end the run."""
        try:
            yield
        except OSError as error:
            self._recording = False
            text = f"Cannot write the run to {self._folder.path} ({error.strerror}): it goes on unrecorded"
            self._send(Failure(kind="run_folder", text=text))
