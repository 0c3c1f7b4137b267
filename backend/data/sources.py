"""load and describe: the two questions one may ask a data source, whatever its kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backend.data.catalog import BY_KIND, SourceKind
from backend.data.dataset import Dataset
from backend.data.errors import DataError
from backend.data.noise import BESIDE, with_field, with_noise
from backend.data.options import read_options
from backend.data.paths import locate
from graph.data_source import DataSource, Field


def describe(source: DataSource, base: Path | str | None = None) -> tuple[Field, ...]:
    """The fields `load` would give, found without loading; relative paths are taken from `base`. Raises DataError."""
    kind, options, path = _resolve(source, base)
    noise = options.pop(BESIDE.name, 0)
    return with_field(kind.describe(options, path), noise)


def offers(source: DataSource, base: Path | str | None = None) -> Mapping[str, tuple[str, ...]]:
    """What options may name, such as the columns of a table, by the option; nothing where that cannot be told."""
    try:
        kind, options, path = _resolve(source, base)
        return kind.offers(options, path) if kind.offers else {}
    except DataError:
        return {}


def load(source: DataSource, base: Path | str | None = None) -> Dataset:
    """The whole data set in memory; relative paths are taken from `base`. Raises DataError.

    Tables come in their own units: after the split, `dataset.standardize(train_indices)` standardises those whose
    option `standardize` is on (iris, wine, breast_cancer and diabetes unless switched off), and changes nothing else.
    """
    kind, options, path = _resolve(source, base)
    noise = options.pop(BESIDE.name, 0)
    try:
        return with_noise(kind.load(options, path), noise)
    except MemoryError:
        raise DataError(source.path or source.kind, "does not fit into this machine's free memory") from None


def _resolve(source: DataSource, base: Path | str | None) -> tuple[SourceKind, dict[str, Any], Path | None]:
    kind = BY_KIND.get(source.kind)
    if kind is None:
        raise DataError(source.kind, f"is not a kind of data; there are {', '.join(BY_KIND)}")
    options = read_options(source.kind, kind.options, source.options)
    return kind, options, locate(source, base) if kind.needs_path else None
