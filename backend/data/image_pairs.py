"""Pictures with something drawn for every pixel, images/a.png and masks/a.png: for segmentation, or a second picture.

Masks hold class numbers, or are black and white; as "pictures" they are what a network shall draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backend.data.bad_samples import BAD_SAMPLES, keep_good, settle
from backend.data.dataset import Dataset, make_field
from backend.data.errors import DataError, DataProblem, shorten
from backend.data.folder_parts import entries, held_out_rows, parts_of
from backend.data.limits import check_memory, memory_size
from backend.data.options import Option
from backend.data.paths import printable
from backend.data.pictures import GRAYSCALE, SIZE, SUFFIXES, for_each, read_mask, read_picture
from graph.data_source import Field

MOST_CLASSES = 65_536  # what 16 bits a pixel can tell apart
OPTIONS = (
    SIZE,
    GRAYSCALE,
    Option("images", "text", "images", "The folder of the pictures, within the one that is given."),
    Option("masks", "text", "masks", "The folder of the masks, or of the pictures to be drawn; the same names in it."),
    Option(
        "meaning",
        "text",
        "class numbers",
        "What a mask's pixels are: class numbers, black and white (class 0 and 1), or a picture to be drawn.",
        choices=("class numbers", "black and white", "picture"),
    ),
    Option(
        "classes",
        "whole number",
        None,
        "How many classes the masks tell apart; empty looks at all masks for the largest.",
        low=2,
        high=MOST_CLASSES,
        empty="as masks go",
    ),
    Option(
        "ignore",
        "whole number",
        None,
        "A number in masks that is no class, such as 255 for borders; give the loss the same ignore_index.",
        low=0,
        high=MOST_CLASSES - 1,
        empty="none",
    ),
    BAD_SAMPLES,
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A picture and its mask, or why there is none."""

    name: str
    image: Path
    mask: Path | None
    validation: bool


def describe(options: dict[str, Any], path: Path) -> tuple[Field, ...]:
    """ "image" (C, H, W) and "mask" (H, W) int64, with "target" (1, H, W) where it is black and white; or "target"."""
    pairs = _pairs(path, options, [])
    size = options["size"] or _first_size(path, pairs)
    return _fields(path, options, size, _count(pairs, options))


def load(options: dict[str, Any], path: Path) -> Dataset:
    """All pairs by name; a mask that is missing, damaged or holds a number that is no class makes a bad sample."""
    place, problems = printable(path.name), []
    pairs = _pairs(path, options, problems)
    size = options["size"] or _first_size(path, pairs)
    fields = _fields(path, options, size, _count(pairs, options))
    needed = sum(memory_size(len(pairs), field.shape, field.dtype) for field in fields)
    check_memory(place, needed, 'choose a smaller option "size"')
    arrays = {field.name: np.zeros((len(pairs), *field.shape), field.dtype) for field in fields}

    def fill(row: int) -> DataProblem | None:
        try:
            for name, values in _read(pairs[row], fields, options).items():
                arrays[name][row] = values
        except DataError as fault:
            return DataProblem(pairs[row].name, None, fault.text)
        return None

    outcomes = for_each(len(pairs), fill)
    bad = [outcome for outcome in outcomes if outcome]
    settle(place, bad, len(bad), len(pairs), options["bad_samples"])
    arrays, rows = keep_good(arrays, {row for row, outcome in enumerate(outcomes) if outcome})
    held_out = held_out_rows(place, np.array([pairs[row].validation for row in rows], bool))
    return Dataset(place, fields, arrays, shorten(problems + bad), validation=held_out)


def _read(pair: Pair, fields: tuple[Field, ...], options: dict[str, Any]) -> dict[str, np.ndarray]:
    """The values of one pair; raises DataError saying which of the two is wrong, and where in it."""
    if pair.mask is None:
        raise DataError(pair.name, f"has no file of that name in {options['masks']}")
    shape = fields[0].shape
    found = {"image": read_picture(pair.image, shape)}
    try:
        if options["meaning"] == "picture":
            return {**found, "target": read_picture(pair.mask, shape)}
        mask = read_mask(pair.mask, shape[1:])
    except DataError as fault:
        raise DataError(pair.name, f"its mask {fault.text}") from None
    if options["meaning"] == "black and white":
        mask = (mask * 2 > max(1, _white(mask))).astype(np.int64)
        return {**found, "mask": mask, "target": mask[None].astype(np.float32)}
    classes = len(fields[1].classes or ())
    wrong = (mask >= classes) if options["ignore"] is None else (mask >= classes) & (mask != options["ignore"])
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise DataError(
            pair.name,
            f"its mask holds {mask[row, column]} at row {row}, column {column}, but there are {classes} classes, "
            "so numbers must be from 0 to {}".format(classes - 1),
        )
    return {**found, "mask": mask}


