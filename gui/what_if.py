"""What is supposed while a value is dragged or spun: everybody shows it, nobody has done it yet.

Letting go is one edit of the document, which ends the supposing; so does anything else that changes what is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from graph import Document
from graph.edits import Edit
from graph.level import Level
from graph.what_if import WhatIf

if TYPE_CHECKING:
    from gui.session import Session


class Supposing(QObject):
    """One window's supposition; `document` is what a view should show: the supposed network, or the real one."""

    changed = Signal()

    def __init__(self, session: Session):
        super().__init__(session)
        self._session = session
        self._supposed: WhatIf | None = None
        self.ids: frozenset[str] = frozenset()  # blocks that may look other than they are
        for signal in (session.changed, session.document_changed, session.selection_changed):
            signal.connect(self.forget)

    @property
    def document(self) -> Document | Level | WhatIf:
        return self._supposed or self._session.document

    @property
    def active(self) -> bool:
        return self._supposed is not None

    def suppose(self, edit: Edit) -> None:
        """Show what this edit would lead to, in place of what was supposed before; raises what the edit raises."""
        if self._supposed is None:
            self._supposed = WhatIf(self._session.document)
        self.ids = self._supposed.suppose(edit)
        self.changed.emit()

    def forget(self, *_ignored) -> None:
        """Suppose nothing any more."""
        if self._supposed is not None:
            self._supposed, self.ids = None, frozenset()
            self.changed.emit()
