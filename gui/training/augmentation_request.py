"""Asks the training process for pictures before and after augmentation, while no run is on. Knows no widgets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from backend import shared_arrays
from backend.messages import AugmentationPreview, Event, Failure, Frame, PreviewAugmentation
from gui.language import tr
from gui.session import Session
from gui.training.run import data_home
from gui.training.run_controller import RunController


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pictures (n, channels, height, width) of a field before and after, their masks (n, height, width), and words."""

    field: str
    originals: np.ndarray
    augmented: np.ndarray
    masks: np.ndarray | None = None
    moved: np.ndarray | None = None
    labels: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()
    boxes: np.ndarray | None = None  # (n, most, 4): x y w h in shares of the sides, zeros where there is none
    moved_boxes: np.ndarray | None = None


class AugmentationRequest(QObject):
    """One question at a time; what changed meanwhile is asked when the answer has come."""

    found = Signal(object)  # Pairs
    told = Signal(str)  # why there are none
    changed = Signal()  # it began to wait, or ended

    def __init__(self, session: Session, run: RunController, parent: QObject | None = None):
        super().__init__(parent)
        self.waiting = False
        self._due = 0  # answers that are still to come, those of forgotten questions too
        self._again: tuple[int, int] | None = None
        self._session, self._run = session, run
        run.worker.told.connect(self._hear)
        run.worker.alive_changed.connect(self._process_changed)
        run.run_started.connect(lambda *_: self.forget())

    def ask(self, page: int, seed: int) -> None:
        """Ask for samples of a page, drawn from a seed, of the recipe as it is."""
        if self._run.active:
            self.told.emit(tr("A run is on: the preview is drawn when it has ended."))
        elif self._session.project.recipe.data is None:
            self.told.emit(tr("Choose the data first."))
        elif self.waiting:
            self._again = (page, seed)
        else:
            self._send(page, seed)

    def forget(self) -> None:
        """What comes is not for us any more."""
        self._again = None
        if self.waiting:
            self._become(False)

    def _send(self, page: int, seed: int) -> None:
        from graph.project_file import to_json

        document = self._session.project
        outside = self._run.may_read_outside(document)
        base = data_home(document)
        self._due += 1
        self._become(True)
        asked = PreviewAugmentation(project=to_json(document), base=base, outside=outside, page=page, seed=seed)
        self._run.worker.send(asked)

    def _hear(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, AugmentationPreview):
                self._due -= 1
                if self.waiting and self._due == 0:
                    self._take(event)
            elif self.waiting and isinstance(event, Failure) and event.kind == "process":
                self.forget()
                self.told.emit(event.text)

    def _process_changed(self) -> None:
        if not self._run.worker.alive:
            self._due = 0

    def _take(self, event: AugmentationPreview) -> None:
        self._become(False)
        if self._again is not None:
            page, seed = self._again
            self._again = None
            self._send(page, seed)
            return
        if event.problem:
            self.told.emit(event.problem)
            return
        arrays = [_read(frame) for frame in (event.originals, event.augmented, event.masks, event.moved)]
        if arrays[0] is None or arrays[1] is None:
            self.told.emit(tr("The pictures were gone before they could be read: draw again."))
            return
        boxes = [_read(frame) for frame in (event.boxes, event.moved_boxes)]
        self.found.emit(Pairs(event.field, *arrays, event.labels, event.mixed, *boxes))

    def _become(self, waiting: bool) -> None:
        self.waiting = waiting
        self.changed.emit()


def _read(frame: Frame | None) -> np.ndarray | None:
    return shared_arrays.read(frame) if frame is not None else None
