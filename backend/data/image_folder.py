"""A folder of pictures with one sub-folder for each class: flowers/rose/001.jpg.

Pictures that cannot be read are listed with file and reason and left out. Symbolic links inside are not followed, and
only plain picture formats are decoded (none that would start another program).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backend.data.dataset import Dataset, make_field
from backend.data.errors import DataError, DataProblem, shorten
from backend.data.limits import MAX_CLASSES, MAX_IMAGE_PIXELS, check_memory, memory_size
from backend.data.options import Option
from backend.data.paths import open_regular, printable, reason
from graph.data_source import Field

OPTIONS = (
    Option(
        "size",
        "size",
        None,
        'Height and width every picture is resized to, such as 64 or "48x64"; empty takes those of the first picture.',
        low=1,
        high=4096,
    ),
    Option("grayscale", "yes or no", False, "One channel of brightness instead of red, green and blue."),
)
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
DEEP_MODES = ("I", "I;16", "I;16L", "I;16B", "I;16N")  # 16 bits a pixel, which Pillow would clip to 255
THREADS = 8  # Pillow decodes outside the interpreter lock


@dataclass(frozen=True, slots=True)
class Sample:
    path: Path
    name: str  # "rose/001.jpg", as messages show it
    label: int


def describe(options: dict[str, Any], path: Path) -> tuple[Field, ...]:
    """ "image" (C, H, W) in 0..1 and "label" with the sorted folder names; opens one picture if no size is given."""
    classes = list_classes(path, [])
    size = options["size"] or _first_size(path, list_samples(path, classes, []))
    return _fields(path, classes, size, options["grayscale"])


def load(options: dict[str, Any], path: Path) -> Dataset:
    """All readable pictures, by class and name; `problems` lists those left out."""
    problems: list[DataProblem] = []
    classes = list_classes(path, problems)
    samples = list(list_samples(path, classes, problems))
    fields = _fields(path, classes, options["size"] or _first_size(path, iter(samples)), options["grayscale"])
    shape = fields[0].shape
    check_memory(printable(path.name), memory_size(len(samples), shape, "float32"), 'choose a smaller option "size"')
    images = np.empty((len(samples), *shape), np.float32)

    def fill(row: int) -> DataProblem | None:
        try:
            images[row] = read_picture(samples[row].path, shape)
        except DataError as fault:
            return DataProblem(samples[row].name, None, fault.text)
        return None

    with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
        outcomes = list(pool.map(fill, range(len(samples))))
    problems += [outcome for outcome in outcomes if outcome]
    kept = np.array([outcome is None for outcome in outcomes], bool)
    if not kept.any():
        raise _no_pictures(path, problems)
    labels = np.array([sample.label for sample in samples], np.int64)[kept]
    problems += _empty(classes, labels)
    arrays = {"image": images if kept.all() else images[kept], "label": labels}
    return Dataset(printable(path.name), fields, arrays, shorten(problems))


def list_classes(path: Path, problems: list[DataProblem]) -> tuple[str, ...]:
    """The names of the class folders, sorted; what else lies beside them goes to `problems`."""
    place = printable(path.name)
    if not path.is_dir():
        raise DataError(place, "is a file; a folder with one sub-folder for each class is wanted here")
    classes = []
    for entry in _entries(path):
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
        for entry in _entries(path / name):
            shown = f"{name}/{printable(entry.name)}"
            if entry.is_symlink():
                problems.append(DataProblem(shown, None, "is a symbolic link, which is not followed"))
            elif entry.is_dir():
                problems.append(DataProblem(shown, None, "is a folder within a class; pictures in it are left out"))
            elif not entry.name.lower().endswith(SUFFIXES):
                problems.append(DataProblem(shown, None, f"is no picture by its name ({' '.join(SUFFIXES)})"))
            else:
                yield Sample(Path(entry.path), shown, label)


def _entries(folder: Path) -> list[os.DirEntry]:
    """What a folder holds, hidden files left aside, in the order of names."""
    try:
        with os.scandir(folder) as found:
            return sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError as fault:
        raise DataError(printable(folder.name), f"cannot be listed: {reason(fault)}") from None


def read_picture(path: Path, shape: tuple[int, int, int] | None) -> np.ndarray:
    """One picture, upright, as float32 (C, H, W) in 0..1; with shape None in its own size and colours."""
    from PIL import Image, ImageOps

    place = printable(path.name)
    with open_regular(path) as stream:
        try:
            with Image.open(stream, formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_IMAGE_PIXELS:
                    raise DataError(
                        place, f"has {picture.width} x {picture.height} pixels; at most {MAX_IMAGE_PIXELS:,} are read"
                    )
                return _values(ImageOps.exif_transpose(picture), shape)
        except DataError:
            raise
        except Image.UnidentifiedImageError:
            raise DataError(place, f"is no picture in one of the formats {', '.join(FORMATS)}") from None
        except Exception as fault:  # Pillow's decoders raise many kinds on hostile bytes, all meaning one thing
            raise DataError(place, f"is damaged or cut off ({reason(fault)})") from fault


def _values(picture: Any, shape: tuple[int, int, int] | None) -> np.ndarray:
    from PIL import Image

    channels, height, width = shape or (3, picture.height, picture.width)
    if picture.mode == "F":
        raise ValueError("floating-point pixels have no known range; save it with 8 or 16 bits")
    if picture.mode in DEEP_MODES:
        gray = picture.convert("I").convert("F").resize((width, height), Image.Resampling.BILINEAR)
        values = np.asarray(gray, np.float32)[None] / np.float32(65535)
        return np.repeat(values, channels, axis=0)
    resized = picture.convert("RGB" if channels == 3 else "L").resize((width, height), Image.Resampling.BILINEAR)
    values = np.asarray(resized, np.float32) / np.float32(255)
    return values[None] if values.ndim == 2 else np.moveaxis(values, 2, 0)


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
