"""Samples that cannot be used (a damaged picture, NaN, a label out of range): refused together, or left out and listed.

Knows no formats: who reads the data says which samples are bad, here is decided what comes of it.
"""

from __future__ import annotations

import numpy as np

from backend.data.errors import DataError, DataProblem, shorten
from backend.data.options import Option

SHOWN = 5  # problems an error spells out
LONGEST = 120  # characters of each
BAD_SAMPLES = Option(
    "bad_samples",
    "text",
    "refuse",
    "What to do with samples that cannot be used (damaged, NaN, label out of range): refuse the data, or skip these.",
    choices=("refuse", "skip"),
)


def settle(
    place: str, problems: list[DataProblem], bad: int, total: int, choice: str, option: str = "bad_samples"
) -> tuple[DataProblem, ...]:
    """The problems of `bad` samples out of `total`, to be listed; raises DataError where they are refused or all.

    The error spells out the first few problems and carries them all.
    """
    listed = shorten(problems)
    if not bad or (choice == "skip" and bad < total):
        return listed
    first = "; ".join(_short(str(problem)) for problem in problems[:SHOWN])
    more = f"; and {len(problems) - SHOWN:,} more problems" if len(problems) > SHOWN else ""
    advice = "" if bad == total else f', or set option "{option}" to "skip" to leave them out'
    told = f"{bad:,} of {total:,} samples cannot be used: {first}{more}. Mend these{advice}"
    raise DataError(place, told, listed, option if advice else "")


def keep_good(arrays: dict[str, np.ndarray], bad: set[int]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The arrays without the bad rows, and the rows that stayed."""
    count = len(next(iter(arrays.values())))
    stays = np.ones(count, bool)
    stays[sorted(bad)] = False
    rows = np.flatnonzero(stays)
    return (arrays if not bad else {name: array[rows] for name, array in arrays.items()}), rows


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
