"""NPZ files: what `np.savez` writes. Every array in one is a field; all have one row for each sample.

Read without numpy.load: each header is judged (dtype, size) before its data are unpacked, and nothing is unpickled.
`meaning.py` says which array becomes which kind of field.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from backend.data.bad_samples import BAD_SAMPLES
from backend.data.dataset import Dataset, make_field
from backend.data.errors import DataError, DataProblem
from backend.data.finite import NOT_FINITE, keep_finite
from backend.data.labels import CLASSES, empty_classes, keep_labelled, name_classes
from backend.data.limits import DEFLATE_RATIO, MAX_ARRAYS, check_memory, memory_size
from backend.data.meaning import Meaning, convert, meaning_of, number_names, sample_dtype, sample_shape
from backend.data.options import Option
from backend.data.paths import open_regular, printable, reason
from graph.data_source import Field

OPTIONS = (
    Option("arrays", "text", "", "Names of the arrays to take, with commas between; empty takes all.", empty="all"),
    Option("pixels", "yes or no", True, "Take uint8 arrays as pixels: scaled to 0..1, pictures channel first."),
    CLASSES,
    Option(
        "standardize", "yes or no", False, "Bring the columns of tables (floats of shape n x F) to mean 0, deviation 1."
    ),
    NOT_FINITE,
    BAD_SAMPLES,
)
CHUNK = 1 << 20
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Header:
    """One array as its header declares it, before its data are read."""

    name: str
    member: zipfile.ZipInfo
    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype
    offset: int  # where the data begin, after the header
    meaning: Meaning


def describe(options: dict[str, Any], path: Path) -> tuple[Field, ...]:
    """One field an array. Only headers are read, and the labels themselves, whose number of classes no header tells."""
    with _opened(path) as (archive, place):
        return tuple(_field(archive, place, header, options)[0] for header in _headers(archive, place, options))


def offers(options: dict[str, Any], path: Path) -> dict[str, tuple[str, ...]]:
    """The names of the arrays."""
    with _opened(path) as (archive, place):
        return {"arrays": tuple(_members(archive, place))}


def load(options: dict[str, Any], path: Path) -> Dataset:
    """All arrays, converted as `meaning.py` says; rows with NaN are refused, or skipped by option `not_finite`."""
    place = printable(path.name)
    fields, arrays, problems = read_arrays(options, path)
    _, mislabelled = keep_labelled(place, fields, arrays)  # told by their rows in the file
    arrays, not_finite = keep_finite(place, arrays, options["not_finite"])
    arrays, _ = keep_labelled(place, fields, arrays)
    tables = tuple(f.name for f in fields if f.dtype == "float32" and len(f.shape) == 1)
    return Dataset(
        place,
        fields,
        arrays,
        problems + mislabelled + not_finite,
        to_standardize=tables if options["standardize"] else (),
    )


def read_arrays(
    options: dict[str, Any], path: Path
) -> tuple[tuple[Field, ...], dict[str, np.ndarray], tuple[DataProblem, ...]]:
    """The fields, their arrays whatever numbers these hold, and what is odd about them.

    An option "counts" may name arrays of whole numbers that are quantities, not labels.
    """
    fields, arrays = [], {}
    problems: tuple[DataProblem, ...] = ()
    with _opened(path) as (archive, place):
        for header in _headers(archive, place, options):
            field, values = _field(archive, place, header, options)
            if values is None:
                values = convert(f'{place}, array "{header.name}"', header.meaning, _read(archive, place, header))
            if field.classes:
                problems += empty_classes(values, field.classes, f'{place}, array "{header.name}"')
            fields.append(field)
            arrays[header.name] = values
    return tuple(fields), arrays, problems


@contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, str]]:
    """The archive and its name in messages; whatever the unpacking of a damaged file raises becomes a DataError."""
    place = printable(path.name)
    if path.is_dir():
        raise DataError(place, "is a folder; an NPZ file, as np.savez writes it, is wanted here")
    with open_regular(path) as stream:
        if stream.read(4)[:2] != b"PK":
            raise DataError(place, "is not an NPZ file (those begin with PK); write one with np.savez(path, ...)")
        try:
            with zipfile.ZipFile(stream) as archive:
                yield archive, place
        except DataError:
            raise
        except Exception as fault:  # zipfile and zlib raise many kinds on hostile bytes, all meaning one thing
            raise DataError(place, f"is damaged or cut off ({reason(fault)}); write it again with np.savez") from fault


def _headers(archive: zipfile.ZipFile, place: str, options: dict[str, Any]) -> tuple[Header, ...]:
    """The chosen arrays' headers, held against each other: one length, no empty axis, a bearable size."""
    members = _chosen(place, _members(archive, place), options["arrays"])
    headers = tuple(_header(archive, place, name, info, options) for name, info in members.items())
    lengths = {header.name: header.shape[0] for header in headers}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f'"{name}" {length:,}' for name, length in lengths.items())
        raise DataError(
            place,
            f"its arrays differ in length ({told}), but the first axis counts samples and must be one for all; "
            f'choose arrays that belong together with option "arrays", such as "{next(iter(lengths))}"',
        )
    size = sum(memory_size(h.shape[0], sample_shape(h.meaning, h.shape), sample_dtype(h.meaning)) for h in headers)
    check_memory(place, size, "save fewer samples, or smaller ones")
    return headers


