"""Dates in a table as days since 1970: 2024-02-29, 2024-02-29 12:30 or 2024-02-29T12:30:00Z, as ISO 8601 has them."""

from __future__ import annotations

import re
from itertools import islice

import numpy as np

from backend.data.cells import Cells, is_missing_cell

DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?Z?", re.ASCII)
LOOKED_AT = 20  # cells at the beginning, one of which must be a date
DAY = 86_400_000_000  # microseconds


def days_of(cells: Cells) -> tuple[np.ndarray, np.ndarray] | None:
    """(float64 days, which cells are missing), NaN of what is no date; None where there are hardly any dates."""
    if not _begins_with_dates(cells):
        return None
    days, is_missing = np.empty(len(cells), np.float64), np.zeros(len(cells), bool)
    start = 0
    for words in cells.chunks():
        some = slice(start, start + len(words))
        is_missing[some] = np.fromiter(map(is_missing_cell, words), bool, len(words))
        days[some] = np.fromiter(map(_days, words), np.float64, len(words))
        start = some.stop
    return days, is_missing


def _begins_with_dates(cells: Cells) -> bool:
    present = (word for words in cells.chunks() for word in words if not is_missing_cell(word))
    return any(DATE.fullmatch(word) for word in islice(present, LOOKED_AT))


def _days(word: str) -> float:
    if not DATE.fullmatch(word):
        return np.nan
    try:
        return np.datetime64(word.removesuffix("Z"), "us").astype(np.int64) / DAY
    except ValueError:  # the thirtieth of February
        return np.nan
