"""A network of which every process holds all: gradients are averaged by DDP while they are being computed.

Knows no data, no loop and no files; what holds only a part of the parameters is in sharding.py.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from backend.training.ranks import Ranks
from backend.training.resident import Tensors
from backend.training.turn import Values

Forward = Callable[[Tensors, Tensors], Values]


class _Judged(nn.Module):
    """What DDP wraps: from a batch to its values, of which only "loss" passes gradients back."""

    def __init__(self, module: nn.Module, forward: Forward) -> None:
        super().__init__()
        self.module, self._forward = module, forward

    def forward(self, inputs: Tensors, targets: Tensors) -> Values:
        values = self._forward(inputs, targets)
        return {name: value if name == "loss" else value.detach() for name, value in values.items()}


class Replicated:
    """A forward pass whose gradients are averaged while the backward pass goes on, from its second call on.

    The first call shows which parameters the loss reaches: with those that it does not, DDP has to look for them
    in every step, and without any it is spared that.
    """

    def __init__(self, module: nn.Module, forward: Forward, ranks: Ranks) -> None:
        self._module, self._forward, self._ranks = module, forward, ranks
        self._computed: DistributedDataParallel | None = None
        self._unreached: bool | None = None

    def __call__(self, inputs: Tensors, targets: Tensors) -> Values:
        if self._computed is None:
            if self._unreached is None:
                values = self._forward(inputs, targets)
                learning = {id(p) for p in self._module.parameters() if p.requires_grad}
                self._unreached = not learning <= reached(values["loss"])
                return values
            judged = _Judged(self._module, self._forward)
            self._computed = DistributedDataParallel(judged, find_unused_parameters=self._unreached)
            self._ranks.averaged = True
        return self._computed(inputs, targets)


def reached(loss: torch.Tensor) -> set[int]:
    """The ids of the parameters that a loss depends on."""
    found: set[int] = set()
    seen, waiting = set(), [loss.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.add(id(node.variable))
        waiting.extend(previous for previous, _ in node.next_functions)
    return found


def computed_by(ranks: Ranks, module: nn.Module, forward: Forward, plain: bool) -> Forward:
    """The forward pass of a run: DDP's where one loss is minimised step by step, otherwise turns average themselves."""
    if ranks.size == 1 or ranks.shard:
        return forward
    ranks.follow_first(module.state_dict().values())
    return Replicated(module, forward, ranks) if plain else forward
