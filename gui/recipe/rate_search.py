"""A learning-rate range test, asked of the training process while no run is on. Knows no widgets."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from backend.messages import Event, Failure, FindRate, RateCurve, State, Stop
from gui.language import tr
from gui.session import Session
from gui.training.endings import refusal
from gui.training.run import data_home
from gui.training.run_controller import RunController


class RateSearch(QObject):
    """One search at a time; `told` brings its end or what it is doing, `found` its curve."""

    found = Signal(object)  # RateCurve
    told = Signal(str)  # what it does, or why nothing came of it
    changed = Signal()  # it began or ended

    def __init__(self, session: Session, run: RunController, parent: QObject | None = None):
        super().__init__(parent)
        self.searching = False
        self._cancelled = False
        self._session, self._run = session, run
        run.worker.told.connect(self._hear)
        run.run_started.connect(lambda *_: self.cancel())  # the run waits for the search to end
        session.project_opened.connect(self.cancel)

    def start(self) -> None:
        """Ask for the curve of the project as it is."""
        document = self._session.project
        refused = refusal(document)
        if self.searching:
            return
        if self._run.active:
            self.told.emit(tr("A run is on: stop it first."))
            return
        if refused is not None:
            self.told.emit(refused.text)
            return
        from graph.project_file import to_json

        outside = self._run.may_read_outside(document)
        base = data_home(document)
        self._become(True)
        self.told.emit(tr("asking the training process"))
        self._run.worker.send(FindRate(project=to_json(document), base=base, outside=outside))

    def cancel(self) -> None:
        """Give it up; what it has found so far is not told."""
        if self.searching and not self._cancelled:
            self._cancelled = True
            self._run.worker.send(Stop())
            self.told.emit("")

    def _hear(self, events: list[Event]) -> None:
        for event in events:
            if self.searching:
                self._hear_one(event)

    def _hear_one(self, event: Event) -> None:
        match event:
            case RateCurve():
                kept = not self._cancelled
                self._become(False)
                if kept:
                    self.found.emit(event)
            case Failure() if event.kind != "command":
                told = "" if self._cancelled else event.text
                self._become(False)
                self.told.emit(told)
            case State() if event.state == "loading" and not self._cancelled:
                self.told.emit(event.text)

    def _become(self, searching: bool) -> None:
        self.searching, self._cancelled = searching, False
        self._run.questioned = searching
        self.changed.emit()
