"""What is done to pictures before training sees them: augmentations as cards in their order, and normalization.

Each change is one edit of the recipe that can be undone. Knows the recipe's edits and the run controller.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from graph.augmentation import AUGMENTATIONS, NORMALIZATIONS, Augmentation
from graph.hyperparameter import Choice, Float
from graph.number_lists import Row
from graph.recipe import Recipe
from gui import theme
from gui.language import N_, tr
from gui.panels.field_kinds import make_field
from gui.panels.fields import ChoiceField
from gui.panels.form import Form
from gui.panels.rows import IconButton, button, clear, label
from gui.recipe.card import Card
from gui.recipe.recipe_edits import RecipeEdits, complaint
from gui.recipe.tab_order import chain
from gui.training.run_controller import RunController

SHOWN = 30  # cards; a file may hold a hundred
CHANCE = "p"  # the row of how often it is done, beside the arguments'
MOVED, COLOURED, MIXED = N_("Move pictures and masks"), N_("Change values"), N_("Mix samples, after all others")
GROUPS = {"geometry": MOVED, "colour": COLOURED, "mixing": MIXED}
NORMALIZED = {"none": N_("none"), "given": N_("given numbers"), "data": N_("from the training samples")}


class AugmentationForm(QWidget):
    """Cards, a menu to add one, the normalization, and the way to the preview."""

    explained = Signal(str)  # the help of the field that has the focus

    def __init__(self, edits: RecipeEdits, run: RunController | None = None):
        super().__init__()
        self.edits, self._run = edits, run
        self.dialog: QDialog | None = None
        self.cards: list[AugmentationCard] = []
        self.nothing = label(
            self.tr(
                "Training sees pictures as they are. Augmentations change them anew in every epoch, but never those "
                "of validation."
            ),
            "small",
            wrap=True,
        )
        self.more = label("", "small")
        self._place = QVBoxLayout()
        self._place.setSpacing(theme.GAP)
        self.menu = _menu(self.add)
        self.add_button = button(self.tr("Add augmentation"), lambda: None)
        self.add_button.setMenu(self.menu)
        self.preview = button(
            self.tr("Preview…"), self.show_preview, tip=self.tr("The very pictures that the network gets")
        )
        self.preview.setVisible(run is not None)
        line = QHBoxLayout()
        line.setSpacing(theme.GAP)
        line.addWidget(self.add_button, 1)
        line.addWidget(self.preview)
        self.normalization = NormalizationForm(edits)
        self.normalization.explained.connect(self.explained)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        box.addWidget(self.nothing)
        box.addLayout(self._place)
        box.addWidget(self.more)
        box.addLayout(line)
        box.addWidget(self.normalization)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def refresh(self) -> None:
        recipe = self.edits.recipe
        shown = recipe.augmentation[:SHOWN]
        if [card.kind for card in self.cards] != [one.kind for one in shown]:
            clear(self._place)
            self.cards = [AugmentationCard(self, index, one.kind) for index, one in enumerate(shown)]
            for card in self.cards:
                card.form.explained.connect(self.explained)
                self._place.addWidget(card)
            chain(self)
        for card, one in zip(self.cards, shown, strict=True):
            card.show_augmentation(one, len(shown))
        more = len(recipe.augmentation) - len(shown)
        self.more.setText(self.tr("And {0} more.").format(more))
        self.more.setVisible(bool(more))
        self.nothing.setVisible(not recipe.augmentation)
        self.normalization.show_recipe(recipe)

    def show_preview(self) -> None:
        """Open the window with the pictures, or bring it to the front."""
        from gui.training.augmentation_preview import AugmentationPreviewDialog

        self.dialog = self.dialog or AugmentationPreviewDialog(self.edits.session, self._run, self.window())
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    # Changing

    def add(self, kind: str) -> None:
        steps = (*self.edits.recipe.augmentation, Augmentation(kind=kind))
        self._put(steps, self.tr("Add {0}").format(AUGMENTATIONS[kind].title))

    def remove(self, index: int) -> None:
        steps = self.edits.recipe.augmentation
        self._put(steps[:index] + steps[index + 1 :], self.tr("Remove {0}").format(steps[index].type.title))

    def move(self, index: int, by: int) -> None:
        """Let it be done earlier or later."""
        steps = list(self.edits.recipe.augmentation)
        goal = index + by
        if 0 <= goal < len(steps):
            steps.insert(goal, steps.pop(index))
            self._put(tuple(steps), self.tr("Move {0}").format(steps[goal].type.title))

    def change(self, index: int, name: str, value: Any) -> str:
        """Give one value of an augmentation; what is wrong in words, an empty text where it was done."""
        steps = list(self.edits.recipe.augmentation)
        try:
            steps[index] = _changed(steps[index], name, value)
        except ValidationError as error:
            return complaint(error)
        text = self.tr("Change {0}").format(steps[index].type.title)
        return self.edits.having(text, f"augmentation {index} {name}", augmentation=tuple(steps))

    def _put(self, steps: tuple[Augmentation, ...], text: str) -> None:
        self.edits.having(text, augmentation=steps)


class AugmentationCard(Card):
    """One augmentation: its name with its buttons, how often it is done, its arguments."""

    def __init__(self, owner: AugmentationForm, index: int, kind: str):
        super().__init__()
        self.owner, self.index, self.kind = owner, index, kind
        self.augmentation: Augmentation | None = None
        declared = AUGMENTATIONS[kind]
        title = declared.title
        self.name = label(f"{index + 1}  {title.capitalize()}", "heading")
        told = f"\n{declared.reference}." if declared.reference else ""
        self.name.setToolTip(declared.sentence + told)
        self.up = IconButton("up", self.tr("Do {0} earlier").format(title), lambda: owner.move(index, -1))
        self.down = IconButton("down", self.tr("Do {0} later").format(title), lambda: owner.move(index, 1))
        self.gone = IconButton("delete", self.tr("Remove {0}").format(title), lambda: owner.remove(index))
        line = QHBoxLayout()
        line.setSpacing(theme.SPACE)
        line.addWidget(self.name, 1)
        for part in (self.up, self.down, self.gone):
            line.addWidget(part)
        self.box.addLayout(line)
        self.form = Form()
        help = self.tr("Share of the samples that it is done to, drawn anew for each.")
        self._add(Float(CHANCE, declared.usual_p, help, low=0.0, high=1.0), self.tr("share of samples"), title)
        for argument in declared.arguments:
            self._add(argument, argument.name.replace("_", " "), title)
        self.form.entered.connect(self._entered)
        self.form.reset.connect(lambda name: self._entered(name, self.form.fields[name].declared.default))
        self.box.addWidget(self.form)

    def _add(self, declared, title: str, kind: str) -> None:
        self.form.add(declared.name, make_field(declared), title)
        self.form.fields[declared.name].editor.setAccessibleName(f"{kind}: {title}")

    def show_augmentation(self, augmentation: Augmentation, count: int) -> None:
        self.augmentation = augmentation
        self.up.setEnabled(self.index > 0)
        self.down.setEnabled(self.index < count - 1)
        for name, value in {CHANCE: augmentation.chance, **augmentation.values}.items():
            self.form.show_value(name, value, value == self.form.fields[name].declared.default)

    def _entered(self, name: str, value: Any) -> None:
        _complain(self.form, name, self.owner.change(self.index, name, value))


class NormalizationForm(Form):
    """None, given numbers for the channels, or the training samples' own."""

    def __init__(self, edits: RecipeEdits):
        super().__init__()
        self.edits = edits
        kind = Choice(
            "kind",
            "none",
            self.tr("Brings every channel to (value - mean) / deviation, in training and in validation."),
            choices=NORMALIZATIONS,
        )
        self.add(
            "kind",
            ChoiceField(kind, tuple((tr(NORMALIZED[one]), one) for one in NORMALIZATIONS)),
            self.tr("normalization"),
        )
        each = self.tr("One for all channels, or one for each.")
        self.add("mean", make_field(Row("mean", (0.0,), each)), self.tr("mean"))
        self.add("deviation", make_field(Row("deviation", (1.0,), each)), self.tr("deviation"))
        self.entered.connect(self._entered)
        self.reset.connect(lambda name: self._entered(name, self.fields[name].declared.default))

    def show_recipe(self, recipe: Recipe) -> None:
        now = recipe.normalization
        for name in ("kind", "mean", "deviation"):
            value = getattr(now, name)
            self.set_row_visible(name, name == "kind" or now.kind == "given")
            self.show_value(name, value, value == self.fields[name].declared.default)

    def _entered(self, name: str, value: Any) -> None:
        now = {**dict(self.edits.recipe.normalization), name: value}
        _complain(
            self, name, self.edits.having(self.tr("Set normalization"), f"normalization {name}", normalization=now)
        )


def _complain(form: Form, name: str, wrong: str) -> None:
    """Say what is wrong with the value just given; what was wrong between it and others is so no more."""
    for field in form.fields.values():
        if not getattr(field, "typing_error", ""):
            field.complain("")
    if wrong:
        form.fields[name].complain(wrong)


def _menu(chosen) -> QMenu:
    """The kinds in their groups."""
    menu = QMenu()
    menu.setToolTipsVisible(True)
    for group, title in GROUPS.items():
        menu.addSeparator()
        menu.addAction(tr(title)).setEnabled(False)
        for kind, declared in AUGMENTATIONS.items():
            if declared.group == group:
                action = menu.addAction(declared.title.capitalize())
                action.setToolTip(declared.sentence)
                action.triggered.connect(lambda _checked=False, kind=kind: chosen(kind))
    return menu


def _changed(step: Augmentation, name: str, value: Any) -> Augmentation:
    """With one value given; one at its default is not kept."""
    if name == CHANCE:
        return step.having(p=None if value == step.type.usual_p else value)
    arguments = {**step.arguments, name: value}
    declared = next(argument for argument in step.type.arguments if argument.name == name)
    if value == declared.default and type(value) is type(declared.default):
        del arguments[name]
    return step.having(arguments=arguments)
