"""What menus and keys do with modules on the canvas: make one of the selection, take one apart, step in and out.

Mixed into the view; each change is one undoable step. The levels themselves are the session's.
"""

from __future__ import annotations

import re

from PySide6.QtCore import QPointF, QRect, QSize, Qt

from graph.module import ModuleError
from graph.module_commands import make_module, unpack
from gui.canvas.rename import RenameField
from gui.language import counted

FIELD = QSize(200, 28)


class ModuleActions:
    """Needs `session`, `canvas`, `bubble` and the navigation of a view."""

    def make_module(self) -> None:
        """Ask for a name over the selection; Enter turns the blocks into a module of it."""
        ids = tuple(id for id in self.session.selection if id in self.canvas.blocks)
        if not ids:
            self.session.say(self.tr("Select the blocks that are to become a module first"))
            return
        self.bring_into_view(ids)
        area = self.canvas.content(ids)
        middle = self.mapFromScene(QPointF(area.center().x(), area.top()))
        field = RenameField(self.viewport(), _free_name(self.session.network))
        field.setAccessibleName(self.tr("Name of the new module"))
        field.setToolTip(self.tr("Name of the new module: a word such as Bottleneck"))
        place = QRect(middle.x() - FIELD.width() // 2, middle.y() - FIELD.height() - 10, FIELD.width(), FIELD.height())
        field.setGeometry(place.translated(0, max(0, 8 - place.top())))
        field.accepted.connect(lambda name: self._make_module(ids, name))
        field.show()
        field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _make_module(self, ids: tuple[str, ...], name: str) -> None:
        network = self.session.network
        try:
            edit = make_module(network, ids, _as_class(name), self.session.analysis)
            self.session.document.do(edit)
        except ValueError as error:
            at = self.canvas.content([id for id in ids if id in self.canvas.blocks])
            self.bubble.show_at(at.center(), str(error))
            return
        made = next(reversed(network.blocks))
        self.session.select((made,))
        inner = len(network.modules[network.blocks[made].type].network.blocks)
        self.session.say(self.tr("{0} holds {1}: Enter steps in").format(_as_class(name), counted(inner, "block")))

    def unpack_module(self) -> None:
        """Put the blocks of the selected modules where the modules stand."""
        chosen = [id for id in self.session.selection if self.session.can_step_into(id)]
        if not chosen:
            self.session.say(self.tr("Select a module to take apart first"))
            return
        network, before = self.session.network, set(self.session.network.blocks)
        try:
            with self.session.document.group(self.tr("Unpack {0}").format(counted(len(chosen), "module"))):
                for id in chosen:
                    self.session.document.do(unpack(network, id, self.session.analysis))
        except ModuleError as error:
            self.bubble.show_at(self.canvas.blocks[chosen[0]].pos(), str(error))
            return
        self.session.select(id for id in network.blocks if id not in before)

    def enter(self) -> None:
        """Step into the selected module; the inspector of any other block."""
        id = self.session.selected
        if id is not None and self.session.can_step_into(id):
            self.session.step_into(id)
        else:
            self.session.field_requested.emit(id or "", "")

    def step_out(self) -> None:
        """Show what the module stands in."""
        self.session.step_out()

    def leave(self) -> None:
        """Select nothing; with nothing selected, step out."""
        if self.session.selection or self.canvas.selected_wires or self.canvas.selected_annotations:
            self.select_none()
        else:
            self.session.step_out()


def _free_name(network) -> str:
    """Module, Module2, ..."""
    number = 1
    while (name := f"Module{number if number > 1 else ''}") in network.modules:
        number += 1
    return name


def _as_class(name: str) -> str:
    """What was typed as a class is named: `my block` becomes MyBlock."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    return "".join(word[0].upper() + word[1:] for word in words) if words else name
