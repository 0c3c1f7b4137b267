"""What a column of text means, number or category, and the numbers it becomes.

Knows nothing of files: it is given cells, and says which of them it could not take.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
NUMBERS = 0.95  # share of the present cells that must be numbers for a column to be one of numbers
LONGEST_NAME = 200  # characters of a category
FEW = 20  # whole numbers with at most so many different values may be classes
EMPTY = "missing"  # the category of cells that are empty, where these are kept
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Column:
    """The numbers of a column: values, or the category of each cell where `categories` names these.

    `missing` are the rows without a cell, `wrong` those whose cell is no number or cannot be a name; both are NaN, or
    -1 of a category.
    """

    name: str
    values: np.ndarray  # float64 (n,), or int64 (n,)
    categories: tuple[str, ...] | None
    missing: np.ndarray
    wrong: np.ndarray

    @property
    def is_classes(self) -> bool:
        """Whether a target of this column names classes: categories, or few different whole numbers."""
        if self.categories is not None:
            return True
        known = np.unique(self.values[np.isfinite(self.values)])
        return 1 < len(known) <= FEW and bool((known == np.round(known)).all())


def read_column(name: str, cells: list[str], as_category: bool, decimal_comma: bool) -> Column:
    """Numbers where (nearly) all that is there are numbers, else categories."""
    is_missing = np.fromiter((cell.lower() in MISSING for cell in cells), bool, len(cells))
    missing = np.flatnonzero(is_missing)
    if not as_category:
        values = np.fromiter((_number(cell, decimal_comma) for cell in cells), np.float64, len(cells))
        values[missing] = np.nan
        wrong = np.flatnonzero(np.isnan(values) & ~is_missing)
        present = len(cells) - len(missing)
        if present and len(wrong) <= (1 - NUMBERS) * present:
            return Column(name, values, None, missing, wrong)
    return _categories(name, cells, is_missing)


def as_categories(column: Column) -> Column:
    """A column of whole numbers taken as categories: 0, 1, 2 become "0", "1", "2", in the order of the numbers."""
    if column.categories is not None:
        return column
    known = np.isfinite(column.values)
    different, place = np.unique(column.values[known], return_inverse=True)
    numbers = np.full(len(column.values), -1, np.int64)
    numbers[known] = place
    return Column(column.name, numbers, tuple(f"{value:g}" for value in different), column.missing, column.wrong)


def with_empty_cells(column: Column) -> Column:
    """Categories where an empty cell is one of its own, "missing"."""
    if column.categories is None or not len(column.missing):
        return column
    names = column.categories if EMPTY in column.categories else (*column.categories, EMPTY)
    values = column.values.copy()
    values[column.missing] = names.index(EMPTY)
    return replace(column, values=values, categories=names, missing=np.empty(0, np.int64))


def _categories(name: str, cells: list[str], is_missing: np.ndarray) -> Column:
    is_wrong = np.fromiter((len(cell) > LONGEST_NAME or not cell.isprintable() for cell in cells), bool, len(cells))
    names = sorted({cell for cell, gone in zip(cells, is_missing | is_wrong, strict=True) if not gone})
    number = {cell: place for place, cell in enumerate(names)}
    values = np.fromiter((number.get(cell, -1) for cell in cells), np.int64, len(cells))
    return Column(name, values, tuple(names), np.flatnonzero(is_missing), np.flatnonzero(is_wrong & ~is_missing))


def _number(cell: str, decimal_comma: bool) -> float:
    """NaN of what is no number within float32."""
    if "_" in cell:  # Python would take 1_000 for a number
        return np.nan
    try:
        value = float(cell.replace(",", ".") if decimal_comma else cell)
    except ValueError:
        return np.nan
    return value if abs(value) <= LARGEST else np.nan
