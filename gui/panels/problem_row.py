"""One problem as a row: severity, place, words, and a button for each fix. Used by the list and the inspector."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from graph import Problem
from gui import theme
from gui.panels.rows import button, label
from gui.session import Session


class ProblemRow(QWidget):
    """Click or Enter jumps to the block; each fix is one click."""

    jumped = Signal(str)

    def __init__(self, session: Session, problem: Problem, with_place: bool = True):
        super().__init__()
        self.session, self.problem = session, problem
        self.setObjectName("problemRow")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        line = QHBoxLayout(self)
        line.setContentsMargins(theme.GAP, theme.SPACE, theme.GAP, theme.SPACE)
        line.setSpacing(theme.GAP)
        line.addWidget(self._picture(), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout() if not with_place else QHBoxLayout()
        words.setSpacing(theme.GAP)
        if with_place:
            self._add_place(words)
        text = label(problem.text[:1].upper() + problem.text[1:], wrap=True)
        text.setMinimumHeight(24)
        text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        words.addWidget(text, 1)
        fixes = QHBoxLayout()
        fixes.setSpacing(theme.GAP)
        self.fixes = [button(fix.title, lambda fix=fix: self._apply(fix)) for fix in problem.fixes]
        for made in self.fixes:
            fixes.addWidget(made)
        if with_place:
            words.addLayout(fixes)
        elif self.fixes:
            fixes.addStretch(1)
            words.addLayout(fixes)
        line.addLayout(words, 1)
        if with_place and problem.block:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{problem.severity}: {problem.text}")

    def _picture(self) -> QLabel:
        picture = QLabel()
        colour = theme.current().severity[self.problem.severity]
        picture.setPixmap(theme.icon(self.problem.severity, colour).pixmap(QSize(16, 16)))
        picture.setFixedSize(16, 24)
        picture.setToolTip(self.problem.severity.capitalize())
        return picture

    def _add_place(self, words: QHBoxLayout) -> None:
        block = self.session.network.blocks.get(self.problem.block)
        place = label(block.name if block else "Network", "heading")
        place.setFixedWidth(140)
        place.setMinimumHeight(24)
        place.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        if place.fontMetrics().horizontalAdvance(place.text()) > 136:
            place.setToolTip(place.text())
            place.setText(place.fontMetrics().elidedText(place.text(), Qt.TextElideMode.ElideRight, 136))
        words.addWidget(place, 0, Qt.AlignmentFlag.AlignTop)

    def _apply(self, fix) -> None:
        try:
            self.session.document.apply_fix(fix)
        except (ValueError, KeyError, IndexError) as error:
            self.session.say(f"{fix.title} does not fit any more: {error}")

    def jump(self) -> None:
        if self.problem.block:
            self.session.reveal(self.problem.block)
            if self.problem.hyperparameter:
                self.session.field_requested.emit(self.problem.block, self.problem.hyperparameter)
            self.jumped.emit(self.problem.block)

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
