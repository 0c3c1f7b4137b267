"""One objective: its name, what its losses count, which blocks' weights make it smaller, and its turn.

Shows what it is given; changes go through the list it stands in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout

from graph.hyperparameter import Choice, Float, Int
from graph.objective import LossShare, Objective
from gui import theme
from gui.panels.field_kinds import make_field
from gui.panels.form import Form
from gui.panels.rows import IconButton, label, restyle
from gui.recipe.blocks_row import BlocksRow
from gui.recipe.card import Card

if TYPE_CHECKING:
    from gui.recipe.objectives import Objectives

Losses = tuple[tuple[str, str], ...]  # ids and names of loss blocks
LOSS = "loss "  # before the id of a loss block, in the names of the form's rows


class ObjectiveCard(Card):
    """A name with its buttons, and a form."""

    def __init__(self, owner: Objectives, index: int, losses: Losses):
        super().__init__()
        self.owner, self.index, self._named = owner, index, losses
        self._losses = tuple(id for id, _name in losses)
        self.objective: Objective | None = None
        self.name = QLineEdit()
        self.name.setMaxLength(200)
        self.name.setAccessibleName(self.tr("Name of objective {0}").format(index + 1))
        self.name.setToolTip(self.tr("The objective's name: its curve has it too"))
        self.name.editingFinished.connect(self._rename)
        self.wrong = label("", "wrong", wrap=True)
        self.wrong.hide()
        number = index + 1
        self.up = IconButton("up", self.tr("Let objective {0} have its turn earlier").format(number), self._earlier)
        self.down = IconButton("down", self.tr("Let objective {0} have its turn later").format(number), self._later)
        self.gone = IconButton("delete", self.tr("Remove objective {0}").format(number), self._remove)
        line = QHBoxLayout()
        line.setSpacing(theme.SPACE)
        line.addWidget(self.name, 1)
        for part in (self.up, self.down, self.gone):
            line.addWidget(part)
        self.box.addLayout(line)
        self.box.addWidget(self.wrong)
        self.form_place = QVBoxLayout()
        self.box.addLayout(self.form_place)
        self.trains = BlocksRow(owner.edits.session, self.tr("trains"), self.tr("all blocks"))
        self.trains.taken.connect(lambda ids: owner.change(index, trains=ids))
        self.box.addWidget(self.trains)
        self.losses = self._losses_form()
        self.form = self._form()
        self.form_place.addWidget(self.losses)
        self.box.addWidget(self.form)

    def needs(self, losses: Losses) -> bool:
        """Whether the card must be made anew: it has rows for other losses."""
        return losses != self._named

    def _losses_form(self) -> Form:
        form = Form()
        for id, name in self._named:
            declared = Float(
                name,
                1.0,
                self.tr("What this loss counts in the sum; empty, and it does not count."),
                low=-1e6,
                high=1e6,
                optional=True,
            )
            field = make_field(declared)
            field.show_inferred(self.tr("not counted"))
            form.add(LOSS + id, field, name)
            field.editor.setAccessibleName(self.tr("Weight of {0}").format(name))
        if not self._named:
            form.hide()
        form.entered.connect(self._weigh)
        form.reset.connect(lambda name: self._weigh(name, 1.0))
        return form

    def _form(self) -> Form:
        form = Form()
        rows = (
            (
                self.tr("steps in a row"),
                Int("steps", 1, self.tr("How often it is minimised before the next has its turn."), low=1, high=1000),
            ),
            (
                self.tr("weights of losses"),
                Choice(
                    "weighting",
                    "fixed",
                    self.tr("Learned: by uncertainties that are trained along (Kendall et al., 2018)."),
                    choices=("fixed", "learned"),
                ),
            ),
            (
                self.tr("learning rate"),
                Float(
                    "learning_rate",
                    None,
                    self.tr("Length of this objective's steps; empty takes the recipe's."),
                    low=0.0,
                    high=1000.0,
                    low_open=True,
                    optional=True,
                ),
            ),
        )
        for title, declared in rows:
            form.add(declared.name, make_field(declared), title)
            form.fields[declared.name].editor.setAccessibleName(title)
        form.fields["learning_rate"].show_inferred(self.tr("the recipe's"))
        form.entered.connect(self._entered)
        form.reset.connect(lambda name: self._entered(name, form.fields[name].declared.default))
        return form

    # Showing

    def show_objective(self, objective: Objective, count: int) -> None:
        other = self.objective is None or objective.name != self.objective.name
        self.objective = objective
        if other or not (self.wrong.text() or self.name.isModified()):
            self._say_wrong("")
            if self.name.text() != objective.name:
                self.name.setText(objective.name)
        self.up.setEnabled(self.index > 0)
        self.down.setEnabled(self.index < count - 1)
        shares = {share.loss: share.weight for share in objective.losses}
        for id in self._losses:
            weight = shares.get(id) if shares else 1.0
            self.losses.show_value(LOSS + id, weight, weight == 1.0)
        missing = [id for id in shares if id not in self._losses]
        self.complain(self.tr("Its loss {0} is not in the network.").format(", ".join(missing)) if missing else "")
        for name in ("steps", "weighting", "learning_rate"):
            value = getattr(objective, name)
            self.form.show_value(name, value, value == self.form.fields[name].declared.default)
        self.trains.show_blocks(objective.trains)

    # Changing

    def _rename(self) -> None:
        text = ""
        if self.objective is not None and self.name.text() != self.objective.name:
            text = self.owner.change(self.index, name=self.name.text())
        self.name.setModified(bool(text))
        self._say_wrong(text)

    def _say_wrong(self, text: str) -> None:
        self.wrong.setText(text)
        self.wrong.setVisible(bool(text))
        restyle(self.name, "wrong", "true" if text else "false")

    def _weigh(self, name: str, weight: float | None) -> None:
        """Give a loss a weight, or take it out of the sum; all losses at 1 are written as none."""
        id = name.removeprefix(LOSS)
        given = {share.loss: share.weight for share in self.objective.losses if share.loss in self._losses}
        given = given or dict.fromkeys(self._losses, 1.0)
        if weight is None:
            given.pop(id, None)
        else:
            given[id] = weight
        if not given:
            self.losses.fields[name].complain(self.tr("One loss at least must count."))
            return
        shares = tuple(LossShare(loss=loss, weight=given[loss]) for loss in self._losses if loss in given)
        everything = len(shares) == len(self._losses) and all(share.weight == 1.0 for share in shares)
        wrong = self.owner.change(self.index, merge=name, losses=() if everything else shares)
        if wrong:
            self.losses.fields[name].complain(wrong)

    def _entered(self, name: str, value: Any) -> None:
        wrong = self.owner.change(self.index, merge=name, **{name: value})
        if wrong:
            self.form.fields[name].complain(wrong)

    def _earlier(self) -> None:
        self.owner.move(self.index, -1)

    def _later(self) -> None:
        self.owner.move(self.index, 1)

    def _remove(self) -> None:
        self.owner.remove(self.index)
