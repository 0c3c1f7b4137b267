"""One objective's turn in a step: forwards, what is minimised, backwards, and the update of the weights it trains.

Knows no schedule and no other turn; weights that are not its own keep still and cost no gradients.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from backend.training.compiling import begin_step
from backend.training.ranks import Ranks
from backend.training.resident import Tensors

Values = dict[str, torch.Tensor]
Forward = Callable[[Tensors, Tensors], Values]


class Uncertainties(nn.Module):
    """A learned log-variance for each loss: exp(-s) * loss + s, summed. Kendall, Gal and Cipolla, 2018."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names
        self.log_variances = nn.Parameter(torch.zeros(len(names)))

    def forward(self, losses: list[torch.Tensor]) -> torch.Tensor:
        stacked = torch.stack(losses).to(self.log_variances.dtype)
        return (torch.exp(-self.log_variances) * stacked + self.log_variances).sum()

    def told(self) -> Values:
        """The present weight of every loss, by name."""
        weights = torch.exp(-self.log_variances.detach())
        return {f"{name} weight": weights[i] for i, name in enumerate(self.names)}


@dataclass(frozen=True, slots=True)
class Sum:
    """What an objective minimises: its losses' weighted or learned sum, under their keys in the values."""

    name: str
    shares: Mapping[str, float]  # key in the values -> weight
    uncertainties: Uncertainties | None = None

    def __call__(self, values: Values) -> torch.Tensor:
        if self.uncertainties is not None:
            return self.uncertainties([values[key] * weight for key, weight in self.shares.items()])
        return sum(values[key] if weight == 1.0 else values[key] * weight for key, weight in self.shares.items())


@dataclass(frozen=True, slots=True)
class Rules:
    """What happens between a gradient and a step."""

    accumulate: int = 1
    clip_norm: float | None = None
    clip_value: float | None = None
    l1: float = 0.0
    scaler: torch.amp.GradScaler | None = None
    precision: Callable[[], AbstractContextManager[Any]] = field(default=contextlib.nullcontext)
    ranks: Ranks = field(default_factory=Ranks)
    graphs: bool = False  # CUDA graphs compute the network, and each step writes over what the last one gave


@dataclass(slots=True)
class Turn:
    """An optimizer with the weights it moves and the sum it makes smaller; None minimises "loss" as it is."""

    optimizer: torch.optim.Optimizer
    forward: Forward
    rules: Rules
    total: Sum | None = None
    repeats: int = 1
    others: tuple[nn.Parameter, ...] = ()  # of other turns: without gradients meanwhile
    base: float = 0.0  # learning rate before schedule and factors
    waiting: int = 0  # batches whose gradients wait for their step
    held: list[torch.Tensor | None] = field(default_factory=list)  # those gradients: other turns make their own

    def parameters(self) -> list[nn.Parameter]:
        """What the turn moves."""
        return [parameter for group in self.optimizer.param_groups for parameter in group["params"]]

    def take(self, inputs: Tensors, targets: Tensors, last: bool = False) -> tuple[Values, bool]:
        """Do the turn with one batch: the values, and whether weights moved. `last` waits for no further batch."""
        if isinstance(self.optimizer, torch.optim.LBFGS):
            return self._closed(inputs, targets), True
        with _still(self.others):
            values, _ = self._backwards(inputs, targets)
        self.waiting += 1
        moves = last or self.waiting >= self.rules.accumulate
        if moves:
            self._step()
        else:
            self.held = [parameter.grad for parameter in self.parameters()]
            if self.rules.graphs:
                self.held = [None if gradient is None else gradient.clone() for gradient in self.held]
        return values, moves

    def forget(self) -> None:
        """Let no gradients wait."""
        self.waiting, self.held = 0, []

    def _backwards(self, inputs: Tensors, targets: Tensors) -> tuple[Values, torch.Tensor]:
        """The values, and what their gradients are of."""
        rules = self.rules
        for parameter in self.parameters():  # zero_grad does the same, twenty times slower
            parameter.grad = None
        for parameter, gradient in zip(self.parameters(), self.held, strict=True) if self.held else ():
            parameter.grad = gradient
        if rules.graphs:
            begin_step()
        with rules.precision():
            values = self.forward(inputs, targets)
        loss = values["loss"] if self.total is None else self.total(values)
        if self.total is not None:
            values[self.total.name] = loss
        if rules.l1:
            loss = loss + rules.l1 * sum(p.abs().sum() for p in self.parameters() if p.ndim > 1)
        loss = rules.ranks.weighed(loss)
        if rules.accumulate > 1:
            loss = loss / rules.accumulate
        (loss if rules.scaler is None else rules.scaler.scale(loss)).backward()
        return values, loss

    def _step(self) -> None:
        rules = self.rules
        if self.waiting < rules.accumulate:  # the last batches of an epoch count as much as they are
            gradients = [parameter.grad for parameter in self.parameters() if parameter.grad is not None]
            torch._foreach_mul_(gradients, rules.accumulate / self.waiting)
        self.forget()
        if rules.ranks.size > 1:
            rules.ranks.average(self.parameters())
        if rules.scaler is not None:
            rules.scaler.unscale_(self.optimizer)
        if rules.clip_value is not None:
            nn.utils.clip_grad_value_(self.parameters(), rules.clip_value)
        if rules.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.parameters(), rules.clip_norm)
        if rules.scaler is None:
            self.optimizer.step()
        else:
            rules.scaler.step(self.optimizer)
            rules.scaler.update()

    def _closed(self, inputs: Tensors, targets: Tensors) -> Values:
        """For optimizers that look at one batch several times."""
        first: list[Values] = []

        def again() -> torch.Tensor:
            values, loss = self._backwards(inputs, targets)
            first.append(values) if not first else None
            return loss

        with _still(self.others):
            self.optimizer.step(again)
        return first[0]


@contextlib.contextmanager
def _kept_still(parameters: tuple[nn.Parameter, ...]):
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)


def _still(parameters: tuple[nn.Parameter, ...]) -> AbstractContextManager[None]:
    """These parameters without gradients; nothing at all where there are none."""
    return _kept_still(parameters) if parameters else contextlib.nullcontext()
