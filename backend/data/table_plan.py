"""Which columns of a table are inputs and targets, what each means, and which rows can be used.

Knows nothing of fields: `table.py` makes them of a plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from backend.data.bad_samples import settle
from backend.data.columns import Column, as_categories, read_column, with_empty_cells
from backend.data.errors import DataError, DataProblem
from backend.data.limits import MAX_CLASSES
from backend.data.table_columns import Columns

LISTED = 1000  # problems of one column told one by one


@dataclass(frozen=True, slots=True)
class Plan:
    """The columns, all with one value for each row of `rows`, which are those of the file's columns that stay."""

    inputs: tuple[Column, ...]
    targets: tuple[Column, ...]
    rows: np.ndarray
    problems: tuple[DataProblem, ...]


def make_plan(columns: Columns, options: dict[str, Any]) -> Plan:
    """Every chosen column read and every row judged; raises DataError where what is wrong is not to be skipped."""
    inputs, targets = choose(columns, options)
    named = named_columns(columns, "as_categories", options)
    read = {name: _read(columns, name, name in named, name in inputs) for name in (*inputs, *targets)}
    for name in targets:
        read[name] = _as_target(columns.place, read[name], options["task"])
    for name in inputs:
        if len(read[name].missing) == len(columns):
            raise DataError(_place(columns, name), 'holds nothing; name it in option "leave_out"')
        if len(read[name].categories or ()) > MAX_CLASSES:
            raise DataError(
                _place(columns, name), f'has more than {MAX_CLASSES:,} categories; name it in option "leave_out"'
            )
        if options["missing"] == "mean":
            read[name] = with_empty_cells(read[name])
    rows, problems = _judge(columns, read, targets, options)
    if len(rows) < len(columns):
        read = {name: replace(column, values=column.values[rows]) for name, column in read.items()}
    return Plan(tuple(read[name] for name in inputs), tuple(read[name] for name in targets), rows, problems)


def _read(columns: Columns, name: str, as_category: bool, is_input: bool) -> Column:
    """A column's meaning; the numbers of inputs in the precision that they are learned from in."""
    if name in columns.unusable:
        raise DataError(_place(columns, name), f'{columns.unusable[name]}; name it in option "leave_out"')
    column = read_column(name, columns.cells[name], as_category, columns.decimal_comma)
    if is_input and column.categories is None:
        return replace(column, values=column.values.astype(np.float32))
    return column


def choose(columns: Columns, options: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The names of the inputs and of the targets; raises DataError where there are none, or one is both."""
    apart = {*named_columns(columns, "leave_out", options), *named_columns(columns, "split_by", options)}
    left = [name for name in columns.cells if name not in apart]
    targets = named_columns(columns, "target", options) or left[-1:]
    inputs = named_columns(columns, "inputs", options) or [name for name in left if name not in targets]
    for name in targets:
        if name in inputs:
            raise DataError(_place(columns, name), "is both an input and the target; it can only be one")
    if not inputs or not targets:
        raise DataError(columns.place, "needs at least two columns: one to learn from and one to predict")
    return inputs, targets


def named_columns(columns: Columns, option: str, options: dict[str, Any]) -> list[str]:
    """The columns an option names; raises DataError for those that are not there."""
    whole = options[option].strip()
    names = [whole] if whole in columns.cells else [name.strip() for name in whole.split(",") if name.strip()]
    for name in names:
        if name not in columns.cells:
            has = ", ".join(list(columns.cells)[:20])
            raise DataError(columns.place, f'has no column "{name[:50]}" (option "{option}"); it has {has[:300]}')
    return list(dict.fromkeys(names))


def _as_target(place: str, column: Column, task: str) -> Column:
    here = f'{place}, column "{column.name}"'
    if task == "quantity" and column.categories is not None:
        raise DataError(here, 'holds text, so it cannot be a quantity to predict; set option "task" to "classes"')
    if task == "classes" or (task == "auto" and column.is_classes):
        column = as_categories(column)
    if column.categories is not None and not 2 <= len(column.categories) <= MAX_CLASSES:
        raise DataError(here, f"has {len(column.categories):,} classes; a target has 2 to {MAX_CLASSES:,}")
    return column


def _judge(
    columns: Columns, read: dict[str, Column], targets: list[str], options: dict[str, Any]
) -> tuple[np.ndarray, tuple[DataProblem, ...]]:
    """The rows that can be used, and what was wrong with the others."""
    wrong = np.zeros(len(columns), bool)
    gone = np.zeros(len(columns), bool)
    told = list(columns.problems)
    missing = []
    for name, column in read.items():
        wrong[column.wrong] = True
        told += [_problem(columns, name, row) for row in column.wrong[:LISTED]]
        if name in targets or options["missing"] != "mean":
            gone[column.missing] = True
            missing += [_problem(columns, name, row) for row in column.missing[:LISTED]]
    told.sort(key=lambda problem: problem.row)
    missing.sort(key=lambda problem: problem.row)
    total, unfit = len(columns) + columns.unfit, columns.unfit
    listed = settle(columns.place, told, unfit + int(wrong.sum()), total, options["bad_samples"])
    choice = "refuse" if options["missing"] == "refuse" else "skip"
    listed += settle(columns.place, missing, int(gone.sum()), len(columns), choice, "missing")
    rows = np.flatnonzero(~(wrong | gone))
    if not len(rows):
        raise DataError(columns.place, "has no row that can be used", listed)
    return rows, listed


def _problem(columns: Columns, name: str, row: int) -> DataProblem:
    cell = columns.cells[name][row]
    what = f"holds {cell[:30]!r}, which is no number within float32" if cell else "is empty"
    return DataProblem(columns.place, columns.rows[row], f'column "{name}" {what}')


def _place(columns: Columns, name: str) -> str:
    return f'{columns.place}, column "{name}"'
