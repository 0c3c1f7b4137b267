"""The caller's side of a worker: WorkerClient turns bytes into events and commands into bytes.

It knows no pipes: a window puts QProcess around it, the command line and the tests use SubprocessClient.
Imports no torch and no Qt.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend import shared_arrays
from backend.event_queue import EventQueue
from backend.launching import environment
from backend.messages import (
    MAX_LINE,
    AugmentationPreview,
    Command,
    Event,
    Failure,
    Finished,
    Frame,
    Probe,
    ProtocolError,
    Ready,
    RunState,
    Shutdown,
    Start,
    State,
    Steps,
    decode_event,
    encode,
)

_STDERR_KEPT = 16 * 1024  # bytes of the worker's last words
_SILENT_AFTER = 5.0  # seconds; a heartbeat comes every one


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a worker: a program with arguments, and what to add to its environment."""

    arguments: tuple[str, ...]
    environment: dict[str, str]


class WorkerClient:
    """One worker as its caller sees it: `feed` it bytes, `take` events, `encode` commands, tell it the `end`."""

    def __init__(self) -> None:
        self.prefix = shared_arrays.new_prefix()
        self.ready: Ready | None = None
        self.state: RunState = "idle"
        self.run_folder: str | None = None  # of the run begun last
        self.step = 0
        self._queue = EventQueue()
        self._line = bytearray()
        self._skipping = False  # inside a line that is too long
        self._stderr = bytearray()
        self._frames: set[str] = set()
        self._heard = time.monotonic()
        self._leaving = False
        shared_arrays.sweep_abandoned()

    def launch(self) -> Launch:
        """The worker's command line: this Python, this Netloom, nothing from the current folder."""
        arguments = (
            sys.executable,
            "-P",
            "-X",
            "faulthandler",
            "-m",
            "backend.worker",
            "--frames",
            self.prefix,
        )
        return Launch(arguments, {**environment(), "PYTHONIOENCODING": "utf-8"})

    def encode(self, command: Command) -> bytes:
        """The bytes to write to the worker's standard input; raises ProtocolError."""
        line = encode(command)
        if isinstance(command, Start):
            self.run_folder, self.step = command.run_folder, 0
        self._leaving |= isinstance(command, Shutdown)
        return line

    def feed(self, data: bytes) -> None:
        """Take in what came from the worker's standard output, cut anywhere."""
        self._heard = time.monotonic()
        *lines, rest = data.split(b"\n")
        for end in lines:
            self._line += end
            line, self._line = bytes(self._line), bytearray()
            if not self._skipping:
                self._receive(line)
            self._skipping = False
        self._line += rest
        if len(self._line) > MAX_LINE:
            self._line.clear()
            if not self._skipping:
                self._complain(f"a line from the worker is above the {MAX_LINE:,} bytes allowed")
            self._skipping = True

    def feed_stderr(self, data: bytes) -> None:
        """Remember the worker's last words for the case that it dies."""
        self._stderr = (self._stderr + data)[-_STDERR_KEPT:]

    def take(self) -> list[Event]:
        """The events since the last call, merged where they may be."""
        return self._queue.take()

    def silent_for(self) -> float:
        """Seconds since the worker was last heard; its heartbeat comes every second."""
        return time.monotonic() - self._heard

    @property
    def hanging(self) -> bool:
        """Whether a worker that was ready has missed several heartbeats."""
        return self.ready is not None and self.silent_for() > _SILENT_AFTER

    def end(self, exit_code: int) -> None:
        """The process is gone (a negative code is a signal): clean up; say so unless it was asked to leave."""
        shared_arrays.sweep(self.prefix, self._frames)
        self._frames.clear()
        self._line.clear()
        running = self.state in ("loading", "training", "paused")
        self.ready = None
        if self._leaving and not running:
            return
        detail = self._stderr.decode("utf-8", "replace")
        self._put(Failure(kind="process", text=self._obituary(exit_code, running), detail=detail))
        self._put(State(state="failed" if running else "idle", text="the training process is gone"))

    def _receive(self, line: bytes) -> None:
        try:
            event = decode_event(line)
        except ProtocolError as error:
            self._complain(str(error))
            return
        self._put(event)

    def _put(self, event: Event) -> None:
        match event:
            case Ready():
                self.ready = event
            case State():
                self.state = event.state
            case Steps():
                self.step = event.steps[-1] if event.steps else self.step
            case Finished():
                self.step = event.step
            case Probe():
                frames = (event.array, event.image, event.answer)
                self._frames.update(frame.name for frame in frames if frame is not None)
            case AugmentationPreview():
                frames = [value for _, value in event if isinstance(value, Frame)]
                self._frames.update(frame.name for frame in frames)
        self._queue.put(event)

    def _complain(self, text: str) -> None:
        self._queue.put(Failure(kind="internal", text=f"Lost a message of the training process: {text}"))

    def _obituary(self, exit_code: int, running: bool) -> str:
        text = f"The training process ended unexpectedly ({describe_exit(exit_code)})."
        if running and self.run_folder and Path(self.run_folder).is_dir():
            saved = (Path(self.run_folder) / "last.safetensors").exists()
            kept = "Its log and the weights of its last checkpoint are" if saved else "Its log, but no weights yet, is"
            text += f" It was at step {self.step:,}. {kept} in {self.run_folder}."
        return text + " The drawing is untouched; Start begins with a new process."


