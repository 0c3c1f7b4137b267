"""IDX files, the format of MNIST and its kin: a big-endian header, then the values; plain or gzipped.

Given is a folder or the images file; the labels file lies beside it under MNIST's naming, or is named by an option.
Every header is held against the file's real size before anything large is read.
"""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from backend.data.bad_samples import BAD_SAMPLES
from backend.data.dataset import Dataset, make_field
from backend.data.errors import DataError
from backend.data.finite import NOT_FINITE, keep_finite
from backend.data.labels import CLASSES, empty_classes, keep_labelled, name_classes
from backend.data.limits import DEFLATE_RATIO, check_memory
from backend.data.meaning import as_images, convert, image_shape
from backend.data.options import Option
from backend.data.paths import open_regular, printable, reason
from graph.data_source import Field

OPTIONS = (
    Option("part", "text", "train", "Which images file of a folder: the one whose name holds this word (train, t10k)."),
    Option(
        "labels",
        "text",
        "",
        'Name of the labels file; empty looks beside the images, "none" goes without labels.',
        empty="the one beside",
    ),
    CLASSES,
    NOT_FINITE,
    BAD_SAMPLES,
)
DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"
CHUNK = 1 << 20
DAMAGED = (OSError, EOFError, zlib.error, struct.error)  # what gzip raises on damaged bytes


@dataclass(frozen=True, slots=True)
class Header:
    """What the first bytes declare: the dtype of the values and their shape, samples first."""

    dtype: np.dtype
    shape: tuple[int, ...]

    @property
    def length(self) -> int:
        """Bytes of the header itself."""
        return 4 + 4 * len(self.shape)

    @property
    def size(self) -> int:
        """Bytes of the values after it."""
        return prod(self.shape) * self.dtype.itemsize


def describe(options: dict[str, Any], path: Path) -> tuple[Field, ...]:
    """ "image" (C, H, W) float32 and "label"; reads the images' header and the labels (to count the classes)."""
    images, labels = find_files(path, options["part"], options["labels"])
    header = read_header(images)
    fields = (_image_field(images, header),)
    if labels is not None:
        fields += (_label_field(labels, _read_labels(labels, images, header), options),)
    return fields


def load(options: dict[str, Any], path: Path) -> Dataset:
    """Images, bytes scaled to 0..1 and other types as they are, with their labels."""
    images, labels = find_files(path, options["part"], options["labels"])
    header, values = read(images)
    field = _image_field(images, header)
    place = printable(images.name)
    arrays = {"image": convert(place, "pixels" if values.dtype == np.uint8 else "numbers", as_images(values))}
    fields, problems = (field,), ()
    if labels is not None:
        arrays["label"] = _read_labels(labels, images, header)
        fields += (_label_field(labels, arrays["label"], options),)
        problems = empty_classes(arrays["label"], fields[1].classes, printable(labels.name))
    _, mislabelled = keep_labelled(place, fields, arrays)  # told by their rows in the file
    arrays, not_finite = keep_finite(place, arrays, options["not_finite"])
    arrays, _ = keep_labelled(place, fields, arrays)
    return Dataset(place, fields, arrays, problems + mislabelled + not_finite)


def find_files(path: Path, part: str, labels: str) -> tuple[Path, Path | None]:
    """The images file and the labels file (None where none is wanted) for a folder or an images file."""
    images = _images_in(path, part) if path.is_dir() else path
    if labels == "none":
        return images, None
    if labels:
        if Path(labels).name != labels or labels in (".", ".."):
            raise DataError("idx", f'option "labels" is {labels!r}, but must be the name of a file beside the images')
        return images, images.parent / labels
    tried = _labels_names(images.name)
    for name in tried:
        if name != images.name and (images.parent / name).is_file():
            return images, images.parent / name
    looked = f"looked for {', '.join(tried)}" if tried else 'its name does not hold "images", so none can be guessed'
    raise DataError(
        printable(images.name),
        f'has no labels file beside it ({looked}); name one with option "labels", or set it to "none"',
    )


def _images_in(folder: Path, part: str) -> Path:
    try:
        names = sorted(name for name in os.listdir(folder) if "images" in name and "idx" in name)
    except OSError as fault:
        raise DataError(printable(folder.name), f"cannot be listed: {reason(fault)}") from None
    fitting = [name for name in names if part in name]
    if not fitting:
        has = f"; it has {', '.join(map(printable, names))}" if names else ""
        raise DataError(
            printable(folder.name),
            f'holds no IDX images file of part "{part}" (such as train-images-idx3-ubyte.gz){has}',
        )
    stems = {name.removesuffix(".gz") for name in fitting}
    if len(stems) > 1:
        raise DataError(
            printable(folder.name),
            f'more than one images file fits part "{part}": {", ".join(map(printable, fitting))}; give one',
        )
    return folder / fitting[0]


