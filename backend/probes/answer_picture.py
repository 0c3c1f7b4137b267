"""The answer to one sample as a picture, where it is one: a reconstruction, a made picture, a mask, classes."""

from __future__ import annotations

import numpy as np

from backend.probes.feature_maps import Look

COLOURS = (1, 3)  # channels of a picture that is shown as it is


def answer_picture(seen: Look, logits: bool = False) -> np.ndarray | None:
    """(channels, h, w) of the first output that lies in the plane of a picture, else None.

    An output with as many values as a picture among the input and the targets is that picture anew; one with a layer a
    class is shown by its largest class, 0 for the first and 1 for the last. `logits` are turned into shares.
    """
    wholes = [one for one in (seen.image, *seen.targets) if one.ndim == 3 and one.shape[0] in COLOURS]
    planes = {one.shape[-2:] for one in (seen.image, *seen.targets) if one.ndim >= 2 and min(one.shape[-2:]) > 1}
    for output in seen.outputs:
        like = next((whole for whole in wholes if whole.size == output.size), None)
        if like is not None:
            return _shares(output.reshape(like.shape), logits)
        if output.ndim == 3 and output.shape[1:] in planes:
            if output.shape[0] in COLOURS and not _has_class_map(seen, output):
                return _shares(output, logits)
            return (output.argmax(0) / (output.shape[0] - 1))[None].astype(np.float32)
    return None


def _has_class_map(seen: Look, output: np.ndarray) -> bool:
    """Whether the layers of an output are classes of its pixels: a target has their numbers."""
    maps = (one for one in seen.targets if one.shape == output.shape[1:])
    return output.shape[0] > 1 and any(np.array_equal(one, np.round(one)) for one in maps)


def _shares(values: np.ndarray, logits: bool) -> np.ndarray:
    """Logits as the shares that they stand for; what lies within 0 and 1 are shares already.

    0.5 (1 + tanh(x/2)) is the logistic function and never overflows.
    """
    outside = logits and bool(((values < 0) | (values > 1)).any())
    return (0.5 * (1 + np.tanh(values / 2))).astype(np.float32) if outside else values
