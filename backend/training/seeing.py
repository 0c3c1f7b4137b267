"""What the network gets to see of samples: pictures normalized, and those of training augmented batch by batch.

Without either nothing is done and nothing imported. Knows no loop and no messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from backend.training.normalization import Scale, is_picture, scale_for
from backend.training.objectives import RecipeError
from backend.training.resident import Resident, pieces
from graph import Field, Network, Recipe

if TYPE_CHECKING:
    from backend.training.augmentation import Augment


def as_seen(
    recipe: Recipe,
    network: Network,
    fields: Sequence[Field],
    inputs: Sequence[str],
    targets: Sequence[str],
    train: Resident,
    validation: Resident,
    scales: tuple[Scale | None, ...] | None = None,
) -> tuple[Resident, Resident, Augment | None]:
    """Samples for training and validation, and what is done to every batch of training besides.

    Inputs and targets are named by their blocks' ids; `scales` are those of the inputs, if they are known. Raises
    RecipeError where the recipe asks for what these samples or this network have not.
    """
    if not recipe.augmentation and recipe.normalization.kind == "none":
        return train, validation, None
    scales = scales_of(recipe, network, inputs, train) if scales is None else scales
    if recipe.normalization.kind != "none" and not any(scales):
        raise RecipeError(
            f"normalization ({recipe.normalization.kind}) is for pictures, and the network reads none: set it to none; "
            "the columns of tables are standardised by their data source"
        )
    augment = None
    if recipe.augmentation:
        from backend.training.augmentation import build

        augment = build(recipe, network, fields, inputs, targets, train, scales)
    return (train if augment else normalized(train, scales)), normalized(validation, scales), augment


def scales_of(recipe: Recipe, network: Network, inputs: Sequence[str], train: Resident) -> tuple[Scale | None, ...]:
    """What each input is normalized by, None for what is not; raises RecipeError where the figures given do not fit."""
    names = [network.values(network.block(id)).get("field") or "" for id in inputs]
    return tuple(
        scale_for(recipe.normalization, name, tensor) if is_picture(tensor) else None
        for name, tensor in zip(names, train.inputs, strict=True)
    )


def normalized(samples: Resident, scales: Sequence[Scale | None]) -> Resident:
    """The samples with their pictures scaled."""
    seen = (
        tensor if scale is None else _scaled(tensor, scale)
        for tensor, scale in zip(samples.inputs, scales, strict=True)
    )
    return replace(samples, inputs=tuple(seen))


def _scaled(pictures: torch.Tensor, scale: Scale) -> torch.Tensor:
    """Piece by piece: what is computed on the way would take as much memory again."""
    seen = torch.empty_like(pictures)
    for start, stop in pieces(pictures):
        seen[start:stop] = scale(pictures[start:stop])
    return seen
