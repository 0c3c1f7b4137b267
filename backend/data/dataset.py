"""Dataset: named fields over numpy arrays of one length, all resident, ready to go to a device.

A table's standardisation lives here too, because its statistics may only be taken once the split is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from pydantic import ValidationError

from backend.data.errors import DataError, DataProblem
from graph.data_source import Field


@dataclass(frozen=True, slots=True)
class Scaling:
    """value -> (value - mean) / deviation, per feature; a feature that never varies becomes 0."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray) -> Scaling:
        """Mean and population standard deviation over the rows, computed in double precision."""
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
    """Samples by field; `to_standardize` names the fields that wait for `standardize`."""

    title: str
    fields: tuple[Field, ...]
    arrays: dict[str, np.ndarray]  # by field name, (n, *field.shape), C-contiguous, of the field's dtype
    problems: tuple[DataProblem, ...] = ()
    to_standardize: tuple[str, ...] = ()
    scaling: Mapping[str, Scaling] = field(default_factory=dict)

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
        """The classes (n,) to stratify a split by: the first field that has classes, if any."""
        return next((self.arrays[each.name] for each in self.fields if each.classes), None)

    def standardize(self, train_indices: np.ndarray) -> Dataset:
        """The data set with its tables at mean 0 and deviation 1 over the training rows; regression targets too.

        The statistics come from `train_indices` alone, so that validation tells nothing to training; they are kept in
        `scaling`, whose `undo` brings predictions back to the units of the data. Without tables to standardise, or
        called again, it changes nothing.
        """
        scaling = {name: Scaling.of(self.arrays[name][train_indices]) for name in self.to_standardize}
        arrays = {name: scaling[name].apply(array) if name in scaling else array for name, array in self.arrays.items()}
        return replace(self, arrays=arrays, to_standardize=(), scaling={**self.scaling, **scaling})


def make_field(
    place: str, name: str, shape: tuple[int, ...], dtype: str, classes: tuple[str, ...] | None = None
) -> Field:
    """A Field, or a DataError at `place` that says in what it does not fit one."""
    try:
        return Field(name=name, shape=shape, dtype=dtype, classes=classes)
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        what = " ".join(map(str, first["loc"]))
        raise DataError(place, f'"{name}" cannot be a field: its {what} is wrong ({first["msg"]})') from None
