"""Looking into a file of weights from a window: safetensors at once, torch's files by a process apart.

Tells names and shapes, or why there are none; never blocks and never holds torch.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from backend.weight_files import WeightFileError, read_header, weight_file
from backend.weights_apart import SECONDS, is_safe, parsed, reading
from gui.answering import Answering


class Reading(QObject):
    """One file at a time; a newer one takes the place of one that is still read."""

    read = Signal(object)  # Contents
    failed = Signal(str)
    began = Signal()  # it takes a moment

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._file: Path | None = None
        self._answering = Answering(SECONDS, self)
        self._answering.answered.connect(self._parse)
        self._answering.gave_up.connect(self._give_up)

    @property
    def busy(self) -> bool:
        return self._answering.busy

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
        self._file = file
        self._answering.ask(reading(file.absolute()))

    def stop(self) -> None:
        """End the process, unheard."""
        self._answering.stop()

    def _parse(self, told: bytes) -> None:
        try:
            self.read.emit(parsed(self._file, told))
        except WeightFileError as error:
            self.failed.emit(str(error))

    def _give_up(self) -> None:
        self.failed.emit(self.tr("It could not be read within {0} seconds.").format(SECONDS))
