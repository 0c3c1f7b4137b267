"""What can be wrong with data: an error that ends the loading, or a problem with one sample that does not.

Both say where (file, field, row counted from 0), which rule was broken, and what would be right.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DataProblem:
    """Something wrong with one file or row of an otherwise usable data set; rows count from 0 as in the file."""

    file: str
    row: int | None
    text: str

    def __str__(self) -> str:
        place = self.file if self.row is None else f"{self.file}, row {self.row}"
        return f"{place}: {self.text}"


class DataError(Exception):
    """Data that cannot be used: `place` names file, field or row, `text` the rule and what would be right.

    Where single samples are the cause, `problems` tells of them, and `skipping` names the option that set to "skip"
    leaves them out.
    """

    def __init__(self, place: str, text: str, problems: tuple[DataProblem, ...] = (), skipping: str = "") -> None:
        super().__init__(place, text, problems, skipping)
        self.place = place
        self.text = text
        self.problems = problems
        self.skipping = skipping

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


def shorten(problems: list[DataProblem], listed: int = 1000) -> tuple[DataProblem, ...]:
    """The first problems, and how many more there were."""
    if len(problems) <= listed:
        return tuple(problems)
    return (*problems[:listed], DataProblem("", None, f"{len(problems) - listed:,} more problems are not listed"))
