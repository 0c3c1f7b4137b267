"""The running mean of a module's weights: exponential (EMA) or equal (SWA), and the module seen with it.

Polyak and Juditsky, 1992; Izmailov et al., 2018. Costs a step one batched call.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from graph.recipe import Recipe


class Averaging:
    """The mean of one module's floating-point weights and buffers over its steps."""

    def __init__(self, module: nn.Module, recipe: Recipe, steps: int) -> None:
        self._live = [t for t in module.state_dict(keep_vars=True).values() if t.is_floating_point()]
        self._live = list({id(t): t for t in self._live}.values())
        self._mean = [t.detach().clone() for t in self._live]
        self._decay = recipe.averaging_decay if recipe.averaging == "ema" else None
        self._from = 0 if self._decay is not None else int(recipe.averaging_from * steps)
        self._seen = 0  # steps taken into the mean
        self.shown = False  # whether the module has the mean's place now

    def update(self, step: int) -> None:
        """Take the weights after step `step` (from 1) in; before the mean begins it is the weights themselves."""
        if step <= self._from:
            weight = 1.0
        elif self._decay is None:
            self._seen += 1
            weight = 1 / self._seen
        else:
            self._seen += 1
            weight = 1 - min(self._decay, (1 + self._seen) / (10 + self._seen))  # young means forget faster
        with torch.no_grad():
            torch._foreach_lerp_(self._mean, [t.detach() for t in self._live], weight)

    @contextlib.contextmanager
    def seen(self) -> Iterator[None]:
        """The module with the mean in place of its weights; afterwards it is as it was."""
        self._swap()
        self.shown = True
        try:
            yield
        finally:
            self._swap()
            self.shown = False

    def begin_again(self) -> None:
        """Let the module's present weights be the mean."""
        with torch.no_grad():
            torch._foreach_copy_(self._mean, [t.detach() for t in self._live])

    def _swap(self) -> None:
        with torch.no_grad():
            held = [t.detach().clone() for t in self._live]
            torch._foreach_copy_([t.detach() for t in self._live], self._mean)
            torch._foreach_copy_(self._mean, held)

    def state(self) -> dict[str, Any]:
        """What `restore` takes."""
        return {"mean": list(self._mean), "seen": self._seen}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on with the mean that `state` gave."""
        with torch.no_grad():
            torch._foreach_copy_(self._mean, [t.to(m.device) for t, m in zip(state["mean"], self._mean, strict=True)])
        self._seen = state["seen"]