def describe_exit(exit_code: int) -> str:
    """An exit code in words; a negative one is a signal, as in subprocess."""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = "unknown"
    why = {
        "SIGKILL": ": killed from outside, often because the machine ran out of memory",
        "SIGSEGV": ": a crash inside a native library",
        "SIGBUS": ": a crash inside a native library, or a full disk or shared memory",
        "SIGABRT": ": a native library gave up",
    }.get(name, "")
    return f"signal {-exit_code}, {name}{why}"


def signal_group(pid: int, number: int) -> None:
    """Send a signal to the worker's whole process group (the worker makes itself its leader)."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg") and os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)


class SubprocessClient:
    """A worker behind ordinary pipes; threads read them. A context manager: leaving it ends the process."""

    def __init__(self) -> None:
        self.core = WorkerClient()
        launch = self.core.launch()
        self.process = subprocess.Popen(
            launch.arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | launch.environment,
            start_new_session=True,
        )
        self._news = threading.Condition()
        self._over = False
        self._readers = [
            threading.Thread(target=self._read_stdout, name="worker-stdout", daemon=True),
            threading.Thread(target=self._read_stderr, name="worker-stderr", daemon=True),
        ]
        for reader in reversed(self._readers):  # the first waits for the second, which must have begun by then
            reader.start()

    def __enter__(self) -> SubprocessClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, command: Command) -> None:
        """Write a command; a worker that is gone is told by the events, not here."""
        with self._news:
            line = self.core.encode(command)
        with contextlib.suppress(BrokenPipeError, ValueError):
            self.process.stdin.write(line)
            self.process.stdin.flush()

    def take(self, timeout: float) -> list[Event]:
        """The events since the last call; waits up to `timeout` seconds for the first."""
        with self._news:
            self._news.wait_for(lambda: self.core._queue or self._over, timeout)
            return self.core.take()

    @property
    def over(self) -> bool:
        """Whether the process has ended and all it said was taken."""
        with self._news:
            return self._over and not len(self.core._queue)

    def events(self) -> Iterator[Event]:
        """Events until the process has ended."""
        while not self.over:
            yield from self.take(1.0)

    def close(self, patience: float = 5.0) -> int:
        """End the worker: ask, then SIGTERM, then SIGKILL to its group; returns its exit code."""
        self.send(Shutdown())
        with contextlib.suppress(BrokenPipeError, OSError):
            self.process.stdin.close()
        for number in (None, signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
            if number is not None:
                signal_group(self.process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)
                break
        for reader in self._readers:
            reader.join(patience)
        return self.process.wait()

    def _read_stdout(self) -> None:
        while data := self.process.stdout.read1(1 << 16):
            with self._news:
                self.core.feed(data)
                self._news.notify_all()
        code = self.process.wait()
        self._readers[1].join(1.0)
        self.process.stdout.close()
        with self._news:
            self.core.end(code)
            self._over = True
            self._news.notify_all()

    def _read_stderr(self) -> None:
        while data := self.process.stderr.read1(1 << 16):
            with self._news:
                self.core.feed_stderr(data)
        self.process.stderr.close()
