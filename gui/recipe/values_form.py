"""A form of declared recipe values: only those that count are shown, each change goes through RecipeEdits."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QWidget

from graph.hyperparameter import Bool, Choice
from graph.recipe import Recipe
from graph.recipe_form import DeviceName, RecipeValue, value_of
from gui.panels.field_kinds import make_field
from gui.panels.fields import ChoiceField, ValueField
from gui.panels.form import Form
from gui.recipe.recipe_edits import RecipeEdits


class ValuesForm(Form):
    """Rows for values of the recipe, in their order."""

    def __init__(self, edits: RecipeEdits, values: Iterable[RecipeValue], devices: tuple[str, ...] = ()):
        super().__init__()
        self.edits, self.values = edits, tuple(values)
        for value in self.values:
            field = _field(value, devices)
            self.add(value.name, field, value.title)
            field.editor.setAccessibleName(value.title)
            if value.unset:
                field.show_inferred(value.unset)
        self.entered.connect(lambda name, value: self._told(name, edits.set(name, value, merge=True)))
        self.reset.connect(lambda name: self._told(name, edits.reset(name)))
        self.tried.connect(edits.suppose)
        self.dropped.connect(lambda _name: edits.forget())

    def show_recipe(self, recipe: Recipe) -> None:
        for value in self.values:
            counts = value.counts(recipe)
            self.set_row_visible(value.name, counts)
            if counts:
                now = value_of(recipe, value.name)
                self.show_value(value.name, now, now == value.default)

    def put_after(self, name: str, part: QWidget) -> None:
        """Stand something else under a row."""
        self._box.insertWidget(self._box.indexOf(self._rows[name]) + 1, part)

    def offer(self, name: str, words: tuple[str, ...]) -> None:
        """Complete what is typed into a line with one of these words."""
        line = self.fields[name].line
        model = line.completer().model() if line.completer() else None
        if model is None:
            completer = QCompleter(QStringListModel(list(words), line), line)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.activated.connect(line.textEdited)
            line.setCompleter(completer)
        elif tuple(model.stringList()) != words:
            model.setStringList(list(words))

    def is_shown(self, name: str) -> bool:
        """Whether a row stands in the form: it counts for the recipe as it is."""
        return not self._rows[name].isHidden()

    def _told(self, name: str, wrong: str) -> None:
        if wrong:
            self.fields[name].complain(wrong)


def _field(value: RecipeValue, devices: tuple[str, ...]) -> ValueField:
    declared = value.declared
    if isinstance(declared, DeviceName):
        words = dict.fromkeys((*declared.choices, *devices))
        return ChoiceField(declared, tuple((word, word) for word in words))
    if isinstance(declared, Choice) and not isinstance(declared, Bool):
        return ChoiceField(declared, tuple((word.replace("_", " "), word) for word in declared.choices))
    return make_field(declared)
