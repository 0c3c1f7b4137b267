"""What a closed section of the panel says of its inside, in a few words."""

from __future__ import annotations

from graph.recipe import Recipe
from graph.recipe_form import that_count, value_of
from gui.language import tr
from gui.recipe.axis_ticks import rate_text


def summary(section: str, recipe: Recipe) -> str:
    """The section's values that matter; an empty text where none does."""
    match section:
        case "data":
            return recipe.data.kind.replace("_", " ") if recipe.data else tr("none yet")
        case "optimizer":
            return f"{recipe.optimizer}, {rate_text(recipe.learning_rate)}"
        case "schedule":
            return recipe.schedule.kind.replace("_", " ")
        case "loop":
            until = tr("{0} steps").format(f"{recipe.steps:,}") if recipe.steps else ""
            text = tr("{0} epochs, batches of {1}").format(f"{recipe.epochs:,}", f"{recipe.batch_size:,}")
            return f"{text}, {until}" if until else text
        case "averaging":
            return recipe.averaging
        case "device":
            more = [name for name, on in (("compiled", recipe.compile), ("deterministic", recipe.deterministic)) if on]
            return ", ".join((recipe.device, recipe.precision, *more))
        case "objectives":
            names = [objective.name for objective in recipe.objectives]
            return ", ".join(names) if names else tr("one over all losses")
        case "groups":
            return tr("{0} groups").format(len(recipe.groups)) if recipe.groups else tr("all weights alike")
    return _what_differs(section, recipe)


def _what_differs(section: str, recipe: Recipe) -> str:
    """The values that are not at their defaults."""
    found = []
    for value in that_count(recipe, section):
        now = value_of(recipe, value.name)
        if now != value.default:
            found.append(value.title if now is True else f"{value.title} {value.declared.format(now)}")
    return ", ".join(found) or tr("none")
