"""Noise for generators: a source of its own, and a field that any source may have beside its samples.

The values here are drawn once, from the seed, and stay so for validation, whose figures are then comparable; training
draws them anew for every batch (`Dataset.redrawn`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from backend.data.dataset import Dataset
from backend.data.errors import DataError
from backend.data.limits import check_memory, memory_size
from backend.data.options import Option
from graph.data_source import Field

NAME = "noise"
MOST = 100_000
BESIDE = Option(
    "noise_size",
    "whole number",
    0,
    'Adds the field "noise" of so many standard normal numbers a sample, drawn anew for every batch; 0 adds none.',
    low=0,
    high=MOST,
)
OPTIONS = (
    Option("size", "whole number", 32, "How many numbers a sample has.", low=1, high=MOST),
    Option("samples", "whole number", 1024, "How many samples an epoch walks over.", low=10, high=10_000_000),
    Option("seed", "whole number", 0, "The same seed draws the same noise for validation.", low=0, high=2**31 - 1),
)


def describe(options: dict[str, Any], path: Path | None = None) -> tuple[Field, ...]:
    """ "noise" (size,)."""
    return (Field(name=NAME, shape=(options["size"],)),)


def load(options: dict[str, Any], path: Path | None = None) -> Dataset:
    """Standard normal numbers; training draws its own."""
    fields = describe(options)
    values = _draw(NAME, options["samples"], options["size"], options["seed"])
    return Dataset("Noise", fields, {NAME: values}, redrawn=(NAME,))


def with_field(fields: tuple[Field, ...], size: int) -> tuple[Field, ...]:
    """The fields and, where a size is given, the field "noise" behind them; raises DataError where there is one."""
    if not size:
        return fields
    if any(field.name == NAME for field in fields):
        raise DataError(NAME, 'the data have a field "noise" of their own; set option "noise_size" to 0')
    return (*fields, Field(name=NAME, shape=(size,)))


def with_noise(dataset: Dataset, size: int) -> Dataset:
    """The data set with the field "noise" where a size is given."""
    if not size:
        return dataset
    fields = with_field(dataset.fields, size)
    arrays = {**dataset.arrays, NAME: _draw(dataset.title, len(dataset), size, 0)}
    return replace(dataset, fields=fields, arrays=arrays, redrawn=(*dataset.redrawn, NAME))


def _draw(place: str, count: int, size: int, seed: int) -> np.ndarray:
    check_memory(place, memory_size(count, (size,), "float32"), "take fewer samples, or less noise for each")
    return np.random.default_rng(seed).standard_normal((count, size), np.float32)
