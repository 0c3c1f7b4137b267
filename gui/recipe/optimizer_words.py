"""What an optimizer is: a sentence, who described it, what it keeps, and the way back to its usual values."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from graph.optimizers import OPTIMIZERS
from graph.recipe import Recipe
from graph.recipe_form import at_its_defaults
from gui import theme
from gui.panels.rows import button, label
from gui.recipe.axis_ticks import rate_text
from gui.recipe.recipe_edits import RecipeEdits


class OptimizerWords(QWidget):
    """Two lines of text, and a button where rate, weight decay or arguments are not torch's."""

    def __init__(self, edits: RecipeEdits):
        super().__init__()
        self.edits = edits
        self.sentence = label("", "small", wrap=True)
        self.reference = label("", "small", wrap=True)
        self.back = button("", self._back)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, theme.SPACE)
        box.setSpacing(theme.SPACE)
        for part in (self.sentence, self.reference):
            box.addWidget(part)
        box.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)

    def show_recipe(self, recipe: Recipe) -> None:
        usual = OPTIMIZERS[recipe.optimizer]
        self.sentence.setText(usual.sentence)
        kept = (
            (
                self.tr("keeps nothing"),
                self.tr("keeps 1 value a weight"),
            )[usual.kept]
            if usual.kept < 2
            else self.tr("keeps {0} values a weight").format(usual.kept)
        )
        self.reference.setText(f"{usual.reference}; {kept}")
        self.back.setText(self.tr("Use the usual values of {0}").format(recipe.optimizer))
        rate, decay = rate_text(usual.learning_rate), f"{usual.weight_decay:g}"
        self.back.setToolTip(
            self.tr("Learning rate {0}, weight decay {1}, every argument at its default").format(rate, decay)
        )
        self.back.setVisible(at_its_defaults(recipe) != recipe)

    def _back(self) -> None:
        recipe = self.edits.recipe
        self.edits.put(at_its_defaults(recipe), self.tr("Use the usual values of {0}").format(recipe.optimizer))
