"""The numbers of a model's tensors: taken out when they are wanted, each checked against the bytes that are there.

Numbers in files of their own come only from the model's folder. Knows nothing of nodes.
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from backend.importing.imported import CannotImport
from backend.importing.onnx_graph.node_rules import text
from backend.weight_files import printable

MOST_BYTES = 4 * 2**30  # of all numbers in files of their own
MOST_DIMS = 16
# ONNX's numbers of kinds -> numpy's names; those that are missing cannot be read
KINDS = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
    16: "bfloat16",
}
IN_INT32 = frozenset(("uint8", "int8", "uint16", "int16", "int32", "bool", "float16", "bfloat16"))
BFLOAT16 = 16


class Tensors:
    """The initializers of a model by name, as arrays; all floats become float32, as the blocks compute."""

    def __init__(self, folder: Path, protos: dict[str, Any]):
        self._folder = folder
        self._protos = protos
        self._made: dict[str, np.ndarray] = {}
        self._left = MOST_BYTES

    def __contains__(self, name: str) -> bool:
        return name in self._protos

    def __iter__(self) -> Iterator[str]:
        return iter(self._protos)

    def __getitem__(self, name: str) -> np.ndarray:
        """The array of an initializer; raises CannotImport."""
        if name not in self._made:
            self._made[name] = self.array(self._protos[name], f"initializer {printable(name)}")
        return self._made[name]

    def shape(self, name: str) -> tuple[int, ...]:
        """What its entry says, unchecked."""
        return tuple(self._protos[name].dims)

    def array(self, proto: Any, place: str) -> np.ndarray:
        """The numbers of a tensor, read only; raises CannotImport."""
        dims = tuple(proto.dims)
        kind = KINDS.get(proto.data_type)
        if kind is None:
            raise CannotImport(place, f"{kind_in_words(proto.data_type)}, which no block computes with")
        if len(dims) > MOST_DIMS or any(dim < 0 for dim in dims):
            raise CannotImport(place, f"its shape must be at most {MOST_DIMS} whole numbers from 0")
        wide = 2 if kind == "bfloat16" else np.dtype(kind).itemsize
        count = math.prod(dims)
        if proto.data_location == 1:
            data = self._outside(proto, place, count * wide)
        elif proto.HasField("raw_data"):
            data = proto.raw_data
        else:
            return _as_computed(self._typed(proto, kind, count, place).reshape(dims))
        if len(data) != count * wide:
            wrong = f"{_by(dims)} numbers of {kind} take {count * wide:,} bytes, but there are {len(data):,}"
            raise CannotImport(place, f"{wrong}: the file is damaged or cut off")
        if kind == "bfloat16":
            return _from_bfloat16(np.frombuffer(data, "<u2")).reshape(dims)
        return _as_computed(np.frombuffer(data, np.dtype(kind).newbyteorder("<")).reshape(dims))

    def _typed(self, proto: Any, kind: str, count: int, place: str) -> np.ndarray:
        """Numbers that stand in a list of their kind."""
        if kind in IN_INT32:
            found = proto.int32_data
        else:
            lists = {"float32": "float_data", "float64": "double_data", "int64": "int64_data"}
            found = getattr(proto, lists.get(kind, "uint64_data"))
        if len(found) != count:
            wrong = f"its shape {_by(tuple(proto.dims))} wants {count:,} numbers, but there are {len(found):,}"
            raise CannotImport(place, f"{wrong}: the file is damaged or cut off")
        if kind in ("float16", "bfloat16"):
            bits = np.array(found, np.int64).astype(np.uint16)
            return bits.view(np.float16) if kind == "float16" else _from_bfloat16(bits)
        wide = {"float32": np.float32, "float64": np.float64, "uint64": np.uint64, "uint32": np.uint64}
        return np.array(found, wide.get(kind, np.int64)).astype(kind)

    def _outside(self, proto: Any, place: str, wanted: int) -> bytes:
        """Bytes of a file beside the model's."""
        said = {text(entry.key): text(entry.value) for entry in proto.external_data}
        location = said.get("location", "")
        try:
            offset, length = int(said.get("offset") or 0), int(said.get("length") or wanted)
        except ValueError:
            raise CannotImport(place, "where its numbers stand in their file is no whole number") from None
        if length != wanted or offset < 0:
            raise CannotImport(place, f"its shape wants {wanted:,} bytes, but {length:,} are told of from {offset}")
        if wanted > self._left:
            raise CannotImport(place, f"the numbers beside the model take more than {MOST_BYTES:,} bytes in all")
        self._left -= wanted
        file = self._inside_folder(location, place)
        try:
            return _part(file, offset, wanted)
        except (OSError, ValueError) as fault:
            why = getattr(fault, "strerror", None) or str(fault)
            where = f"its numbers stand in {printable(location)} beside the model"
            raise CannotImport(place, f"{where}, which cannot be read: {why}") from None

    def _inside_folder(self, location: str, place: str) -> Path:
        parts = location.replace("\\", "/").split("/")
        drive = ":" in parts[0]
        wrong = not location or "\0" in location or drive or location.startswith(("/", "\\")) or ".." in parts
        try:
            file = None if wrong else (self._folder / location).resolve()
            wrong = wrong or not file.is_relative_to(self._folder)
        except (OSError, RuntimeError, ValueError):
            wrong = True
        if wrong:
            where = f"its numbers are said to stand in {printable(location)!r}, which is not in the model's own folder"
            raise CannotImport(place, f"{where}; nothing outside of that is read")
        return file


def _part(file: Path, offset: int, length: int) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(file, flags)
    with os.fdopen(descriptor, "rb") as opened:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise ValueError("it is no regular file")
        if offset + length > state.st_size:
            raise ValueError(f"it has {state.st_size:,} bytes, and {offset + length:,} are wanted")
        opened.seek(offset)
        return opened.read(length)


def kind_in_words(kind: int) -> str:
    """What ONNX calls a kind of numbers."""
    names = {8: "text", 14: "complex numbers", 15: "complex numbers", 21: "uint4", 22: "int4"}
    return f"its numbers are {KINDS.get(kind) or names.get(kind) or f'of kind {kind}'}"


def _as_computed(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):
            return array.astype(np.float32, copy=False)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _from_bfloat16(bits: np.ndarray) -> np.ndarray:
    return (bits.astype(np.uint32) << 16).view(np.float32)


def _by(dims: tuple[int, ...]) -> str:
    return " x ".join(map(str, dims)) or "1"
