"""The status bar: what the network costs, whether it is saved, what just happened, where it would train."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStatusBar, QWidget

from graph.quantities import prefixed, thousands
from gui import theme
from gui.language import counted
from gui.panels.rows import label, restyle
from gui.session import Session
from gui.updates import Updates

SAYING = 6000  # ms a sentence stays


class Status(QStatusBar):
    """Counts left, the last sentence in the middle, the device right."""

    def __init__(self, session: Session, run, parent: QWidget | None = None):
        super().__init__(parent)
        self.session, self.run = session, run
        self.setSizeGripEnabled(False)
        self.parameters, self.macs, self.saved = label(), label(), label()
        self.said, self.problems, self.device = label(), label(), label()
        for part in (self.parameters, self.macs, self.saved):
            self.addWidget(part)
        self.addWidget(self.said, 1)
        for part in (self.problems, self.device):
            self.addPermanentWidget(part)
        for number in (self.parameters, self.macs):
            number.setFont(theme.ui_font())
        self._silence = QTimer(self, singleShot=True, interval=SAYING)
        self._silence.timeout.connect(lambda: self.said.setText(""))
        self.updates = Updates(self, self.refresh, 16)
        for signal in (session.changed, session.history_changed, session.document_changed, run.worker_changed):
            signal.connect(self.updates.ask)
        session.what_if.changed.connect(self.updates.ask)
        session.said.connect(self.say)

    def say(self, text: str) -> None:
        self.said.setText(text)
        self._silence.start()

    def refresh(self) -> None:
        document, analysis = self.session.document, self.session.what_if.document.analysis
        partly = self.tr("at least ") if analysis.partial and analysis.total_parameters else ""
        self.parameters.setText(self.tr("{0}{1} parameters").format(partly, thousands(analysis.total_parameters)))
        self.macs.setText(self.tr("{0} multiply-adds").format(prefixed(analysis.total_macs)))
        self.macs.setToolTip(self.tr("{0} multiply-adds for one sample").format(thousands(analysis.total_macs)))
        self.saved.setText(self.tr("not saved") if document.modified or not document.path else self.tr("saved"))
        errors = sum(problem.severity == "error" for problem in analysis.problems)
        for number in (self.parameters, self.macs):
            restyle(number, "role", "supposed" if self.session.what_if.active else "")
        self.problems.setText(counted(errors, "error") if errors else "")
        restyle(self.problems, "role", "wrong" if errors else "")
        ready = self.run.ready
        self.device.setText(ready.device if ready else self.tr("worker starting"))
