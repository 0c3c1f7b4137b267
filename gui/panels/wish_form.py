"""A wish for the output of a block, such as 7 x 7: the settings that fulfil it, each tried under the pointer.

Every suggestion was tried on the drawing's shapes; a click does it as one step.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget

from graph.backwards import Suggestion, suggest, wish
from graph.hyperparameter import HyperparameterError
from gui import theme
from gui.panels.rows import ClearCross, clear, label, restyle
from gui.session import Session

PAUSE = 250  # ms of no typing until suggestions are looked for
MOST = 6


class WishForm(QWidget):
    """One line, and below it what would do; hidden where the output is not known."""

    def __init__(self, session: Session, id: str):
        super().__init__()
        self.session, self.id = session, id
        self.line = QLineEdit()
        self.line.setFixedHeight(theme.ROW)
        ClearCross(self.line)
        self.line.setAccessibleName(self.tr("Output that is wished for"))
        self.line.setPlaceholderText(self.tr("Make the output 7 x 7, or 128 channels"))
        self.line.setToolTip(self.tr("Type sizes, * where any will do: settings that lead there are listed"))
        self.line.textEdited.connect(lambda _: self._pause.start())
        self.line.returnPressed.connect(self.look)
        self.answer = label("", "small", wrap=True)
        self.answer.hide()
        self.rows = QVBoxLayout()
        self.rows.setSpacing(2)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self.look)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.SPACE)
        box.addWidget(self.line)
        box.addWidget(self.answer)
        box.addLayout(self.rows)

    @property
    def choices(self) -> list[Choice]:
        return [self.rows.itemAt(index).widget() for index in range(self.rows.count())]

    def refresh(self) -> None:
        """Look again after the network changed."""
        network, analysis = self.session.network, self.session.analysis
        known = analysis.output(self.id)
        role = network.type_of(self.id).role
        self.setVisible(known is not None and known.rank > 1 and role == "layer")
        if self.line.text() and self.isVisible():
            self._pause.start()

    def look(self) -> None:
        """List what fulfils the wish."""
        self._pause.stop()
        network, analysis = self.session.network, self.session.analysis
        output = analysis.output(self.id) if self.id in network.blocks else None
        clear(self.rows)
        if not self.line.text().strip() or output is None:
            self._say("")
            return
        try:
            wanted = wish(self.line.text(), output.rank - 1)
        except ValueError as error:
            self._say(str(error)[:1].upper() + str(error)[1:], wrong=True)
            return
        if all(w is None or w == dim for w, dim in zip(wanted, output.dims[1:], strict=True)):
            self._say(self.tr("It is {0} already.").format(output))
            return
        found = suggest(network, analysis, self.id, wanted, MOST)
        self._say("" if found else self.tr("No setting here or in the blocks before leads there."))
        for suggestion in found:
            self.rows.addWidget(Choice(self.session, suggestion))

    def _say(self, text: str, wrong: bool = False) -> None:
        restyle(self.answer, "role", "wrong" if wrong else "small")
        self.answer.setText(text)
        self.answer.setVisible(bool(text))


class Choice(QPushButton):
    """One way to get there: under the pointer it is tried, a click does it."""

    def __init__(self, session: Session, suggestion: Suggestion):
        super().__init__(suggestion.text)
        self.session, self.suggestion = session, suggestion
        self.setProperty("role", "choice")
        self.setToolTip(" x ".join(map(str, suggestion.shape)))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._do)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.FocusIn):
            self._try()
        elif event.type() in (QEvent.Type.Leave, QEvent.Type.FocusOut, QEvent.Type.Hide):
            self.session.what_if.forget()
        return super().event(event)

    def _try(self) -> None:
        try:
            self.session.what_if.suppose(self.suggestion.edit)
        except (HyperparameterError, KeyError):  # the network went on since
            self.session.what_if.forget()

    def _do(self) -> None:
        try:
            self.session.document.do(self.suggestion.edit)
        except (HyperparameterError, KeyError) as error:
            self.session.say(str(error))
