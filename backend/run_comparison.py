"""What tells the recipes, and the networks, of two runs apart: dotted places with both values. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backend.run_folder import PROJECT
from graph.difference import difference
from graph.project_file import load_project
from graph.project_schema import ProjectError
from graph.recipe import Recipe

ABSENT = "-"  # how a value is written that one side has not


@dataclass(frozen=True, slots=True)
class Change:
    """One place in which two recipes differ; None stands for no value, on a side that has none as well."""

    place: str  # "optimizer", "schedule.kind", "groups.0.rate"
    ours: Any
    theirs: Any

    def __str__(self) -> str:
        return f"{self.place}: {written(self.theirs)} -> {written(self.ours)}"


def differences(ours: Recipe | None, theirs: Recipe | None) -> tuple[Change, ...]:
    """Where one recipe differs from another, in the order of the recipe's fields; nothing where one is unknown."""
    if ours is None or theirs is None or ours == theirs:
        return ()
    here, there = leaves(ours), leaves(theirs)
    places = dict.fromkeys([*here, *there])
    return tuple(
        Change(place, here.get(place), there.get(place))
        for place in places
        if here.get(place) != there.get(place) or (place in here) != (place in there)
    )


def leaves(recipe: Recipe) -> dict[str, Any]:
    """Every value of a recipe by its dotted place."""
    return dict(_flat(recipe.model_dump()))


def network_difference(ours: Path, theirs: Path) -> str:
    """One sentence on how the networks of two runs differ; empty where they do not or one cannot be read."""
    try:
        here, there = (load_project(folder / PROJECT) for folder in (ours, theirs))
    except (ProjectError, OSError):
        return ""
    told = replace(difference(there, here), recipe=False, moved=0, other=False)
    return str(told) if told else ""


def written(value: Any) -> str:
    """A value as a table shows it."""
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (tuple, list)):
        return ", ".join(map(written, value)) or "none"
    return str(value)


def _flat(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of nested values with their places; a list of plain values is one."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{place}.{name}" if place else str(name))
    elif isinstance(value, (list, tuple)) and any(isinstance(inner, dict) for inner in value):
        for at, inner in enumerate(value):
            yield from _flat(inner, f"{place}.{at}")
    elif isinstance(value, dict):
        return
    else:
        yield place, value
