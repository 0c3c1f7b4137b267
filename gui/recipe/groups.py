"""Groups of weights: blocks whose weights move at a rate of their own, as cards under each other."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from graph.hyperparameter import Float
from graph.objective import ParameterGroup
from graph.optimizers import OPTIMIZERS
from gui import theme
from gui.language import counted
from gui.panels.field_kinds import make_field
from gui.panels.form import Form
from gui.panels.rows import IconButton, button, clear, label
from gui.recipe.blocks_row import BlocksRow
from gui.recipe.card import Card
from gui.recipe.recipe_edits import RecipeEdits

SHOWN = 50  # cards; a file may hold a thousand groups


class Groups(QWidget):
    """Cards in the recipe's order; a block belongs to one group at most."""

    def __init__(self, edits: RecipeEdits):
        super().__init__()
        self.edits = edits
        self.cards: list[GroupCard] = []
        self.nothing = label(
            self.tr("All weights move alike. Select blocks on the canvas to give them a rate of their own."),
            "small",
            wrap=True,
        )
        self.more = label("", "small")
        self._place = QVBoxLayout()
        self._place.setSpacing(theme.GAP)
        self.add_button = button(self.tr("Group selected blocks"), self.add)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        box.addWidget(self.nothing)
        box.addLayout(self._place)
        box.addWidget(self.more)
        box.addWidget(self.add_button)
        edits.session.selection_changed.connect(self._follow_selection)
        self._follow_selection()

    def refresh(self) -> None:
        recipe = self.edits.recipe
        shown = recipe.groups[:SHOWN]
        if len(self.cards) != len(shown):
            clear(self._place)
            self.cards = [GroupCard(self, index) for index in range(len(shown))]
            for card in self.cards:
                self._place.addWidget(card)
        for card, group in zip(self.cards, shown, strict=True):
            card.show_group(group, OPTIMIZERS[recipe.optimizer].decays)
        more = len(recipe.groups) - len(shown)
        self.more.setText(self.tr("And {0} besides.").format(counted(more, "group")) if more else "")
        self.more.setVisible(bool(more))
        self.nothing.setVisible(not recipe.groups)

    def _follow_selection(self) -> None:
        some = bool(self.edits.session.selection_in_project)
        self.add_button.setEnabled(some)
        self.add_button.setToolTip("" if some else self.tr("Select blocks on the canvas first"))

    # Changing

    def add(self) -> None:
        chosen = self.edits.session.selection_in_project
        if chosen:
            groups = (*_without(self.edits.recipe.groups, chosen), ParameterGroup(blocks=chosen))
            self.edits.having(self.tr("Add a group of weights"), groups=groups)

    def remove(self, index: int) -> None:
        groups = self.edits.recipe.groups
        self.edits.having(self.tr("Remove a group of weights"), groups=groups[:index] + groups[index + 1 :])

    def take(self, index: int, blocks: tuple[str, ...]) -> None:
        """Give a group other blocks; they leave the groups they were in."""
        groups = list(self.edits.recipe.groups)
        own = groups[index].model_copy(update={"blocks": blocks})
        kept = [*_without(groups[:index], blocks), own, *_without(groups[index + 1 :], blocks)]
        self.edits.having(self.tr("Change a group of weights"), groups=tuple(kept))

    def change(self, index: int, name: str, value: Any) -> str:
        groups: list = list(self.edits.recipe.groups)
        groups[index] = {**dict(groups[index]), name: value}
        text = self.tr("Change a group of weights")
        return self.edits.having(text, f"group {index} {name}", groups=tuple(groups))


class GroupCard(Card):
    """Blocks, the factor on their learning rate, and their weight decay."""

    def __init__(self, owner: Groups, index: int):
        super().__init__()
        self.owner, self.index = owner, index
        self.gone = IconButton("delete", self.tr("Remove group {0}").format(index + 1), lambda: owner.remove(index))
        line = QHBoxLayout()
        line.addWidget(label(self.tr("Group {0}").format(index + 1), "heading"), 1)
        line.addWidget(self.gone)
        self.box.addLayout(line)
        self.blocks = BlocksRow(owner.edits.session, self.tr("blocks"), self.tr("no blocks"), may_be_all=False)
        self.blocks.taken.connect(lambda ids: owner.take(index, ids))
        self.box.addWidget(self.blocks)
        self.form = Form()
        for title, declared in (
            (
                self.tr("rate factor"),
                Float(
                    "learning_rate_factor",
                    1.0,
                    self.tr("Their learning rate is the recipe's times this; 0 holds them."),
                    low=0.0,
                    high=1e6,
                ),
            ),
            (
                self.tr("weight decay"),
                Float(
                    "weight_decay",
                    None,
                    self.tr("Pull of their weights towards zero; empty takes the recipe's."),
                    low=0.0,
                    high=10.0,
                    optional=True,
                ),
            ),
        ):
            self.form.add(declared.name, make_field(declared), title)
            self.form.fields[declared.name].editor.setAccessibleName(title)
        self.form.fields["weight_decay"].show_inferred(self.tr("the recipe's"))
        self.form.entered.connect(self._entered)
        self.form.reset.connect(lambda name: self._entered(name, self.form.fields[name].declared.default))
        self.box.addWidget(self.form)

    def show_group(self, group: ParameterGroup, decays: bool) -> None:
        for name in ("learning_rate_factor", "weight_decay"):
            value = getattr(group, name)
            self.form.show_value(name, value, value == self.form.fields[name].declared.default)
        self.form.set_row_visible("weight_decay", decays)
        self.blocks.show_blocks(group.blocks)

    def _entered(self, name: str, value: Any) -> None:
        wrong = self.owner.change(self.index, name, value)
        if wrong:
            self.form.fields[name].complain(wrong)


def _without(groups, blocks: tuple[str, ...]) -> tuple[ParameterGroup, ...]:
    """The groups without some blocks; a group that is left with none goes."""
    found = []
    for group in groups:
        kept = tuple(id for id in group.blocks if id not in blocks)
        if kept or not group.blocks:
            found.append(group if kept == group.blocks else group.model_copy(update={"blocks": kept}))
    return tuple(found)
