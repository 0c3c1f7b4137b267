"""The problems panel: every problem by severity, one click to jump there, one to apply a fix."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from graph.quantities import counted
from gui import theme
from gui.panels.problem_row import ProblemRow
from gui.panels.rows import EmptyState, clear, label
from gui.session import Session
from gui.updates import Updates

SHOWN = 100  # rows that are made; more problems than that have one cause


class Problems(QWidget):
    """Rows grouped by severity, or the good news."""

    def __init__(self, session: Session, parent: QWidget | None = None):
        super().__init__(parent)
        self.session = session
        self._shown: tuple | None = None
        self.list = QWidget()
        self._rows = QVBoxLayout(self.list)
        self._rows.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        self._rows.setSpacing(0)
        area = QScrollArea(widgetResizable=True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self.list)
        self.empty = EmptyState("", "", "good")
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(area)
        self.updates = Updates(self, self.refresh, 16)
        session.changed.connect(self._changed)
        session.document_changed.connect(self.updates.ask)
        theme.appearance.changed.connect(self._repaint)

    def sizeHint(self) -> QSize:
        return QSize(640, 180)

    def rows(self) -> list[ProblemRow]:
        """The rows as they stand."""
        found = (self._rows.itemAt(place).widget() for place in range(self._rows.count()))
        return [row for row in found if isinstance(row, ProblemRow)]

    def refresh(self) -> None:
        document = self.session.document
        found = document.analysis.problems
        names = tuple(p.block and document.network.blocks[p.block].name for p in found)
        shown = (tuple((p.severity, p.text, p.block, len(p.fixes)) for p in found), names)
        if not found:
            self._say_empty()
        elif shown != self._shown:
            self._fill(found)
        self._shown = shown
        self._pages.setCurrentIndex(1 if found else 0)

    def _changed(self, changes) -> None:
        if changes.computation or changes.recipe or changes.analyzed:
            self.updates.ask()

    def _repaint(self, *_ignored) -> None:
        self._shown = None
        self.updates.ask()

    def _say_empty(self) -> None:
        blocks = len(self.session.network.blocks)
        if blocks:
            self.empty.title.setText("No problems.")
            self.empty.text.setText(f"The shapes of all {counted(blocks, 'block')} fit. F5 starts training.")
        else:
            self.empty.title.setText("Nothing to check yet.")
            self.empty.text.setText(
                "Every block and wire is checked as you draw; what does not fit is listed here with a way to mend it."
            )

    def _fill(self, found: list) -> None:
        bar = self._pages.widget(1).verticalScrollBar()
        place = bar.value()
        clear(self._rows)
        for severity in ("error", "warning", "hint"):
            group = [problem for problem in found[:SHOWN] if problem.severity == severity]
            if not group:
                continue
            total = sum(problem.severity == severity for problem in found)
            heading = label(counted(total, severity).capitalize(), "small")
            heading.setContentsMargins(theme.GAP, theme.GAP, 0, theme.SPACE)
            self._rows.addWidget(heading)
            for problem in group:
                self._rows.addWidget(ProblemRow(self.session, problem))
        if len(found) > SHOWN:
            more = label(f"and {counted(len(found) - SHOWN, 'more', 'more')}: solve the first, many follow", "quiet")
            self._rows.addWidget(more)
        self._rows.addStretch(1)
        bar.setValue(place)
