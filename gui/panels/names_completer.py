"""Offers names in a line of text that may hold several with commas between. Knows not what they name."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, QTimer
from PySide6.QtWidgets import QCompleter, QLineEdit

SHOWN = 12  # names at once


class NamesCompleter(QCompleter):
    """Completes the name behind the last comma; a click into the line shows all of them."""

    def __init__(self, names: tuple[str, ...], line: QLineEdit):
        super().__init__(list(names), line)
        self.names, self._line = names, line
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setMaxVisibleItems(SHOWN)
        line.setCompleter(self)
        line.installEventFilter(self)
        self.activated.connect(lambda *_: QTimer.singleShot(0, self._tell))

    def splitPath(self, path: str) -> list[str]:
        return [path.rpartition(",")[2].strip()]

    def pathFromIndex(self, index: QModelIndex) -> str:
        before, comma, _ = self._line.text().rpartition(",")
        name = super().pathFromIndex(index)
        return f"{before.rstrip()}, {name}" if comma else name

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._line and event.type() == QEvent.Type.MouseButtonRelease:
            self.setCompletionPrefix("")
            self.complete()
        return super().eventFilter(watched, event)

    def _tell(self) -> None:
        """A name that was chosen counts as typed."""
        self._line.textEdited.emit(self._line.text())


def offer(line: QLineEdit, names: tuple[str, ...]) -> None:
    """Let a line offer these names, and no others it offered before."""
    before = line.completer()
    if isinstance(before, NamesCompleter):
        if before.names == names:
            return
        line.removeEventFilter(before)
        line.setCompleter(None)  # which deletes it
    if names:
        NamesCompleter(names, line)
