"""The objectives of the recipe as a list of cards: losses with weights, the blocks they train, turns and weighting.

Without any there is one objective over all losses and blocks, and the section says so.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from graph.objective import Objective
from gui import theme
from gui.panels.rows import button, clear, label
from gui.recipe.objective_card import ObjectiveCard
from gui.recipe.recipe_edits import RecipeEdits


class Objectives(QWidget):
    """Cards in the order in which objectives take their turns."""

    added = Signal(object)  # the card of a new one, when it stands

    def __init__(self, edits: RecipeEdits):
        super().__init__()
        self.edits = edits
        self.cards: list[ObjectiveCard] = []
        self.nothing = label(
            self.tr(
                "One objective: all losses together train all blocks. Add objectives where losses train different "
                "blocks in turns, as in a GAN, or where the weights of losses are learned."
            ),
            "small",
            wrap=True,
        )
        self._place = QVBoxLayout()
        self._place.setSpacing(theme.GAP)
        self.add_button = button(self.tr("Add objective"), self.add)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        box.addWidget(self.nothing)
        box.addLayout(self._place)
        box.addWidget(self.add_button)

    def refresh(self) -> None:
        objectives = self.edits.recipe.objectives
        losses = tuple((block.id, block.name) for block in self.edits.session.project.network.with_role("loss"))
        if len(self.cards) != len(objectives) or any(card.needs(losses) for card in self.cards):
            clear(self._place)
            self.cards = [ObjectiveCard(self, index, losses) for index in range(len(objectives))]
            for card in self.cards:
                self._place.addWidget(card)
        for card, objective in zip(self.cards, objectives, strict=True):
            card.show_objective(objective, len(objectives))
        self.nothing.setVisible(not objectives)

    # Changing

    def add(self) -> None:
        """One more objective; it trains what is selected, if anything is."""
        objectives = self.edits.recipe.objectives
        names = {one.name for one in objectives}
        number = next(n for n in range(1, len(objectives) + 2) if self.tr("objective {0}").format(n) not in names)
        fresh = Objective(name=self.tr("objective {0}").format(number), trains=self.edits.session.selection_in_project)
        self._put((*objectives, fresh), self.tr("Add objective"))
        QTimer.singleShot(0, self, self._go_to_last)

    def _go_to_last(self) -> None:
        """What was added is likely to be named next."""
        self.refresh()
        if self.cards:
            self.cards[-1].name.setFocus(Qt.FocusReason.OtherFocusReason)
            self.cards[-1].name.selectAll()
            self.added.emit(self.cards[-1])

    def remove(self, index: int) -> None:
        objectives = self.edits.recipe.objectives
        self._put(objectives[:index] + objectives[index + 1 :], self.tr("Remove {0}").format(objectives[index].name))

    def move(self, index: int, by: int) -> None:
        """Let an objective have its turn earlier or later."""
        objectives = list(self.edits.recipe.objectives)
        goal = index + by
        if 0 <= goal < len(objectives):
            objectives.insert(goal, objectives.pop(index))
            self._put(tuple(objectives), self.tr("Move {0}").format(objectives[goal].name))

    def change(self, index: int, merge: str = "", **changes) -> str:
        """Change one objective; what is wrong in words, an empty text where it was done."""
        objectives = list(self.edits.recipe.objectives)
        changed = {**dict(objectives[index]), **changes}
        name = objectives[index].name
        objectives[index] = changed
        text = self.tr("Change {0}").format(name)
        return self.edits.having(text, merge and f"objective {index} {merge}", objectives=tuple(objectives))

    def _put(self, objectives: tuple[Objective, ...], text: str) -> None:
        self.edits.having(text, objectives=objectives)
