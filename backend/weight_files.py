"""Files that hold weights: which one a run has, and what a safetensors file says of its tensors without reading them.

Hostile until checked: every size is bounded before memory is taken. Imports no torch: windows ask too.
"""

from __future__ import annotations

import math
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

from backend.layer_pairing import Contents, Shaped
from backend.run_folder import BEST, LAST, PROJECT
from graph.strict_json import JsonError, Limits, loads
from graph.transfer import StartWeights

SAFETENSORS = ".safetensors"
PICKLED = (".pth", ".pt", ".bin", ".ckpt")  # what torch's own files are called
MOST_HEADER = 32 * 2**20  # bytes of a header: about 200,000 tensors
MOST_TENSORS = 200_000
MOST_DIMS = 16
LIMITS = Limits(MOST_HEADER, 8, 4_000_000)
# safetensors' names of numbers -> torch's, and how many bits one takes
DTYPES = {
    "F64": ("float64", 64),
    "F32": ("float32", 32),
    "F16": ("float16", 16),
    "BF16": ("bfloat16", 16),
    "F8_E4M3": ("float8_e4m3fn", 8),
    "F8_E5M2": ("float8_e5m2", 8),
    "I64": ("int64", 64),
    "I32": ("int32", 32),
    "I16": ("int16", 16),
    "I8": ("int8", 8),
    "U64": ("uint64", 64),
    "U32": ("uint32", 32),
    "U16": ("uint16", 16),
    "U8": ("uint8", 8),
    "BOOL": ("bool", 8),
}


class WeightFileError(Exception):
    """Weights that cannot be had; the text names the file, the tensor and the rule, and says what would be right."""

    def __init__(self, place: object, text: str) -> None:
        self.place, self.text = printable(place), text
        super().__init__(f"{self.place}: {text}")


def printable(place: object) -> str:
    """A path or a tensor's name as one line that any screen can hold."""
    text = str(place).encode("utf-8", "backslashreplace").decode("utf-8")
    line = "".join(letter if letter.isprintable() else "?" for letter in text)
    return line if len(line) <= 300 else f"{line[:300]}..."


def located(start: StartWeights, base: Path | str | None) -> Path:
    """The file of weights to begin from, relative paths taken from `base`; raises WeightFileError."""
    if "\0" in start.path:
        raise WeightFileError(start.path, "the path holds a NUL character; no file can be called so")
    return weight_file(Path(base or ".") / start.path)


def weight_file(path: Path) -> Path:
    """The file itself, or the best weights of a run's folder, else its last; raises WeightFileError."""
    try:
        is_folder = path.is_dir()
        if not is_folder and not path.exists():
            raise WeightFileError(path, "there is no such file or folder")
    except (OSError, ValueError) as fault:
        raise WeightFileError(path, f"cannot be reached: {fault}") from None
    if not is_folder:
        return path
    found = next((path / name for name in (BEST, LAST) if (path / name).is_file()), None)
    if found is None:
        what = "the run has written no weights yet" if (path / PROJECT).exists() else "the folder is no run"
        raise WeightFileError(path, f"{what}: neither {BEST} nor {LAST} is in it")
    return found


def open_weights(path: Path) -> tuple[BinaryIO, int]:
    """A regular file opened for reading, and its size; raises WeightFileError for all else: a pipe would hang us."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as fault:
        raise WeightFileError(path, f"cannot be opened: {getattr(fault, 'strerror', None) or fault}") from None
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode) or not state.st_size:
        os.close(descriptor)
        what = "is empty" if stat.S_ISREG(state.st_mode) else "is no regular file"
        raise WeightFileError(path, f"{what}; a file of weights is wanted here")
    return os.fdopen(descriptor, "rb"), state.st_size


def read_header(path: Path) -> Contents:
    """Names, shapes and dtypes of a safetensors file, in the order it tells of, else that of its numbers.

    Raises WeightFileError.
    """
    file, size = open_weights(path)
    with file:
        length = int.from_bytes(file.read(8), "little")
        if size < 10 or not 2 <= length <= size - 8:
            raise WeightFileError(path, "is no safetensors file: it does not begin with the length of its header")
        if length > MOST_HEADER:
            text = f"its header would take {length:,} bytes; at most {MOST_HEADER:,} are read"
            raise WeightFileError(path, text)
        text = file.read(length)
    try:
        header = loads(text, LIMITS)
    except JsonError as error:
        raise WeightFileError(path, f"its header is not what safetensors writes: {error}") from None
    if not isinstance(header, dict):
        raise WeightFileError(path, "its header is no table of tensors")
    order = _order(header.pop("__metadata__", None))
    if len(header) > MOST_TENSORS:
        raise WeightFileError(path, f"it names {len(header):,} tensors; at most {MOST_TENSORS:,} are read")
    found = [(*_checked(path, name, entry, size - 8 - length), name) for name, entry in header.items()]
    tensors = {name: one for _, one, name in sorted(found, key=lambda row: row[0])}
    if len(order) == len(tensors) and set(order) == tensors.keys():
        return Contents({name: tensors[name] for name in order}, ordered=True)
    return Contents(tensors)


def _order(metadata: Any) -> list[str]:
    """The order of the tensors in the network they are of, where our own converter wrote it."""
    told = metadata.get("netloom") if isinstance(metadata, dict) else None
    try:
        about = loads(told.encode(), LIMITS) if isinstance(told, str) else None
    except (JsonError, UnicodeEncodeError):
        return []
    order = about.get("order") if isinstance(about, dict) else None
    return order if isinstance(order, list) and all(isinstance(name, str) for name in order) else []


def _checked(path: Path, name: str, entry: Any, room: int) -> tuple[int, Shaped]:
    """Where a tensor's numbers begin, and what it is; everything its entry says has been checked."""

    def refused(text: str) -> WeightFileError:
        return WeightFileError(path, f"tensor {printable(name)}: {text}")

    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise refused("its entry must have dtype, shape and data_offsets, and nothing else")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise refused(f"numbers of type {dtype!r:.40} are unknown; known are {', '.join(DTYPES)}")
    if not _counts(shape) or len(shape) > MOST_DIMS:
        raise refused(f"its shape must be at most {MOST_DIMS} whole numbers from 0")
    if not _counts(offsets) or len(offsets) != 2 or not offsets[0] <= offsets[1] <= room:
        raise refused(f"its numbers must lie within the {room:,} bytes behind the header: the file is cut off or wrong")
    torch_name, bits = DTYPES[dtype]
    if math.prod(shape) * bits != 8 * (offsets[1] - offsets[0]):
        raise refused(f"{Shaped(tuple(shape))} numbers of {torch_name} do not take {offsets[1] - offsets[0]:,} bytes")
    return offsets[0], Shaped(tuple(shape), torch_name)


def _counts(value: Any) -> bool:
    return isinstance(value, list) and all(type(one) is int and 0 <= one < 2**53 for one in value)
