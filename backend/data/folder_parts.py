"""A folder whose sub-folders say what is for training and what for validation: train/ and validation/ (or val/, test/).

Anything else beside these two makes it an ordinary folder, in which "train" may well be the name of a class.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from backend.data.errors import DataError
from backend.data.paths import printable, reason

TRAIN = ("train", "training")
VALIDATION = ("validation", "valid", "val", "dev", "test")  # the first that is there


def entries(folder: Path) -> list[os.DirEntry]:
    """What a folder holds, hidden files left aside, in the order of names; raises DataError."""
    try:
        with os.scandir(folder) as found:
            return sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError as fault:
        raise DataError(printable(folder.name), f"cannot be listed: {reason(fault)}") from None


def parts_of(folder: Path) -> tuple[Path, Path | None]:
    """The folder of the training samples and that of the validation samples: (the folder itself, None) if not parted.

    Where both validation and test are there, test is left for another day.
    """
    inside = {entry.name.lower(): entry for entry in entries(folder) if entry.is_dir(follow_symlinks=False)}
    train = next((inside[name] for name in TRAIN if name in inside), None)
    held_out = next((inside[name] for name in VALIDATION if name in inside), None)
    if train is None or held_out is None or set(inside) - {*TRAIN, *VALIDATION}:
        return folder, None
    return Path(train.path), Path(held_out.path)


def held_out_rows(place: str, held_out: np.ndarray) -> np.ndarray | None:
    """The rows for validation where some are (flags (n,)); raises DataError where none is left to train on."""
    if not held_out.any():
        return None
    if held_out.all():
        raise DataError(place, "its part for training has no sample that can be used")
    return np.flatnonzero(held_out)
