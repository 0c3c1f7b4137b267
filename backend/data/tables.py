"""Four small real tables that ship with scikit-learn: iris, wine, breast cancer, diabetes.

What they hold is written down here, so that describing one needs no import; a test holds it against the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backend.data.bundled import bundled
from backend.data.dataset import Dataset
from backend.data.labels import class_arrays, class_fields
from backend.data.options import Option
from graph.data_source import Field

OPTIONS = (
    Option(
        "standardize",
        "yes or no",
        True,
        "Bring every column to mean 0 and deviation 1, measured on the training rows alone.",
    ),
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of `features` columns; without classes its target is a quantity."""

    title: str
    features: int
    classes: tuple[str, ...] | None


TABLES = {
    "iris": Table("Iris flowers", 4, ("setosa", "versicolor", "virginica")),
    "wine": Table("Wine cultivars", 13, ("class_0", "class_1", "class_2")),
    "breast_cancer": Table("Breast cancer, Wisconsin", 30, ("malignant", "benign")),
    "diabetes": Table("Diabetes progression", 10, None),
}


def describe(name: str, options: dict[str, Any], path: Path | None = None) -> tuple[Field, ...]:
    """ "features" (F,) and either "label" with classes or "target" (1,); both where there are two classes."""
    table = TABLES[name]
    features = Field(name="features", shape=(table.features,))
    if table.classes is None:
        return features, Field(name="target", shape=(1,))
    return features, *class_fields(table.classes)


def load(name: str, options: dict[str, Any], path: Path | None = None) -> Dataset:
    """The table in its own units; with option `standardize` (the default) it is to be standardised after the split.

    `Dataset.standardize(train_indices)` does that, for the features and for the target of a regression (diabetes):
    a network then learns a target of mean 0 and deviation 1, and `scaling["target"].undo` gives the units back.
    """
    bunch = bundled(name)
    table = TABLES[name]
    arrays = {"features": np.ascontiguousarray(bunch.data, np.float32)}
    if table.classes is None:
        arrays["target"] = np.ascontiguousarray(bunch.target, np.float32)[:, None]
    else:
        arrays |= class_arrays(np.ascontiguousarray(bunch.target, np.int64), table.classes)
    tables = ("features",) if table.classes else ("features", "target")
    return Dataset(
        table.title,
        describe(name, options),
        arrays,
        to_standardize=tables if options["standardize"] else (),
        columns={"features": tuple(map(str, bunch.feature_names))},
    )
