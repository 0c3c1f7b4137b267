"""What a closed section of the panel says of its inside, in a few words."""

from __future__ import annotations

from graph.network import Network
from graph.recipe import Recipe
from graph.recipe_form import that_count, value_of
from graph.transfer import short_name
from gui.language import counted, tr
from gui.recipe.axis_ticks import rate_text


def summary(section: str, recipe: Recipe) -> tuple[str, ...]:
    """The section's values that matter, in wordings from the fullest to the shortest."""
    match section:
        case "data":
            return (recipe.data.kind.replace("_", " ") if recipe.data else tr("none yet"),)
        case "augmentation":
            return _augmentation(recipe)
        case "weights":
            return (", ".join(map(short_name, recipe.start_weights)) or tr("as blocks say"),)
        case "optimizer":
            return f"{recipe.optimizer}, {rate_text(recipe.learning_rate)}", recipe.optimizer
        case "schedule":
            return (recipe.schedule.kind.replace("_", " "),)
        case "loop":
            return _loop(recipe)
        case "averaging":
            return (recipe.averaging,)
        case "device":
            more = [name for name, on in (("compiled", recipe.compile), ("deterministic", recipe.deterministic)) if on]
            return ", ".join((recipe.device, recipe.precision, *more)), f"{recipe.device}, {recipe.precision}"
        case "objectives":
            names = [objective.name for objective in recipe.objectives]
            return (", ".join(names), counted(len(names), "objective")) if names else (tr("one over all losses"),)
        case "groups":
            count = len(recipe.groups)
            return (counted(count, "group") if count else tr("all weights alike"),)
    return _what_differs(section, recipe)


def _augmentation(recipe: Recipe) -> tuple[str, ...]:
    names = [one.type.title for one in recipe.augmentation]
    names += [tr("normalized")] if recipe.normalization.kind != "none" else []
    return (", ".join(names), tr("{0} set").format(len(names))) if names else (tr("none"),)


def _loop(recipe: Recipe) -> tuple[str, ...]:
    epochs, batch = counted(recipe.epochs, "epoch"), f"{recipe.batch_size:,}"
    short = tr("{0} of {1}").format(epochs, batch)
    if recipe.steps:
        return tr("{0}, at most {1} steps").format(short, f"{recipe.steps:,}"), short, epochs
    return tr("{0}, batches of {1}").format(epochs, batch), short, epochs


def metric_names(network: Network, recipe: Recipe) -> tuple[str, ...]:
    """What a run of this recipe judges, as far as the names of blocks tell."""
    losses = [block.name for block in network.with_role("loss")]
    metrics = [block.name for block in network.with_role("metric")]
    sums = [objective.name for objective in recipe.objectives]
    return tuple(dict.fromkeys(("loss", *(metrics or ["accuracy"]), *(losses if len(losses) > 1 else ()), *sums)))


def _what_differs(section: str, recipe: Recipe) -> tuple[str, ...]:
    """The values that are not at their defaults."""
    found = []
    for value in that_count(recipe, section):
        now = value_of(recipe, value.name)
        if now != value.default:
            found.append(value.title if now is True else f"{value.title} {value.declared.format(now)}")
    if not found:
        return (tr("as usual"),)
    return ", ".join(found), tr("{0} set").format(len(found))
