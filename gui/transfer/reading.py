"""Looking into a file of weights from a window: safetensors at once, torch's files by a process apart.

Tells names and shapes, or why there are none; never blocks and never holds torch.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from backend import launching
from backend.weight_files import WeightFileError, read_header, weight_file
from backend.weights_apart import SECONDS, is_safe, parsed, reading


class Reading(QObject):
    """One file at a time; a newer one takes the place of one that is still read."""

    read = Signal(object)  # Contents
    failed = Signal(str)
    began = Signal()  # it takes a moment

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._process: QProcess | None = None
        self._patience = QTimer(self, singleShot=True, interval=SECONDS * 1000)
        self._patience.timeout.connect(self._give_up)

    @property
    def busy(self) -> bool:
        return self._process is not None

    def look_into(self, path: Path) -> None:
        """Tell what is in a file, or in the best file of a run's folder."""
        self.stop()
        try:
            file = weight_file(path)
            if is_safe(file):
                self.read.emit(read_header(file))
                return
        except WeightFileError as error:
            self.failed.emit(str(error))
            return
        self.began.emit()
        process = self._process = QProcess(self)
        process.finished.connect(lambda *_: self._ended(process, file))
        process.errorOccurred.connect(lambda *_: self._ended(process, file))
        environment = QProcessEnvironment.systemEnvironment()
        for name, value in launching.environment().items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        program, *arguments = reading(file.absolute())
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

    def _ended(self, process: QProcess, file: Path) -> None:
        if process is not self._process:
            return
        self._process = None
        self._patience.stop()
        told = process.readAllStandardOutput().data()
        process.deleteLater()
        try:
            self.read.emit(parsed(file, told))
        except WeightFileError as error:
            self.failed.emit(str(error))

    def _give_up(self) -> None:
        self.stop()
        self.failed.emit(self.tr("It could not be read within {0} seconds.").format(SECONDS))