def _labels_names(images: str) -> tuple[str, ...]:
    """Where labels may lie, by MNIST's naming: train-images-idx3-ubyte.gz -> train-labels-idx1-ubyte.gz."""
    if "images" not in images:
        return ()
    stem = images.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1")
    other = stem.replace("-idx", ".idx") if "-idx" in stem else stem.replace(".idx", "-idx")
    same, changed = ("", ".gz") if not images.endswith(".gz") else (".gz", "")
    return tuple(dict.fromkeys(name + end for name in (stem, other) for end in (same, changed)))


def read_header(path: Path) -> Header:
    """The header alone, checked against the file's size; raises DataError."""
    with open_regular(path) as file:
        return _open(file, path)[0]


def read(path: Path) -> tuple[Header, np.ndarray]:
    """Header and values of one IDX file; raises DataError for anything but a whole one."""
    place = printable(path.name)
    with open_regular(path) as file:
        header, stream = _open(file, path)
        check_memory(place, prod(header.shape) * 4, "cut the file into smaller ones")
        raw = np.empty(header.size, np.uint8)
        view, filled = memoryview(raw), 0
        try:
            while filled < len(raw) and (count := stream.readinto(view[filled : filled + CHUNK])):
                filled += count
            too_long = bool(stream.read(1))  # and at its end gzip compares the checksum
        except DAMAGED as fault:
            raise DataError(place, f"is damaged or cut off after {filled:,} bytes ({reason(fault)})") from None
    if filled < len(raw) or too_long:
        found = f"only {filled:,}" if filled < len(raw) else "more"
        raise DataError(
            place, f"its header declares {_words(header.shape)} values, {header.size:,} bytes, but it has {found}"
        )
    return header, raw.view(header.dtype).reshape(header.shape)


def _open(file: BinaryIO, path: Path) -> tuple[Header, BinaryIO]:
    """The checked header, and the stream of values that follows it."""
    place = printable(path.name)
    packed = file.read(2) == GZIP
    file.seek(0)
    stream = gzip.GzipFile(fileobj=file) if packed else file
    try:
        magic = stream.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in DTYPES or not 1 <= magic[3] <= 8:
            raise DataError(
                place,
                f"begins with {magic.hex(' ') or 'nothing'}, which is not IDX: 00 00, a type from "
                f"{' '.join(f'{code:02x}' for code in DTYPES)}, and 1 to 8 axes are wanted",
            )
        axes = stream.read(4 * magic[3])
        shape = struct.unpack(f">{magic[3]}I", axes)
    except DAMAGED as fault:
        raise DataError(place, f"is damaged or cut off within its header ({reason(fault)})") from None
    header = Header(np.dtype(DTYPES[magic[2]]), shape)
    if min(shape) < 1:
        raise DataError(place, f"declares {_words(shape)} values: there is nothing in it")
    _check_size(place, header, os.fstat(file.fileno()).st_size, packed)
    return header, stream


def _check_size(place: str, header: Header, on_disk: int, packed: bool) -> None:
    """Could a file of this size hold what its header declares?"""
    declared = header.length + header.size
    fits = declared <= DEFLATE_RATIO * on_disk if packed else declared == on_disk
    if not fits:
        found = f"{on_disk:,} bytes, gzipped" if packed else f"{on_disk - header.length:,} bytes"
        raise DataError(
            place,
            f"its header declares {_words(header.shape)} values, {header.size:,} bytes, but it has {found}: "
            "cut off, or not an IDX file",
        )


def _words(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{length:,}" for length in shape)


def _image_field(path: Path, header: Header) -> Field:
    place = printable(path.name)
    if len(header.shape) not in (3, 4):
        hint = "; is it the labels file?" if len(header.shape) == 1 else ""
        raise DataError(
            place, f"has {len(header.shape)} axes, but images have 3 or 4: samples, height, width, channel{hint}"
        )
    return make_field(place, "image", image_shape(header.shape[1:]), "float32")


def _read_labels(path: Path, images: Path, header: Header) -> np.ndarray:
    """The labels (n,) int64, as many as there are images."""
    place = printable(path.name)
    found, values = read(path)
    if len(found.shape) != 1 or found.dtype.kind not in "iu":
        raise DataError(
            place,
            f"holds {_words(found.shape)} values of {found.dtype}, but labels are one whole number for each image",
        )
    if found.shape[0] != header.shape[0]:
        raise DataError(
            place,
            f"holds {found.shape[0]:,} labels, but {printable(images.name)} holds {header.shape[0]:,} images; "
            "these must be files of the same part",
        )
    return values.astype(np.int64)


def _label_field(path: Path, labels: np.ndarray, options: dict[str, Any]) -> Field:
    place = printable(path.name)
    return make_field(
        place, "label", (), "int64", name_classes(labels, place, options["classes"], options["bad_samples"])
    )
