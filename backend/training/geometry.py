"""Changes of where things are in a picture: flips, turns, shifts, crops; drawn once a sample, done to masks alike.

What is drawn is in shares of the sides, so that pictures and masks of several sizes move together. Tensors are
(samples, channels, height, width). Knows no recipe; imports kornia, so it is itself imported where it is needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from kornia.geometry.transform import warp_affine

Values = Mapping[str, Any]
Drawn = Mapping[str, torch.Tensor]
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Movement:
    """How a change is drawn for so many samples of a size, and done to a tensor; `nearest` keeps values as they are.

    `points` (samples or 1, 2, 3) is the same change of a picture's points x, y, whole numbers being pixels' middles.
    """

    draw: Callable[[Values, int, Size, torch.device], Drawn]
    apply: Callable[[torch.Tensor, Values, Drawn, bool], torch.Tensor]
    points: Callable[[Values, Drawn, Size, torch.device], torch.Tensor]


def between(low: float, high: float, count: int, device: torch.device) -> torch.Tensor:
    """Uniform numbers, one a sample."""
    return torch.rand(count, device=device) * (high - low) + low


def _row(numbers: Sequence[int], device: torch.device) -> torch.Tensor:
    """The numbers on the device; filled there, for a copy from the host waits for all before it."""
    return torch.stack([torch.full((), float(number), device=device) for number in numbers])


def part_of(values: Values, count: int, device: torch.device) -> dict[str, torch.Tensor]:
    """Rectangles within a picture: their sides and, of what is left, how much lies before them; shares (n, 2), y and x.

    The area is uniform, the logarithm of the sides' ratio too.
    """
    area = between(values["smallest_area"], values["largest_area"], count, device)
    ratio = torch.exp(between(-1.0, 1.0, count, device) * math.log(values["widest"]))
    sides = torch.stack([(area / ratio).sqrt(), (area * ratio).sqrt()], dim=1).clamp(max=1.0)
    return {"sides": sides, "before": torch.rand(count, 2, device=device)}


def _nothing(values: Values, count: int, size: Size, device: torch.device) -> Drawn:
    return {}


def _draw_rotation(values: Values, count: int, size: Size, device: torch.device) -> Drawn:
    return {"angle": between(-values["degrees"], values["degrees"], count, device)}


def _draw_affine(values: Values, count: int, size: Size, device: torch.device) -> Drawn:
    shift, shear = values["shift"], math.radians(values["shear"])
    return {
        **_draw_rotation(values, count, size, device),
        "scale": between(values["smallest_scale"], values["largest_scale"], count, device),
        "shift": (torch.rand(count, 2, device=device) * 2 - 1) * shift,
        "shear": (torch.rand(count, 2, device=device) * 2 - 1) * shear,
    }


def _turn(x: torch.Tensor, values: Values, drawn: Drawn, nearest: bool) -> torch.Tensor:
    """Turned, and scaled, shifted and sheared where that was drawn."""
    return _warped(x, _turned(values, drawn, _size(x), x.device), values["fill"], nearest)


def _turned(values: Values, drawn: Drawn, size: Size, device: torch.device) -> torch.Tensor:
    height, width = size
    angle, scale = torch.deg2rad(drawn["angle"]), drawn.get("scale", 1.0)
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    rows = [[cos, -sin], [sin, cos]]
    if values.get("shear"):
        along, down = torch.tan(drawn["shear"]).unbind(dim=1)
        rows = [[a + b * down, a * along + b * (1 + along * down)] for a, b in rows]
    middle, sides = ((width - 1) / 2, (height - 1) / 2), (width, height)
    matrix = []
    for axis, (a, b) in enumerate(rows):
        goal = middle[axis] + (drawn["shift"][:, axis] * sides[axis] if "shift" in drawn else 0)
        matrix += [a, b, goal - a * middle[0] - b * middle[1]]
    return torch.stack(matrix, dim=1).view(-1, 2, 3)


def _draw_crop(values: Values, count: int, size: Size, device: torch.device) -> Drawn:
    pixels = torch.randint(-values["padding"], values["padding"] + 1, (count, 2), device=device)
    return {"shift": pixels / _row(size, device)}


def _crop(x: torch.Tensor, values: Values, drawn: Drawn, nearest: bool) -> torch.Tensor:
    """Moved by whole pixels: no value is interpolated."""
    height, width = x.shape[2:]
    shift = drawn["shift"]
    rows, in_rows = _places(height, shift[:, :1], values["fill"])
    columns, in_columns = _places(width, shift[:, 1:], values["fill"])
    moved = x.gather(2, rows[:, None, :, None].expand_as(x)).gather(3, columns[:, None, None, :].expand_as(x))
    if values["fill"] == "zeros":
        moved = torch.where((in_rows[:, :, None] & in_columns[:, None, :])[:, None], moved, 0)
    return moved


def _cropped(values: Values, drawn: Drawn, size: Size, device: torch.device) -> torch.Tensor:
    pixels = (drawn["shift"] * _row(size, device)).round()
    return _stretched(torch.ones_like(pixels), -pixels)


def _places(side: int, shift: torch.Tensor, fill: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Where each row comes from (n, side), and whether it is within the picture."""
    wanted = torch.arange(side, device=shift.device) + (shift * side).round().long()
    inside = (wanted >= 0) & (wanted < side)
    if fill == "reflection" and side > 1:
        wanted = wanted % (2 * side - 2)
        return torch.where(wanted < side, wanted, 2 * side - 2 - wanted), inside
    return wanted.clamp(0, side - 1), inside


