"""The part of the recipe's panel that says which weights training begins from; each can be taken out again."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from graph.edits import SetRecipe
from graph.recipe import Recipe
from graph.transfer import StartWeights, short_name
from gui import theme
from gui.language import counted
from gui.panels.rows import IconButton, button, clear, label
from gui.session import Session
from gui.training.fitting_label import FittingLabel
from gui.transfer.asking import Transfer


class Begins(QWidget):
    """A row for each file or run, and the button that opens the dialog."""

    def __init__(self, session: Session):
        super().__init__()
        self.session = session
        self._shown: tuple[StartWeights, ...] | None = None
        self.rows = QVBoxLayout()
        self.rows.setSpacing(theme.SPACE)
        self.none = label(self.tr("Weights begin as their blocks say."), "small", wrap=True)
        self.load_button = button(self.tr("Load Weights…"), self._ask)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        box.addLayout(self.rows)
        box.addWidget(self.none)
        box.addWidget(self.load_button, alignment=Qt.AlignmentFlag.AlignLeft)

    def show_recipe(self, recipe: Recipe) -> None:
        """List what the recipe begins from."""
        if recipe.start_weights == self._shown:
            return
        self._shown = recipe.start_weights
        clear(self.rows)
        self.none.setVisible(not self._shown)
        for start in self._shown:
            self.rows.addWidget(self._row(start))

    def _row(self, start: StartWeights) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.GAP)
        words = FittingLabel()
        blocks = counted(len(start.blocks), "block") if start.blocks else self.tr("all blocks")
        words.tell(f"{start.path}, {blocks}", f"{short_name(start)}, {blocks}", short_name(start))
        words.setTextFormat(Qt.TextFormat.PlainText)
        line.addWidget(words, 1)
        tip = self.tr("Do not begin from {0}").format(start.path)
        line.addWidget(IconButton("close", tip, lambda: self._take_out(start)))
        return row

    def _take_out(self, start: StartWeights) -> None:
        recipe = self.session.project.recipe
        left = tuple(one for one in recipe.start_weights if one != start)
        self.session.project.do(SetRecipe(recipe.having(start_weights=left), self.tr("Forget weights to load")))

    def _ask(self) -> None:
        self.transfer = Transfer(self.session, self.window())
        self.transfer.ask()
