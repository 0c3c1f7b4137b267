"""How much data is taken in at all. Sizes are known from headers, so that nothing is unpacked before it is judged."""

from __future__ import annotations

from math import prod

import numpy as np

from backend.data.errors import DataError

MAX_BYTES = 4 * 1024**3  # of one data set in memory; conversion needs up to twice as much for a moment
MAX_ARRAYS = 100  # in one NPZ file
MAX_IMAGE_PIXELS = 50_000_000  # of one picture in a folder, before it is resized
MAX_CLASSES = 100_000
DEFLATE_RATIO = 1032  # deflate cannot shrink data more than this: a larger claim is a false header


def memory_size(count: int, shape: tuple[int, ...], dtype: str) -> int:
    """Bytes of `count` samples of one field."""
    return count * prod(shape) * np.dtype(dtype).itemsize


def check_memory(place: str, size: int, advice: str) -> None:
    """Refuse what would not fit; raises DataError."""
    if size > MAX_BYTES:
        raise DataError(
            place,
            f"would take {size / 1024**3:,.1f} GiB of memory, more than the {MAX_BYTES / 1024**3:,.1f} GiB "
            f"allowed; {advice}",
        )
