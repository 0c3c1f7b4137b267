"""The recipe's objectives as turns of a learner: their losses by key, their weights, their optimizers.

Checks that what the recipe names is in the network. Knows no data and no loop.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from backend.training import optimizer as optimizers
from backend.training.averaging import Averaging
from backend.training.compiling import compiled
from backend.training.job import forward
from backend.training.judging import holding_its_numbers
from backend.training.learner import Learner
from backend.training.optimizer import NothingToLearn, Weight
from backend.training.ranks import Ranks
from backend.training.replicas import computed_by
from backend.training.turn import Rules, Sum, Turn, Uncertainties
from graph import Network
from graph.aside import owner_of, without_aside
from graph.last_layers import last_layers
from graph.objective import Objective
from graph.recipe import Recipe

if TYPE_CHECKING:
    from backend.compile import Program

NOT_SPREAD = ("Adafactor", "Rprop", "Muon")  # torch's do not move parameters that are spread over devices
HALVES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class RecipeError(Exception):
    """The recipe asks for what this network or machine has not; the text names the place and what there is."""


@dataclass(frozen=True, slots=True)
class Length:
    """Batches of the whole run and of one epoch."""

    steps: int
    epoch_steps: int


def build_learner(
    program: Program,
    network: Network | None,
    recipe: Recipe,
    device: torch.device,
    length: Length,
    ranks: Ranks | None = None,
) -> Learner:
    """What trains the program's module; raises RecipeError or NothingToLearn."""
    ranks = ranks or Ranks()
    _check_ranks(recipe, ranks)
    rules = _rules(recipe, device, ranks)
    compute = compiled(getattr(program.module, "compute", program.module), recipe)
    objective = holding_its_numbers(program, device)
    judged = functools.partial(_forward, compute, objective)
    plain = not recipe.objectives and recipe.accumulate == 1 and not recipe.l1
    judged = computed_by(ranks, program.module, judged, plain)
    weights = optimizers.weights_of(program.module, program.blocks)
    if recipe.optimizer == "Muon":
        weights = optimizers.with_matrices(weights, program.module, _giving_answers(program, network))
    recipe = _with_groups_of_owners(recipe, network)
    if recipe.objectives:
        turns = tuple(_turn(one, program, network, recipe, weights, rules, judged) for one in recipe.objectives)
    else:
        turns = (Turn(optimizers.build(recipe, weights), judged, rules, base=recipe.learning_rate),)
    averaging = Averaging(program.module, recipe, length.steps) if recipe.averaging != "none" else None
    return Learner(turns, recipe.schedule, length.steps, length.epoch_steps, averaging)


def check_monitor(recipe: Recipe, judged: Iterable[str]) -> None:
    """Raise RecipeError where what is to be monitored is nothing that the run reports."""
    known = tuple(dict.fromkeys((*judged, *(one.name for one in recipe.objectives))))
    if recipe.monitor is not None and recipe.monitor not in known:
        raise RecipeError(
            f'monitor: there is no metric "{recipe.monitor}"; this network gives {", ".join(known)}. Name one of them, '
            "or leave it open"
        )


def _forward(compute: Any, objective: Any, inputs: Any, targets: Any) -> Any:
    return forward(compute, objective, inputs, targets)


def _check_ranks(recipe: Recipe, ranks: Ranks) -> None:
    """Some of what a recipe may ask for is not to be had on several devices."""
    if ranks.size > 1 and recipe.optimizer == "LBFGS":
        raise RecipeError("LBFGS judges a batch by its whole loss: it trains on one device only")
    if ranks.shard:
        unfit = {
            "objectives of its own": recipe.objectives,
            "accumulated batches": recipe.accumulate > 1,
            "the L1 penalty": recipe.l1,
            "averaged weights": recipe.averaging != "none",
            "float16 (bfloat16 does)": recipe.precision == "float16",
            "CUDA graphs (compile does)": recipe.cuda_graphs,  # what a layer computes with lies elsewhere every time
        }
        if recipe.optimizer in NOT_SPREAD:
            unfit[recipe.optimizer] = True
        asked = [what for what, is_asked in unfit.items() if is_asked]
        if asked:
            raise RecipeError(f"parameters spread over devices (--shard) do not go with {', '.join(asked)}")


