"""What an array read from a file means to a network, told from its dtype and shape alone, and its conversion.

| array of n samples                            | meaning    | field                                                |
|-----------------------------------------------|------------|------------------------------------------------------|
| integers or booleans (n,)                     | labels     | int64 () with classes                                |
| text (n,)                                     | names      | int64 () whose classes are the sorted different texts |
| floats (n,)                                   | quantity   | float32 (1,): a regression target                     |
| floats (n, ...)                               | numbers    | float32 (...), as they are                            |
| uint8 (n, ...), unless pixels are switched off | pixels     | float32 in 0..1; pictures channel first (C, H, W)     |
| other integers (n, ...)                       | indices    | int64 (...): words, masks                             |
| booleans (n, ...)                             | flags      | float32 (...) of 0 and 1                              |
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from backend.data.errors import DataError

Meaning = Literal["labels", "names", "quantity", "numbers", "pixels", "indices", "flags"]
CHANNELS = (1, 3, 4)


def meaning_of(place: str, shape: tuple[int, ...], dtype: np.dtype, pixels: bool = True) -> Meaning:
    """What an array (n, ...) is; raises DataError for dtypes no network can take."""
    kind = dtype.kind
    if kind == "O":
        raise DataError(
            place,
            "is an array of Python objects, which could run foreign code when read; save it with a plain dtype, "
            "such as np.asarray(values, dtype=np.float32)",
        )
    if kind not in "biufU" or dtype.itemsize == 0 or (kind == "U" and len(shape) != 1):
        raise DataError(place, f"has dtype {dtype}, but must hold integers, floats, booleans, or one text per sample")
    if len(shape) == 1:
        return "quantity" if kind == "f" else "names" if kind == "U" else "labels"
    if kind == "f":
        return "numbers"
    if kind == "b":
        return "flags"
    return "pixels" if dtype == np.uint8 and pixels else "indices"


def sample_shape(meaning: Meaning, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The field's shape for an array (n, ...)."""
    if meaning == "quantity":
        return (1,)
    return image_shape(shape[1:]) if meaning == "pixels" else shape[1:]


def sample_dtype(meaning: Meaning) -> str:
    return "int64" if meaning in ("labels", "names", "indices") else "float32"


def image_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """(H, W) -> (1, H, W); (H, W, C) -> (C, H, W) where the last is clearly the channel; others as they are."""
    if len(shape) == 2:
        return (1, *shape)
    return (shape[2], *shape[:2]) if _channels_last(shape) else shape


def as_images(array: np.ndarray) -> np.ndarray:
    """A view of (n, ...) in the order of `image_shape`."""
    if _channels_last(array.shape[1:]):
        array = np.moveaxis(array, 3, 1)
    return array.reshape(len(array), *image_shape(array.shape[1:])) if array.ndim == 3 else array


def _channels_last(shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 and shape[2] in CHANNELS and shape[0] not in CHANNELS


def convert(place: str, meaning: Meaning, array: np.ndarray) -> np.ndarray:
    """The array as its field wants it, C-contiguous; "names" are turned by `number_names` instead."""
    if meaning == "pixels":
        return np.ascontiguousarray(as_images(array) / np.float32(255))
    if meaning in ("labels", "indices"):
        if array.dtype.kind == "u" and array.itemsize == 8 and array.size and array.max() > np.iinfo(np.int64).max:
            raise DataError(place, f"holds {array.max()}, which is beyond int64; save it as int64")
        return np.ascontiguousarray(array, np.int64)
    with np.errstate(all="ignore"):  # what overflows float32 becomes infinite and is reported with its row
        values = np.ascontiguousarray(array, np.float32)
    return values[:, None] if meaning == "quantity" else values


def number_names(place: str, names: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Texts (n,) as labels (n,) and the sorted names these stand for."""
    classes, labels = np.unique(names, return_inverse=True)
    found = tuple(str(name) for name in classes)
    for name in found:
        if not name or len(name) > 200 or not name.isprintable():
            raise DataError(place, f"{name[:50]!r} cannot be a class name: 1 to 200 printable characters are wanted")
    return labels.astype(np.int64), found
