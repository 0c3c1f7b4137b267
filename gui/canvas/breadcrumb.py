"""Breadcrumb: where the canvas is inside modules, as a row of steps back; nothing at the project's own network."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from graph.module_edits import times_placed
from gui import theme
from gui.language import counted
from gui.panels.rows import label
from gui.session import Session

INSET = 12  # pixels from the corner of the canvas


class Breadcrumb(QFrame):
    """Lies over the canvas's corner; every step but the last is a way back."""

    def __init__(self, session: Session, parent: QWidget):
        super().__init__(parent)
        self.session = session
        self.setObjectName("breadcrumb")
        self.setAccessibleName(self.tr("Where you are"))
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(theme.GAP, 2, theme.GAP + 4, 2)
        self.row.setSpacing(2)
        self.steps: list[QToolButton] = []
        self.note = label("", "small")
        session.document_changed.connect(self.refresh)
        session.project_changed.connect(self._changed)
        self.refresh()

    def refresh(self) -> None:
        """Show the way to the level that is shown."""
        while self.row.count():
            part = self.row.takeAt(0).widget()
            if part is not self.note:
                part.hide()
                part.deleteLater()
        self.steps = []
        path = self.session.path
        self.hide()
        if not path:
            return
        level = self.session.document
        for depth, name in enumerate((self.session.project.network.name, *level.names)):
            if depth:
                self.row.addWidget(label("/", "quiet"))
            self.row.addWidget(self._step(name, path[:depth], here=depth == len(path)))
        places = times_placed(self.session.project.network, level.module.name)
        words = self.tr("{0}: every change goes to all {1} places").format(level.module.name, places)
        self.note.setText(words if places > 1 else self.tr("{0}: its one place").format(level.module.name))
        self.note.setContentsMargins(theme.GAP, 0, 0, 0)
        self.note.setToolTip(self.tr("{0} in this project").format(counted(places, "place")))
        self.row.addWidget(self.note)
        self.show()
        self.adjustSize()
        self.move(INSET, INSET)
        self.raise_()

    def _step(self, name: str, path: tuple[str, ...], here: bool) -> QToolButton:
        step = QToolButton()
        step.setText(name)
        step.setFont(theme.ui_font("normal", bold=here))
        step.setEnabled(not here)
        step.setProperty("here", here)
        step.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if not here:
            step.setToolTip(self.tr("Back to {0}  (Esc goes one step)").format(name))
            step.clicked.connect(lambda: self.session.step_out(len(self.session.path) - len(path)))
        self.steps.append(step)
        return step

    def _changed(self, changes) -> None:
        if self.session.path and (changes.structure or changes.modules or changes.edited or changes.name):
            self.refresh()
