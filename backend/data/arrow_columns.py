"""What a column of Arrow holds, told by its type, and its values gathered batch by batch: numbers, texts, pictures.

Rows that have no value, or not as many as the first, are named; knows neither files nor fields.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backend.data.errors import DataError
from backend.data.limits import check_memory
from backend.data.text_files import MAX_LINES, MAX_TEXT

HELD = ("numbers", "text", "pictures")
MOST_AXES = 7  # of a field, the rows not counted
LONGEST_KIND = 80  # characters told of a type
UNDECODED = ("Audio", "Video", "Pdf", "Nifti")  # features of datasets that are stored as pictures are


def holds(kind: Any, feature: Mapping[str, Any]) -> str:
    """One of HELD, or in words why the column cannot be used; `feature` is what datasets says of it."""
    kind = plain(kind)
    if _is_text(kind):
        return "text"
    if feature.get("_type") in UNDECODED:
        return f"holds {feature['_type'].lower()}, which is not read"
    inside = kind.get_field_index("bytes") if _is(kind, "is_struct") else -1
    if _is_bytes(kind) or (inside >= 0 and _is_bytes(kind.field(inside).type)):
        return "pictures"
    leaf, axes = _leaf(kind)
    if axes > MOST_AXES:
        return f"holds lists within lists, {axes} deep; at most {MOST_AXES} are read"
    if _dtype(leaf) is not None:
        return "numbers"
    what = shown(kind) if leaf == kind else f"lists of {shown(leaf)}"
    return f"holds {what}, but numbers, lists of numbers, text or pictures are wanted"


def shown(kind: Any) -> str:
    """A type in a few words that any screen can hold: names within may be anything."""
    try:
        words = str(kind)
    except UnicodeDecodeError:
        return "values of a type without a name"
    words = "".join(sign if sign.isprintable() else "?" for sign in words)
    return words if len(words) <= LONGEST_KIND else words[:LONGEST_KIND] + "..."


def plain(kind: Any) -> Any:
    """The type that an extension type, or one of codes, stands for."""
    while hasattr(kind, "storage_type"):
        kind = kind.storage_type
    return kind.value_type if _is(kind, "is_dictionary") else kind


def bytes_of(values: Any) -> Any:
    """The bytes of a column of pictures, whether their paths stand beside them or not."""
    values = getattr(values, "storage", values)
    if not _is(values.type, "is_struct"):
        return values
    inside = getattr(values.field("bytes"), "storage", values.field("bytes"))
    if not values.null_count:
        return inside
    arrow, compute = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.compute")
    told = inside.indices if hasattr(inside, "dictionary") else inside
    told = compute.if_else(values.is_valid(), told, arrow.scalar(None, told.type))
    return arrow.DictionaryArray.from_arrays(told, inside.dictionary) if told.type != inside.type else told


@dataclass(slots=True)
class Flaws:
    """Rows that lack something, and what."""

    told: list[tuple[np.ndarray, str]] = field(default_factory=list)

    def add(self, rows: np.ndarray, what: str) -> None:
        if len(rows):
            self.told.append((rows, what))


@dataclass(slots=True)
class Numbers:
    """Numbers or lists of them, all of one shape: that of the first row that has any."""

    place: str
    flaws: Flaws = field(default_factory=Flaws)
    parts: list[np.ndarray] = field(default_factory=list)
    there: list[np.ndarray] = field(default_factory=list)
    rows: int = 0
    size: int = 0

    def add(self, values: Any) -> None:
        values = getattr(values, "storage", values)
        start, self.rows = self.rows, self.rows + len(values)
        there = np.asarray(values.is_valid())
        self.there.append(there)
        self.flaws.add(start + np.flatnonzero(~there), "has no value")
        if not there.any():
            return
        found, absent = _dense(self.place, values.drop_null() if values.null_count else values)
        if self.parts and found.shape[1:] != self.parts[0].shape[1:]:
            raise _uneven(self.place, self.parts[0].shape[1:], found.shape[1:])
        if absent is not None:
            lacking = np.flatnonzero(there)[absent.reshape(len(found), -1).any(axis=1)]
            self.flaws.add(start + lacking, "lacks some of its values")
        self.size += found.nbytes
        check_memory(self.place, self.size, "choose fewer columns, or save fewer rows")
        self.parts.append(found)

    def array(self) -> np.ndarray:
        """(n, *shape), 0 where there is no value; raises DataError where there is none at all."""
        if not self.parts:
            raise DataError(self.place, 'holds no value in any row; choose others by option "columns"')
        found, there = np.concatenate(self.parts), np.concatenate(self.there)
        if there.all():
            return found
        whole = np.zeros((len(there), *found.shape[1:]), found.dtype)
        whole[there] = found
        return whole


@dataclass(slots=True)
class Texts:
    """Texts as numbers of different ones, in the order of their coming; -1 where there is none."""

    place: str
    flaws: Flaws = field(default_factory=Flaws)
    words: dict[str, int] = field(default_factory=dict)
    parts: list[np.ndarray] = field(default_factory=list)
    rows: int = 0
    size: int = 0

    def add(self, values: Any) -> None:
        coded = values if hasattr(values, "dictionary") else values.dictionary_encode()
        numbers = np.full(len(coded.dictionary) + 1, -1, np.int32)
        for place, word in enumerate(coded.dictionary.to_pylist()):
            if word is not None:
                numbers[place] = self._number(word)
        codes = np.asarray(coded.indices.fill_null(len(coded.dictionary)))
        found = numbers[codes]
        self.flaws.add(self.rows + np.flatnonzero(found < 0), "has no text")
        self.rows += len(found)
        self.parts.append(found)

    def codes(self) -> np.ndarray:
        """(n,) int32."""
        return np.concatenate(self.parts) if self.parts else np.empty(0, np.int32)

    def _number(self, word: str) -> int:
        number = self.words.setdefault(word, len(self.words))
        if number == len(self.words) - 1:
            self.size += len(word)
            if self.size > MAX_TEXT or number >= MAX_LINES:
                raise DataError(
                    self.place,
                    f"holds more than the {MAX_TEXT:,} characters or {MAX_LINES:,} different texts allowed; "
                    "take a part of them",
                )
        return number


def _dense(place: str, values: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows that are all there as (n, *shape), and which of their values are not; raises DataError for uneven lists."""
    shape: list[int] = []
    count = len(values)
    if hasattr(values, "dictionary"):
        values = values.dictionary_decode()
    while _is_list(values.type):
        if values.null_count:
            raise DataError(place, "has no list in some places of its lists; every one must be filled")
        lengths = np.asarray(values.value_lengths()) if not _is(values.type, "is_fixed_size_list") else None
        if lengths is not None and lengths.min() != lengths.max():
            raise _uneven(place, (*shape, int(lengths.min())), (*shape, int(lengths.max())))
        shape.append(int(lengths[0]) if lengths is not None else values.type.list_size)
        if shape[-1] < 1:
            raise DataError(place, "holds empty lists; a field has at least one value")
        values = values.flatten()
        values = getattr(values, "storage", values)
    absent = np.asarray(values.is_null()) if values.null_count else None
    if _is(values.type, "is_decimal"):
        values = values.cast("float64")
    numbers = values.to_numpy(zero_copy_only=False) if absent is None else _filled(values)
    return numbers.astype(_dtype(values.type), copy=False).reshape(count, *shape), absent


