"""What a column of text means, number or category, and the numbers it becomes.

Knows nothing of files: it is given cells, and says which of them it could not take.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import repeat

import numpy as np

from backend.data.cells import Cells, is_missing_cell
from backend.data.dates import days_of
from backend.data.limits import MAX_CLASSES

NUMBERS = 0.95  # share of the present cells that must be numbers for a column to be one of numbers
LONGEST_NUMBER = 100  # signs
LONGEST_NAME = 200  # characters of a category
FEW = 20  # whole numbers with at most so many different values may be classes
EMPTY = "missing"  # the category of cells that are empty, where these are kept
ABSENT, UNFIT = -1, -2  # codes of cells without a category
WAYS_TO_MISS = 100  # of writing MISSING, at most: small letters, capital ones
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


def read_column(name: str, cells: Cells, as_category: bool, decimal_comma: bool) -> Column:
    """Numbers where (nearly) all that is there are numbers, or dates, which count days; else categories."""
    for read in () if as_category else (partial(_numbers, decimal_comma=decimal_comma), days_of):
        found = read(cells)
        if found is None:
            continue
        values, is_missing = found
        is_wrong = np.isnan(values) & ~is_missing
        present = len(cells) - int(is_missing.sum())
        if present and (cells.known is not None or is_wrong.sum() <= (1 - NUMBERS) * present):
            return Column(name, values, None, np.flatnonzero(is_missing), np.flatnonzero(is_wrong))
    return _categories(name, cells)


def as_categories(column: Column) -> Column:
    """A column of whole numbers taken as categories: 0, 1, 2 become "0", "1", "2", in the order of the numbers."""
    if column.categories is not None:
        return column
    known = np.isfinite(column.values)
    different, place = np.unique(column.values[known], return_inverse=True)
    numbers = np.full(len(column.values), -1, np.int64)
    numbers[known] = place
    return Column(column.name, numbers, tuple(f"{value:.15g}" for value in different), column.missing, column.wrong)


def with_empty_cells(column: Column) -> Column:
    """Categories where an empty cell is one of its own, "missing"."""
    if column.categories is None or not len(column.missing):
        return column
    names = column.categories if EMPTY in column.categories else (*column.categories, EMPTY)
    values = column.values.copy()
    values[column.missing] = names.index(EMPTY)
    return replace(column, values=values, categories=names, missing=np.empty(0, np.int64))


def _categories(name: str, cells: Cells) -> Column:
    """The sorted different cells as categories; of more than anything may have, no further ones are gathered."""
    number: dict[str, int] = {}
    parts = []
    for words in cells.chunks():
        for word in set(words).difference(number):
            code = _code(word, len(number))
            if code != UNFIT:
                number[word] = code
            if len(number) > MAX_CLASSES + WAYS_TO_MISS:
                return _too_many(name, len(cells), number)
        parts.append(np.fromiter(map(number.get, words, repeat(UNFIT)), np.int32, len(words)))
    codes = np.concatenate(parts) if parts else np.empty(0, np.int32)
    names = sorted(word for word, code in number.items() if code >= 0)
    values = np.full(len(number) + 2, -1, np.int64)  # the last two are ABSENT and UNFIT
    values[[number[word] for word in names]] = np.arange(len(names))
    return Column(name, values[codes], tuple(names), np.flatnonzero(codes == ABSENT), np.flatnonzero(codes == UNFIT))


def _code(word: str, number: int) -> int:
    if is_missing_cell(word):
        return ABSENT
    return number if len(word) <= LONGEST_NAME and word.isprintable() else UNFIT


def _too_many(name: str, count: int, number: dict[str, int]) -> Column:
    """More categories than a field can have: only these are told, for nothing is made of them."""
    names = tuple(sorted(word for word, code in number.items() if code >= 0))
    nothing = np.empty(0, np.int64)
    return Column(name, np.zeros(count, np.int64), names, nothing, nothing)


def _numbers(cells: Cells, decimal_comma: bool) -> tuple[np.ndarray, np.ndarray]:
    """(float64 values, which cells are missing); NaN of what is no number within float32."""
    known = cells.known
    if known is not None:
        is_missing = np.isnan(known)
        with np.errstate(invalid="ignore"):
            known[np.abs(known) > LARGEST] = np.nan
        return known, is_missing
    values, is_missing = np.empty(len(cells), np.float64), np.zeros(len(cells), bool)
    start = 0
    for words in cells.chunks():
        some = slice(start, start + len(words))
        if not _plain_numbers(words, values[some], decimal_comma):
            values[some] = np.fromiter((_number(word, decimal_comma) for word in words), np.float64, len(words))
            is_missing[some] = np.fromiter(map(is_missing_cell, words), bool, len(words))
        start = some.stop
    values[is_missing] = np.nan
    return values, is_missing


def _plain_numbers(words: list[str], into: np.ndarray, decimal_comma: bool) -> bool:
    """The numbers where all words are such within float32: the fast way, for the most usual case."""
    if max(map(len, words), default=0) > LONGEST_NUMBER:
        return False
    try:
        into[:] = np.fromiter(map(float, words), np.float64, len(words))
    except ValueError:
        return False
    return bool((np.abs(into) <= LARGEST).all()) and not any("_" in word for word in words)


def _number(cell: str, decimal_comma: bool) -> float:
    """NaN of what is no number within float32."""
    if len(cell) > LONGEST_NUMBER or "_" in cell:  # Python would take 1_000 for a number
        return np.nan
    try:
        value = float(cell.replace(",", ".") if decimal_comma else cell)
    except ValueError:
        return np.nan
    return value if abs(value) <= LARGEST else np.nan
