"""Dataset: named fields over numpy arrays of one length, all resident, ready to go to a device.

The split and a table's standardisation live here too: some data say themselves what is for validation, and statistics
may only be taken once that is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from pydantic import ValidationError

from backend.data.errors import DataError, DataProblem
from backend.data.split import split
from graph.data_source import BoxRole, Field


@dataclass(frozen=True, slots=True)
class Scaling:
    """value -> (value - mean) / deviation, per feature; a feature that never varies becomes 0."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray) -> Scaling:
        """Mean and population standard deviation over the rows, computed in double precision; NaN does not count."""
        if np.isnan(rows).any():
            mean, deviation = _moments_of_known(rows)
        else:
            mean = rows.mean(axis=0, dtype=np.float64)
            deviation = rows.std(axis=0, dtype=np.float64)
        never_varies = deviation <= 1e-7 * np.abs(mean)  # what rounding leaves of a constant is no spread
        return cls(mean, np.where(never_varies, 1.0, deviation))

    def apply(self, values: np.ndarray) -> np.ndarray:
        return ((values - self.mean) / self.deviation).astype(np.float32)

    def undo(self, values: np.ndarray) -> np.ndarray:
        """Back in the units of the data: what a predicted, standardised target means."""
        return (values * self.deviation + self.mean).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Samples by field; `to_standardize` and `to_fill` name the fields that wait for `standardize`."""

    title: str
    fields: tuple[Field, ...]
    arrays: dict[str, np.ndarray]  # by field name, (n, *field.shape), C-contiguous, of the field's dtype
    problems: tuple[DataProblem, ...] = ()
    to_standardize: tuple[str, ...] = ()
    scaling: Mapping[str, Scaling] = field(default_factory=dict)
    to_fill: tuple[str, ...] = ()  # fields whose NaN become the mean of the training rows
    in_own_units: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # columns that are never standardised
    validation: np.ndarray | None = None  # rows the data themselves set apart, sorted; None: drawn by share
    redrawn: tuple[str, ...] = ()  # fields drawn anew, standard normal, for every batch of training
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of a field (F,), what each number is called

    def __post_init__(self) -> None:
        for each in self.fields:
            array = self.arrays[each.name]
            if array.shape != (len(self), *each.shape) or array.dtype != each.dtype:
                raise ValueError(f"{each} is filled with {array.dtype} {array.shape}")
            if not array.flags.c_contiguous:
                raise ValueError(f"the array of field {each.name} is not C-contiguous")

    def __len__(self) -> int:
        return len(self.arrays[self.fields[0].name])

    def field(self, name: str) -> Field | None:
        return next((each for each in self.fields if each.name == name), None)

    @property
    def labels(self) -> np.ndarray | None:
        """The classes (n,) to stratify a split by: the first field with one class a sample, if any."""
        return next((self.arrays[each.name] for each in self.fields if each.classes and not each.shape), None)

    def parts(self, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Sorted rows for training and validation: those the data set apart, else a share drawn from the seed."""
        if self.validation is None:
            return split(len(self), share, seed, self.labels)
        held_out = np.zeros(len(self), bool)
        held_out[self.validation] = True
        return np.flatnonzero(~held_out), np.flatnonzero(held_out)

    def standardize(self, train_indices: np.ndarray) -> Dataset:
        """The data set with its tables at mean 0 and deviation 1 over the training rows; regression targets too.

        The statistics come from `train_indices` alone, so that validation tells nothing to training; they are kept in
        `scaling`, whose `undo` brings predictions back to the units of the data. Missing values (NaN) that wait for it
        become the mean of the training rows. Without any of these, or called again, it changes nothing.
        """
        scaling = {}
        for name in self.to_standardize:
            scaling[name] = Scaling.of(self.arrays[name][train_indices])
            columns = list(self.in_own_units.get(name, ()))
            scaling[name].mean[columns], scaling[name].deviation[columns] = 0.0, 1.0
        arrays = dict(self.arrays)
        for name in self.to_fill:
            arrays[name] = _filled(arrays[name], Scaling.of(arrays[name][train_indices]).mean)
        arrays |= {name: each.apply(arrays[name]) for name, each in scaling.items()}
        return replace(self, arrays=arrays, to_standardize=(), to_fill=(), scaling={**self.scaling, **scaling})


def _moments_of_known(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation over what is not NaN; 0 and 0 of a column where nothing is known."""
    known = ~np.isnan(rows)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, rows, 0).sum(axis=0, dtype=np.float64) / count
    spread = np.where(known, (rows - mean) ** 2, 0).sum(axis=0, dtype=np.float64) / count
    return mean, np.sqrt(spread)


def _filled(values: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), mean, values).astype(np.float32)


def make_field(
    place: str,
    name: str,
    shape: tuple[int, ...],
    dtype: str,
    classes: tuple[str, ...] | None = None,
    role: BoxRole | None = None,
) -> Field:
    """A Field, or a DataError at `place` that says in what it does not fit one."""
    try:
        return Field(name=name, shape=shape, dtype=dtype, classes=classes, role=role)
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        what = " ".join(map(str, first["loc"]))
        raise DataError(place, f'"{name}" cannot be a field: its {what} is wrong ({first["msg"]})') from None