def _filled(values: Any) -> np.ndarray:
    return values.fill_null(False if _is(values.type, "is_boolean") else 0).to_numpy(zero_copy_only=False)


def _uneven(place: str, one: tuple[int, ...], other: tuple[int, ...]) -> DataError:
    shapes = " and of ".join(" x ".join(map(str, shape)) or "1" for shape in (one, other))
    return DataError(
        place,
        f"holds lists of {shapes} values, but a field has one shape: pad them to one length before they are saved, "
        'or choose other columns by option "columns"',
    )


def _leaf(kind: Any) -> tuple[Any, int]:
    """What lies within all lists, and how deep."""
    axes = 0
    while _is_list(kind) and axes <= MOST_AXES:
        kind, axes = plain(kind.value_type), axes + 1
    return kind, axes


def _dtype(kind: Any) -> Any:
    """The numpy dtype of a number; None for other types."""
    if _is(kind, "is_decimal"):
        return np.float64
    numbers = _is(kind, "is_integer") or _is(kind, "is_floating") or _is(kind, "is_boolean")
    return np.dtype(kind.to_pandas_dtype()) if numbers else None


def _is_list(kind: Any) -> bool:
    return any(_is(kind, question) for question in ("is_list", "is_large_list", "is_fixed_size_list"))


def _is_text(kind: Any) -> bool:
    return _is(kind, "is_string") or _is(kind, "is_large_string")


def _is_bytes(kind: Any) -> bool:
    kind = plain(kind)
    return _is(kind, "is_binary") or _is(kind, "is_large_binary")


def _is(kind: Any, question: str) -> bool:
    return getattr(importlib.import_module("pyarrow.types"), question)(kind)
