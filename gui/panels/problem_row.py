"""One problem as a row: severity, place, words, and a button for each fix. Used by the list and the inspector."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QMenu, QSizePolicy, QVBoxLayout, QWidget

from graph import Problem
from graph.problems import RULES, silencing
from gui import theme
from gui.language import SEVERITIES, counted, tr
from gui.panels.rows import button, label
from gui.session import Session

NARROW = 640
PLACE = 140


def same_kind(session: Session, problem: Problem) -> list[Problem]:
    """The problems of the same kind that can be fixed with one click, this one among them."""
    return [one for one in session.analysis.problems if one.code == problem.code and one.fixes]


def fix_all(session: Session, problems: list[Problem]) -> None:
    """Apply the first fix of each as one step; what an earlier one has mended already is passed over."""
    document, mended = session.document, 0
    with document.group(tr("Fix {0} of a kind").format(counted(len(problems), "problem"))):
        for problem in problems:
            try:
                document.do(problem.fixes[0].edit(document.network, document.recipe))
                mended += 1
            except (ValueError, KeyError, IndexError):
                continue
    left = len(problems) - mended
    session.say(
        tr("Fixed {0}").format(counted(mended, "problem"))
        + (tr(", {0} did not fit any more").format(left) if left else "")
    )


class ProblemRow(QWidget):
    """Click or Enter jumps to the block; each fix is one click; the menu can silence it; the tooltip says why."""

    jumped = Signal(str)

    def __init__(self, session: Session, problem: Problem, with_place: bool = True):
        super().__init__()
        self.session, self.problem = session, problem
        self.setObjectName("problemRow")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        line = QHBoxLayout(self)
        side = theme.GAP if with_place else 0
        line.setContentsMargins(side, 2, side, 2)
        line.setSpacing(theme.GAP)
        line.addWidget(self._picture(), 0, Qt.AlignmentFlag.AlignTop)
        self.words = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self.words.setSpacing(theme.SPACE)
        told = QHBoxLayout()
        told.setSpacing(theme.GAP)
        if with_place:
            self._add_place(told)
        text = label(problem.text[:1].upper() + problem.text[1:], wrap=True)
        text.setMinimumHeight(theme.ROW)
        text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        told.addWidget(text, 1)
        self.words.addLayout(told, 1)
        self.fixes = [button(fix.title, lambda fix=fix: self._apply(fix)) for fix in problem.fixes]
        if self.fixes:
            mending = QHBoxLayout() if with_place else QVBoxLayout()
            mending.setSpacing(theme.GAP if with_place else theme.SPACE)
            for made in self.fixes:
                mending.addWidget(made, 0, Qt.AlignmentFlag.AlignLeft)
            mending.addStretch(1)
            self.words.addLayout(mending)
        words = self.words
        line.addLayout(words, 1)
        if with_place and problem.block:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{tr(SEVERITIES[problem.severity])}: {problem.text}")
        self._explain(text)

    def _picture(self) -> QLabel:
        picture = QLabel()
        colour = theme.current().severity[self.problem.severity]
        picture.setPixmap(theme.icon(self.problem.severity, colour).pixmap(QSize(16, 16)))
        picture.setFixedSize(16, theme.ROW)
        picture.setToolTip(tr(SEVERITIES[self.problem.severity]))
        return picture

    def _add_place(self, words: QHBoxLayout) -> None:
        block = self.session.network.blocks.get(self.problem.block)
        place = label(block.name if block else self.tr("Network"), "heading")
        place.setFixedWidth(PLACE)
        place.setMinimumHeight(theme.ROW)
        place.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        if place.fontMetrics().horizontalAdvance(place.text()) > PLACE - 4:
            place.setToolTip(place.text())
            place.setText(place.fontMetrics().elidedText(place.text(), Qt.TextElideMode.ElideRight, PLACE - 4))
        words.addWidget(place, 0, Qt.AlignmentFlag.AlignTop)

    def _explain(self, text: QLabel) -> None:
        """Say at the words why it matters."""
        rule = RULES.get(self.problem.code)
        if rule is not None:
            text.setToolTip(f"<b>{escape(rule.title)}</b><p>{escape(rule.help)}</p>")
            text.setAccessibleDescription(rule.help)

    def menu(self) -> QMenu:
        """What can be done about it, and about all of its kind: the fixes, and to be told no more."""
        made = QMenu(self)
        for fix in self.problem.fixes:
            made.addAction(fix.title, lambda fix=fix: self._apply(fix))
        alike = same_kind(self.session, self.problem)
        if len(alike) > 1:
            words = self.tr("Fix All {0} of This Kind").format(len(alike))
            made.addAction(words, lambda: fix_all(self.session, alike))
        silence = silencing(self.problem)
        if silence is not None:
            if self.problem.fixes:
                made.addSeparator()
            made.addAction(silence.title, lambda: self._apply(silence))
        return made

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu()
        if menu.actions():
            menu.popup(event.globalPos())
            menu.aboutToHide.connect(menu.deleteLater)
        event.accept()

    def _apply(self, fix) -> None:
        try:
            self.session.document.apply_fix(fix)
        except (ValueError, KeyError, IndexError) as error:
            self.session.say(self.tr("{0} does not fit any more: {1}").format(fix.title, error))

    def enterEvent(self, event) -> None:
        super().enterEvent(event)
        self.session.pointed.emit(self.problem.block or "")

    def leaveEvent(self, event) -> None:
        super().leaveEvent(event)
        self.session.pointed.emit("")

    def focusInEvent(self, event) -> None:
        super().focusInEvent(event)
        self.session.pointed.emit(self.problem.block or "")

    def focusOutEvent(self, event) -> None:
        super().focusOutEvent(event)
        self.session.pointed.emit("")

    def jump(self) -> None:
        if self.problem.block:
            self.session.reveal(self.problem.block)
            if self.problem.hyperparameter:
                self.session.field_requested.emit(self.problem.block, self.problem.hyperparameter)
            self.jumped.emit(self.problem.block)

    def resizeEvent(self, event: QResizeEvent) -> None:
        # Where there is no room beside the words, the fixes go under them.
        narrow = event.size().width() < NARROW
        ways = QBoxLayout.Direction
        self.words.setDirection(ways.TopToBottom if narrow else ways.LeftToRight)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.focusPolicy() != Qt.FocusPolicy.NoFocus:
            self.jump()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.jump()
        elif event.key() == Qt.Key.Key_Down:
            self.focusNextChild()
        elif event.key() == Qt.Key.Key_Up:
            self.focusPreviousChild()
        else:
            super().keyPressEvent(event)
