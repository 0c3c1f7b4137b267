"""The training process as the window holds it: a QProcess around the backend's WorkerClient.

Started early and kept warm, in its own process group; told events at most twenty times a second; ended by
asking, then SIGTERM, then SIGKILL to the whole group. Never blocks while the window is open. Knows no runs.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from backend.client import Launch, WorkerClient, signal_group
from backend.messages import Command, Ready, Shutdown

BETWEEN = 50  # ms between two deliveries of events: what eyes and plots can follow
RETIREMENT = 10_000  # ms for a retired worker to save and end
FAILED_STARTS = 3  # processes that died before they were ready: then something is wrong with the installation


class WorkerProcess(QObject):
    """One worker at a time; a new one takes the place of one that died."""

    told = Signal(list)  # backend events, oldest first, merged
    alive_changed = Signal()

    def __init__(self, parent: QObject | None = None, launch: Callable[[WorkerClient], Launch] | None = None):
        super().__init__(parent)
        self._launch = launch or WorkerClient.launch
        self._process: QProcess | None = None
        self._closing = False
        self._failed_starts = 0
        self.exit_code = 0  # of the process that ended last; a negative one is a signal
        self.client = WorkerClient()
        self._delivery = QTimer(self, singleShot=True, interval=BETWEEN)
        self._delivery.timeout.connect(self._deliver)

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.state() != QProcess.ProcessState.NotRunning

    @property
    def ready(self) -> Ready | None:
        """What the worker said of itself when it was warm."""
        return self.client.ready

    @property
    def pid(self) -> int:
        return self._process.processId() if self._process else 0

    def start(self) -> None:
        """Start a worker unless one is there; returns at once."""
        if self.alive or self._closing:
            return
        self.client = WorkerClient()
        launch = self._launch(self.client)
        process = self._process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        for name, value in launch.environment.items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        if sys.platform != "win32":
            parameters = QProcess.UnixProcessParameters()
            parameters.flags = QProcess.UnixProcessFlag.CreateNewSession | QProcess.UnixProcessFlag.CloseFileDescriptors
            process.setUnixProcessParameters(parameters)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_errors)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._not_started)
        process.start(launch.arguments[0], list(launch.arguments[1:]))

    @property
    def gave_up(self) -> bool:
        """Whether several processes in a row died before they were ready; `send` tries once more."""
        return self._failed_starts >= FAILED_STARTS

    def send(self, command: Command) -> None:
        """Write a command, starting a worker for it if none is there; never waits."""
        self.start()
        if self.alive:
            self._process.write(self.client.encode(command))

    def signal(self, number: int) -> None:
        """Send a signal to the worker's whole process group."""
        if not self.alive or not self.pid:
            return
        if os.name == "nt":
            self._process.kill()
        else:
            signal_group(self.pid, number)

    def terminate(self) -> None:
        """Ask the process to save and end, through the operating system."""
        self.signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process and all its children now."""
        self.signal(getattr(signal, "SIGKILL", signal.SIGTERM))

    def retire(self) -> None:
        """Let this worker save and end by itself, unheard, and start a fresh one in its place."""
        if not self.alive:
            return
        old, client, pid = self._process, self.client, self.pid
        old.readyReadStandardOutput.disconnect(self._read)
        old.readyReadStandardError.disconnect(self._read_errors)
        old.finished.disconnect(self._ended)
        old.errorOccurred.disconnect(self._not_started)
        old.readyReadStandardOutput.connect(old.readAllStandardOutput)  # a full pipe would hold it up
        old.finished.connect(lambda code: client.end(code))  # removes its shared memory
        old.finished.connect(old.deleteLater)
        old.write(client.encode(Shutdown()))
        old.closeWriteChannel()
        QTimer.singleShot(RETIREMENT, old, lambda: signal_group(pid, signal.SIGTERM))
        QTimer.singleShot(2 * RETIREMENT, old, old.kill)
        self._process = None
        self._delivery.stop()
        self.alive_changed.emit()
        self.start()

    def close(self, patience: int = 2000) -> None:
        """End the worker for good, waiting up to `patience` ms a step: ask, SIGTERM, SIGKILL."""
        self._closing = True
        if not self.alive:
            return
        self._process.write(self.client.encode(Shutdown()))
        self._process.closeWriteChannel()
        for escalate in (lambda: None, self.terminate, self.kill):
            escalate()
            if self._process.waitForFinished(patience):
                break

    def _read(self) -> None:
        self.client.feed(self._process.readAllStandardOutput().data())
        if not self._delivery.isActive():
            self._delivery.start(0 if self._first_words() else BETWEEN)

    def _first_words(self) -> bool:
        return self.client.ready is None or self.client.state != "training"

    def _read_errors(self) -> None:
        self.client.feed_stderr(self._process.readAllStandardError().data())

    def _deliver(self) -> None:
        events = self.client.take()
        if any(isinstance(event, Ready) for event in events):
            self._failed_starts = 0
            self.alive_changed.emit()
        if events:
            self.told.emit(events)

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.client.feed_stderr(self._process.errorString().encode())
            self._over(127)

    def _ended(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read_errors()
        self.client.feed(self._process.readAllStandardOutput().data())
        self._over(-code if status == QProcess.ExitStatus.CrashExit else code)

    def _over(self, code: int) -> None:
        """Tell the last words, then put a fresh worker in the place of the dead one."""
        self._failed_starts += self.client.ready is None
        self.exit_code = code
        self.client.end(code)
        self._delivery.stop()
        process, self._process = self._process, None
        process.deleteLater()
        if self._closing:
            return
        self._deliver()
        self.alive_changed.emit()
        if not self.gave_up:
            QTimer.singleShot(0, self, self.start)
