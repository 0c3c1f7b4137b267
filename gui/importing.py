"""Importing a model: it is read by a process apart, and opens as an untitled project, or as one beside its weights.

A model with weights is asked a place before it is read, so that both are written once, whole. Knows nothing of models.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTemporaryDir, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QProgressDialog, QWidget

from backend.importing.asking import SECONDS, Refused, parsed, reading
from gui.answering import Answering
from gui.dropping import PROJECT, PROJECTS
from gui.language import tr
from gui.opening import CannotOpen, read, tell, untitled

WAIT = 400  # ms before a reading that goes on is shown
WEIGHTS = ".safetensors"
WITHOUT_WEIGHTS = (".py",)


def place_for(model: Path, beside: QWidget | None) -> Path | None:
    """Where the person wants a model's project and weights; None for nowhere."""
    title = tr("Where to keep the imported project and its weights")
    chosen, _ = QFileDialog.getSaveFileName(beside, title, str(model.with_suffix(PROJECT)), tr(PROJECTS))
    if not chosen:
        return None
    place = Path(chosen)
    place = place if place.suffix == PROJECT else place.with_name(place.name + PROJECT)
    weights = place.with_suffix(WEIGHTS)
    if not weights.exists():
        return place
    text = tr("The weights are to be written to {0}, which is there already. Replace it?").format(weights.name)
    return place if QMessageBox.question(beside, tr("Import"), text) == QMessageBox.StandardButton.Yes else None


class Importing(QObject):
    """One model on its way to `place`, or to an untitled project; `over` when nothing more comes of it."""

    came = Signal(object, str)  # Opened, what is to be said
    over = Signal()

    def __init__(self, model: Path, place: Path | None, beside: QWidget | None, parent: QObject | None = None):
        super().__init__(parent)
        self.model = model
        self.place = place
        self.beside = beside
        self._folder = QTemporaryDir()
        self._answering = Answering(SECONDS, self)
        self._answering.answered.connect(self._answered)
        self._answering.gave_up.connect(self._too_long)
        self.waiting = self._wait_shown()

    def begin(self) -> None:
        self._answering.ask(reading(self.model, self.place or Path(self._folder.path()) / f"model{PROJECT}"))

    def cancel(self) -> None:
        """End the reading."""
        self._end()

    def _wait_shown(self) -> QProgressDialog:
        text = tr("Reading {0} ...").format(self.model.name)
        shown = QProgressDialog(text, tr("Cancel"), 0, 0, self.beside, minimumDuration=WAIT)
        shown.setWindowModality(Qt.WindowModality.WindowModal)
        shown.setWindowTitle(tr("Import"))
        shown.canceled.connect(self.cancel)
        return shown

    def _answered(self, told: bytes) -> None:
        try:
            files, notes = parsed(self.model, told)
            opened = read(files[0])
        except (Refused, CannotOpen) as error:
            self._refuse(str(error))
            return
        said = tr("Imported {0}.").format(self.model.name)
        if notes:
            said += " " + tr("What was assumed stands in the note on the canvas.")
        self._end()
        self.came.emit(opened if self.place else untitled(opened), said)

    def _too_long(self) -> None:
        self._refuse(tr("It could not be read within {0} seconds.").format(SECONDS))

    def _refuse(self, text: str) -> None:
        self._end()
        tell(self.beside, tr("{0} cannot be imported").format(self.model.name), text)

    def _end(self) -> None:
        self._answering.stop()
        self.waiting.canceled.disconnect(self.cancel)
        self.waiting.reset()
        self.waiting.deleteLater()
        self._folder.remove()
        self.over.emit()