def _members(archive: zipfile.ZipFile, place: str) -> dict[str, zipfile.ZipInfo]:
    """The archive's arrays by name, in the file's order."""
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = info.filename.removesuffix(".npy")
        if name == info.filename:
            raise DataError(place, f"holds {printable(info.filename[:200])!r}, which is not an array (*.npy)")
        if not name.isprintable() or not 1 <= len(name) <= LONGEST_NAME:
            raise DataError(
                place, f"holds an array called {name[:50]!r}; 1 to {LONGEST_NAME} printable characters are wanted"
            )
        if name in members:
            raise DataError(place, f'holds two arrays called "{name}"; names must differ')
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DataError(place, "is encrypted or packed in a way np.savez does not; write it again with np.savez")
        members[name] = info
    if not members:
        raise DataError(place, "holds no arrays; np.savez(path, features=..., label=...) writes some")
    return members


def _chosen(place: str, members: dict[str, zipfile.ZipInfo], wanted: str) -> dict[str, zipfile.ZipInfo]:
    names = [name.strip() for name in wanted.split(",") if name.strip()] or list(members)
    for name in names:
        if name not in members:
            raise DataError(place, f'has no array "{name}"; it has {", ".join(list(members)[:20])}')
    if len(names) > MAX_ARRAYS:
        raise DataError(place, f'holds {len(names):,} arrays, more than {MAX_ARRAYS}; choose some by option "arrays"')
    return {name: members[name] for name in names}


def _header(archive: zipfile.ZipFile, place: str, name: str, info: zipfile.ZipInfo, options: dict[str, Any]) -> Header:
    """One array's header; raises DataError where it contradicts the file or cannot be a field."""
    here = f'{place}, array "{name}"'
    with archive.open(info) as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy warns of headers written by Python 2, which it reads all the same
        try:
            shape, fortran, dtype = _parse(stream)
        except Exception as fault:  # the header is a Python literal: hostile ones fail in every way a parser can
            raise DataError(here, f"has a damaged header ({reason(fault)}); write it again with np.savez") from fault
        offset = stream.tell()
    meaning = meaning_of(here, shape or (1,), dtype, options["pixels"])
    if meaning == "labels" and name in options.get("counts", ()):
        meaning = "indices"
    if not shape:
        raise DataError(here, "is a single value; an array with one row for each sample is wanted, so leave it out")
    if min(shape) < 1:
        raise DataError(here, f"has shape {shape}: there is nothing in it; every axis must be at least 1 long")
    size = prod(shape) * dtype.itemsize
    if offset + size != info.file_size or info.file_size > DEFLATE_RATIO * (info.compress_size + 1):
        raise DataError(
            here, f"declares {size:,} bytes of data, but the file has {info.file_size - offset:,}; write it again"
        )
    check_memory(here, size, "save fewer samples, or smaller ones")
    return Header(name, info, shape, fortran, dtype, offset, meaning)


def _parse(stream: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(stream)
    raise ValueError(f"version {version} is for records with named columns; save plain arrays")


def _field(
    archive: zipfile.ZipFile, place: str, header: Header, options: dict[str, Any]
) -> tuple[Field, np.ndarray | None]:
    """The field, and the values too where they had to be read to know it."""
    here = f'{place}, array "{header.name}"'
    values, classes = None, None
    if header.meaning == "labels":
        values = convert(here, "labels", _read(archive, place, header))
        classes = name_classes(values, here, options["classes"], options["bad_samples"])
    elif header.meaning == "names":
        values, classes = number_names(here, _read(archive, place, header))
    shape = sample_shape(header.meaning, header.shape)
    return make_field(here, header.name, shape, sample_dtype(header.meaning), classes), values


def _read(archive: zipfile.ZipFile, place: str, header: Header) -> np.ndarray:
    """The data of one array, exactly as many bytes as its header declares; the archive's checksum is verified."""
    raw = np.empty(prod(header.shape) * header.dtype.itemsize, np.uint8)
    view = memoryview(raw)
    with archive.open(header.member) as stream:
        stream.read(header.offset)
        filled = 0
        while filled < len(raw) and (count := stream.readinto(view[filled : filled + CHUNK])):
            filled += count
        stream.read(1)  # at the end of the member zipfile compares the checksum
    if filled < len(raw):
        raise DataError(
            f'{place}, array "{header.name}"', f"ends after {filled:,} of {len(raw):,} bytes; write it again"
        )
    flat = raw != 0 if header.dtype.kind == "b" else raw.view(header.dtype)
    return flat.reshape(header.shape, order="F" if header.fortran else "C")
