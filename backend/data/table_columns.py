"""A table's file as columns of cells, and how large one may be; whoever reads the file, CSV or Parquet, fills these.

Knows not what the columns mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backend.data.cells import Cells
from backend.data.errors import DataError, DataProblem

MAX_FILE = 256 * 1024**2
MAX_CELLS = 20_000_000
MAX_COLUMNS = 10_000
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Columns:
    """The cells by column; `rows` are the kept rows' numbers in the file, from 0 behind the header.

    `unfit` rows had not as many cells as there are columns and were left out; `problems` tells of the first of them.
    `unusable` says of columns why they cannot be taken, should they be asked for.
    """

    place: str
    cells: dict[str, Cells]
    rows: Sequence[int]
    problems: tuple[DataProblem, ...] = ()
    unfit: int = 0
    decimal_comma: bool = False
    unusable: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)


def check_names(place: str, names: list[str]) -> list[str]:
    """The names of the columns, all different and fit to be told; raises DataError."""
    if len(names) > MAX_COLUMNS:
        raise DataError(place, f"has {len(names):,} columns, more than the {MAX_COLUMNS:,} allowed")
    seen = set()
    for number, name in enumerate(names, 1):
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise DataError(
                f"{place}, column {number}",
                f"is called {name[:50]!r}, but a name has 1 to {LONGEST_NAME} printable characters; "
                'where the first row is no header, set option "header" to no',
            )
        if name in seen:
            raise DataError(place, f'has two columns called "{name}"; names must differ')
        seen.add(name)
    return names


def check_cells(place: str, count: int) -> None:
    """Refuse what would have too many cells; raises DataError."""
    if count > MAX_CELLS:
        raise DataError(
            place, f"has more than {MAX_CELLS:,} cells; leave columns or rows out of the file, or save it as NPZ"
        )
