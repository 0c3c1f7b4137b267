"""CSV read line by line into packed cells: never the whole file at once, strict about encoding and row lengths."""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from backend.data import table_columns
from backend.data.cells import BETWEEN, CHUNK, INSTEAD, PackedCells
from backend.data.errors import DataError, DataProblem
from backend.data.paths import reason
from backend.data.table_columns import Columns, check_cells, check_names

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
MOST_MARKS = 1_000_000  # in a line, those within quotes too: each may become a cell before it can be judged
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
LISTED = 1000  # rows that do not fit, told one by one


def read_csv(place: str, stream: Iterable[bytes], separator: str, header: bool) -> Columns:
    """The columns of a CSV file; raises DataError."""
    lines = _lines(place, stream)
    first = next(lines, "")
    mark = SEPARATORS.get(separator) or _guess(first)
    rows = csv.reader(_short_lines(place, first, lines, mark), delimiter=mark)
    try:
        return _columns(place, rows, mark, header)
    except csv.Error as fault:
        raise DataError(f"{place}, line {rows.line_num}", f"cannot be read as CSV ({reason(fault)})") from None


def _lines(place: str, stream: Iterable[bytes]) -> Iterator[str]:
    """The lines of a text in UTF-8, whatever ends them; raises DataError."""
    left = table_columns.MAX_FILE
    for number, raw in enumerate(stream):
        left -= len(raw)
        if left < 0:
            raise DataError(place, f"has more than the {table_columns.MAX_FILE:,} bytes allowed")
        try:
            line = raw.decode("utf-8-sig" if number == 0 else "utf-8")
        except UnicodeDecodeError:
            raise DataError(
                f"{place}, line {number + 1}", "is not UTF-8 text; save the table as CSV in UTF-8"
            ) from None
        if "\r" in line[:-2]:
            yield from (found[0] for found in LINE.finditer(line) if found[0])
        else:
            yield line


def _short_lines(place: str, first: str, lines: Iterator[str], mark: str) -> Iterator[str]:
    """All lines; raises DataError for one that would unpack to far more cells than a table has columns."""
    number, line = 1, first
    while line:
        if line.count(mark) > MOST_MARKS:
            raise DataError(
                f"{place}, line {number}",
                f"has more than {MOST_MARKS:,} separators, far more than a table has columns",
            )
        yield line.replace(BETWEEN, INSTEAD) if BETWEEN in line else line
        number, line = number + 1, next(lines, "")


def _guess(line: str) -> str:
    """The separator that occurs most in the first line; a comma where none does."""
    return max(SEPARATORS.values(), key=line.count)


def _columns(place: str, lines: Any, mark: str, header: bool) -> Columns:
    first = next((line for line in lines if line), None)
    if first is None:
        raise DataError(place, "holds no rows; one sample a row is wanted")
    named = [cell.strip() for cell in first] if header else [str(i + 1) for i in range(len(first))]
    kept = _Kept(place, check_names(place, named))
    if not header:
        kept.add(first)
    for line in lines:
        if line:  # an empty one is no row
            kept.add(line)
    return kept.columns(decimal_comma=mark == ";")


class _Kept:
    """The rows as far as they have come, packed part by part."""

    def __init__(self, place: str, names: list[str]) -> None:
        self.place, self.names = place, names
        size = max(1, CHUNK // len(names))
        self.cells = {name: PackedCells(size) for name in names}
        self.size = size
        self.waiting: list[list[str]] = []
        self.rows = 0  # in the file, those that do not fit too
        self.numbers: array | None = None  # of the kept rows, where others were left out
        self.problems: list[DataProblem] = []
        self.unfit = 0

    def add(self, line: list[str]) -> None:
        check_cells(self.place, self.rows * len(self.names))
        if len(line) != len(self.names):
            self._leave_out(line)
        else:
            self.waiting.append(line)
            if self.numbers is not None:
                self.numbers.append(self.rows)
            if len(self.waiting) == self.size:
                self._pack()
        self.rows += 1

    def _leave_out(self, line: list[str]) -> None:
        if self.numbers is None:
            self.numbers = array("q", range(self.rows))
        self.unfit += 1
        if self.unfit <= LISTED:
            told = f"has {len(line)} cells, but there are {len(self.names)} columns"
            self.problems.append(DataProblem(self.place, self.rows, told))

    def _pack(self) -> None:
        for cells, column in zip(self.cells.values(), zip(*self.waiting, strict=True), strict=True):
            cells.add([cell.strip() for cell in column])
        self.waiting = []

    def columns(self, decimal_comma: bool) -> Columns:
        if self.waiting:
            self._pack()
        rows: Sequence[int] = range(self.rows) if self.numbers is None else self.numbers
        if not len(rows):
            more = f", only {self.unfit:,} that do not fit ({self.problems[0]})" if self.problems else ""
            raise DataError(self.place, f"has no rows below its header{more}")
        return Columns(self.place, dict(self.cells), rows, tuple(self.problems), self.unfit, decimal_comma)
