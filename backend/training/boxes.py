"""Boxes about things in a picture, moved as its pixels are: corners mapped, straight boxes about them, cut at the edge.

Which tensors of a batch tell of boxes is found once, by what their fields say of themselves. Knows no recipe, no kind
of movement and no loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from backend.training.objectives import RecipeError
from graph.augmentation import place_of
from graph.data_source import NO_LABEL, BoxRole, Field
from graph.recipe import Recipe

SHARES, PIXELS, LABELS, COUNT = BoxRole.__args__
LEAST = 0.1  # share of a moved box that must still lie in the picture, or it is gone


@dataclass(frozen=True, slots=True)
class Boxes:
    """The places in a batch of boxes (n, most, 4) as x y w h, of their labels (n, most) and of their counts (n)."""

    boxes: tuple[int, ...]
    labels: tuple[int, ...] = ()
    counts: tuple[int, ...] = ()
    in_pixels: bool = False  # of the picture, not shares of its sides

    def move(
        self, tensors: list[torch.Tensor], points: torch.Tensor, size: tuple[int, int], chosen: torch.Tensor | None
    ) -> None:
        """Put moved tensors in their places; `points` (n or 1, 2, 3) says where pixels' middles go in a picture."""
        before = tensors[self.boxes[0]]
        moved, kept = moved_boxes(before, points, (1, 1) if self.in_pixels else size, size)
        order = torch.sort(kept.logical_not().byte(), dim=1, stable=True).indices
        kept = kept.gather(1, order)
        boxes = torch.where(kept[..., None], moved.gather(1, order[..., None].expand_as(moved)), 0)
        for place in self.boxes:
            tensors[place] = _where(chosen, boxes.to(tensors[place].dtype), tensors[place])
        for place in self.labels:
            labels = tensors[place].gather(1, order)
            tensors[place] = _where(chosen, torch.where(kept, labels, NO_LABEL), tensors[place])
        for place in self.counts:
            tensors[place] = _where(chosen, kept.sum(dim=1).to(tensors[place].dtype), tensors[place])


def boxes_beside(recipe: Recipe, fields: Sequence[Field], read: Sequence[str]) -> tuple[str, ...]:
    """The boxes' field where the network reads only what depends on it: labels or counts of boxes that may vanish.

    Raises RecipeError where there is none to be had.
    """
    told = [field.name for field in fields if field.name in read and field.role in (LABELS, COUNT)]
    moves = [step for step in recipe.augmentation if step.type.group == "geometry"]
    boxes = [field.name for field in fields if field.role in (SHARES, PIXELS)]
    if not told or not moves or any(name in read for name in boxes):
        return ()
    if not boxes:
        raise RecipeError(
            f'{place_of(recipe.augmentation, moves[0])} moves pictures, but "{told[0]}" tells of boxes that the data '
            "do not have: take this augmentation out"
        )
    return (boxes[0],)


def boxes_among(roles: Sequence[BoxRole | None]) -> Boxes | None:
    """The boxes among tensors whose fields have these roles; None where no tensor tells of any."""
    places = {role: tuple(place for place, one in enumerate(roles) if one == role) for role in set(roles) - {None}}
    if not places:
        return None
    in_pixels = PIXELS in places
    boxes = places.get(PIXELS if in_pixels else SHARES, ())
    return Boxes(boxes, places.get(LABELS, ()), places.get(COUNT, ()), in_pixels)


def moved_boxes(
    boxes: torch.Tensor, points: torch.Tensor, unit: tuple[int, int], size: tuple[int, int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """The straight boxes around the moved ones, cut to a picture of `size`, and which of them are still there.

    Boxes count in units of so many pixels (height, width). A place without a box, all zeros, has none afterwards.
    """
    wide = boxes.to(torch.promote_types(boxes.dtype, torch.float32))
    (x, y, w, h), matrix = wide.unbind(dim=-1), points.to(wide.dtype)[:, :, :, None, None]  # (n, 2, 3, 1, 1)
    across = torch.stack([x, x + w, x, x + w], dim=-1) * unit[1] - 0.5  # a pixel's middle is half a pixel in
    down = torch.stack([y, y, y + h, y + h], dim=-1) * unit[0] - 0.5
    cut, whole = [], []
    for axis, side in ((0, size[1]), (1, size[0])):
        corners = matrix[:, axis, 0] * across + matrix[:, axis, 1] * down + matrix[:, axis, 2] + 0.5
        low, high = torch.aminmax(corners, dim=-1)
        whole.append(high - low)
        low, high = low.clamp(0, side), high.clamp(0, side)
        cut.append((low / unit[1 - axis], (high - low) / unit[1 - axis]))
    (left, width), (top, height) = cut
    stays = width * unit[1] * height * unit[0]
    kept = (stays >= LEAST * whole[0] * whole[1]) & (stays > 0) & (w > 0) & (h > 0)
    return torch.stack([left, top, width, height], dim=-1), kept


def _where(chosen: torch.Tensor | None, changed: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
    return changed if chosen is None else torch.where(chosen.view(-1, *[1] * (before.ndim - 1)), changed, before)
