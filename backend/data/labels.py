"""Labels are whole numbers 0..C-1. Here they are checked, counted and named, wherever they come from."""

from __future__ import annotations

import numpy as np

from backend.data.bad_samples import BAD_SAMPLES, keep_good
from backend.data.errors import DataError, DataProblem, shorten
from backend.data.limits import MAX_CLASSES
from backend.data.options import Option
from graph.data_source import Field

CLASSES = Option(
    "classes",
    "whole number",
    None,
    "How many classes the labels tell apart; empty counts up to the largest.",
    low=1,
    high=MAX_CLASSES,
    empty="as labels go",
)
LISTED = 1000  # labels out of range, told one by one
ALWAYS_ALLOWED = 1000  # classes, even if there are fewer rows than that


def class_fields(classes: tuple[str, ...]) -> tuple[Field, ...]:
    """The field "label"; where there are two classes also "target" (1,): 0.0 or 1.0, for one sigmoid unit."""
    label = Field(name="label", dtype="int64", classes=classes)
    return (label, Field(name="target", shape=(1,))) if len(classes) == 2 else (label,)


def class_arrays(labels: np.ndarray, classes: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The arrays of `class_fields` for labels (n,)."""
    if len(classes) != 2:
        return {"label": labels}
    return {"label": labels, "target": labels.astype(np.float32)[:, None]}


def check_labels(labels: np.ndarray, classes: int, place: str, may_skip: bool = False) -> None:
    """Hold labels (n,) against a number of classes; raises DataError naming the first wrong row and its value.

    Where bad samples may be skipped it says so, and lists them.
    """
    if not np.issubdtype(labels.dtype, np.integer):
        raise DataError(
            place, f"labels are {labels.dtype}, but must be whole numbers 0 to {classes - 1}: save them as int64"
        )
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(wrong):
        row = int(wrong[0])
        more = f"; {len(wrong) - 1:,} more rows are out of range" if len(wrong) > 1 else ""
        may_skip = may_skip and len(wrong) < len(labels)
        advice = f'; set option "{BAD_SAMPLES.name}" to "skip" to leave them out' if may_skip else ""
        raise DataError(
            f"{place}, row {row}",
            f"the label is {labels[row]}, but with {classes} classes labels must be whole numbers from 0 to "
            f"{classes - 1}{more}{advice}",
            _problems(place, labels, wrong, classes) if may_skip else (),
            BAD_SAMPLES.name if may_skip else "",
        )


def keep_labelled(
    place: str, fields: tuple[Field, ...], arrays: dict[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], tuple[DataProblem, ...]]:
    """The arrays without the rows whose label is out of range, and the problems that tell of these."""
    bad: set[int] = set()
    told: list[DataProblem] = []
    for field in fields:
        if field.classes and not field.shape:
            labels = arrays[field.name]
            wrong = np.flatnonzero((labels < 0) | (labels >= len(field.classes)))
            bad |= set(wrong.tolist())
            told += _problems(f'{place}, "{field.name}"', labels, wrong, len(field.classes))
    kept, rows = keep_good(arrays, bad)
    if not len(rows):
        raise DataError(place, "has no row that can be used", tuple(told))
    return kept, tuple(told)


def _problems(place: str, labels: np.ndarray, wrong: np.ndarray, classes: int) -> tuple[DataProblem, ...]:
    right = f"but with {classes} classes it must be from 0 to {classes - 1}"
    rows = wrong[: LISTED + 1].tolist()
    return shorten([DataProblem(place, row, f"the label is {labels[row]}, {right}") for row in rows], LISTED)


def name_classes(
    labels: np.ndarray, place: str, classes: int | None = None, bad_samples: str = "refuse"
) -> tuple[str, ...]:
    """The names "0", "1" ... of the classes of integer labels (n,): as many as given, else up to the largest label.

    A quantity mistaken for a label (negative, or larger than the data could have classes) is a DataError. Labels
    beyond a given number of classes are too, unless bad samples are skipped and some are left.
    """
    given = classes is not None
    if classes is None:
        most = min(max(len(labels), ALWAYS_ALLOWED), MAX_CLASSES)
        wrong = np.flatnonzero((labels < 0) | (labels >= most))
        if len(wrong):
            row = int(wrong[0])
            raise DataError(
                f"{place}, row {row}",
                f"the label is {labels[row]}, but labels must be whole numbers counted from 0 (at most {most - 1:,} "
                f"for these {len(labels):,} rows); a quantity to be predicted must be saved as float32",
            )
        classes = int(labels.max()) + 1
    fits = (labels >= 0) & (labels < classes)
    if not given or bad_samples != "skip" or not fits.any():
        check_labels(labels, classes, place, may_skip=given)
    return tuple(str(number) for number in range(classes))


def empty_classes(labels: np.ndarray, names: tuple[str, ...], file: str) -> tuple[DataProblem, ...]:
    """A problem for the classes nobody belongs to: the sign of labels counted from 1."""
    known = labels[(labels >= 0) & (labels < len(names))]
    empty = np.flatnonzero(np.bincount(known, minlength=len(names)) == 0)
    if not len(empty):
        return ()
    shown = ", ".join(names[i] for i in empty[:5]) + (f" and {len(empty) - 5} more" if len(empty) > 5 else "")
    hint = "; labels count from 0" if empty[0] == 0 else ""
    return (DataProblem(file, None, f"no sample belongs to class {shown} of {len(names)}{hint}"),)
