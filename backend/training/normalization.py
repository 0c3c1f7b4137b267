"""Mean and deviation of every channel of pictures: given, or taken from the training samples; and their use.

Knows no network and no loop.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from backend.training.objectives import RecipeError
from graph.augmentation import Normalization

ROWS = 1024  # samples whose double-precision copy is held at once


@dataclass(frozen=True, slots=True)
class Scale:
    """value -> (value - mean) / deviation, both (channels, 1, 1)."""

    mean: torch.Tensor
    deviation: torch.Tensor

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        return (pictures - self.mean) / self.deviation


def scale_for(normalization: Normalization, name: str, pictures: torch.Tensor) -> Scale | None:
    """What the training pictures (n, channels, height, width) of a field are scaled by; None where they are not.

    Raises RecipeError where there are not as many numbers as channels.
    """
    if normalization.kind == "none":
        return None
    if normalization.kind == "data":
        mean, deviation = moments(pictures)
    else:
        mean, deviation = (
            _each_channel(what, numbers, name, pictures)
            for what, numbers in (("means", normalization.mean), ("deviations", normalization.deviation))
        )
    return Scale(mean.to(pictures.dtype).view(-1, 1, 1), deviation.to(pictures.dtype).view(-1, 1, 1))


def is_picture(tensor: torch.Tensor) -> bool:
    """Whether samples are pictures: channels x height x width, more than a point, float."""
    return tensor.ndim == 4 and tensor.is_floating_point() and min(tensor.shape[2:]) > 1


def moments(pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and population deviation of every channel, summed in double precision; 1 where a channel never varies."""
    wide = torch.float32 if pictures.device.type == "mps" else torch.float64
    count = pictures[:, 0].numel()
    mean = sum(part.to(wide).sum(dim=(0, 2, 3)) for part in pictures.split(ROWS)) / count
    spread = sum((part.to(wide) - mean.view(-1, 1, 1)).square().sum(dim=(0, 2, 3)) for part in pictures.split(ROWS))
    deviation = (spread / count).sqrt()
    never_varies = deviation <= 1e-7 * mean.abs()  # what rounding leaves of a constant is no spread
    return mean, torch.where(never_varies, torch.ones_like(deviation), deviation)


def _each_channel(what: str, numbers: tuple[float, ...], name: str, pictures: torch.Tensor) -> torch.Tensor:
    channels = pictures.shape[1]
    if len(numbers) not in (1, channels):
        raise RecipeError(
            f'normalization: {len(numbers)} {what} are given, but "{name}" has {channels} channels: give one for each, '
            "or one for all"
        )
    return torch.tensor(numbers, dtype=torch.float32, device=pictures.device).expand(channels)
