"""Real handwritten digits: 1,797 pictures of 8 x 8 pixels that ship with scikit-learn (UCI, 1998)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from backend.data.bundled import bundled
from backend.data.dataset import Dataset
from backend.data.options import Option
from backend.data.resizing import resize
from graph.data_source import Field

OPTIONS = (Option("size", "whole number", 8, "Side of the pictures in pixels; 32 suits LeNet.", low=4, high=256),)
INK_LEVELS = 16  # the pixels are whole numbers 0..16


def describe(options: dict[str, Any], path: Path | None = None) -> tuple[Field, ...]:
    """ "image" (1, size, size) in 0..1 and "label" of ten classes."""
    size = options["size"]
    return (
        Field(name="image", shape=(1, size, size)),
        Field(name="label", dtype="int64", classes=tuple("0123456789")),
    )


def load(options: dict[str, Any], path: Path | None = None) -> Dataset:
    """The digits, resized bilinearly when a size other than 8 is asked for."""
    digits = bundled("digits")
    size = options["size"]
    images = resize(digits.images / INK_LEVELS, size, size)
    arrays = {"image": images[:, None], "label": digits.target.astype(np.int64)}
    return Dataset(f"Handwritten digits, {size} x {size}", describe(options), arrays)
