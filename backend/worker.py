"""The training process: `python -m backend.worker --frames PREFIX`, commands on stdin, events on stdout.

Standard output belongs to the messages: what libraries print goes to standard error. It ends by itself when its
standard input closes, when its parent dies, and on SIGTERM, saving the last weights of a run first.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import importlib
import os
import signal
import sys
import threading
import time
from typing import Any

from backend.event_queue import EventQueue
from backend.messages import (
    MAX_LINE,
    Event,
    Failure,
    FindRate,
    Heartbeat,
    PreviewAugmentation,
    ProtocolError,
    Ready,
    RunState,
    Shutdown,
    Start,
    State,
    Unwatch,
    Watch,
    decode_command,
    encode,
)
from backend.shared_arrays import FrameWriter
from backend.training.control import Control

HEARTBEAT = 1.0  # seconds
LAST_WORDS = 5.0  # seconds a run has to save when nobody listens any more
PR_SET_PDEATHSIG = 1


class Outbox:
    """Events on their way out, written by a thread of its own so that a slow reader never holds up a step."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._queue = EventQueue()
        self._news = threading.Condition()
        self._busy = self._closed = False
        self.state: RunState = "idle"
        threading.Thread(target=self._write, name="outbox", daemon=True).start()

    def put(self, event: Event) -> None:
        """Hand over one event; never waits for the pipe."""
        with self._news:
            if isinstance(event, State):
                self.state = event.state
            self._queue.put(event)
            self._news.notify_all()

    def drain(self, timeout: float) -> None:
        """Wait until everything is written."""
        with self._news:
            self._news.wait_for(lambda: self._closed or not (len(self._queue) or self._busy), timeout)

    def _write(self) -> None:
        while True:
            with self._news:
                self._busy = False
                self._news.notify_all()
                self._news.wait_for(lambda: len(self._queue))
                events, self._busy = self._queue.take(), True
            for event in events:
                if not self._write_line(event):
                    return

    def _write_line(self, event: Event) -> bool:
        try:
            data = encode(event)
        except (ProtocolError, ValueError) as error:  # too long, or text that is no Unicode
            data = encode(Failure(kind="internal", text=f"an event could not be told: {ascii(str(error))[:500]}"))
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:  # nobody reads any more; the reader thread learns it too, and ends us
            with self._news:
                self._closed = True
                self._news.notify_all()
            return False
        return True


class Worker:
    """What the process does between its first and its last line."""

    def __init__(self, outbox: Outbox, control: Control, frames: FrameWriter) -> None:
        from backend.probes.watching import Watching

        self._outbox, self._control, self._frames = outbox, control, frames
        self._previews: Any = None
        self._watching = Watching(frames, outbox.put)
        self.run = None

    def serve(self) -> None:
        """Obey commands until told to leave."""
        from backend.training.run import Run

        while True:
            match command := self._control.next(timeout=3600.0):
                case Start():
                    self._previews = None  # its data make room for the run's
                    self.run = Run(self._control, self._watching, self._outbox.put)
                    self.run.execute(command)
                    if self.run.leaving:
                        return
                case PreviewAugmentation():
                    self._preview(command)
                case FindRate():
                    if self._find_rate(command):
                        return
                case Shutdown():
                    return
                case Watch():
                    self._watching.watch(command)
                    self._watching.look_again(command)
                case Unwatch():
                    self._watching.unwatch(command)
                case _:
                    pass  # Pause, Resume, Stop, SetLearningRate came when their run had just ended

    def _preview(self, command: PreviewAugmentation) -> None:
        from backend.training.augmentation_preview import Previews

        self._previews = self._previews or Previews(self._frames)
        self._outbox.put(self._previews.answer(command))

    def _find_rate(self, command: FindRate) -> bool:
        """Answer with a RateCurve or a Failure; whether the process shall end."""
        from backend.training.rate_search import search

        leaving = search(command, self._control, self._outbox.put, self._forget_run)
        self._outbox.put(State(state="idle", text=""))
        return leaving

    def _forget_run(self) -> bool:
        """Let go of the last run, whose pictures can be asked for no longer; whether there was one."""
        had, self.run = self.run is not None, None
        self._watching.detach()
        return had


def main() -> None:
    """The process, from its first line to its last."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", required=True, help="prefix of the names of shared memory")
    prefix = parser.parse_args().frames
    descriptor = reserve_stdout()
    control = Control()
    live_and_die_with_the_parent(control)
    outbox = Outbox(descriptor)
    frames = FrameWriter(prefix)
    reader = threading.Thread(target=read_commands, args=(control, outbox), name="reader", daemon=True)
    reader.start()
    try:
        import torch

        from backend.training import device as devices

        picked = devices.warmed_up()
        worker = Worker(outbox, control, frames)
        threading.Thread(target=beat, args=(worker, outbox), name="heartbeat", daemon=True).start()
        name, memory = devices.describe(picked)
        outbox.put(
            Ready(
                pid=os.getpid(),
                device=str(picked),
                device_name=name,
                memory=memory,
                devices=devices.available(),
                torch=torch.__version__,
            )
        )
        threading.Thread(target=preload, name="preload", daemon=True).start()
        worker.serve()
        outbox.drain(LAST_WORDS)
    finally:
        frames.close()
    sys.stderr.flush()
    os._exit(0)  # threads of torch and the blocked reader need no farewell


def reserve_stdout() -> int:
    """A descriptor for messages only; whatever prints to standard output prints to standard error instead."""
    descriptor = os.dup(1)
    os.set_inheritable(descriptor, False)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return descriptor


def live_and_die_with_the_parent(control: Control) -> None:
    """Lead a process group of our own; leave in good order on SIGTERM and on the parent's death."""

    def leave(*_: object) -> None:
        control.post(Shutdown())

    def parent_may_be_dead(*_: object) -> None:
        if os.getppid() != parent:  # Linux also signals when only the thread that started us has ended
            leave()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the parent, which tells us
    if os.name == "nt":
        return
    with contextlib.suppress(PermissionError):  # already a leader
        os.setsid()
    if sys.platform == "linux":
        parent = os.getppid()
        signal.signal(signal.SIGUSR1, parent_may_be_dead)
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGUSR1), 0, 0, 0)


def read_commands(control: Control, outbox: Outbox) -> None:
    """Post every command from standard input; when it closes, have the run saved and the process ended."""
    with open(0, "rb", closefd=False) as stdin:
        while line := stdin.readline(MAX_LINE + 1):
            try:
                control.post(decode_command(line))
            except ProtocolError as error:
                outbox.put(Failure(kind="command", text=f"The training process got {error}"))
    control.post(Shutdown())
    time.sleep(LAST_WORDS)
    os._exit(1)  # the main thread hangs: nobody is left to mind


def beat(worker: Worker, outbox: Outbox) -> None:
    """Tell once a second that the process lives, and for how long its current step has lasted."""
    while True:
        time.sleep(HEARTBEAT)
        outbox.put(pulse(worker, outbox.state))


def pulse(worker: Worker, state: RunState) -> Heartbeat:
    """The heartbeat of this moment."""
    follower = worker.run.follower if worker.run is not None else None
    training = follower is not None and state == "training"
    stuck = time.perf_counter() - follower.moved if training else 0.0
    return Heartbeat(state=state, step=follower.meter.step if follower is not None else 0, stuck_for=stuck)


def preload() -> None:
    """Import what a first run on bundled data would wait for; a broken installation is told when it is used."""
    with contextlib.suppress(Exception):
        importlib.import_module("sklearn.datasets")


if __name__ == "__main__":
    main()
