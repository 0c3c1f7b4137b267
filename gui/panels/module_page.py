"""The inspector's page inside a module with nothing selected: its name, its totals, and what it offers where it stands.

Every change is one edit of the project, because it goes to all places of the module.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from graph.exposing import set_exposed, withdraw
from graph.module import Exposed
from graph.module_edits import RenameModule, SetExposed, times_placed
from graph.quantities import thousands
from gui import theme
from gui.panels.rows import Hairline, IconButton, button, label, restyle
from gui.panels.shapes import Shapes
from gui.session import Session


class ModulePage(QWidget):
    """Belongs to one level of the session; the inspector makes another for another level."""

    def __init__(self, session: Session):
        super().__init__()
        self.session = session
        self.level = session.document
        self.name = QLineEdit()
        self.name.setFont(theme.ui_font("normal", bold=True))
        self.name.setAccessibleName(self.tr("Name of the module"))
        self.name.setToolTip(self.tr("The module's name: its class in the generated code"))
        self.name.editingFinished.connect(self._rename)
        self.wrong = label("", "wrong", wrap=True)
        self.wrong.hide()
        self.places = label("", "small", wrap=True)
        self.totals = Shapes()
        self.totals.heading.hide()
        self.offers: list[OfferRow] = []
        self.empty = label(
            self.tr("Nothing is set from outside yet. Add a hyperparameter, then write =name in a field inside."),
            "small",
            wrap=True,
        )
        self.add = button(self.tr("Add hyperparameter"), self._add, tip=self.tr("Offer another value to set"))
        self.rows = QVBoxLayout()
        self.rows.setSpacing(theme.SPACE)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GAP + 4, theme.GAP + 4, theme.GAP + 4, theme.GROUP)
        box.setSpacing(theme.GAP)
        for part in (self.name, self.wrong, self.places, self.totals, Hairline()):
            box.addWidget(part)
        box.addWidget(label(self.tr("Offers"), "heading"))
        box.addWidget(self.empty)
        box.addLayout(self.rows)
        box.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        box.addStretch(1)
        self.refresh()

    @property
    def help(self) -> str:
        return self.tr(
            "Nothing is selected: this belongs to the module. What it offers can be set differently at every place;"
            " fields inside take =name, and arithmetic such as =4*channels."
        )

    def refresh(self) -> None:
        module, network, analysis = self.level.module, self.level.network, self.level.analysis
        if not self.name.hasFocus() and not self.wrong.text():
            self.name.setText(module.name)
        count = times_placed(self.session.project.network, module.name)
        self.places.setText(
            self.tr("Stands in {0} places; changes go to all of them.").format(count)
            if count != 1
            else self.tr("Stands in one place.")
        )
        rows = [
            (self.tr("blocks"), thousands(len(network.blocks)), ""),
            (self.tr("parameters here"), thousands(analysis.total_parameters), ""),
            (self.tr("multiply-adds here"), thousands(analysis.total_macs), ""),
        ]
        self.totals.show_rows(rows)
        self._show_offers(module.exposed)

    def _show_offers(self, exposed: tuple[Exposed, ...]) -> None:
        while len(self.offers) > len(exposed):
            row = self.offers.pop()
            self.rows.removeWidget(row)
            row.deleteLater()
        while len(self.offers) < len(exposed):
            row = OfferRow(len(self.offers))
            row.changed.connect(self._change)
            row.removed.connect(self._withdraw)
            self.offers.append(row)
            self.rows.addWidget(row)
        for row, one in zip(self.offers, exposed, strict=True):
            row.show_offer(one)
        self.empty.setVisible(not exposed)

    def _rename(self) -> None:
        text = ""
        if self.name.text() != self.level.module.name:
            try:
                self.session.project.do(RenameModule(self.level.module.name, self.name.text()))
            except ValueError as error:
                text = str(error)
        self.wrong.setText(text)
        self.wrong.setVisible(bool(text))
        restyle(self.name, "wrong", "true" if text else "false")

    def _add(self) -> None:
        module = self.level.module
        taken, number = {one.name for one in module.exposed}, 1
        while (name := f"size{number if number > 1 else ''}") in taken:
            number += 1
        self.session.project.do(SetExposed(module.name, (*module.exposed, Exposed(name, 1))))
        self.refresh()
        self.offers[-1].name.setFocus(Qt.FocusReason.OtherFocusReason)
        self.offers[-1].name.selectAll()

    def _change(self, index: int, changes: dict[str, Any]) -> None:
        root, row = self.session.project.network, self.offers[index]
        try:
            self.session.project.do(set_exposed(root, self.level.module, index, **changes))
        except ValueError as error:
            row.complain(str(error))
        else:
            row.complain("")

    def _withdraw(self, index: int) -> None:
        root, row = self.session.project.network, self.offers[index]
        try:
            self.session.project.do(withdraw(root, self.level.module, index))
        except ValueError as error:
            row.complain(str(error))


class OfferRow(QWidget):
    """One offered hyperparameter: name = default, and a cross."""

    changed = Signal(int, dict)
    removed = Signal(int)

    def __init__(self, index: int):
        super().__init__()
        self.index = index
        self.shown: Exposed | None = None
        self.name, self.default = QLineEdit(), QLineEdit()
        for field, words in ((self.name, self.tr("Name")), (self.default, self.tr("Default"))):
            field.setFont(theme.mono_font())
            field.setFixedHeight(theme.ROW)
            field.setAccessibleName(f"{words} {index + 1}")
        self.name.editingFinished.connect(self._named)
        self.default.editingFinished.connect(self._set)
        self.wrong = label("", "wrong", wrap=True)
        self.wrong.hide()
        remove = IconButton("close", self.tr("Offer this no longer"), lambda: self.removed.emit(self.index))
        line = QHBoxLayout()
        line.setSpacing(theme.SPACE)
        line.addWidget(self.name, 3)
        line.addWidget(label("=", "quiet"))
        line.addWidget(self.default, 2)
        line.addWidget(remove)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.SPACE)
        box.addLayout(line)
        box.addWidget(self.wrong)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_offer(self, one: Exposed) -> None:
        if one == self.shown:
            return
        self.shown = one
        self.complain("")
        self.name.setText(one.name)
        self.default.setText(str(one.default))
        for field in (self.name, self.default):
            field.setToolTip(one.help or self.tr("Write ={0} in a field inside to use it").format(one.name))

    def complain(self, text: str) -> None:
        self.wrong.setText(text)
        self.wrong.setVisible(bool(text))

    def _named(self) -> None:
        if self.shown is not None and self.name.text() != self.shown.name:
            self.changed.emit(self.index, {"name": self.name.text().strip()})

    def _set(self) -> None:
        value = _value_of(self.default.text())
        if self.shown is not None and (value, type(value)) != (self.shown.default, type(self.shown.default)):
            self.changed.emit(self.index, {"default": value})


def _value_of(text: str) -> int | float | bool | str:
    """What was typed as the kind it reads as: a switch, a whole number, a number, else a word."""
    text = text.strip()
    if text in ("True", "False"):
        return text == "True"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
