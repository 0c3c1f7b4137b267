"""The problems panel: every problem by severity, one click to jump there, one to apply a fix."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from graph.problems import bring_back
from graph.quantities import counted
from gui import theme
from gui.panels.problem_row import ProblemRow
from gui.panels.rows import EmptyState, button, clear, label
from gui.session import Session
from gui.updates import Updates

SHOWN = 100  # rows that are made; more problems than that have one cause


class Problems(QWidget):
    """Rows grouped by severity, or the good news."""

    def __init__(self, session: Session, parent: QWidget | None = None):
        super().__init__(parent)
        self.session = session
        self._shown: tuple | None = None
        self.again: QPushButton | None = None  # there while something is silenced
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
        found, silenced = document.analysis.problems, len(document.analysis.silenced)
        names = tuple(p.block and document.network.blocks[p.block].name for p in found)
        shown = (tuple((p.severity, p.text, p.block, len(p.fixes)) for p in found), names, silenced)
        if not found and not silenced:
            self.again = None
            self._say_empty()
        elif shown != self._shown:
            self._fill(found, silenced)
        self._shown = shown
        self._pages.setCurrentIndex(1 if found or silenced else 0)

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

    def _fill(self, found: list, silenced: int) -> None:
        bar = self._pages.widget(1).verticalScrollBar()
        place = bar.value()
        clear(self._rows)
        self.again = None
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
        if silenced:
            self._rows.addWidget(self._silenced_row(silenced, alone=not found))
        self._rows.addStretch(1)
        bar.setValue(place)

    def _silenced_row(self, count: int, alone: bool) -> QWidget:
        """How many are not told, and the way to have them told again."""
        made = QWidget()
        line = QHBoxLayout(made)
        line.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, 0)
        line.setSpacing(theme.GAP)
        those = counted(count, "problem", "problems")
        line.addWidget(label(f"No other problems; {those} silenced" if alone else f"{those} silenced", "quiet"))
        title, tip = "Say them again" if count > 1 else "Say it again", "Tell again what was silenced at its block"
        self.again = button(title, self._bring_back, tip=tip)
        line.addWidget(self.again)
        line.addStretch(1)
        return made

    def _bring_back(self) -> None:
        document = self.session.document
        document.do(bring_back(document.network, document.analysis.silenced))
