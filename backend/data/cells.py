"""The cells of one column of a table, packed: a table of short cells takes little more memory than its file.

Read in order they cost nothing; a single cell is looked up for the few that are told of. Knows not what they mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

BETWEEN = "\0"  # stands between packed cells, so none may hold it
INSTEAD = "\1"  # of it within one: no more printable
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
LONGEST_MISSING = max(map(len, MISSING))
CHUNK = 65_536  # cells that are unpacked together


def is_missing_cell(cell: str) -> bool:
    return len(cell) <= LONGEST_MISSING and cell.lower() in MISSING


class Cells(Protocol):
    """Text cells; `known` are their numbers where the file itself has numbers, NaN where there is none."""

    @property
    def known(self) -> np.ndarray | None: ...

    def __len__(self) -> int: ...

    def __getitem__(self, row: int) -> str: ...

    def chunks(self) -> Iterator[list[str]]: ...


@dataclass(slots=True)
class PackedCells:
    """Cells as a file of text has them, joined: `packed` has so many in each part, the last one fewer."""

    size: int
    packed: list[str] = field(default_factory=list)
    count: int = 0
    _part: int = -1
    _unpacked: list[str] = field(default_factory=list)

    known = None

    def add(self, cells: list[str]) -> None:
        """The next part; all but the last have as many cells as `size` says."""
        self.packed.append(BETWEEN.join(cells))
        self.count += len(cells)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, row: int) -> str:
        part, place = divmod(int(row), self.size)
        if part != self._part:
            self._part, self._unpacked = part, self.packed[part].split(BETWEEN)
        return self._unpacked[place]

    def chunks(self) -> Iterator[list[str]]:
        return (part.split(BETWEEN) for part in self.packed)


@dataclass(frozen=True, slots=True)
class CodedCells:
    """Cells of a few different texts, by number; -1 is an empty one."""

    words: tuple[str, ...]
    codes: np.ndarray

    known = None

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> str:
        code = self.codes[row]
        return self.words[code] if code >= 0 else ""

    def chunks(self) -> Iterator[list[str]]:
        words = (*self.words, "")
        for start in range(0, len(self.codes), CHUNK):
            yield [words[code] for code in self.codes[start : start + CHUNK].tolist()]


@dataclass(frozen=True, slots=True)
class NumberCells:
    """Cells that are numbers in the file; where `absent` is true there is none."""

    values: np.ndarray
    absent: np.ndarray

    @property
    def known(self) -> np.ndarray:
        found = self.values.astype(np.float64)
        found[self.absent] = np.nan
        return found

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, row: int) -> str:
        return "" if self.absent[row] else _text(self.values[row].item())

    def chunks(self) -> Iterator[list[str]]:
        for start in range(0, len(self.values), CHUNK):
            some = slice(start, start + CHUNK)
            numbers = zip(self.values[some].tolist(), self.absent[some].tolist(), strict=True)
            yield ["" if absent else _text(value) for value, absent in numbers]


def _text(value: float) -> str:
    """As people write it: 3 for 3.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else str(value)