def _rules(recipe: Recipe, device: torch.device, ranks: Ranks) -> Rules:
    scaler, more = None, {}
    if recipe.precision in HALVES:
        more["precision"] = functools.partial(torch.autocast, device.type, dtype=HALVES[recipe.precision])
        scaler = torch.amp.GradScaler(device.type) if recipe.precision == "float16" else None
    unfit = {
        "precision float16": scaler is not None,
        f"accumulate {recipe.accumulate}": recipe.accumulate > 1,
        f"clip norm {recipe.clip_norm}": recipe.clip_norm is not None,
        f"clip value {recipe.clip_value}": recipe.clip_value is not None,
    }
    asked = [what for what, is_asked in unfit.items() if is_asked]
    if recipe.optimizer == "LBFGS" and asked:
        raise RecipeError(
            f"LBFGS looks at a batch several times: it does not go with {' and '.join(asked)}. Leave "
            f"{'that' if len(asked) == 1 else 'those'} out, or take another optimizer"
        )
    more["graphs"] = recipe.cuda_graphs and device.type == "cuda"
    return Rules(recipe.accumulate, recipe.clip_norm, recipe.clip_value, recipe.l1, scaler, ranks=ranks, **more)


def _turn(
    objective: Objective,
    program: Program,
    network: Network,
    recipe: Recipe,
    weights: tuple[Weight, ...],
    rules: Rules,
    judged: Any,
) -> Turn:
    """An objective's turn: the weights of its blocks, the sum of its losses."""
    owners = _owners(network, objective)
    own = [weight for weight in weights if owners is None or weight.block in owners]
    others = tuple(w.parameter for w in weights if owners is not None and w.block not in owners)
    if not own:
        raise NothingToLearn(
            f'the objective "{objective.name}" trains no weights: the blocks it names have none to learn'
        )
    taken = {"loss", *(program.source.names.get(b.id) for role in ("loss", "metric") for b in network.with_role(role))}
    if objective.name in taken:
        raise RecipeError(f'the objective "{objective.name}" is called as a loss or metric is: give it another name')
    shares = _shares(objective, program, network)
    uncertainties = Uncertainties(tuple(shares)) if objective.weighting == "learned" else None
    moved: Iterable[Weight] = own
    if uncertainties is not None:
        uncertainties.to(own[0].parameter.device)
        moved = [*own, Weight(None, uncertainties.log_variances)]
    rate = objective.learning_rate or recipe.learning_rate
    total = Sum(objective.name, shares, uncertainties)
    if rules.scaler is not None:  # each its own: a scale must not change while gradients of another wait
        rules = dataclasses.replace(rules, scaler=torch.amp.GradScaler(own[0].parameter.device.type))
    return Turn(optimizers.build(recipe, moved, rate), judged, rules, total, objective.steps, others, rate)


def _giving_answers(program: Program, network: Network | None) -> list[str]:
    """The submodules behind which no weights follow."""
    if network is None:
        return []
    network = without_aside(network)
    parts = {id: (name, program.module.get_submodule(name)) for name, id in program.blocks.items()}
    weighty = {id: name for id, (name, part) in parts.items() if any(True for _ in part.parameters())}

    def owner(id: str) -> str:
        return owner_of(network, network.blocks[id]) or id

    return [weighty[owner(id)] for id in last_layers(network, lambda id: owner(id) in weighty)]


def _owners(network: Network, objective: Objective) -> set[str] | None:
    """The blocks whose weights an objective trains, those they reuse included; None for all."""
    if not objective.trains:
        return None
    found = set()
    for id in objective.trains:
        block = network.blocks.get(id)
        if block is None:
            raise RecipeError(f'the objective "{objective.name}" trains the block {id!r}, which is not in the network')
        found.add(owner_of(network, block) or id)
    return found


def _shares(objective: Objective, program: Program, network: Network) -> dict[str, float]:
    """Key in the objective's values -> weight, for every loss it sums."""
    network = without_aside(network)
    losses = [block.id for block in network.with_role("loss")]
    keys = {id: "loss" if len(losses) == 1 else program.source.names.get(id, "loss") for id in losses}
    if not objective.losses:
        return {key: 1.0 for key in keys.values()} or {"loss": 1.0}
    found: dict[str, float] = {}
    for share in objective.losses:
        if share.loss not in keys:
            there = ", ".join(f"{network.block(id).name} ({id})" for id in losses) or "none"
            raise RecipeError(
                f'the objective "{objective.name}" sums the loss {share.loss!r}, which is no loss block of the '
                f"network; there are: {there}"
            )
        found[keys[share.loss]] = share.weight
    return found


def _with_groups_of_owners(recipe: Recipe, network: Network | None) -> Recipe:
    """The recipe with groups that name the blocks whose weights are meant; raises RecipeError where one is gone."""
    groups = []
    for group in recipe.groups:
        for id in group.blocks:
            if network is None or id not in network.blocks:
                raise RecipeError(f"a group of the recipe names the block {id!r}, which is not in the network")
        owners = (owner_of(network, network.blocks[id]) or id for id in group.blocks)
        groups.append(group.model_copy(update={"blocks": tuple(dict.fromkeys(owners))}))
    return recipe.model_copy(update={"groups": tuple(groups)}) if groups else recipe
