"""Your own table, CSV or Parquet: inputs as one row of features, a target that is a class or a quantity.

Categories become columns of 0 and 1, or fields of class numbers for an Embedding. Missing cells are refused, filled
with the mean of the training rows, or their rows skipped; a column may say which rows are for validation. Dates are
numbers of days.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from backend.data.bad_samples import BAD_SAMPLES
from backend.data.columns import Column
from backend.data.dataset import Dataset, make_field
from backend.data.errors import DataError
from backend.data.labels import class_arrays
from backend.data.limits import check_memory, memory_size
from backend.data.options import Option
from backend.data.table_columns import Columns
from backend.data.table_file import HEADER, SEPARATOR, read_columns
from backend.data.table_plan import Plan, make_plan, named_columns
from backend.data.table_split import SPLIT_BY, validation_rows
from graph.data_source import Field

OPTIONS = (
    Option(
        "target",
        "text",
        "",
        "The column to predict, several with commas between; empty takes the last.",
        empty="the last",
    ),
    Option(
        "task",
        "text",
        "auto",
        "What the target is; auto takes text, and whole numbers of at most 20 different values, as classes.",
        choices=("auto", "classes", "quantity"),
    ),
    Option(
        "inputs",
        "text",
        "",
        "The columns to learn from, with commas between; empty takes all others.",
        empty="all others",
    ),
    Option("leave_out", "text", "", "Columns to leave out, such as names and numbers of rows.", empty="none"),
    Option("as_categories", "text", "", "Columns of numbers that are only names, such as postcodes.", empty="none"),
    Option(
        "categories",
        "text",
        "one-hot",
        "Categories as columns of 0 and 1, or each column as a field of class numbers, for an Embedding.",
        choices=("one-hot", "numbers"),
    ),
    Option(
        "standardize",
        "yes or no",
        True,
        "Bring columns of numbers to mean 0 and deviation 1, measured on the training rows alone.",
    ),
    Option(
        "missing",
        "text",
        "refuse",
        "Missing cells: refuse the table, fill in the mean of the training rows, or skip their rows.",
        choices=("refuse", "mean", "skip"),
    ),
    BAD_SAMPLES,
    SPLIT_BY,
    SEPARATOR,
    HEADER,
)
MOST_CATEGORIES = 1000  # of one column that becomes columns of 0 and 1


def describe(options: dict[str, Any], path: Path) -> tuple[Field, ...]:
    """ "features" (F,), with option `categories` "numbers" a field for each category, and "label" or "target" (1,).

    Two classes have both, as for a single unit; several targets are fields by the names of their columns.
    """
    columns = read_columns(path, options["separator"], options["header"])
    return _fields(columns.place, make_plan(columns, options), options)


def offers(options: dict[str, Any], path: Path) -> dict[str, tuple[str, ...]]:
    """The columns, for every option that names some."""
    names = tuple(read_columns(path, options["separator"], options["header"]).cells)
    return dict.fromkeys(("target", "inputs", "leave_out", "as_categories", SPLIT_BY.name), names)


def load(options: dict[str, Any], path: Path) -> Dataset:
    """The table in its own units, to be standardised and filled by `Dataset.standardize` after the split."""
    columns = read_columns(path, options["separator"], options["header"])
    plan = make_plan(columns, options)
    place, fields = columns.place, _fields(columns.place, plan, options)
    size = sum(memory_size(len(plan.rows), field.shape, field.dtype) for field in fields)
    check_memory(place, size, 'leave columns out, or set option "categories" to "numbers"')
    numeric, spread, apart = _kinds(plan, options)
    arrays: dict[str, np.ndarray] = {}
    if numeric or spread:
        arrays["features"] = _features(numeric, spread, (len(plan.rows), fields[0].shape[0]))
    arrays |= {column.name: np.ascontiguousarray(column.values) for column in apart}
    arrays |= _target_arrays(plan)
    quantities = tuple(field.name for field, column in _named_targets(plan) if column.categories is None)
    scaled = (*(("features",) if numeric else ()), *quantities)
    return Dataset(
        place,
        fields,
        arrays,
        plan.problems,
        to_standardize=scaled if options["standardize"] else (),
        to_fill=("features",) if numeric and options["missing"] == "mean" else (),
        in_own_units=_in_own_units(fields, len(numeric)) if spread else {},
        validation=_validation(columns, plan, options),
        columns=_names(numeric, spread),
    )


def _features(numeric: list[Column], spread: list[Column], shape: tuple[int, int]) -> np.ndarray:
    """The numbers, and behind them the categories as columns of 0 and 1; filled one by one, with nothing beside."""
    features = np.empty(shape, np.float32)
    for place, column in enumerate(numeric):
        features[:, place] = column.values
    place = len(numeric)
    for column in spread:
        for number in range(len(column.categories)):
            features[:, place] = column.values == number
            place += 1
    return features


def _names(numeric: list[Column], spread: list[Column]) -> dict[str, tuple[str, ...]]:
    """What the numbers of "features" are called, in their order."""
    names = [column.name for column in numeric]
    names += [f"{column.name} = {category}" for column in spread for category in column.categories]
    return {"features": tuple(names)} if names else {}


def _kinds(plan: Plan, options: dict[str, Any]) -> tuple[list[Column], list[Column], list[Column]]:
    """The inputs that are numbers, those spread into columns of 0 and 1, and those that stay class numbers."""
    numeric = [column for column in plan.inputs if column.categories is None]
    named = [column for column in plan.inputs if column.categories is not None]
    return (numeric, named, []) if options["categories"] == "one-hot" else (numeric, [], named)


def _fields(place: str, plan: Plan, options: dict[str, Any]) -> tuple[Field, ...]:
    numeric, spread, apart = _kinds(plan, options)
    for column in spread:
        if len(column.categories) > MOST_CATEGORIES:
            raise DataError(
                f'{place}, column "{column.name}"',
                f"has {len(column.categories):,} categories, more than the {MOST_CATEGORIES:,} that can become columns "
                'of 0 and 1; name it in option "leave_out", or set option "categories" to "numbers"',
            )
    width = len(numeric) + sum(len(column.categories) for column in spread)
    fields = [make_field(place, "features", (width,), "float32")] if width else []
    fields += [make_field(place, column.name, (), "int64", column.categories) for column in apart]
    for field, column in _named_targets(plan):
        fields.append(field)
        if field.name == "label" and len(column.categories) == 2:
            fields.append(Field(name="target", shape=(1,)))
    names = [field.name for field in fields]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(place, f'would have two fields called "{twice}"; rename the column of that name')
    return tuple(fields)


def _named_targets(plan: Plan) -> list[tuple[Field, Column]]:
    """Every target with its field: "label" or "target" where there is one, else by the names of the columns."""
    found = []
    for column in plan.targets:
        classes = column.categories
        name = column.name if len(plan.targets) > 1 else "label" if classes else "target"
        shape, dtype = ((), "int64") if classes else ((1,), "float32")
        found.append((make_field(f'column "{column.name}"', name, shape, dtype, classes), column))
    return found


def _target_arrays(plan: Plan) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    for field, column in _named_targets(plan):
        if column.categories is None:
            arrays[field.name] = np.ascontiguousarray(column.values, np.float32)[:, None]
        elif field.name == "label":
            arrays |= class_arrays(column.values, column.categories)
        else:
            arrays[field.name] = column.values
    return arrays


def _in_own_units(fields: tuple[Field, ...], numeric: int) -> dict[str, tuple[int, ...]]:
    """The columns of 0 and 1 stay these; they stand behind the numbers."""
    return {"features": tuple(range(numeric, fields[0].shape[0]))}


def _validation(columns: Columns, plan: Plan, options: dict[str, Any]) -> np.ndarray | None:
    names = named_columns(columns, "split_by", options)
    if not names:
        return None
    cells = columns.cells[names[0]]
    return validation_rows(columns.place, names[0], [cells[row] for row in plan.rows])
