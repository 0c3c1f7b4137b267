"""The problems panel: every problem by severity, one click to jump there, one to apply a fix."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from graph.problems import RULES, bring_back
from gui import theme
from gui.language import counted
from gui.panels.problem_row import ProblemRow, fix_all, same_kind
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
        self.headings: dict[str, QToolButton] = {}
        self.fix_alls: list[QPushButton] = []
        self._folded: set[str] = set()  # severities whose rows are away
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
            self._clear()
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
            self.empty.title.setText(self.tr("No problems."))
            self.empty.text.setText(
                self.tr("The shapes of all {0} fit. F5 starts training.").format(counted(blocks, "block"))
            )
        else:
            self.empty.title.setText(self.tr("Nothing to check yet."))
            self.empty.text.setText(
                self.tr(
                    "Every block and wire is checked as you draw; what does not fit is listed here with a "
                    "way to mend it."
                )
            )

    def _fill(self, found: list, silenced: int) -> None:
        bar = self._pages.widget(1).verticalScrollBar()
        place = bar.value()
        self._clear()
        for severity in ("error", "warning", "hint"):
            group = [problem for problem in found[:SHOWN] if problem.severity == severity]
            if not group:
                continue
            total = sum(problem.severity == severity for problem in found)
            self._rows.addWidget(self._heading(severity, total))
            if severity in self._folded:
                continue
            self._add_rows(group)
        if len(found) > SHOWN:
            more = label(
                self.tr("and {0:,} more: solve the first, many follow").format(len(found) - SHOWN),
                "quiet",
            )
            self._rows.addWidget(more)
        if silenced:
            self._rows.addWidget(self._silenced_row(silenced, alone=not found))
        self._rows.addStretch(1)
        bar.setValue(place)

    def _clear(self) -> None:
        clear(self._rows)
        self.again, self.headings, self.fix_alls = None, {}, []

    def _heading(self, severity: str, total: int) -> QToolButton:
        """The count of a severity; a click folds its rows away."""
        made = QToolButton()
        folded = severity in self._folded
        made.setText(counted(total, severity).capitalize())
        made.setIcon(theme.icon("right" if folded else "down"))
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setFont(theme.ui_font("small"))
        made.setToolTip(self.tr("Show them") if folded else self.tr("Fold them away"))
        made.clicked.connect(lambda: self._fold(severity))
        self.headings[severity] = made
        return made

    def _fold(self, severity: str) -> None:
        self._folded ^= {severity}
        self._repaint()

    def _add_rows(self, group: list) -> None:
        """The rows of a severity, and behind the last of a kind that can be fixed at once the button that does."""
        kinds = Counter(problem.code for problem in group if problem.fixes)
        left = dict(kinds)
        for problem in group:
            self._rows.addWidget(ProblemRow(self.session, problem))
            if not problem.fixes or kinds[problem.code] < 2:
                continue
            left[problem.code] -= 1
            if not left[problem.code]:
                self._rows.addWidget(self._fix_all(problem))

    def _fix_all(self, problem) -> QWidget:
        """A button under the fixes of a kind that applies them all."""
        alike = same_kind(self.session, problem)
        tip = self.tr("{0}: the first fix of each, as one step").format(RULES[problem.code].title)
        words = self.tr("Fix all {0} of these").format(len(alike))
        made = button(words, lambda: fix_all(self.session, alike), tip=tip)
        self.fix_alls.append(made)
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(theme.GAP, 2, theme.GAP, 2)
        line.addStretch(1)
        line.addWidget(made)
        return row

    def _silenced_row(self, count: int, alone: bool) -> QWidget:
        """How many are not told, and the way to have them told again."""
        made = QWidget()
        line = QHBoxLayout(made)
        line.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, 0)
        line.setSpacing(theme.GAP)
        those = counted(count, "problem")
        line.addWidget(
            label(
                self.tr("No other problems; {0} silenced").format(those)
                if alone
                else self.tr("{0} silenced").format(those),
                "quiet",
            )
        )
        title, tip = (
            self.tr("Say them again") if count > 1 else self.tr("Say it again"),
            self.tr("Tell again what was silenced at its block"),
        )
        self.again = button(title, self._bring_back, tip=tip)
        line.addWidget(self.again)
        line.addStretch(1)
        return made

    def _bring_back(self) -> None:
        document = self.session.document
        document.do(bring_back(document.network, document.analysis.silenced))
