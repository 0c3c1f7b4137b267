"""The recipe's panel: sections that open and close, each change one edit; the schedule is drawn while values move.

Puts the parts together and keeps them up to date; what a part shows is the part's own affair.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from backend.messages import Progress
from graph.recipe import Recipe
from graph.recipe_form import VALUES, RecipeValue
from gui import theme
from gui.language import N_, tr
from gui.panels.data_source import DataChooser
from gui.panels.form import Form
from gui.panels.rows import Hairline, button, clear, label
from gui.recipe.augmentation_form import AugmentationForm
from gui.recipe.epoch_length import Length, length_of, samples_seen
from gui.recipe.groups import Groups
from gui.recipe.largest_batch import LargestBatch
from gui.recipe.objectives import Objectives
from gui.recipe.optimizer_words import OptimizerWords
from gui.recipe.rate_finder import RateFinder
from gui.recipe.rate_search import RateSearch
from gui.recipe.recipe_edits import RecipeEdits
from gui.recipe.schedule_view import ScheduleView
from gui.recipe.section import Section
from gui.recipe.summaries import metric_names, summary
from gui.recipe.tab_order import chain
from gui.recipe.values_form import ValuesForm
from gui.session import Session
from gui.training.run_controller import RunController
from gui.transfer.begins import Begins
from gui.updates import Updates

TITLES = {  # in the order of the panel
    "data": N_("Data"),
    "augmentation": N_("Augmentation"),
    "weights": N_("Weights to begin from"),
    "optimizer": N_("Optimizer"),
    "schedule": N_("Learning rate schedule"),
    "loop": N_("Batches and loop"),
    "regularisation": N_("Regularisation"),
    "averaging": N_("Averaging"),
    "stopping": N_("Stopping, checkpoints"),
    "device": N_("Device"),
    "objectives": N_("Objectives"),
    "groups": N_("Groups of weights"),
}
OPEN = ("optimizer", "schedule", "loop")  # at the start


class RecipePanel(QWidget):
    """Everything about training that is not the network."""

    def __init__(self, session: Session, run: RunController | None = None, parent: QWidget | None = None):
        super().__init__(parent)
        self.session, self._run = session, run
        self.edits = RecipeEdits(session, self)
        self.edits.supposed.connect(self._show_supposed)
        self.look_at_data: Callable[[], None] | None = None  # the window's, to be given before the first look
        self.sections: dict[str, Section] = {}
        self.forms: dict[str, ValuesForm] = {}
        self._samples: tuple[object, int] | None = None  # what the last run said of its data
        self._arguments_of = ""
        self.area = QScrollArea(widgetResizable=True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it scrolls to what has the focus
        self.help = label("", "small", wrap=True)
        self.help.setContentsMargins(theme.GAP + 4, theme.GAP, theme.GAP + 4, theme.GAP)
        self.help.setMinimumHeight(46)
        self.help.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        for part in (self.area, Hairline(), self.help):
            box.addWidget(part, 1 if part is self.area else 0)
        self.setMinimumWidth(330)
        self.updates = Updates(self, self.refresh)
        session.project_changed.connect(self._changed)
        session.project_opened.connect(self._forget)
        if run is not None:
            run.progressed.connect(self._take_length)

    def sizeHint(self) -> QSize:
        return QSize(340, 480)

    def preview_augmentation(self) -> None:
        """Open the window with pictures as training changes them."""
        if not self.sections:
            self.refresh()
        self.augmentation.show_preview()

    # Making

    def build(self) -> None:
        """Make the sections; at the first look, for most windows never show them."""
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for name, title in TITLES.items():
            section = self.sections[name] = Section(tr(title), name in OPEN)
            column.addWidget(section)
        column.addStretch(1)
        self._make_data()
        for name in TITLES:
            static = [value for value in VALUES if value.section == name and not value.optimizer]
            if static:
                self._add_form(name, static)
        self._make_optimizer()
        self._make_loop()
        self._make_lists()
        self.area.setWidget(page)
        self.help.setText(self.tr("How this network is trained. Every value is also a flag of netloom train."))

    def _make_data(self) -> None:
        self.data, self.begins, self.schedule = DataChooser(self.session), Begins(self.session), ScheduleView()
        self.sections["data"].add(self.data)
        if self.look_at_data is not None:
            tip = self.tr("Samples, statistics and how often each class occurs")
            self.sections["data"].add(button(self.tr("Look at the data"), self.look_at_data, tip=tip))
        self.sections["weights"].add(self.begins)
        self.sections["schedule"].add(self.schedule)

    def _make_optimizer(self) -> None:
        self.optimizer = OptimizerWords(self.edits)
        self.forms["optimizer"].put_after("optimizer", self.optimizer)
        if self._run is not None:
            self.finder = RateFinder(self.edits, RateSearch(self.session, self._run, self))
            self.forms["optimizer"].put_after("learning_rate", self.finder)
        self._arguments = QVBoxLayout()
        self._arguments.setContentsMargins(0, 0, 0, 0)
        self.sections["optimizer"].box.addLayout(self._arguments)

    def _make_loop(self) -> None:
        self.largest = LargestBatch(self.edits, self._run)
        self.forms["loop"].put_after("batch_size", self.largest)
        self.facts = Form()
        for name, tip in (
            (self.tr("steps an epoch"), self.tr("Batches of the training samples in one epoch")),
            (self.tr("steps of the run"), self.tr("Batches of the whole run")),
        ):
            self.facts.add_fact(name, tip)
        self.sections["loop"].add(self.facts)

    def _make_lists(self) -> None:
        self.objectives, self.groups = Objectives(self.edits), Groups(self.edits)
        self.augmentation = AugmentationForm(self.edits, self._run)
        self.augmentation.explained.connect(self._explain)
        for name, part in self._lists.items():
            self.sections[name].add(part)
            self.sections[name].toggled.connect(self._refresh_lists)
        self.objectives.added.connect(self._bring)

    def _add_form(self, name: str, values: list[RecipeValue]) -> None:
        ready = self._run.ready if self._run else None
        form = self.forms[name] = ValuesForm(self.edits, values, ready.devices if ready else ())
        form.explained.connect(self._explain)
        self.sections[name].add(form)

    def _make_arguments(self, optimizer: str) -> None:
        """The rows of another optimizer's own arguments."""
        self._arguments_of = optimizer
        clear(self._arguments)
        own = [value for value in VALUES if value.optimizer == optimizer]
        form = self.forms["arguments"] = ValuesForm(self.edits, own)
        form.explained.connect(self._explain)
        self._arguments.addWidget(form)

    # Showing

    def refresh(self) -> None:
        if not self.sections:
            self.build()
        recipe = self.session.project.recipe
        if self._arguments_of != recipe.optimizer:
            self._make_arguments(recipe.optimizer)
        self.data.refresh()
        self.begins.show_recipe(recipe)
        self.optimizer.show_recipe(recipe)
        for form in self.forms.values():
            form.show_recipe(recipe)
        self.forms["stopping"].offer("monitor", metric_names(self.session.project.network, recipe))
        self._show_length(recipe)
        self._refresh_lists()
        for name, section in self.sections.items():
            section.tell(*summary(name, recipe))
        chain(self.area.widget())

    @property
    def _lists(self) -> dict[str, AugmentationForm | Objectives | Groups]:
        return {"augmentation": self.augmentation, "objectives": self.objectives, "groups": self.groups}

    def _refresh_lists(self, *_ignored) -> None:
        """Cards cost more than rows: they are made where somebody looks."""
        for name, part in self._lists.items():
            if self.sections[name].is_open:
                part.refresh()

    def length(self, recipe: Recipe) -> Length:
        """Steps of an epoch and of the run, from the data themselves or from the last run on the same data."""
        told = self._samples
        return length_of(recipe, told[1] if told and told[0] == recipe.data else None)

    def _take_length(self, progress: Progress) -> None:
        """A run of this very recipe tells how many steps it has: so long are the data."""
        recipe = self.session.project.recipe
        if self._run.run is None or self._run.run.edited_since:
            return
        samples = samples_seen(recipe, progress.steps, progress.epochs)
        if samples is not None and self._samples != (recipe.data, samples):
            self._samples = (recipe.data, samples)
            self.updates.ask()

    def focus(self) -> None:
        """Put the cursor on the first heading."""
        if not self.sections:
            self.refresh()
        next(iter(self.sections.values())).heading.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_section(self, name: str) -> None:
        """Open a section and bring it into view."""
        self.updates.flush()
        if not self.sections:
            self.refresh()
        section = self.sections[name]
        section.set_open(True)
        section.heading.setFocus(Qt.FocusReason.OtherFocusReason)
        QTimer.singleShot(0, section, lambda: self.area.verticalScrollBar().setValue(section.y()))  # when laid out

    def _show_length(self, recipe: Recipe, tried: bool = False) -> None:
        length = self.length(recipe)
        self.schedule.show_recipe(recipe, length, tried)
        known = length.known
        unknown = self.tr("known when the data are loaded")
        steps = f"{length.steps:,}" if known or recipe.steps else unknown
        for fact, text in zip(
            self.facts.facts.values(), (f"{length.epoch_steps:,}" if known else unknown, steps), strict=True
        ):
            fact.tell(text)

    def _show_supposed(self, recipe: Recipe) -> None:
        if self.sections:
            self._show_length(recipe, tried=recipe != self.session.project.recipe)

    def _bring(self, part: QWidget) -> None:
        """Scroll to a part as soon as it is laid out."""
        QTimer.singleShot(0, part, lambda: self.area.ensureWidgetVisible(part))

    def _explain(self, text: str) -> None:
        self.help.setText(text)

    # Following

    def _changed(self, changes) -> None:
        if changes.recipe or changes.computation or changes.analyzed:
            self.updates.ask()

    def _forget(self) -> None:
        self._samples = None
        if self.sections:
            self.schedule.curve.forget()
        self.updates.ask()
