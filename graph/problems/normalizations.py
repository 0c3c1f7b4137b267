"""Rules about normalization: what it makes useless, and what it cannot normalize."""

from __future__ import annotations

import math
from collections.abc import Iterator

from graph.edits import SetProperty, SetRecipe
from graph.network import Block
from graph.problem import Fix
from graph.problems.mending import removing, setting
from graph.problems.rule import Finding, at
from graph.problems.view import BATCH_NORMS, LINEAR_MAPS, View, whole

SUBTRACTING = (*BATCH_NORMS, "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d")


@at(
    SUBTRACTING,
    "bias_before_norm",
    "hint",
    "A bias that is subtracted again",
    "Normalization subtracts the mean of each channel, and with it whatever bias was added before: its gradient is "
    "always 0. The shift that is learned behind the normalization does its work.",
)
def bias_before_norm(view: View, block: Block) -> Iterator[Finding]:
    source = view.source(block)
    if source is None or source.type not in LINEAR_MAPS or not view.values(source).get("bias"):
        return
    if source.type == "Linear" and block.type not in BATCH_NORMS:
        return
    if len(view.network.wires_out(source.id)) == 1:
        out = view.analysis.output(source)
        width = out.dims[-1] if source.type == "Linear" else out.dims[1]
        text = f"the bias of {source.name} ({width} parameters) is subtracted again here: it learns nothing"
        yield Finding(text, (setting(source, "bias", False, f"Turn off the bias of {source.name}"),), "input")


@at(
    BATCH_NORMS,
    "batch_of_one",
    "warning",
    "BatchNorm with a batch of one",
    "BatchNorm divides by the spread over the batch; in a batch of one value per channel there is none, and torch "
    "stops with an error in training. With a batch of one picture it normalizes each picture by itself, and what it "
    "remembers for use fits badly.",
)
def batch_of_one(view: View, block: Block) -> Iterator[Finding]:
    tensor = view.tensor(block)
    if view.recipe is None or view.recipe.batch_size != 1 or tensor is None or not view.fields:
        return
    rest = tensor.dims[2:]
    alone = not rest or (whole(*rest) and math.prod(rest) == 1)
    effect = "torch refuses to train with one value per channel" if alone else "the spread of one sample says little"
    fix = Fix("Set the batch size to 32", lambda n, r: SetRecipe(r.having(batch_size=32)))
    yield Finding(f"the batch size is 1: {effect}; use 16 or more", (fix,))


@at(
    ("LayerNorm", "GroupNorm", "RMSNorm"),
    "norm_of_one",
    "warning",
    "Normalization over a single value",
    "A value minus the mean of itself alone is 0: the output is always the same, whatever comes in, and no gradient "
    "comes back. (RMSNorm leaves only the sign.) Normalize over more values.",
)
def norm_of_one(view: View, block: Block) -> Iterator[Finding]:
    values, tensor = view.values(block), view.tensor(block)
    if tensor is None:
        return
    if block.type == "GroupNorm":
        over = tensor.dims[1:]
        share = values["num_groups"]
    else:
        shape = values.get("normalized_shape")
        over = shape if isinstance(shape, tuple) else (shape,) if shape is not None else tensor.dims[-1:]
        share = 1
    if whole(*over) and math.prod(over) // share == 1:
        left = "only its sign" if block.type == "RMSNorm" else "always 0"
        better = () if block.type != "GroupNorm" or share == 1 else (setting(block, "num_groups", 1),)
        yield Finding(f"it normalizes over 1 value: what is left is {left}", (*better, removing(block)), "input")


@at(
    BATCH_NORMS,
    "frozen_norm",
    "hint",
    "A frozen BatchNorm still moves",
    "Freezing stops its weight and bias from training, but in training mode a BatchNorm still normalizes by the batch "
    "and keeps updating the mean and variance that it uses later. Turn the tracking off if nothing may change.",
)
def frozen_norm(view: View, block: Block) -> Iterator[Finding]:
    if block.frozen and view.values(block).get("track_running_stats", True):
        text = "its weight and bias are frozen, but its running mean and variance still follow each batch"
        yield Finding(text, (Fix("Unfreeze", lambda n, r: SetProperty((block.id,), "frozen", False)),))


@at(
    BATCH_NORMS,
    "norm_twice",
    "warning",
    "Normalized twice",
    "The second normalization finds mean 0 and spread 1 already: it undoes the scale and shift that the first has "
    "learned and adds nothing but its own.",
)
def norm_twice(view: View, block: Block) -> Iterator[Finding]:
    source = view.speaker(block)
    if source is not None and source.type in BATCH_NORMS:
        text = f"{source.name} before it did so already: its {view.analysis.parameters(source)} parameters are undone"
        yield Finding(text, (removing(block),), "input")


@at(
    ("GroupNorm",),
    "group_per_channel",
    "hint",
    "A group for every channel",
    "With as many groups as channels, GroupNorm normalizes every channel of every sample by itself, which is "
    "InstanceNorm: how strong a feature is compared with others is lost. Usual are 32 groups or 16 channels a group.",
)
def group_per_channel(view: View, block: Block) -> Iterator[Finding]:
    tensor, groups = view.tensor(block), view.values(block)["num_groups"]
    if tensor is None or not whole(tensor.dims[1]) or groups != tensor.dims[1] or tensor.rank < 3 or groups < 4:
        return
    better = math.gcd(groups, 32) if groups > 32 else max(d for d in range(1, groups // 2 + 1) if groups % d == 0)
    if better < groups:
        yield Finding(
            f"{groups} groups for {groups} channels: each channel is normalized alone",
            (setting(block, "num_groups", better),),
            None,
            "num_groups",
        )
