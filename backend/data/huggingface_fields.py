"""Columns of a data set of Hugging Face as fields: class numbers with names, quantities, arrays, texts as numbers.

Is given gathered columns; reads no files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backend.data.arrow_columns import Flaws, Numbers, Texts
from backend.data.columns import FEW, LONGEST_NAME
from backend.data.dataset import make_field
from backend.data.errors import DataError
from backend.data.finite import not_finite_rows
from backend.data.limits import MAX_CLASSES, check_memory, memory_size
from backend.data.meaning import convert, meaning_of, sample_dtype, sample_shape
from backend.data.vocabulary import Vocabulary, build
from graph.data_source import Field

PADDING, NEXT = "padding", "next"
DIFFERENT = 20  # labels out of range that are told by their numbers


@dataclass(frozen=True, slots=True)
class Made:
    """A field and its values; `flaws` are the rows whose values are none."""

    field: Field
    values: np.ndarray
    flaws: Flaws


def of_numbers(name: str, column: Numbers, feature: Mapping[str, Any], options: Mapping[str, Any]) -> Made:
    """Classes where these are named, asked for, or few different whole numbers; else what `meaning.py` says."""
    values, flaws = column.array(), column.flaws
    if values.ndim == 1:
        names = feature.get("names") if feature.get("_type") == "ClassLabel" else None
        if names is not None:
            return _of_class_labels(name, column.place, values, names, flaws)
        if name in options["as_classes"] or (name not in options["as_numbers"] and _is_classes(values)):
            return _of_different(name, column.place, values, flaws)
        values = values.astype(np.float64)
    meaning = meaning_of(column.place, values.shape, values.dtype)
    field = make_field(column.place, name, sample_shape(meaning, values.shape), sample_dtype(meaning))
    found = convert(column.place, meaning, values)
    if found.dtype.kind == "f":
        flaws.add(not_finite_rows(found), "holds NaN, or a value too large for float32")
    return Made(field, found, flaws)


def of_texts(name: str, column: Texts, options: Mapping[str, Any]) -> Made | None:
    """The classes that texts name; None where they are texts to be read, as all are for a language model."""
    codes = column.codes()
    few = not options["next"] and len(column.words) <= FEW and 2 * len(column.words) <= len(codes)
    few = few and all(0 < len(word) <= LONGEST_NAME and word.isprintable() for word in column.words)
    if name in options["as_numbers"]:
        raise DataError(column.place, 'holds text, which is no number; take it out of option "as_numbers"')
    if not few and name not in options["as_classes"]:
        return None
    words = sorted(column.words)
    _check_classes(column.place, len(words))
    place = np.empty(len(words) + 1, np.int64)
    place[-1] = 0  # of rows without text, which are flaws
    for number, word in enumerate(words):
        place[column.words[word]] = number
    return Made(make_field(column.place, name, (), "int64", tuple(words)), place[codes], column.flaws)


def read_texts(columns: Mapping[str, Texts], options: Mapping[str, Any]) -> list[Made]:
    """Texts as numbers of one vocabulary, padded to one length; behind them what is padding and, if asked for, next.

    Where there is one text these are called "padding" and "next", else by the text's name before.
    """
    if not columns:
        return []
    length, lowercase = options["length"], options["lowercase"]
    texts = {name: [word.lower() if lowercase else word for word in column.words] for name, column in columns.items()}
    said = (texts[name][code] for name, column in columns.items() for code in column.codes() if code >= 0)
    vocabulary = build(said, options["unit"], options["vocabulary"], padded=True)
    front, back = [], []
    for name, column in columns.items():
        read, aside = _padded(name, column, texts[name], vocabulary, length, options["next"], len(columns) > 1)
        front.append(read)
        back += aside
    return front + back


def _padded(
    name: str, column: Texts, texts: list[str], vocabulary: Vocabulary, length: int, shifted: bool, several: bool
) -> tuple[Made, list[Made]]:
    codes = column.codes()
    different = memory_size(len(texts), (2 * length,), "int64")
    check_memory(column.place, different + 3 * memory_size(len(codes), (length,), "int64"), 'choose a smaller "length"')
    encode = vocabulary.encoder()
    here = np.zeros((len(texts) + 1, length), np.int64)
    following = np.zeros((len(texts) + 1, length), np.int64)
    filled = np.ones((len(texts) + 1, length), np.bool_)
    for row, text in enumerate(texts):
        numbers = encode(text)
        kept = numbers[: len(numbers) - shifted][:length]
        here[row, : len(kept)] = kept
        filled[row, : len(kept)] = False
        following[row, : len(kept)] = numbers[1 : len(kept) + 1] if shifted else 0
    names, before = vocabulary.names, f"{name}_" if several else ""
    aside = [Made(make_field(column.place, before + PADDING, (length,), "bool"), filled[codes], Flaws())]
    if shifted:
        field = make_field(column.place, before + NEXT, (length,), "int64", names)
        aside.insert(0, Made(field, following[codes], Flaws()))
    return Made(make_field(column.place, name, (length,), "int64", names), here[codes], column.flaws), aside


def _of_class_labels(name: str, place: str, values: np.ndarray, names: Any, flaws: Flaws) -> Made:
    """Numbers of classes whose names the data set brings; -1, as of a test set without answers, is none of them."""
    if not isinstance(names, list) or not names or not all(isinstance(each, str) for each in names):
        raise DataError(place, "is said to hold classes, but their names are no list of texts")
    _check_classes(place, len(names))
    if values.dtype.kind not in "iu":
        raise DataError(place, f"is said to hold numbers of classes, but holds {values.dtype}")
    wrong = (values < 0) | (values >= len(names))
    right = f"but with {len(names)} classes it must be from 0 to {len(names) - 1}"
    told = np.unique(values[wrong])[:DIFFERENT]
    for label in told:
        flaws.add(np.flatnonzero(values == label), f"holds the label {label}, {right}")
    flaws.add(np.flatnonzero(wrong & ~np.isin(values, told)), f"holds another label, {right}")
    classes = tuple(each if each else f"class {number}" for number, each in enumerate(names))
    return Made(make_field(place, name, (), "int64", classes), np.where(wrong, 0, values).astype(np.int64), flaws)


def _of_different(name: str, place: str, values: np.ndarray, flaws: Flaws) -> Made:
    """Every different number a class, in their order."""
    different, numbers = np.unique(values, return_inverse=True)
    _check_classes(place, len(different))
    classes = tuple(f"{each:.9g}" if values.dtype.kind == "f" else str(each) for each in different)
    return Made(make_field(place, name, (), "int64", classes), numbers.astype(np.int64), flaws)


def _is_classes(values: np.ndarray) -> bool:
    if values.dtype.kind not in "iub":
        return False
    different = len(np.unique(values))
    return 1 < different <= FEW and 2 * different <= len(values)


def _check_classes(place: str, count: int) -> None:
    if not 1 <= count <= MAX_CLASSES:
        raise DataError(place, f"has {count:,} classes; a field has 1 to {MAX_CLASSES:,}")
