"""The pictures of a data set of Hugging Face, stored as the bytes of their files: decoded batch by batch.

What cannot be decoded is a flaw of its row.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from backend.data.arrow_columns import Flaws, bytes_of
from backend.data.dataset import make_field
from backend.data.errors import DataError
from backend.data.huggingface_fields import Made
from backend.data.huggingface_parts import Found
from backend.data.pictures import decode_stream, for_each, values

AT_ONCE = 64  # pictures


def described(found: Found, name: str, options: dict[str, Any]) -> Made:
    """The field of a column of pictures; without a given size the first that can be read is looked at."""
    size = options["size"]
    if size is None:
        size = next(_sizes(found, name), None)
    if size is None:
        raise DataError(found.place_of(name), "holds no picture that can be read; its bytes are wanted, not its path")
    field = make_field(found.place_of(name), name, (1 if options["grayscale"] else 3, *size), "float32")
    return Made(field, np.empty(0, np.float32), Flaws())


def _sizes(found: Found, name: str) -> Iterator[tuple[int, int]]:
    for batch in found.batches([name]):
        for value in bytes_of(batch.column(name)):
            try:
                yield _decoded(found, name, value.as_py(), lambda one: (one.height, one.width))
            except DataError:
                continue


def pictures(found: Found, name: str, made: Made) -> np.ndarray:
    """(n, C, H, W); what cannot be read is a flaw."""
    shape = made.field.shape
    images = np.zeros((found.rows, *shape), np.float32)
    start = 0
    for batch in found.batches([name]):
        for first in range(0, batch.num_rows, AT_ONCE):
            some = bytes_of(batch.column(name))[first : first + AT_ONCE]
            faults = for_each(len(some), partial(_fill, found, name, images[start + first :], some))
            for row, fault in enumerate(faults):
                if fault:
                    made.flaws.add(np.array([start + first + row]), f"holds a picture that {fault}")
        start += batch.num_rows
    return images


def _fill(found: Found, name: str, images: np.ndarray, some: Any, row: int) -> str | None:
    """One picture into its row; what is wrong with it, if anything."""
    try:
        images[row] = _decoded(found, name, some[row].as_py(), lambda one: values(one, images.shape[1:]))
    except DataError as fault:
        return fault.text
    return None


def _decoded(found: Found, name: str, data: bytes | None, use: Callable[[Any], Any]) -> Any:
    if not data:
        raise DataError(found.place_of(name), "has no bytes, only a path or nothing at all; save it with its bytes")
    return decode_stream(found.place_of(name), io.BytesIO(data), use)
