"""What all parts of one window share: the open document and the selection.

Canvas, panels and training observe it and send edits through `session.document.do`; none knows another.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from graph.level import Level
from graph.module import ModuleType
from gui.what_if import Supposing

if TYPE_CHECKING:
    from graph import Document

Path = tuple[str, ...]


class Session(QObject):
    """One window's project, the level of it that is shown, and the ordered selection of block ids there.

    `project` is the whole document; `document` is what is looked at and drawn on: the project, or a module's inside.
    """

    project_opened = Signal()  # another project was opened: forget everything about the old one
    document_changed = Signal()  # another document is shown: one was opened, or the level changed; rebuild everything
    project_changed = Signal(object)  # graph Changes of the whole project
    changed = Signal(object)  # graph Changes of what is shown
    history_changed = Signal()  # undo, redo or saved state moved
    selection_changed = Signal()
    revealed = Signal(str)  # "bring this block into view"
    field_requested = Signal(str, str)  # "put the cursor into this block's hyperparameter" ("" is the first)
    pointed = Signal(str)  # "this block is being talked about": light it; "" is none
    said = Signal(str)  # one sentence for the status bar

    def __init__(self, document: Document, parent: QObject | None = None):
        super().__init__(parent)
        self._project = document
        self._level: Level | None = None
        self._selection: tuple[str, ...] = ()
        self.chosen_data: set[str] = set()  # paths of data that the person chose in this window
        self.what_if = Supposing(self)
        self._listen(document)

    @property
    def project(self) -> Document:
        """The whole document: what is saved, trained and written as code."""
        return self._project

    @property
    def document(self) -> Document | Level:
        """What is shown: the project, or the inside of a module with the face of a document."""
        return self._level or self._project

    @property
    def network(self):
        return self.document.network

    @property
    def analysis(self):
        return self.document.analysis

    @property
    def path(self) -> Path:
        """The blocks that were stepped into, the outermost first; empty at the project's own network."""
        return self._level.path_of_blocks if self._level else ()

    @property
    def selection(self) -> tuple[str, ...]:
        """Ids of the selected blocks, in the order they were selected."""
        return self._selection

    @property
    def selection_in_project(self) -> tuple[str, ...]:
        """The selected blocks of the project's own network: where its inside is shown, the module's place."""
        return self.path[:1] or self._selection

    @property
    def selected(self) -> str | None:
        """The id of the one selected block, if it is exactly one."""
        return self._selection[0] if len(self._selection) == 1 else None

    def set_document(self, document: Document) -> None:
        """Open another project; the old one is forgotten with its history."""
        self._project.changed.disconnect(self._relay_change)
        self._project.history_changed.disconnect(self._relay_history)
        self._project = document
        self._level = None
        self._selection = ()
        self.chosen_data.clear()
        self._listen(document)
        self.project_opened.emit()
        self._show_level()
        self.history_changed.emit()

    # Levels

    def can_step_into(self, id: str) -> bool:
        """Whether a block of what is shown is a module."""
        return id in self.network.blocks and isinstance(self.network.type_of(id), ModuleType)

    def step_into(self, id: str) -> None:
        """Show the inside of a module's place; other blocks have none."""
        if self.can_step_into(id):
            self.go_to((*self.path, id))

    def step_out(self, levels: int = 1) -> None:
        """Show what the module stands in, with its place selected."""
        if self.path:
            self.go_to(self.path[:-levels], select=self.path[-levels])

    def go_to(self, path: Path, select: str | None = None) -> None:
        """Show the level at the end of these blocks; a way that does not exist ends where it breaks off."""
        while path and not Level.leads(self._project, path):
            path, select = path[:-1], None
        if path == self.path:
            return
        self._level = Level(self._project, path) if path else None
        if self._level is not None:
            self._level.changed.connect(self._relay_shown)
        self._selection = (select,) if select in self.network.blocks else ()
        self._show_level()

    def select(self, ids: Iterable[str]) -> None:
        """Select exactly these blocks; ids that are not in the network are dropped."""
        blocks = self.network.blocks
        chosen = tuple(dict.fromkeys(id for id in ids if id in blocks))
        if chosen != self._selection:
            self._selection = chosen
            self.selection_changed.emit()

    def clear_selection(self) -> None:
        self.select(())

    def reveal(self, id: str) -> None:
        """Select a block and bring it into view."""
        self.select((id,))
        if id in self.network.blocks:
            self.revealed.emit(id)

    def reveal_in_project(self, id: str) -> None:
        """Select a block of the project's own network and bring it into view, whatever level is shown."""
        self.go_to(())
        self.reveal(id)

    def say(self, text: str) -> None:
        self.said.emit(text)

    def _show_level(self) -> None:
        self.document_changed.emit()
        self.selection_changed.emit()

    def _listen(self, document: Document) -> None:
        document.changed.connect(self._relay_change)
        document.history_changed.connect(self._relay_history)

    def _relay_change(self, changes) -> None:
        level = self._level
        if level is None:
            self._relay_shown(changes)
        elif level.stands():
            level.follow(changes)
        else:  # what is shown went away, by undo or by hand
            self.go_to(level.path_of_blocks[:-1])
        self.project_changed.emit(changes)

    def _relay_shown(self, changes) -> None:
        # The selection shrinks first, so that nobody sees a selected block that is gone.
        if changes.removed and not changes.removed.isdisjoint(self._selection):
            self.select(id for id in self._selection if id not in changes.removed)
        self.changed.emit(changes)

    def _relay_history(self) -> None:
        self.history_changed.emit()
