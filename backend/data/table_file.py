"""A table's file, CSV or Parquet, as columns of text: bounded before it is read, strict about encoding and row lengths.

Knows not what the columns mean. Parquet needs pyarrow, which is imported only when such a file is read.
"""

from __future__ import annotations

import csv
import importlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from backend.data.errors import DataError, DataProblem
from backend.data.options import Option
from backend.data.paths import open_regular, printable, reason

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
SEPARATOR = Option(
    "separator",
    "text",
    "auto",
    "What stands between the cells of a CSV file; auto counts which fits the first line best.",
    choices=("auto", *SEPARATORS),
)
HEADER = Option(
    "header", "yes or no", True, "The first row of a CSV file names the columns; without, they are 1, 2 ..."
)
MAX_FILE = 256 * 1024**2
MAX_CELLS = 20_000_000
MAX_COLUMNS = 10_000
MOST_MARKS = 1_000_000  # in a line, those within quotes too: each may become a cell before it can be judged
LONGEST_NAME = 200
PARQUET = b"PAR1"


@dataclass(frozen=True, slots=True)
class Columns:
    """The cells as text, by column; `problems` are the rows that did not fit and were left out, `rows` those kept."""

    place: str
    cells: dict[str, list[str]]
    rows: list[int]  # of each kept row, its number in the file, from 0 behind the header
    problems: tuple[DataProblem, ...]
    decimal_comma: bool = False

    def __len__(self) -> int:
        return len(self.rows)


def read_columns(path: Path, separator: str, header: bool) -> Columns:
    """The columns of a file; raises DataError. The last few files are remembered as long as they do not change."""
    if path.is_dir():
        raise DataError(printable(path.name), "is a folder; a CSV or Parquet file is wanted here")
    state = os.stat(path)
    return _read(path, separator, header, (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=2)
def _read(path: Path, separator: str, header: bool, _version: tuple[int, int]) -> Columns:
    place = printable(path.name)
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_FILE:
            raise DataError(
                place, f"has {size:,} bytes, more than the {MAX_FILE:,} allowed for a table; save it as NPZ instead"
            )
        data = file.read(MAX_FILE + 1)
    if data[:4] == PARQUET:
        return _parquet(place, data)
    return _csv(place, data, separator, header)


def _csv(place: str, data: bytes, separator: str, header: bool) -> Columns:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        raise DataError(f"{place}, line {line}", "is not UTF-8 text; save the table as CSV in UTF-8") from None
    mark = SEPARATORS.get(separator) or _guess(text[: text.find("\n")] if "\n" in text else text)
    lines = csv.reader(_short_lines(place, text, mark), delimiter=mark)
    try:
        return _rows(place, lines, mark, header)
    except csv.Error as fault:
        raise DataError(f"{place}, line {lines.line_num}", f"cannot be read as CSV ({reason(fault)})") from None


def _short_lines(place: str, text: str, mark: str) -> Iterator[str]:
    """The lines of a text; raises DataError for one that would unpack to far more cells than a table has columns."""
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if line.count(mark) > MOST_MARKS:
            raise DataError(
                f"{place}, line {number}",
                f"has more than {MOST_MARKS:,} separators, far more than a table has columns",
            )
        yield line


def _guess(line: str) -> str:
    """The separator that occurs most in the first line; a comma where none does."""
    return max(SEPARATORS.values(), key=line.count)


def _rows(place: str, lines: Any, mark: str, header: bool) -> Columns:
    first = next((line for line in lines if line), None)
    if first is None:
        raise DataError(place, "holds no rows; one sample a row is wanted")
    names = _names(place, [cell.strip() for cell in first] if header else [str(i + 1) for i in range(len(first))])
    kept: list[list[str]] = [] if header else [first]
    numbers = [] if header else [0]
    problems = []
    row = len(numbers)
    for line in lines:
        if not line:
            continue  # an empty line is no row
        if row * len(names) > MAX_CELLS:
            raise DataError(place, f"has more than {MAX_CELLS:,} cells; save it as NPZ instead")
        if len(line) == len(names):
            kept.append(line)
            numbers.append(row)
        else:
            problems.append(DataProblem(place, row, f"has {len(line)} cells, but there are {len(names)} columns"))
        row += 1
    if not kept:
        more = f", only {len(problems):,} that do not fit ({problems[0]})" if problems else ""
        raise DataError(place, f"has no rows below its header{more}")
    cells = {name: [line[i].strip() for line in kept] for i, name in enumerate(names)}
    return Columns(place, cells, numbers, tuple(problems), decimal_comma=mark == ";")


def _names(place: str, names: list[str]) -> list[str]:
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


def _parquet(place: str, data: bytes) -> Columns:
    try:
        arrow = importlib.import_module("pyarrow")
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as fault:
        raise DataError(
            place, f"is Parquet, which pyarrow reads, and that is missing here ({fault}); pip install pyarrow, or CSV"
        ) from None
    try:
        file = parquet.ParquetFile(arrow.BufferReader(data))
        told = file.metadata
        if told.num_rows * told.num_columns > MAX_CELLS:
            raise DataError(place, f"has more than {MAX_CELLS:,} cells; save it as NPZ instead")
        unpacked = sum(told.row_group(i).total_byte_size for i in range(told.num_row_groups))
        if unpacked > 8 * MAX_FILE:
            raise DataError(place, f"unpacks to {unpacked:,} bytes, more than the {8 * MAX_FILE:,} allowed")
        names = _names(place, list(file.schema_arrow.names))
        cells = {name: _texts(place, name, file.read(columns=[name]).column(0), arrow) for name in names}
    except DataError:
        raise
    except Exception as fault:  # pyarrow raises many kinds on hostile bytes, all meaning one thing
        raise DataError(place, f"is damaged or cut off ({reason(fault)})") from fault
    count = len(next(iter(cells.values()), []))
    if not count:
        raise DataError(place, "holds no rows; one sample a row is wanted")
    return Columns(place, cells, list(range(count)), ())


def _texts(place: str, name: str, column: Any, arrow: Any) -> list[str]:
    """A column of Parquet as CSV would write it."""
    kind = column.type.value_type if arrow.types.is_dictionary(column.type) else column.type
    check = arrow.types
    plain = (check.is_integer, check.is_floating, check.is_boolean, check.is_string, check.is_large_string)
    if not any(is_kind(kind) for is_kind in (*plain, check.is_decimal, check.is_null)):
        raise DataError(
            f'{place}, column "{name}"', f"holds {kind}, but numbers, text or yes and no are wanted; leave it out"
        )
    return ["" if value is None else str(value).strip() for value in column.to_pylist()]
