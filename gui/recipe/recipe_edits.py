"""One way from a form to the recipe: every change is one edit that can be undone; what is tried is only shown.

Knows no widgets. The recipe is the project's, whatever level of it is shown.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal

from graph.edits import SetRecipe
from graph.recipe import Recipe
from graph.recipe_form import changed, declared_for
from gui.language import tr
from gui.session import Session


class RecipeEdits(QObject):
    """Changes of a session's recipe; each answers with what is wrong, an empty text where it was done."""

    supposed = Signal(object)  # the recipe as it would be, or the one that is

    def __init__(self, session: Session, parent: QObject | None = None):
        super().__init__(parent)
        self.session = session

    @property
    def recipe(self) -> Recipe:
        return self.session.project.recipe

    def set(self, name: str, value: Any, merge: bool = False) -> str:
        """Give one value; `merge` makes one step of what is typed without a pause."""
        title = declared_for(self.recipe, name).title
        try:
            recipe = changed(self.recipe, name, value)
        except ValidationError as error:
            return complaint(error)
        return self.put(recipe, tr("Set {0}").format(title), f"recipe {name}" if merge else None)

    def reset(self, name: str) -> str:
        """Put one value back to its default."""
        return self.set(name, declared_for(self.recipe, name).default)

    def having(self, text: str, merge: str | None = None, **changes: Any) -> str:
        """Change whole fields of the recipe, such as its objectives."""
        try:
            recipe = self.recipe.having(**changes)
        except ValidationError as error:
            return complaint(error)
        return self.put(recipe, text, merge)

    def put(self, recipe: Recipe, text: str, merge: str | None = None) -> str:
        """Put a recipe in place, unless it is the same."""
        if recipe != self.recipe:
            self.session.project.do(SetRecipe(recipe, text), merge)
        return ""

    def suppose(self, name: str, value: Any) -> None:
        """Show what a value would lead to that is not let go yet."""
        try:
            self.supposed.emit(changed(self.recipe, name, value))
        except (ValidationError, KeyError):
            self.forget()

    def forget(self) -> None:
        """What was tried is given up."""
        self.supposed.emit(self.recipe)


def complaint(error: ValidationError) -> str:
    """The first thing that is wrong, without pydantic's own words around it."""
    found = error.errors()[0]
    if found["type"] == "string_too_short":
        return tr("Something must stand here.")
    if found["type"] == "string_too_long":
        return tr("At most {0} characters fit here.").format(found["ctx"]["max_length"])
    text = found["msg"].removeprefix("Value error, ")
    return f"{text}." if not text.endswith(".") else text