def _white(mask: np.ndarray) -> int:
    """What white is in a mask: the most that its kind of pixel can hold, judged by the largest there is."""
    largest = int(mask.max())
    return 1 if largest <= 1 else 255 if largest <= 255 else 65535


def _fields(path: Path, options: dict[str, Any], size: tuple[int, int], classes: int) -> tuple[Field, ...]:
    place = printable(path.name)
    image = make_field(place, "image", (1 if options["grayscale"] else 3, *size), "float32")
    if options["meaning"] == "picture":
        return image, make_field(place, "target", image.shape, "float32")
    names = tuple(str(number) for number in range(classes))
    if options["meaning"] == "black and white":
        mask = make_field(place, "mask", size, "int64", ("ground", "figure"))
        return image, mask, make_field(place, "target", (1, *size), "float32")
    return image, make_field(place, "mask", size, "int64", names)


def _count(pairs: list[Pair], options: dict[str, Any]) -> int:
    """How many classes there are; where it is not given, all masks are looked at."""
    if options["meaning"] != "class numbers" or options["classes"]:
        return options["classes"] or 2
    ignored = options["ignore"]

    def largest(row: int) -> int:
        try:
            numbers = read_mask(pairs[row].mask, None) if pairs[row].mask else None
        except DataError:
            return 0  # it is told when it is loaded
        counted = numbers if numbers is None or ignored is None else numbers[numbers != ignored]
        return int(counted.max()) if counted is not None and counted.size else 0

    return max(2, max(for_each(len(pairs), largest)) + 1)


def _pairs(path: Path, options: dict[str, Any], problems: list[DataProblem]) -> list[Pair]:
    """Every picture with its mask, of both parts where sub-folders say what is for validation."""
    place = printable(path.name)
    if not path.is_dir():
        raise DataError(place, "is a file; a folder with the folders images and masks is wanted here")
    train, validation = parts_of(path)
    found: list[Pair] = []
    for part in (train, validation):
        if part is not None:
            prefix = "" if validation is None else f"{part.name}/"
            found += _pairs_in(part, prefix, part is validation, options, problems)
    if not found:
        first = f"; the first problem: {problems[0]}" if problems else ""
        raise DataError(place, f"has no picture in its folder {options['images']}{first}", shorten(problems))
    return found


def _pairs_in(
    folder: Path, prefix: str, validation: bool, options: dict[str, Any], problems: list[DataProblem]
) -> list[Pair]:
    images, masks = (_named(_inside(folder, options, name), prefix, problems) for name in ("images", "masks"))
    for stem in masks.keys() - images.keys():
        problems.append(DataProblem(f"{prefix}{printable(masks[stem].name)}", None, "is a mask without a picture"))
    problems.sort(key=lambda problem: problem.file)
    return [
        Pair(f"{prefix}{printable(image.name)}", image, masks.get(stem), validation) for stem, image in images.items()
    ]


def _inside(folder: Path, options: dict[str, Any], option: str) -> Path:
    name = options[option]
    if Path(name).name != name or name in ("", ".", ".."):
        raise DataError("image_pairs", f'option "{option}" is {name!r}, but must be the name of a folder inside')
    inner = folder / name
    if inner.is_symlink() or not inner.is_dir():
        raise DataError(printable(folder.name), f'has no folder "{name}"; name another by option "{option}"')
    return inner


def _named(folder: Path, prefix: str, problems: list[DataProblem]) -> dict[str, Path]:
    """The pictures of a folder by their names without ending."""
    found: dict[str, Path] = {}
    for entry in entries(folder):
        shown = f"{prefix}{folder.name}/{printable(entry.name)}"
        if entry.is_symlink():
            problems.append(DataProblem(shown, None, "is a symbolic link, which is not followed"))
        elif entry.is_dir() or not entry.name.lower().endswith(SUFFIXES):
            problems.append(DataProblem(shown, None, f"is no picture by its name ({' '.join(SUFFIXES)})"))
        elif Path(entry.name).stem in found:
            problems.append(DataProblem(shown, None, "has the name of another picture but for its ending; left out"))
        else:
            found[Path(entry.name).stem] = Path(entry.path)
    return found


def _first_size(path: Path, pairs: list[Pair]) -> tuple[int, int]:
    """Height and width of the first picture that can be read."""
    first = ""
    for pair in pairs:
        try:
            return read_picture(pair.image, None).shape[1:]
        except DataError as fault:
            first = first or f"; the first: {pair.name} {fault.text}"
    raise DataError(printable(path.name), f"has no picture that can be read{first}")
