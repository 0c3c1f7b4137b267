"""How many steps an epoch and a run have, as far as that can be told before any data are loaded.

Built-in data have lengths that are written down here and held against them by a test; those of files come from the
last run on the same data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from backend.data import catalog
from graph.data_source import DataSource
from graph.recipe import Recipe

BUILT_IN = {"digits": 1797, "iris": 150, "wine": 178, "breast_cancer": 569, "diabetes": 442}
SAMPLES = "samples"  # the option of data that are drawn
SUPPOSED = 100  # steps of an epoch where nobody knows


@dataclass(frozen=True, slots=True)
class Length:
    """Steps of an epoch and of the whole run; `known` is False where the epoch's are only supposed."""

    epoch_steps: int
    steps: int
    known: bool

    @property
    def epochs(self) -> float:
        return self.steps / self.epoch_steps


def samples_of(source: DataSource | None) -> int | None:
    """How many samples a source gives; None where only loading tells."""
    if source is None:
        return None
    entry = next((entry for entry in catalog() if entry.kind == source.kind and not entry.needs_path), None)
    if entry is not None and SAMPLES in entry.defaults:
        given = source.options.get(SAMPLES, entry.defaults[SAMPLES])
        return given if isinstance(given, int) and given > 0 else None
    return BUILT_IN.get(source.kind)


def length_of(recipe: Recipe, samples: int | None = None) -> Length:
    """The length of a run; `samples` is what an earlier run said the data have, training and validation together."""
    samples = samples_of(recipe.data) or samples
    epoch_steps = SUPPOSED
    if samples:
        held_out = min(max(round(samples * recipe.validation), 1), samples - 1) if recipe.validation > 0 else 0
        epoch_steps = max(1, math.ceil((samples - held_out) / recipe.batch_size))
    whole = recipe.epochs * epoch_steps
    return Length(epoch_steps, min(whole, recipe.steps or whole), samples is not None)


def samples_seen(recipe: Recipe, steps: int, epochs: int) -> int | None:
    """How many samples the data have, judged by a run that planned so many steps; None where it was cut short."""
    if recipe.steps is not None or steps <= 0 or epochs <= 0:
        return None
    training = steps / epochs * recipe.batch_size
    return round(training / (1 - recipe.validation))
