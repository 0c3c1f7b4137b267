"""Muon for the matrices of hidden layers and AdamW for all other weights, as one optimizer with one state.

torch's Muon takes matrices alone. Which weights are matrices is told by the layers that hold them: a positions' table
or a norm's scale may have two dimensions too. Knows no recipe and no network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

HOLD_MATRICES = (nn.Linear, nn.RNNBase, nn.RNNCellBase, nn.MultiheadAttention)
HOLD_TABLES = (nn.Embedding, nn.EmbeddingBag)


class MuonWithAdamW(torch.optim.Optimizer):
    """`matrices` and `others` are groups of parameters, each with its learning rate and whatever else is its own."""

    def __init__(
        self,
        matrices: list[dict[str, Any]],
        others: list[dict[str, Any]],
        muon: dict[str, Any],
        adamw: dict[str, Any],
    ) -> None:
        self._muon = torch.optim.Muon([{**group, "matrices": True} for group in matrices], **muon)
        rest = [{**group, "matrices": False} for group in others]
        self._adamw = torch.optim.AdamW(rest, **adamw) if rest else None
        super().__init__([*self._muon.param_groups, *(self._adamw.param_groups if self._adamw else ())], {})
        self._share()

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._share()

    def _share(self) -> None:
        """Both work on this one's groups and state."""
        for optimizer, matrices in ((self._muon, True), (self._adamw, False)):
            if optimizer is not None:
                optimizer.state = self.state
                optimizer.param_groups = [group for group in self.param_groups if group["matrices"] == matrices]

    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Move the matrices, then the rest."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        self._muon.step()
        if self._adamw is not None:
            self._adamw.step()
        return loss


def matrices_of(module: nn.Module, last: Iterable[str] = ()) -> set[nn.Parameter]:
    """The matrices of hidden layers; `last` names submodules whose last Linear gives an answer and is none of them."""
    holders = [part for part in module.modules() if isinstance(part, HOLD_MATRICES)]
    found = {parameter for part in holders for parameter in part.parameters(recurse=False) if parameter.ndim == 2}
    tables = (part for part in module.modules() if isinstance(part, HOLD_TABLES))
    found -= {parameter for part in tables for parameter in part.parameters(recurse=False)}
    for name in last:
        linear = [part for part in module.get_submodule(name).modules() if isinstance(part, nn.Linear)]
        if linear:
            found.discard(linear[-1].weight)
    return found
