"""One torch optimizer from the recipe: its arguments, fused where torch has it, and the groups its weights fall into.

Knows no schedules: what a group's learning rate is multiplied with stands in it under "factor".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from backend.training.muon import MuonWithAdamW, matrices_of
from graph.optimizers import OPTIMIZERS
from graph.recipe import Recipe

FUSED_ON = ("cpu", "cuda")  # measured: never slower
READ_ON_THE_HOST = ("mu_product",)  # of NAdam, in every step; torch loads it to where the weights are
FUSED_SPREAD = ("Adam", "AdamW")  # also where parameters are spread over devices


class NothingToLearn(Exception):
    """The network has no parameters an optimizer could move."""


@dataclass(frozen=True, slots=True)
class Weight:
    """A parameter and the block it belongs to; None where no block has it for itself."""

    block: str | None
    parameter: nn.Parameter
    matrix: bool = False  # of a hidden layer


def weights_of(module: nn.Module, blocks: dict[str, str] | None = None) -> tuple[Weight, ...]:
    """The parameters that learn, each once; `blocks` gives the block of a submodule's or parameter's name."""
    known = blocks or {}
    return tuple(
        Weight(known.get(name.split(".")[0]), parameter)
        for name, parameter in module.named_parameters()
        if parameter.requires_grad
    )


def with_matrices(weights: Iterable[Weight], module: nn.Module, last: Iterable[str] = ()) -> tuple[Weight, ...]:
    """The weights, those marked that are matrices of hidden layers; `last` names the submodules that give answers."""
    matrices = matrices_of(module, last)
    return tuple(replace(weight, matrix=weight.parameter in matrices) for weight in weights)


def build(recipe: Recipe, weights: Iterable[Weight], learning_rate: float | None = None) -> torch.optim.Optimizer:
    """The recipe's optimizer over some weights; raises NothingToLearn where there are none."""
    weights = tuple(weights)
    if not weights:
        raise NothingToLearn(
            "the network has no learnable parameters: it needs a block such as Linear or Conv2d between "
            "its input and its loss"
        )
    rate = recipe.learning_rate if learning_rate is None else learning_rate
    groups = _groups(recipe, weights, rate)
    if recipe.optimizer == "LBFGS" and len(groups) > 1:
        raise NothingToLearn("LBFGS moves all weights alike: it takes no groups and no weight decay of their own")
    arguments = _arguments(recipe, weights)
    if recipe.optimizer == "Muon":
        return _muon(recipe, weights, rate, arguments)
    return getattr(torch.optim, recipe.optimizer)(groups, lr=rate, **arguments)


def _muon(recipe: Recipe, weights: tuple[Weight, ...], rate: float, muon: dict[str, Any]) -> MuonWithAdamW:
    """Muon over the matrices, AdamW over the rest; raises NothingToLearn where there is no matrix."""
    if not hasattr(torch.optim, "Muon"):
        raise NothingToLearn(f"Muon came with torch 2.9, and this is {torch.__version__}: take AdamW, or a newer torch")
    matrices, others = (tuple(w for w in weights if w.matrix == which) for which in (True, False))
    if not matrices:
        raise NothingToLearn(
            "Muon moves the matrices of hidden layers (Linear, recurrent, attention), and here are none to learn: take "
            "AdamW, which would move all that there is"
        )
    adamw = {"betas": muon.pop("betas"), "fused": _may_fuse("AdamW", others)}
    groups = (_groups(recipe, some, rate) for some in (matrices, others))
    return MuonWithAdamW(*groups, {"lr": rate, **muon}, {"lr": rate, **adamw})


def _groups(recipe: Recipe, weights: tuple[Weight, ...], rate: float) -> list[dict[str, Any]]:
    """Weights by what is special about their block: the factor on the learning rate, the weight decay."""
    special = {block: group for group in recipe.groups for block in group.blocks}
    found: dict[tuple[float, float], list[nn.Parameter]] = {}
    for weight in weights:
        group = special.get(weight.block)
        factor = group.learning_rate_factor if group else 1.0
        decay = recipe.weight_decay if group is None or group.weight_decay is None else group.weight_decay
        if weight.parameter.ndim < 2 and not recipe.decay_norms_and_biases:
            decay = 0.0
        found.setdefault((factor, decay), []).append(weight.parameter)
    decays = OPTIMIZERS[recipe.optimizer].decays
    return [
        {"params": parameters, "lr": rate * factor, "factor": factor, **({"weight_decay": decay} if decays else {})}
        for (factor, decay), parameters in found.items()
    ]


def _arguments(recipe: Recipe, weights: tuple[Weight, ...]) -> dict[str, Any]:
    """What torch is given besides weights and rates, in torch's own names."""
    declared = OPTIMIZERS[recipe.optimizer]
    given = declared.complete(recipe.optimizer_arguments)
    if "beta1" in given:
        given["betas"] = (given.pop("beta1"), given.pop("beta2"))
    match recipe.optimizer:
        case "SGD":
            given["momentum"] = recipe.momentum
        case "Rprop":
            given["etas"] = (given.pop("etaminus"), given.pop("etaplus"))
            given["step_sizes"] = (given.pop("smallest_step"), given.pop("largest_step"))
        case "ASGD":  # which else asks the device for its count of steps, weight by weight
            given["capturable"] = all(weight.parameter.device.type == "cuda" for weight in weights)
        case "LBFGS":
            given["line_search_fn"] = None if given["line_search_fn"] == "none" else given["line_search_fn"]
        case "Muon":
            given["ns_coefficients"] = (given.pop("ns_a"), given.pop("ns_b"), given.pop("ns_c"))
    if declared.fused:
        given["fused"] = _may_fuse(recipe.optimizer, weights)
    return given


def _may_fuse(optimizer: str, weights: tuple[Weight, ...]) -> bool:
    fits = all(w.parameter.is_floating_point() and _has_kernel(optimizer, w.parameter.device.type) for w in weights)
    spread = any(_is_spread(weight.parameter) for weight in weights)
    return fits and (not spread or optimizer in FUSED_SPREAD)


def _has_kernel(optimizer: str, device: str) -> bool:
    """Whether this torch can do all weights in one kernel there: Adagrad came to GPUs years after Adam."""
    name = f"aten::_fused_{optimizer.lower()}_"
    return device in FUSED_ON and torch._C._dispatch_has_kernel_for_dispatch_key(name, device.upper())


def set_learning_rate(optimizer: torch.optim.Optimizer, value: float) -> None:
    """Use `value`, times each group's own factor, from the next step on."""
    for group in optimizer.param_groups:
        group["lr"] = value * group.get("factor", 1.0)


def load_state(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Load an optimizer's state; what it keeps for a parameter lies in memory as the parameter does."""
    optimizer.load_state_dict(state)
    for parameter, kept in optimizer.state.items():
        for name, value in kept.items():
            if name in READ_ON_THE_HOST:
                kept[name] = value.cpu()
            elif name != "step" and isinstance(value, torch.Tensor) and value.shape == parameter.shape:
                kept[name] = _laid_as(value, parameter)


def _is_spread(parameter: nn.Parameter) -> bool:
    """Whether every device holds a part of it."""
    return hasattr(parameter, "placements")


def _laid_as(value: torch.Tensor, parameter: nn.Parameter) -> torch.Tensor:
    if _is_spread(parameter):
        from backend.training.sharding import laid_as

        return laid_as(value, parameter)
    return torch.empty_like(parameter, dtype=value.dtype).copy_(value)
