"""What all parts of one window share: the open document and the selection.

Canvas, panels and training observe it and send edits through `session.document.do`; none knows another.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from graph import Document


class Session(QObject):
    """One window's document and ordered selection of block ids, with relays of the document's signals."""

    document_changed = Signal()  # another document was opened: rebuild everything
    changed = Signal(object)  # graph Changes of whichever document is open
    history_changed = Signal()  # undo, redo or saved state moved
    selection_changed = Signal()
    revealed = Signal(str)  # "bring this block into view"
    field_requested = Signal(str, str)  # "put the cursor into this block's hyperparameter" ("" is the first)
    said = Signal(str)  # one sentence for the status bar

    def __init__(self, document: Document, parent: QObject | None = None):
        super().__init__(parent)
        self._document = document
        self._selection: tuple[str, ...] = ()
        self.chosen_data: set[str] = set()  # paths of data that the person chose in this window
        self._listen(document)

    @property
    def document(self) -> Document:
        return self._document

    @property
    def network(self):
        return self._document.network

    @property
    def analysis(self):
        return self._document.analysis

    @property
    def selection(self) -> tuple[str, ...]:
        """Ids of the selected blocks, in the order they were selected."""
        return self._selection

    @property
    def selected(self) -> str | None:
        """The id of the one selected block, if it is exactly one."""
        return self._selection[0] if len(self._selection) == 1 else None

    def set_document(self, document: Document) -> None:
        """Swap the document; the old one is forgotten with its history."""
        self._document.changed.disconnect(self._relay_change)
        self._document.history_changed.disconnect(self._relay_history)
        self._document = document
        self._selection = ()
        self.chosen_data.clear()
        self._listen(document)
        self.document_changed.emit()
        self.selection_changed.emit()
        self.history_changed.emit()

    def select(self, ids: Iterable[str]) -> None:
        """Select exactly these blocks; ids that are not in the network are dropped."""
        blocks = self._document.network.blocks
        chosen = tuple(dict.fromkeys(id for id in ids if id in blocks))
        if chosen != self._selection:
            self._selection = chosen
            self.selection_changed.emit()

    def clear_selection(self) -> None:
        self.select(())

    def reveal(self, id: str) -> None:
        """Select a block and bring it into view."""
        self.select((id,))
        if id in self._document.network.blocks:
            self.revealed.emit(id)

    def say(self, text: str) -> None:
        self.said.emit(text)

    def _listen(self, document: Document) -> None:
        document.changed.connect(self._relay_change)
        document.history_changed.connect(self._relay_history)

    def _relay_change(self, changes) -> None:
        # The selection shrinks first, so that nobody sees a selected block that is gone.
        if changes.removed and not changes.removed.isdisjoint(self._selection):
            self.select(id for id in self._selection if id not in changes.removed)
        self.changed.emit(changes)

    def _relay_history(self) -> None:
        self.history_changed.emit()
