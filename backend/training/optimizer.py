"""The recipe's optimizer over a module's parameters, fused where torch has it (measured: never slower)."""

from __future__ import annotations

import torch
from torch import nn

from graph.recipe import Recipe


class NothingToLearn(Exception):
    """The network has no parameters an optimizer could move."""


def build(recipe: Recipe, module: nn.Module) -> torch.optim.Optimizer:
    """Adam, AdamW, or SGD with momentum; weight decay as torch defines it for each. Raises NothingToLearn."""
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    if not parameters:
        raise NothingToLearn(
            "the network has no learnable parameters: it needs a block such as Linear or Conv2d between "
            "its input and its loss"
        )
    fused = all(p.device.type in ("cpu", "cuda") and p.is_floating_point() for p in parameters)
    common = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay, "fused": fused}
    match recipe.optimizer:
        case "Adam":
            return torch.optim.Adam(parameters, **common)
        case "AdamW":
            return torch.optim.AdamW(parameters, **common)
        case "SGD":
            return torch.optim.SGD(parameters, momentum=recipe.momentum, **common)
    raise ValueError(f"no optimizer {recipe.optimizer!r}")


def set_learning_rate(optimizer: torch.optim.Optimizer, value: float) -> None:
    """Use `value` from the next step on."""
    for group in optimizer.param_groups:
        group["lr"] = value


def learning_rate(optimizer: torch.optim.Optimizer) -> float:
    """The learning rate in use."""
    return float(optimizer.param_groups[0]["lr"])
