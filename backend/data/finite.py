"""NaN and infinity in inputs: found, listed with their rows, and refused or skipped as the user chose."""

from __future__ import annotations

import numpy as np

from backend.data.errors import DataError, DataProblem
from backend.data.options import Option

NOT_FINITE = Option(
    "not_finite",
    "text",
    "refuse",
    "What to do with rows that hold NaN or infinity: refuse the file, or skip these rows.",
    choices=("refuse", "skip"),
)
LISTED = 100  # problems kept one by one; what is beyond is counted
CHUNK = 4_000_000  # values looked at together, so that no mask as large as the data is made


def not_finite_rows(array: np.ndarray) -> np.ndarray:
    """The rows of a float array that hold NaN or infinity."""
    values = array.reshape(len(array), -1)
    rows = max(1, CHUNK // max(1, values.shape[1]))
    found = [
        start + np.flatnonzero(~np.isfinite(values[start : start + rows]).all(axis=1))
        for start in range(0, len(values), rows)
    ]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def keep_finite(
    file: str, arrays: dict[str, np.ndarray], choice: str
) -> tuple[dict[str, np.ndarray], tuple[DataProblem, ...]]:
    """The arrays without bad rows and the problems that list them; raises DataError when they are to be refused."""
    bad = {name: not_finite_rows(array) for name, array in arrays.items() if array.dtype.kind == "f"}
    problems = [
        DataProblem(file, int(row), f'"{name}" holds {_what(arrays[name][row])}')
        for name, rows in bad.items()
        for row in rows[:LISTED]
    ]
    if not problems:
        return arrays, ()
    rows = np.unique(np.concatenate(list(bad.values())))
    count = len(next(iter(arrays.values())))
    if len(rows) > LISTED or len(problems) > LISTED:
        problems = [*problems[:LISTED], DataProblem(file, None, f"{len(rows):,} rows hold NaN or infinity in all")]
    if choice == "refuse" or len(rows) == count:
        first = problems[0]
        raise DataError(
            f"{file}, row {first.row}",
            f"{first.text} ({len(rows):,} of {count:,} rows are not finite); every value must be a number within "
            f'float32: clean the file, or set option "not_finite" to "skip" to leave such rows out',
            tuple(problems),
            "not_finite" if len(rows) < count else "",
        )
    keep = np.ones(count, bool)
    keep[rows] = False
    return {name: array[keep] for name, array in arrays.items()}, tuple(problems)


def _what(row: np.ndarray) -> str:
    return "NaN" if np.isnan(row).any() else "an infinite value, or one too large for float32"
