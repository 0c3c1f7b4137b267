"""The inspector's page when nothing is selected: the network's name and totals, its data and its recipe."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from graph.edits import RenameNetwork, SetRecipe
from graph.explain import Explanation, explain_memory, explain_total
from graph.hyperparameter import Choice, Float, Int
from graph.memory import STATE, UnknownSize
from graph.quantities import thousands
from graph.recipe import OPTIMIZERS, Recipe
from gui import theme
from gui.language import N_, tr
from gui.panels.data_source import DataChooser
from gui.panels.explain_tree import LATER, ExplainTree
from gui.panels.field_kinds import make_field
from gui.panels.form import Form
from gui.panels.rows import Hairline, label, restyle
from gui.session import Session

DEFAULTS = Recipe()
DEVICES = ("auto", "cpu", "cuda", "mps")
SETTINGS = (
    (N_("epochs"), Int("epochs", DEFAULTS.epochs, N_("How often every sample is seen."), low=1, high=1_000_000)),
    (N_("batch size"), Int("batch_size", DEFAULTS.batch_size, N_("Samples in one step."), low=1, high=1_000_000)),
    (
        N_("optimizer"),
        Choice("optimizer", DEFAULTS.optimizer, N_("The rule that turns gradients into steps."), choices=OPTIMIZERS),
    ),
    (
        N_("learning rate"),
        Float("learning_rate", DEFAULTS.learning_rate, N_("Length of a step."), low=0.0, high=1000.0, low_open=True),
    ),
    (
        N_("momentum"),
        Float("momentum", DEFAULTS.momentum, N_("Share of the last step kept (SGD)."), low=0.0, high=0.999999),
    ),
    (
        N_("weight decay"),
        Float("weight_decay", DEFAULTS.weight_decay, N_("Pull of every weight towards zero."), low=0.0, high=10.0),
    ),
    (
        N_("validation"),
        Float("validation", DEFAULTS.validation, N_("Share of the samples held out from training."), low=0.0, high=0.9),
    ),
    (N_("seed"), Int("seed", DEFAULTS.seed, N_("The same seed gives the same run."), low=0, high=2**31 - 1)),
    (
        N_("device"),
        Choice("device", DEFAULTS.device, N_("Where it trains; auto takes the fastest there is."), choices=DEVICES),
    ),
)


class NetworkPage(QWidget):
    """Everything that belongs to the whole network; every change is one edit."""

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
        self.recipe = Form()
        for title, declared in SETTINGS:
            said = replace(declared, help=tr(declared.help))
            self.recipe.add(declared.name, make_field(said), tr(title))
        self.recipe.entered.connect(self._entered)
        self.recipe.reset.connect(lambda name: self._set(name, getattr(DEFAULTS, name)))
        self.partial = label("", "small", wrap=True)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GAP + 4, theme.GAP + 4, theme.GAP + 4, theme.GROUP)
        box.setSpacing(theme.GAP)
        for part in (self.name, self.wrong, self.totals, self.partial, Hairline()):
            box.addWidget(part)
        for title, part in ((self.tr("Data"), self.data), (self.tr("Training"), self.recipe)):
            box.addWidget(label(title, "heading"))
            box.addWidget(part)
            box.addSpacing(theme.GAP)
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
        for _, declared in SETTINGS:
            value = getattr(document.recipe, declared.name)
            self.recipe.show_value(declared.name, value, value == getattr(DEFAULTS, declared.name))
        self.recipe.set_row_visible("momentum", document.recipe.optimizer == "SGD")

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

    def _entered(self, name: str, value: Any) -> None:
        self._set(name, value, merge=f"recipe {name}")

    def _set(self, name: str, value: Any, merge: str | None = None) -> None:
        document = self.session.document
        try:
            recipe = document.recipe.having(**{name: value})
        except ValidationError as error:
            self.recipe.fields[name].complain(error.errors()[0]["msg"])
            return
        document.do(SetRecipe(recipe, self.tr("Set {0}").format(name.replace("_", " "))), merge)
