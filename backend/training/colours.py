"""Changes of a picture's values where they are: brightness, colours, noise, blur, covered rectangles.

Every change is of pictures (samples, channels, height, width) whose data lie in a span (lowest, highest); the results
stay within it. Knows no recipe; imports kornia, so it is itself imported where it is needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from kornia.color import hsv_to_rgb, rgb_to_grayscale, rgb_to_hsv
from kornia.enhance import adjust_hue_raw
from kornia.filters import gaussian_blur2d

from backend.training.geometry import Values, between, part_of

Span = tuple[float, float]
Change = Callable[[torch.Tensor, Values, Span], torch.Tensor]


def _each(x: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Uniform numbers, one a sample, as they multiply pictures."""
    return between(low, high, len(x), x.device).view(-1, 1, 1, 1)


def _brightness(x: torch.Tensor, values: Values, span: Span) -> torch.Tensor:
    return _lighter(x, values["amount"], span).clamp(*span)


def _contrast(x: torch.Tensor, values: Values, span: Span) -> torch.Tensor:
    return _stretched(x, values["amount"]).clamp(*span)


def _lighter(x: torch.Tensor, amount: float, span: Span) -> torch.Tensor:
    return x + _each(x, -amount, amount) * (span[1] - span[0])


def _stretched(x: torch.Tensor, amount: float) -> torch.Tensor:
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return (x - mean) * _each(x, 1 - amount, 1 + amount) + mean


def _jitter(x: torch.Tensor, values: Values, span: Span) -> torch.Tensor:
    x = _lighter(x, values["brightness"], span).clamp(*span)
    x = _stretched(x, values["contrast"]).clamp(*span)
    if x.shape[1] != 3:
        return x
    low, wide = span[0], max(span[1] - span[0], 1e-12)
    unit = (x - low) / wide
    gray = rgb_to_grayscale(unit)
    amount = values["saturation"]
    unit = ((unit - gray) * _each(x, 1 - amount, 1 + amount) + gray).clamp(0, 1)
    if values["hue"]:
        turned = between(-values["hue"], values["hue"], len(x), x.device) * 2 * math.pi
        unit = hsv_to_rgb(adjust_hue_raw(rgb_to_hsv(unit), turned))
    return (unit * wide + low).clamp(*span)


def _gray(x: torch.Tensor, values: Values, span: Span) -> torch.Tensor:
    gray = rgb_to_grayscale(x) if x.shape[1] == 3 else x.mean(dim=1, keepdim=True)
    return gray.expand_as(x)


def _noise(x: torch.Tensor, values: Values, span: Span) -> torch.Tensor:
    return (x + torch.randn_like(x) * (values["deviation"] * (span[1] - span[0]))).clamp(*span)


def _blur(x: torch.Tensor, values: Values, span: Span) -> torch.Tensor:
    """Kornia looks at the deviations before it takes them: drawn on the host, they keep nobody waiting."""
    largest = values["largest_sigma"]
    sigma = between(values["smallest_sigma"], largest, len(x), torch.device("cpu"))[:, None].expand(-1, 2)
    reach = [max(1, min(math.ceil(3 * largest), side - 1)) for side in x.shape[2:]]
    return gaussian_blur2d(x, (2 * reach[0] + 1, 2 * reach[1] + 1), sigma, "reflect")


def _cutout(x: torch.Tensor, values: Values, span: Span) -> torch.Tensor:
    drawn = part_of(values, len(x), x.device)
    covered = rectangles(drawn["before"] * (1 - drawn["sides"]), drawn["sides"], x.shape[2:])
    match values["fill"]:
        case "mean":
            cover = x.mean(dim=(2, 3), keepdim=True).expand_as(x)
        case "noise":
            cover = torch.rand_like(x) * (span[1] - span[0]) + span[0]
        case _:
            cover = torch.zeros_like(x)
    return torch.where(covered, cover, x)


def rectangles(start: torch.Tensor, sides: torch.Tensor, size: torch.Size | tuple[int, ...]) -> torch.Tensor:
    """Which pixels of a picture lie within rectangles given in shares, y and x: (n, 1, height, width)."""
    within = []
    for axis in (0, 1):
        middles = (torch.arange(size[axis], device=start.device) + 0.5) / size[axis]
        first = start[:, axis, None]
        within.append((middles >= first) & (middles < first + sides[:, axis, None]))
    return (within[0][:, :, None] & within[1][:, None, :])[:, None]


COLOURS: dict[str, Change] = {
    "brightness": _brightness,
    "contrast": _contrast,
    "color_jitter": _jitter,
    "grayscale": _gray,
    "gaussian_noise": _noise,
    "blur": _blur,
    "cutout": _cutout,
}
