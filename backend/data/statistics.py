"""What a data set holds, in numbers: ranges, means, spreads and how often each class occurs, field by field.

Of very large fields evenly spaced values are looked at, and that is said. Imports no torch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from backend.data.dataset import Dataset
from graph.data_source import Field

BARS = 40
MOST_BARRED = 2_000_000  # values of a field that are sorted into bars
MOST = 20_000_000  # values of a field that are looked at


@dataclass(frozen=True, slots=True)
class FieldStatistics:
    """One field; the numbers are None where nothing is finite. `counts` go with the field's classes."""

    field: Field
    values: int  # of all samples
    looked_at: int
    missing: int  # NaN or infinite, among those looked at
    low: float | None
    high: float | None
    mean: float | None
    deviation: float | None  # population
    counts: tuple[int, ...] = ()
    histogram: tuple[int, ...] = ()  # of numbers: how many lie in bars of equal width from low to high
    column: str = ""  # of a field whose numbers have names, the one that is told of


def statistics(dataset: Dataset) -> tuple[FieldStatistics, ...]:
    """The fields in their order; those whose numbers have names, such as a table's features, number by number."""
    found = []
    for field in dataset.fields:
        array = dataset.arrays[field.name]
        names = dataset.columns.get(field.name)
        if names:
            found += [replace(_of(field, array[:, place]), column=name) for place, name in enumerate(names)]
        else:
            found.append(_of(field, array))
    return tuple(found)


def balance(counts: tuple[int, ...]) -> float | None:
    """How much rarer the rarest class is than the most frequent: 1 where all are alike, 0 where one is missing."""
    return min(counts) / max(counts) if counts and max(counts) else None


def _of(field: Field, array: np.ndarray) -> FieldStatistics:
    flat = array.reshape(-1)
    some = flat[:: -(-flat.size // MOST)] if flat.size > MOST else flat
    finite = some[np.isfinite(some)] if some.dtype.kind == "f" else some
    missing = some.size - finite.size
    counts: tuple[int, ...] = ()
    if field.classes:
        known = finite[(finite >= 0) & (finite < len(field.classes))].astype(np.int64)
        counts = tuple(np.bincount(known, minlength=len(field.classes)).tolist())
    if not finite.size:
        return FieldStatistics(field, flat.size, some.size, missing, None, None, None, None, counts)
    numbers = float(finite.min()), float(finite.max()), float(finite.mean(dtype=np.float64))
    deviation = float(finite.std(dtype=np.float64))
    histogram = () if field.classes else _histogram(finite)
    return FieldStatistics(field, flat.size, some.size, missing, *numbers, deviation, counts, histogram)


def _histogram(numbers: np.ndarray) -> tuple[int, ...]:
    """Counts of evenly spaced ones of the numbers; nothing where all are the same, or only yes and no."""
    if numbers.dtype.kind == "b":
        return ()
    some = numbers[:: -(-numbers.size // MOST_BARRED)] if numbers.size > MOST_BARRED else numbers
    low, high = float(numbers.min()), float(numbers.max())
    return tuple(np.histogram(some, BARS, (low, high))[0].tolist()) if low < high else ()
