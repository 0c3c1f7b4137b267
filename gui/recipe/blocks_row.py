"""Which blocks: their names in a line, taken from the canvas's selection, shown there again, or given back.

Says `taken` with ids; knows neither objectives nor groups.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui import theme
from gui.panels.form import LABELS, RESET
from gui.panels.rows import IconButton, button, label, restyle
from gui.session import Session

NAMED, TOLD = 6, 60  # names in the line and in its tooltip; the others are counted


class BlocksRow(QWidget):
    """A title, the blocks' names, and the buttons that change them."""

    taken = Signal(object)  # a tuple of block ids

    def __init__(self, session: Session, title: str, nobody: str, may_be_all: bool = True):
        super().__init__()
        self.session, self._nobody = session, nobody
        self._ids: tuple[str, ...] = ()
        heading = label(title, "quiet")
        heading.setFixedSize(LABELS, theme.ROW)
        self.names = label("", wrap=True)
        self.names.setMinimumHeight(theme.ROW)
        self.names.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.take = button(self.tr("Take selected"), lambda: self.taken.emit(session.selection_in_project))
        self.show_them = IconButton("eye", self.tr("Select these blocks on the canvas"), self._select)
        self.all = IconButton("reset", self.tr("Back to {0}").format(nobody), lambda: self.taken.emit(()))
        self._may_be_all = may_be_all
        line = QHBoxLayout()
        line.setSpacing(theme.SPACE)
        line.addWidget(heading, 0, Qt.AlignmentFlag.AlignTop)
        line.addSpacing(RESET)
        line.addWidget(self.names, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE)
        for part in (self.take, self.show_them, self.all):
            buttons.addWidget(part)
        buttons.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.SPACE)
        box.addLayout(line)
        box.addLayout(buttons)
        session.selection_changed.connect(self._follow_selection)
        self._follow_selection()

    def show_blocks(self, ids: tuple[str, ...]) -> None:
        self._ids = ids
        blocks = self.session.project.network.blocks
        gone = [id for id in ids if id not in blocks]
        told = ids[:TOLD]
        names = [blocks[id].name if id in blocks else self.tr("{0} (not there)").format(id) for id in told]
        more = len(ids) - NAMED
        text = ", ".join(names[:NAMED]) + (self.tr(" and {0} more").format(more) if more > 0 else "")
        self.names.setText(text or self._nobody)
        self.names.setToolTip(", ".join(names))
        restyle(self.names, "role", "wrong" if gone else "" if ids else "faint")
        self.show_them.setEnabled(len(gone) < len(ids))
        self.all.setVisible(self._may_be_all and bool(ids))

    def _follow_selection(self) -> None:
        count = len(self.session.selection_in_project)
        self.take.setEnabled(count > 0)
        self.take.setToolTip(
            self.tr("Take the {0} blocks that are selected on the canvas").format(count)
            if count
            else self.tr("Select blocks on the canvas first")
        )

    def _select(self) -> None:
        self.session.go_to(())
        self.session.select(self._ids)
