"""Which files and columns of a data set of Hugging Face are meant by the options, and their rows in batches.

Knows what a column holds, and what datasets wrote down of it; not what becomes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.data import arrow_columns
from backend.data.arrow_batches import ArrowFile, batches, look
from backend.data.arrow_columns import HELD
from backend.data.columns import LONGEST_NAME
from backend.data.errors import DataError, DataProblem
from backend.data.huggingface_folder import as_object, read_json, splits
from backend.data.limits import MAX_ARRAYS
from backend.data.paths import printable

HELD_OUT = ("validation", "test")
NAMING = ("columns", "as_classes", "as_numbers")  # options that name columns


@dataclass(frozen=True, slots=True)
class Part:
    """One split's files."""

    name: str
    files: tuple[ArrowFile, ...]
    validation: bool

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)


@dataclass(frozen=True, slots=True)
class Found:
    """The parts to be read, what each chosen column holds, and what the data set says of it."""

    place: str
    parts: tuple[Part, ...]
    holds: dict[str, str]
    features: dict[str, Any]

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)

    def place_of(self, column: str) -> str:
        return f'{self.place}, column "{printable(column)[:50]}"'

    def feature(self, column: str) -> dict[str, Any]:
        """What datasets says of a column."""
        return _feature(self.features, column)

    def batches(self, columns: list[str]) -> Iterator[Any]:
        """All rows of all parts; raises DataError where a file has not as many as it declares."""
        for part in self.parts:
            for file in part.files:
                seen = 0
                for batch in batches(file, columns):
                    seen += batch.num_rows
                    yield batch
                if seen != file.rows:
                    raise DataError(file.place, f"declares {file.rows:,} rows, but has {seen:,}; write it again")

    def problem(self, row: int, what: str) -> DataProblem:
        """A problem where the person will look for it: the split and its row."""
        for part in self.parts:
            if row < part.rows:
                return DataProblem(f"{self.place}, {part.name}", row, what)
            row -= part.rows
        raise IndexError(row)


def find(options: dict[str, Any], path: Path) -> tuple[Found, dict[str, Any]]:
    """The files and columns that are meant, and the options with the columns they name."""
    place = printable(path.name)
    chosen = _chosen_splits(place, splits(path), options["split"])
    parts = tuple(
        Part(name, tuple(look(file, f"{place}/{printable(file.name)}") for file in files), validation)
        for name, files, validation in chosen
    )
    first = parts[0].files[0]
    for file in (file for part in parts for file in part.files):
        if file.schema != first.schema:
            raise DataError(
                file.place, f"has other columns than {first.place}; choose the folder of one data set, or one split"
            )
    features = _features(first)
    kinds = {
        name: arrow_columns.holds(first.schema.field(name).type, _feature(features, name)) for name in _names(first)
    }
    options = {**options, **{name: _named(place, kinds, options, name) for name in NAMING}}
    found = Found(place, parts, {name: kinds[name] for name in options["columns"] or kinds}, features)
    _check(found, kinds)
    return found, options


def names_in(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The splits, and the columns of the first; nothing is read but headers."""
    there = splits(path)
    return tuple(there), tuple(_names(look(next(iter(there.values()))[0])))


def _chosen_splits(place: str, there: dict[str, list[Path]], wanted: str) -> list[tuple[str, list[Path], bool]]:
    """(split, files, is it for validation) of those to be read."""
    names = ", ".join(there)[:300]
    if wanted:
        if wanted not in there:
            raise DataError(place, f'has no split "{wanted[:50]}"; it has {names}')
        return [(wanted, there[wanted], False)]
    if len(there) == 1:
        return [(name, files, False) for name, files in there.items()]
    if "train" not in there:
        raise DataError(place, f'has the splits {names}, none of them called train; choose one by option "split"')
    held_out = next((name for name in HELD_OUT if name in there), None)
    return [("train", there["train"], False)] + ([(held_out, there[held_out], True)] if held_out else [])


def _names(file: ArrowFile) -> list[str]:
    names = list(file.schema.names)
    if not names or len(set(names)) < len(names):
        raise DataError(file.place, "has no columns, or two of one name; names must differ")
    wrong = next((name for name in names if not 0 < len(name) <= LONGEST_NAME or not name.isprintable()), None)
    if wrong is not None:
        raise DataError(
            file.place, f"has a column called {wrong[:50]!r}; 1 to {LONGEST_NAME} printable characters are wanted"
        )
    return names


def _named(place: str, kinds: dict[str, str], options: dict[str, Any], option: str) -> list[str]:
    """The columns an option names; raises DataError for those that are not there."""
    whole = options[option].strip()
    names = [whole] if whole in kinds else [name.strip() for name in whole.split(",") if name.strip()]
    for name in names:
        if name not in kinds:
            has = ", ".join(list(kinds)[:20])
            raise DataError(place, f'has no column "{name[:50]}" (option "{option}"); it has {has[:300]}')
    return list(dict.fromkeys(names))


def _check(found: Found, kinds: dict[str, str]) -> None:
    """Raises DataError for columns that cannot be fields, and for data sets without a row."""
    good = [name for name, held in kinds.items() if held in HELD]
    for name, held in found.holds.items():
        if held not in HELD:
            others = ", ".join(good)[:200]
            advice = f'take others by option "columns", such as "{others}"' if good else "no other is there"
            raise DataError(found.place_of(name), f"{held}; {advice}")
    if len(found.holds) > MAX_ARRAYS:
        raise DataError(
            found.place, f'has {len(found.holds):,} columns, more than {MAX_ARRAYS}; choose some by option "columns"'
        )
    for part in found.parts:
        if part.rows < 1:
            raise DataError(found.place, f"its split {part.name} has no rows; one sample a row is wanted")


def _features(file: ArrowFile) -> dict[str, Any]:
    """What datasets wrote down of the columns: in the file itself, else in dataset_info.json beside it."""
    written = (file.schema.metadata or {}).get(b"huggingface")
    if written:
        info = as_object(written, file.place).get("info")
    else:
        beside = file.path.with_name("dataset_info.json")
        info = read_json(beside, file.place) if beside.is_file() else None
    features = info.get("features") if isinstance(info, dict) else None
    return features if isinstance(features, dict) else {}


def _feature(features: dict[str, Any], name: str) -> dict[str, Any]:
    found = features.get(name)
    return found if isinstance(found, dict) else {}
