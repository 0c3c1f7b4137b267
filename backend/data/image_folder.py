"""A folder of pictures with one sub-folder for each class: flowers/rose/001.jpg, or flowers/train/rose/001.jpg.

Pictures that cannot be read are listed with file and reason, and left out unless they are to be refused. Symbolic links
inside are not followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from backend.data.bad_samples import BAD_SAMPLES, settle
from backend.data.dataset import Dataset, make_field
from backend.data.errors import DataError, DataProblem, shorten
from backend.data.folder_parts import entries, held_out_rows, parts_of
from backend.data.limits import MAX_CLASSES, check_memory, memory_size
from backend.data.paths import printable
from backend.data.pictures import GRAYSCALE, SIZE, SUFFIXES, for_each, read_picture
from graph.data_source import Field

OPTIONS = (SIZE, GRAYSCALE, replace(BAD_SAMPLES, default="skip"))


@dataclass(frozen=True, slots=True)
class Sample:
    path: Path
    name: str  # "rose/001.jpg", as messages show it
    label: int
    validation: bool = False


def describe(options: dict[str, Any], path: Path) -> tuple[Field, ...]:
    """ "image" (C, H, W) in 0..1 and "label" with the sorted folder names; opens one picture if no size is given."""
    classes, samples = _listed(path, [])
    size = options["size"] or _first_size(path, samples)
    return _fields(path, classes, size, options["grayscale"])


def load(options: dict[str, Any], path: Path) -> Dataset:
    """All readable pictures, by class and name; `problems` lists those left out."""
    problems: list[DataProblem] = []
    classes, listed = _listed(path, problems)
    samples = list(listed)
    fields = _fields(path, classes, options["size"] or _first_size(path, iter(samples)), options["grayscale"])
    shape, place = fields[0].shape, printable(path.name)
    check_memory(place, memory_size(len(samples), shape, "float32"), 'choose a smaller option "size"')
    images = np.empty((len(samples), *shape), np.float32)

    def fill(row: int) -> DataProblem | None:
        try:
            images[row] = read_picture(samples[row].path, shape)
        except DataError as fault:
            return DataProblem(samples[row].name, None, fault.text)
        return None

    outcomes = for_each(len(samples), fill)
    bad = [outcome for outcome in outcomes if outcome]
    kept = np.array([outcome is None for outcome in outcomes], bool)
    if not kept.any():
        raise _no_pictures(path, problems + bad)
    settle(place, bad, len(bad), len(samples), options["bad_samples"])
    labels = np.array([sample.label for sample in samples], np.int64)[kept]
    problems += bad + _empty(classes, labels)
    arrays = {"image": images if kept.all() else images[kept], "label": labels}
    held_out = np.array([sample.validation for sample in samples], bool)[kept]
    return Dataset(place, fields, arrays, shorten(problems), validation=held_out_rows(place, held_out))


def _listed(path: Path, problems: list[DataProblem]) -> tuple[tuple[str, ...], Iterator[Sample]]:
    """The classes and the pictures, of both parts where sub-folders say what is for validation."""
    if not path.is_dir():
        raise DataError(printable(path.name), "is a file; a folder with one sub-folder for each class is wanted here")
    train, validation = parts_of(path)
    if validation is None:
        classes = list_classes(path, problems)
        return classes, list_samples(path, classes, problems)
    found = [list_classes(part, problems) for part in (train, validation)]
    classes = tuple(sorted({*found[0], *found[1]}))

    def of_part(part: Path, names: tuple[str, ...]) -> Iterator[Sample]:
        for each in list_samples(part, names, problems):
            shown = f"{part.name}/{each.name}"
            yield Sample(each.path, shown, classes.index(names[each.label]), part is validation)

    return classes, chain(of_part(train, found[0]), of_part(validation, found[1]))


def list_classes(path: Path, problems: list[DataProblem]) -> tuple[str, ...]:
    """The names of the class folders, sorted; what else lies beside them goes to `problems`."""
    place = printable(path.name)
    classes = []
    for entry in entries(path):
        if entry.is_symlink():
            problems.append(DataProblem(printable(entry.name), None, "is a symbolic link, which is not followed"))
        elif entry.is_dir():
            classes.append(entry.name)
        else:
            problems.append(DataProblem(printable(entry.name), None, "lies beside the class folders; left out"))
    if not classes:
        raise DataError(place, "holds no sub-folders; one for each class is wanted, such as cat and dog")
    if len(classes) > MAX_CLASSES:
        raise DataError(place, f"holds {len(classes):,} sub-folders, more than the {MAX_CLASSES:,} classes allowed")
    for name in classes:
        if name != printable(name):
            raise DataError(f"{place}/{printable(name)}", "has a name that is not UTF-8; rename the folder")
    return tuple(classes)


def list_samples(path: Path, classes: tuple[str, ...], problems: list[DataProblem]) -> Iterator[Sample]:
    """The pictures of every class, sorted by name, as they are found; what is no picture goes to `problems`."""
    for label, name in enumerate(classes):
        for entry in entries(path / name):
            shown = f"{name}/{printable(entry.name)}"
            if entry.is_symlink():
                problems.append(DataProblem(shown, None, "is a symbolic link, which is not followed"))
            elif entry.is_dir():
                problems.append(DataProblem(shown, None, "is a folder within a class; pictures in it are left out"))
            elif not entry.name.lower().endswith(SUFFIXES):
                problems.append(DataProblem(shown, None, f"is no picture by its name ({' '.join(SUFFIXES)})"))
            else:
                yield Sample(Path(entry.path), shown, label)


def _first_size(path: Path, samples: Iterator[Sample]) -> tuple[int, int]:
    """Height and width of the first picture that can be read."""
    problems = []
    for sample in samples:
        try:
            return read_picture(sample.path, None).shape[1:]
        except DataError as fault:
            problems.append(DataProblem(sample.name, None, fault.text))
    raise _no_pictures(path, problems)


def _no_pictures(path: Path, problems: list[DataProblem]) -> DataError:
    first = f"; the first: {problems[0]}" if problems else ""
    return DataError(
        printable(path.name),
        "has no readable picture in its class folders; pictures must lie right inside these, such as "
        f"{printable(path.name)}/cat/001.png{first}",
        shorten(problems),
    )


def _empty(classes: tuple[str, ...], labels: np.ndarray) -> list[DataProblem]:
    counts = np.bincount(labels, minlength=len(classes))
    return [DataProblem(classes[i], None, "holds no readable picture") for i in np.flatnonzero(counts == 0)]


def _fields(path: Path, classes: tuple[str, ...], size: tuple[int, int], grayscale: bool) -> tuple[Field, ...]:
    place = printable(path.name)
    return (
        make_field(place, "image", (1 if grayscale else 3, *size), "float32"),
        make_field(place, "label", (), "int64", classes),
    )