def _draw_part(values: Values, count: int, size: Size, device: torch.device) -> Drawn:
    return part_of(values, count, device)


def _enlarge(x: torch.Tensor, values: Values, drawn: Drawn, nearest: bool) -> torch.Tensor:
    """The part that was drawn, as large as the whole."""
    return _warped(x, _enlarged(values, drawn, _size(x), x.device), "border", nearest)


def _enlarged(values: Values, drawn: Drawn, size: Size, device: torch.device) -> torch.Tensor:
    sides = _row(size, device)
    middle = (drawn["before"] * (1 - drawn["sides"]) + drawn["sides"] / 2) * sides - 0.5
    return _stretched(1 / drawn["sides"], (sides - 1) / 2 - middle / drawn["sides"])


def _flipped(across: bool) -> Callable[[Values, Drawn, Size, torch.device], torch.Tensor]:
    """Left for right, or top for bottom."""

    def points(values: Values, drawn: Drawn, size: Size, device: torch.device) -> torch.Tensor:
        factor = (1, -1) if across else (-1, 1)
        shift = (0, size[1] - 1) if across else (size[0] - 1, 0)
        return _stretched(_row(factor, device)[None], _row(shift, device)[None])

    return points


def _stretched(factor: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """The matrices of factor * place + shift, both (n, 2) by y, x; matrices go by x, y."""
    matrix = torch.zeros(len(factor), 2, 3, device=factor.device)
    for row, axis in ((0, 1), (1, 0)):
        matrix[:, row, row] = factor[:, axis]
        matrix[:, row, 2] = shift[:, axis]
    return matrix


def _size(x: torch.Tensor) -> Size:
    return x.shape[2], x.shape[3]


def _warped(x: torch.Tensor, matrix: torch.Tensor, fill: str, nearest: bool) -> torch.Tensor:
    mode = "nearest" if nearest else "bilinear"
    return warp_affine(x, matrix.to(x.dtype), _size(x), mode, padding_mode=fill, align_corners=False)


MOVEMENTS: dict[str, Movement] = {
    "horizontal_flip": Movement(_nothing, lambda x, values, drawn, nearest: x.flip(3), _flipped(across=True)),
    "vertical_flip": Movement(_nothing, lambda x, values, drawn, nearest: x.flip(2), _flipped(across=False)),
    "rotation": Movement(_draw_rotation, _turn, _turned),
    "affine": Movement(_draw_affine, _turn, _turned),
    "crop": Movement(_draw_crop, _crop, _cropped),
    "resized_crop": Movement(_draw_part, _enlarge, _enlarged),
}
