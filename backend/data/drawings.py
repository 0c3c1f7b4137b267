"""Drawn circles and squares to be found pixel by pixel: the smallest honest set for segmentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from backend.data.dataset import Dataset
from backend.data.limits import check_memory, memory_size
from backend.data.options import Option
from graph.data_source import Field

CLASSES = ("background", "circle", "square")
OPTIONS = (
    Option("samples", "whole number", 500, "How many pictures are drawn.", low=10, high=100_000),
    Option("size", "whole number", 32, "Side of the pictures in pixels.", low=16, high=256),
    Option("most", "whole number", 3, "The most shapes on a picture; each has 1 or more.", low=1, high=10),
    Option("noise", "number", 0.1, "Deviation of the noise on the pixels, which are 0 to 1.", low=0, high=1),
    Option("seed", "whole number", 0, "The same seed draws the same pictures.", low=0, high=2**31 - 1),
)


def describe(options: dict[str, Any], path: Path | None = None) -> tuple[Field, ...]:
    """ "image" (1, size, size) and "mask" (size, size) with a class for every pixel."""
    size = options["size"]
    return Field(name="image", shape=(1, size, size)), Field(
        name="mask", shape=(size, size), dtype="int64", classes=CLASSES
    )


def load(options: dict[str, Any], path: Path | None = None) -> Dataset:
    """Shapes of random place, size and brightness over each other, on a dark ground; noise on all of it."""
    samples, size = options["samples"], options["size"]
    check_memory("shapes", 3 * memory_size(samples, (size, size), "int64"), "draw fewer, or smaller ones")
    rng = np.random.default_rng(options["seed"])
    image = np.zeros((samples, size, size), np.float32)
    mask = np.zeros((samples, size, size), np.int64)
    rows, columns = np.arange(size)[None, :, None], np.arange(size)[None, None, :]
    count = rng.integers(1, options["most"] + 1, samples)
    for number in range(options["most"]):
        radius = rng.uniform(size / 10, size / 4, (samples, 1, 1))
        y, x = rng.uniform(size / 10, size * 0.9, (2, samples, 1, 1))
        kind = rng.integers(1, 3, (samples, 1, 1))
        brightness = rng.uniform(0.4, 1.0, (samples, 1, 1)).astype(np.float32)
        across, down = np.abs(columns - x), np.abs(rows - y)
        inside = np.where(kind == 1, across**2 + down**2 <= radius**2, np.maximum(across, down) <= radius * 0.89)
        inside &= (number < count)[:, None, None]
        image = np.where(inside, brightness, image)
        mask = np.where(inside, kind, mask)
    image += options["noise"] * rng.standard_normal(image.shape, np.float32)
    arrays = {"image": np.clip(image, 0, 1)[:, None], "mask": mask}
    return Dataset(f"Circles and squares, {size} x {size}", describe(options), arrays)
