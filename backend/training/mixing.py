"""Samples mixed with their neighbours of the batch, which is shuffled anew in every epoch: mixup and cutmix.

Float targets are blended as the pictures are; class numbers become MixedLabels. Knows no recipe and no network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.nn import functional as F

from backend.training.colours import rectangles


class MixedLabels(torch.Tensor):
    """Class numbers (n, ...), of each sample the one with the larger share.

    Cross-entropy gets their `probabilities` (n, classes, ...) instead, everything else (metrics) the numbers.
    """

    probabilities: torch.Tensor

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        with torch._C.DisableTorchFunctionSubclass():
            seen = [_seen_by(function, value) for value in args]
            return function(*seen, **{name: _seen_by(function, value) for name, value in (kwargs or {}).items()})


def _seen_by(function: Any, value: Any) -> Any:
    if not isinstance(value, MixedLabels):
        return value
    return value.probabilities if function is F.cross_entropy else value.as_subclass(torch.Tensor)


def mixed_labels(numbers: torch.Tensor, probabilities: torch.Tensor) -> MixedLabels:
    """Class numbers that cross-entropy reads as probabilities."""
    made = numbers.as_subclass(MixedLabels)
    made.probabilities = probabilities
    return made


def one_hot(labels: torch.Tensor, classes: int) -> torch.Tensor:
    """(n, classes, ...) of class numbers (n, ...)."""
    places = torch.arange(classes, device=labels.device).view(1, -1, *[1] * (labels.ndim - 1))
    return (labels.unsqueeze(1) == places).float()


def neighbour(x: torch.Tensor) -> torch.Tensor:
    """Of every sample the one before it in the batch."""
    return x.roll(1, 0)


def blended(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """A share of each sample and the rest of its neighbour."""
    weight = weight.view(-1, *[1] * (x.ndim - 1)).to(x.dtype)
    return x * weight + neighbour(x) * (1 - weight)


def draw_weight(alpha: float, count: int, p: float, device: torch.device) -> torch.Tensor:
    """The share that each sample keeps of itself, all of it where it is not mixed.

    Drawn on the host: torch looks at what it is given for these numbers, which would wait for the device.
    """
    shape = torch.full((count,), alpha)
    weight = torch.distributions.Beta(shape, shape).sample().to(device, non_blocking=True)
    return torch.where(torch.rand(count, device=device) < p, weight, 1.0) if p < 1 else weight


def draw_rectangle(weight: torch.Tensor) -> Mapping[str, torch.Tensor]:
    """Where, in shares, the neighbour is pasted in: its area is what the sample does not keep."""
    side = (1 - weight).sqrt()[:, None].expand(-1, 2)
    middle = torch.rand(len(weight), 2, device=weight.device)
    start = (middle - side / 2).clamp(min=0)
    return {"start": start, "sides": (middle + side / 2).clamp(max=1) - start}


def pasted(x: torch.Tensor, drawn: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """The samples (n, channels, height, width) with their neighbours' part in them, and the share each kept."""
    covered = rectangles(drawn["start"], drawn["sides"], x.shape[2:])
    return torch.where(covered, neighbour(x), x), 1 - covered.float().mean(dim=(1, 2, 3))
