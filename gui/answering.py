"""One question to a process of ours from a window: what it prints, or that it stayed silent. Never blocks."""

from __future__ import annotations

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from backend import launching


class Answering(QObject):
    """One command at a time; a newer one takes the place of one that still runs."""

    answered = Signal(bytes)  # all it printed, once it ended
    gave_up = Signal()  # it took longer than it may

    def __init__(self, seconds: float, parent: QObject | None = None):
        super().__init__(parent)
        self._process: QProcess | None = None
        self._patience = QTimer(self, singleShot=True, interval=round(seconds * 1000))
        self._patience.timeout.connect(self._give_up)

    @property
    def busy(self) -> bool:
        return self._process is not None

    def ask(self, command: list[str]) -> None:
        """Start a command; one that cannot be started answers nothing."""
        self.stop()
        process = self._process = QProcess(self)
        process.finished.connect(lambda *_: self._ended(process))
        process.errorOccurred.connect(lambda *_: self._ended(process))
        process.setStandardErrorFile(QProcess.nullDevice())
        environment = QProcessEnvironment.systemEnvironment()
        for name, value in launching.environment().items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        program, *arguments = command
        process.start(program, arguments)
        self._patience.start()

    def stop(self) -> None:
        """End the process, unheard."""
        process, self._process = self._process, None
        self._patience.stop()
        if process is not None:
            process.kill()
            process.waitForFinished(1000)
            process.deleteLater()

    def _ended(self, process: QProcess) -> None:
        if process is not self._process:
            return
        self._process = None
        self._patience.stop()
        told = process.readAllStandardOutput().data()
        process.deleteLater()
        self.answered.emit(told)

    def _give_up(self) -> None:
        self.stop()
        self.gave_up.emit()
