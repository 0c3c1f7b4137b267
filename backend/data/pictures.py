"""Pictures and masks decoded from files: plain formats only (none that would start another program), bounded in size.

Knows no folders and no classes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np

from backend.data.errors import DataError
from backend.data.limits import MAX_IMAGE_PIXELS
from backend.data.options import Option
from backend.data.paths import open_regular, printable, reason

SIZE = Option(
    "size",
    "size",
    None,
    'Height and width every picture is resized to, such as 64 or "48x64"; empty takes those of the first picture.',
    low=1,
    high=4096,
    empty="of the first",
)
GRAYSCALE = Option("grayscale", "yes or no", False, "One channel of brightness instead of red, green and blue.")
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
DEEP_MODES = ("I", "I;16", "I;16L", "I;16B", "I;16N")  # 16 bits a pixel, which Pillow would clip to 255
THREADS = 8  # Pillow decodes outside the interpreter lock
T = TypeVar("T")


def read_picture(path: Path, shape: tuple[int, int, int] | None) -> np.ndarray:
    """One picture, upright, as float32 (C, H, W) in 0..1; with shape None in its own size and colours."""
    return decode(path, lambda picture: values(picture, shape))


def decode(path: Path, use: Callable[[Any], T]) -> T:
    """What `use` makes of the upright picture in a file; raises DataError."""
    with open_regular(path) as stream:
        return decode_stream(printable(path.name), stream, use)


def decode_stream(place: str, stream: BinaryIO, use: Callable[[Any], T]) -> T:
    """What `use` makes of the upright picture whose bytes a stream has; raises DataError."""
    from PIL import Image, ImageOps

    try:
        with Image.open(stream, formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_IMAGE_PIXELS:
                raise DataError(
                    place, f"has {picture.width} x {picture.height} pixels; at most {MAX_IMAGE_PIXELS:,} are read"
                )
            return use(ImageOps.exif_transpose(picture))
    except DataError:
        raise
    except Image.UnidentifiedImageError:
        raise DataError(place, f"is no picture in one of the formats {', '.join(FORMATS)}") from None
    except Exception as fault:  # Pillow's decoders raise many kinds on hostile bytes, all meaning one thing
        raise DataError(place, f"is damaged or cut off ({reason(fault)})") from fault


def values(picture: Any, shape: tuple[int, int, int] | None) -> np.ndarray:
    """A Pillow picture as float32 (C, H, W) in 0..1, resized bilinearly."""
    from PIL import Image

    channels, height, width = shape or (3, picture.height, picture.width)
    if picture.mode == "F":
        raise ValueError("floating-point pixels have no known range; save it with 8 or 16 bits")
    if picture.mode in DEEP_MODES:
        gray = picture.convert("I").convert("F").resize((width, height), Image.Resampling.BILINEAR)
        deep = np.asarray(gray, np.float32)[None] / np.float32(65535)
        return np.repeat(deep, channels, axis=0)
    resized = picture.convert("RGB" if channels == 3 else "L").resize((width, height), Image.Resampling.BILINEAR)
    found = np.asarray(resized, np.float32) / np.float32(255)
    return found[None] if found.ndim == 2 else np.moveaxis(found, 2, 0)


def read_mask(path: Path, size: tuple[int, int] | None) -> np.ndarray:
    """The number of every pixel, int64 (H, W), resized to the nearest; raises DataError for pictures in colour."""
    return decode(path, lambda picture: _numbers(printable(path.name), picture, size))


def _numbers(place: str, picture: Any, size: tuple[int, int] | None) -> np.ndarray:
    from PIL import Image

    if picture.mode not in ("1", "L", "P", *DEEP_MODES):
        raise DataError(
            place,
            f"is a picture of kind {picture.mode}, but a mask holds one class number a pixel (8 bits, or a palette)",
        )
    height, width = size or (picture.height, picture.width)
    nearest = picture.resize((width, height), Image.Resampling.NEAREST)
    return np.asarray(nearest).astype(np.int64)


def for_each(count: int, work: Callable[[int], T]) -> list[T]:
    """The results of `work` for 0 to count - 1, several at a time."""
    with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
        return list(pool.map(work, range(count)))
