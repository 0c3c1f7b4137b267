"""The split into training and validation: the same for the same seed, on every machine and version of numpy.

Only raw PCG64 bits are drawn: numpy promises these to stay, and nothing above them.
"""

from __future__ import annotations

import numpy as np


def split(n: int, validation: float, seed: int, labels: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Sorted indices for training and validation, disjoint and together all of 0..n-1.

    The validation part has round(n * validation) samples; at least one when any is wanted and two are there, and at
    least one is left to train on. With labels (n,) every class gives its share (largest remainders first), and keeps
    at least one sample for training: a class of one is never validated.
    """
    if not 0 <= validation < 1:
        raise ValueError(f"validation is {validation}, but must be a share from 0 to below 1")
    if labels is not None and len(labels) != n:
        raise ValueError(f"{len(labels)} labels for {n} samples; there must be one for each")
    order = np.argsort(np.random.PCG64(seed).random_raw(n), kind="stable") if n else np.empty(0, np.int64)
    wanted = min(max(round(n * validation), 1), n - 1) if validation > 0 and n > 1 else 0
    if labels is None:
        chosen = order[:wanted]
    else:
        chosen = _stratified(order, np.asarray(labels), wanted, validation)
    held_out = np.zeros(n, bool)
    held_out[chosen] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _stratified(order: np.ndarray, labels: np.ndarray, wanted: int, validation: float) -> np.ndarray:
    """The first samples, in drawn order, of every class's share."""
    _, classes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    shares = counts * validation
    taken = np.minimum(np.floor(shares).astype(np.int64), counts - 1)
    by_remainder = np.argsort(-(shares - taken), kind="stable")
    while (missing := wanted - int(taken.sum())) > 0:
        able = [i for i in by_remainder if taken[i] < counts[i] - 1][:missing]
        if not able:
            break
        taken[able] += 1
    drawn = classes[order]
    by_class = np.argsort(drawn, kind="stable")
    starts = np.cumsum(counts) - counts
    place_in_class = np.empty(len(order), np.int64)
    place_in_class[by_class] = np.arange(len(order)) - np.repeat(starts, counts)
    return order[place_in_class < taken[drawn]]
