"""Augmentation of batches on the device: the recipe's steps, built once, done to every batch of training.

What is drawn comes from torch's own generators, whose states a run keeps: one that goes on sees the same pictures.
Imports kornia, so it is itself imported only where a recipe augments. Knows no loop and no messages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from backend.training.boxes import Boxes, boxes_among
from backend.training.colours import COLOURS
from backend.training.geometry import MOVEMENTS
from backend.training.mixing import blended, draw_rectangle, draw_weight, mixed_labels, neighbour, one_hot, pasted
from backend.training.normalization import Scale
from backend.training.parts import Part, parts_of
from backend.training.resident import Resident, Tensors
from graph import Field, Network, Recipe
from graph.augmentation import Augmentation

Tensor = torch.Tensor


@dataclass(slots=True)
class Batch:
    """The tensors of a batch on their way; `shares` are the probabilities of labels that were mixed, by place."""

    tensors: list[Tensor]
    shares: dict[int, Tensor]

    @property
    def count(self) -> int:
        return len(self.tensors[0])

    @property
    def device(self) -> torch.device:
        return self.tensors[0].device


@dataclass(frozen=True, slots=True)
class Step:
    """One augmentation with all its arguments."""

    kind: str
    group: str
    p: float
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Augment:
    """Changes a batch: (inputs, targets) in, the same kinds of tensors out; class numbers may become MixedLabels."""

    parts: tuple[Part, ...]  # of the inputs, then of the targets, then of what stands beside them
    steps: tuple[Step, ...]
    scales: tuple[Scale | None, ...]  # of the inputs, after all else
    channels_last: bool = False
    boxes: Boxes | None = None

    def __call__(self, inputs: Tensors, targets: Tensors, beside: Tensors = ()) -> tuple[Tensors, Tensors]:
        batch = Batch([*inputs, *targets, *beside], {})
        with torch.no_grad():
            for step in self.steps:
                {"geometry": self._move, "colour": self._colour, "mixing": self._mix}[step.group](step, batch)
            seen = self.plain(tuple(batch.tensors[: len(inputs)]))
        for index, probabilities in batch.shares.items():
            batch.tensors[index] = mixed_labels(batch.tensors[index], probabilities)
        if self.channels_last:
            seen = tuple(map(_laid_out, seen))
        return seen, tuple(batch.tensors[len(inputs) : len(inputs) + len(targets)])

    def plain(self, inputs: Tensors) -> Tensors:
        """Inputs as the network sees them outside of training: normalized and nothing else."""
        return tuple(x if scale is None else scale(x) for x, scale in zip(inputs, self.scales, strict=True))

    def _move(self, step: Step, batch: Batch) -> None:
        """Move pictures and what lies in their plane, each sample as it was drawn, and boxes in them."""
        movement = MOVEMENTS[step.kind]
        first = next(index for index, part in enumerate(self.parts) if part.picture)
        size = (batch.tensors[first].shape[2], batch.tensors[first].shape[3])
        chosen = _chosen(step, batch)
        drawn = movement.draw(step.values, batch.count, size, batch.device)
        for index, part in enumerate(self.parts):
            if part.moves:
                nearest = part.nearest
                batch.tensors[index] = _done(
                    lambda x, nearest=nearest: movement.apply(x, step.values, drawn, nearest),
                    batch.tensors[index],
                    chosen,
                )
        if self.boxes is not None:
            self.boxes.move(batch.tensors, movement.points(step.values, drawn, size, batch.device), size, chosen)

    def _colour(self, step: Step, batch: Batch) -> None:
        change, chosen = COLOURS[step.kind], _chosen(step, batch)
        for index, part in enumerate(self.parts):
            if part.picture:
                span = part.span
                batch.tensors[index] = _done(
                    lambda x, span=span: change(x, step.values, span), batch.tensors[index], chosen
                )

    def _mix(self, step: Step, batch: Batch) -> None:
        weight = draw_weight(step.values["alpha"], batch.count, step.p, batch.device)
        if step.kind == "mixup":
            for index, part in enumerate(self.parts):
                self._blend(index, part, weight, batch)
            return
        drawn = draw_rectangle(weight)
        in_plane = [index for index, part in enumerate(self.parts) if part.moves]
        for index in reversed(in_plane):  # the first picture's pixels have the last word on the share
            mixed, weight = _pasted(batch.tensors[index], drawn)
            batch.tensors[index] = mixed
        for index, part in enumerate(self.parts):
            if index not in in_plane:
                self._blend(index, part, weight, batch)

    def _blend(self, index: int, part: Part, weight: Tensor, batch: Batch) -> None:
        x = batch.tensors[index]
        if part.mixing == "blended":
            batch.tensors[index] = blended(x, weight)
            return
        if part.mixing == "labels":
            shares = batch.shares[index] if index in batch.shares else one_hot(x, part.classes)
            batch.shares[index] = blended(shares, weight)
        if part.mixing != "whole":
            keeps = (weight >= 0.5).view(-1, *[1] * (x.ndim - 1))
            batch.tensors[index] = torch.where(keeps, x, neighbour(x))


def build(
    recipe: Recipe,
    network: Network,
    fields: Sequence[Field],
    inputs: Sequence[str],
    targets: Sequence[str],
    train: Resident,
    scales: tuple[Scale | None, ...],
) -> Augment | None:
    """What every batch of training goes through, None where nothing would change; blocks are named by their ids.

    Steps that mix samples come last. Raises RecipeError naming the step that cannot be done, and why.
    """
    asked = [step for step in recipe.augmentation if step.chance > 0]
    if not asked:
        return None
    parts = parts_of(network, fields, inputs, targets, train, recipe.augmentation)
    ordered = sorted(asked, key=lambda step: step.type.group == "mixing")
    boxes = boxes_among([part.role for part in parts])
    return Augment(parts, tuple(map(_step, ordered)), scales, recipe.channels_last, boxes)


def _step(augmentation: Augmentation) -> Step:
    return Step(augmentation.kind, augmentation.type.group, augmentation.chance, augmentation.values)


def _chosen(step: Step, batch: Batch) -> Tensor | None:
    """The samples that the step is done to; None for all."""
    return torch.rand(batch.count, device=batch.device) < step.p if step.p < 1 else None


def _done(change: Callable[[Tensor], Tensor], x: Tensor, chosen: Tensor | None) -> Tensor:
    """A change of tensors (n, channels, height, width) in single precision, done to the chosen ones of any kind."""
    changed = _as_before(change(_as_pictures(x)), x)
    return changed if chosen is None else torch.where(chosen.view(-1, *[1] * (x.ndim - 1)), changed, x)


def _laid_out(tensor: Tensor) -> Tensor:
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor


def _pasted(x: Tensor, drawn: Any) -> tuple[Tensor, Tensor]:
    mixed, weight = pasted(_as_pictures(x), drawn)
    return _as_before(mixed, x), weight


def _as_pictures(x: Tensor) -> Tensor:
    x = x.unsqueeze(1) if x.ndim == 3 else x
    return x if x.dtype in (torch.float32, torch.float64) else x.float()


def _as_before(changed: Tensor, x: Tensor) -> Tensor:
    return changed.reshape(x.shape).to(x.dtype)
