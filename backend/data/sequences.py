"""Sequences of different lengths from an NPZ file: arrays padded to one length, and how long each sequence really is.

What lies beyond a sequence's end is set to 0, whatever was there; "padding" is true in these places.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from backend.data import npz
from backend.data.bad_samples import BAD_SAMPLES, keep_good, settle
from backend.data.dataset import Dataset
from backend.data.errors import DataError, DataProblem
from backend.data.finite import not_finite_rows
from backend.data.limits import check_memory, memory_size
from backend.data.options import Option
from backend.data.paths import printable
from graph.data_source import Field

PADDING = "padding"
OPTIONS = (
    Option("arrays", "text", "", "Names of the arrays to take, with commas between; empty takes all.", empty="all"),
    Option("lengths", "text", "lengths", "The array that holds the length of every sequence, a whole number."),
    Option(
        "sequence",
        "text",
        "",
        "A padded array, samples x time x ...; empty takes the first with at least two axes.",
        empty="the first",
    ),
    *(option for option in npz.OPTIONS if option.name in ("pixels", "classes")),
    BAD_SAMPLES,
)


def describe(options: dict[str, Any], path: Path) -> tuple[Field, ...]:
    """The arrays as fields, the lengths () without classes among them, and "padding" (T,)."""
    return _with_padding(printable(path.name), npz.describe(_for_npz(options), path), options)


def offers(options: dict[str, Any], path: Path) -> dict[str, tuple[str, ...]]:
    """The names of the arrays."""
    return dict.fromkeys(("arrays", "lengths", "sequence"), npz.offers(options, path)["arrays"])


def load(options: dict[str, Any], path: Path) -> Dataset:
    """The sequences, 0 beyond their ends; one with a length out of range, or NaN within, is a bad sample."""
    place = printable(path.name)
    fields, arrays, odd = npz.read_arrays(_for_npz(options), path)
    fields = _with_padding(place, fields, options)
    lengths, longest = arrays[options["lengths"]], fields[-1].shape[0]
    problems = [
        DataProblem(
            place, int(row), f"its length is {lengths[row]}, but must be from 1 to {longest}, that of the array"
        )
        for row in np.flatnonzero((lengths < 1) | (lengths > longest))
    ]
    check_memory(place, memory_size(len(lengths), (longest,), "bool"), "save fewer sequences, or shorter ones")
    padding = np.arange(longest) >= lengths[:, None]
    for name in _padded(fields, longest):
        arrays[name][padding] = 0
    for name, values in arrays.items():
        if values.dtype.kind == "f":
            what = f'"{name}" holds NaN, or a value too large for float32, before its end'
            problems += [DataProblem(place, int(row), what) for row in not_finite_rows(values)]
    for field in fields:
        if field.classes and not field.shape:
            wrong = np.flatnonzero((arrays[field.name] < 0) | (arrays[field.name] >= len(field.classes)))
            problems += [DataProblem(place, int(row), f'"{field.name}" holds a label out of range') for row in wrong]
    bad = {problem.row for problem in problems}
    problems.sort(key=lambda problem: problem.row)
    listed = settle(place, problems, len(bad), len(lengths), options["bad_samples"])
    arrays, _ = keep_good({**arrays, PADDING: padding}, bad)
    return Dataset(place, fields, arrays, (*odd, *listed))


def _for_npz(options: dict[str, Any]) -> dict[str, Any]:
    chosen = options["arrays"]
    if chosen and options["lengths"] not in [name.strip() for name in chosen.split(",")]:
        chosen = f"{chosen}, {options['lengths']}"
    return {**options, "arrays": chosen, "counts": (options["lengths"],)}


def _with_padding(place: str, fields: tuple[Field, ...], options: dict[str, Any]) -> tuple[Field, ...]:
    """The fields and "padding" behind them, as long as the padded array; raises DataError where something is amiss."""
    lengths = _named(place, fields, options["lengths"], "lengths")
    if lengths.shape != () or lengths.dtype != "int64":
        raise DataError(
            f'{place}, array "{lengths.name}"', "must hold one whole number for each sample: how long its sequence is"
        )
    wanted = options["sequence"]
    if wanted:
        padded = _named(place, fields, wanted, "sequence")
    else:
        padded = next((field for field in fields if len(field.shape) >= 1 and field.dtype != "bool"), lengths)
    if not padded.shape:
        raise DataError(place, "has no padded array: samples x time, or samples x time x features, are wanted")
    if any(field.name == PADDING for field in fields):
        raise DataError(place, f'has an array "{PADDING}", but that is made of the lengths; leave it out by "arrays"')
    return (*fields, Field(name=PADDING, shape=padded.shape[:1], dtype="bool"))


def _named(place: str, fields: tuple[Field, ...], name: str, option: str) -> Field:
    found = next((field for field in fields if field.name == name), None)
    if found is None:
        has = ", ".join(field.name for field in fields)
        raise DataError(place, f'has no array "{name[:50]}" (option "{option}"); it has {has[:300]}')
    return found


def _padded(fields: tuple[Field, ...], longest: int) -> list[str]:
    """The arrays whose time is as long as the padded one's."""
    return [field.name for field in fields if field.shape[:1] == (longest,) and field.name != PADDING]
