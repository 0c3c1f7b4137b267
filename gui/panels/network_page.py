"""The inspector's page when nothing is selected: the network's name and totals, its data, the heart of its recipe."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from graph.edits import RenameNetwork
from graph.explain import Explanation, explain_memory, explain_total
from graph.memory import STATE, UnknownSize
from graph.quantities import thousands
from graph.recipe import Recipe
from graph.recipe_form import declared_for
from gui import theme
from gui.panels.data_source import DataChooser
from gui.panels.explain_tree import LATER, ExplainTree
from gui.panels.rows import Hairline, button, label, restyle
from gui.recipe.recipe_edits import RecipeEdits
from gui.recipe.values_form import ValuesForm
from gui.session import Session

MATTER_MOST = ("epochs", "batch_size", "learning_rate")  # of the recipe; the others stand in its own panel


class NetworkPage(QWidget):
    """Everything that belongs to the whole network; every change is one edit."""

    recipe_requested = Signal()

    def __init__(self, session: Session):
        super().__init__()
        self.session = session
        self.name = QLineEdit()
        self.name.setFont(theme.ui_font("normal", bold=True))
        self.name.setAccessibleName(self.tr("Name of the network"))
        self.name.setToolTip(self.tr("The network's name: the class in the generated code"))
        self.name.editingFinished.connect(self._rename)
        self.wrong = label("", "wrong", wrap=True)
        self.wrong.hide()
        self.totals = ExplainTree()
        self._memory: tuple[Explanation, ...] = ()
        self._later = QTimer(self, singleShot=True, interval=LATER)
        self._later.timeout.connect(self.add_memory)
        self.data = DataChooser(session)
        self.edits = RecipeEdits(session, self)
        self.recipe = ValuesForm(self.edits, (declared_for(Recipe(), name) for name in MATTER_MOST))
        self.more = button(
            self.tr("All training settings"),
            self.recipe_requested.emit,
            tip=self.tr("Optimizer, schedule, objectives, when to stop, device: the recipe's panel"),
        )
        self.partial = label("", "small", wrap=True)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GAP + 4, theme.GAP + 4, theme.GAP + 4, theme.GROUP)
        box.setSpacing(theme.GAP)
        for part in (self.name, self.wrong, self.totals, self.partial, Hairline()):
            box.addWidget(part)
        for title, part in ((self.tr("Data"), self.data), (self.tr("Training"), self.recipe)):
            box.addWidget(label(title, "heading"))
            box.addWidget(part)
            if part is self.data:
                box.addSpacing(theme.GAP)
        box.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        box.addStretch(1)
        self.refresh()

    @property
    def help(self) -> str:
        return self.tr("Nothing is selected: these settings belong to the whole network and its training.")

    def refresh(self) -> None:
        document = self.session.document
        if not self.name.hasFocus() and not self.wrong.text():
            self.name.setText(document.network.name)
        self._show_totals()
        self.data.refresh()
        self.recipe.show_recipe(document.recipe)

    def _show_totals(self) -> None:
        network, analysis = self.session.network, self.session.analysis
        roots = (
            Explanation(self.tr("blocks"), "", thousands(len(network.blocks))),
            Explanation(self.tr("wires"), "", thousands(len(network.wires))),
            replace(explain_total(network, analysis, "parameters"), what=self.tr("parameters")),
            replace(explain_total(network, analysis, "multiply-adds"), what=self.tr("multiply-adds a sample")),
        )
        self.totals.show_trees((*roots, *self._memory))
        self._later.start()
        known = sum(analysis.inferred(id) is not None for id in network.blocks) if analysis.partial else 0
        words = self.tr("Counted over the {0} blocks whose shapes are known.")
        self.partial.setText(words.format(f"{known:,}") if known else "")
        self.partial.setVisible(bool(known))

    def add_memory(self) -> None:
        """Put what training takes below the totals: it takes a look at the whole network."""
        self._later.stop()
        recipe = self.session.document.recipe
        optimizer = self.tr("SGD with momentum") if recipe.optimizer == "SGD" and recipe.momentum else recipe.optimizer
        found: tuple[Explanation, ...] = ()
        if optimizer in STATE and self.session.network.blocks:
            with suppress(UnknownSize):  # a size stays open: there is no number to give
                network, analysis = self.session.network, self.session.analysis
                found = (explain_memory(network, analysis, recipe.batch_size, "float32", optimizer),)
        if found != self._memory:
            self._memory = found
            self._show_totals()
            self._later.stop()

    def _rename(self) -> None:
        text = ""
        if self.name.text() != self.session.network.name:
            try:
                self.session.document.do(RenameNetwork(self.name.text()))
            except ValueError as error:
                text = str(error)
        self.wrong.setText(text)
        self.wrong.setVisible(bool(text))
        restyle(self.name, "wrong", "true" if text else "false")
