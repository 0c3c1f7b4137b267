"""All that changes weights in a run: the turns of its objectives, the schedule of their rates, the mean of weights.

One call is one batch. Its whole state can be taken and put back. Knows no data, files or messages.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch

from backend.training.averaging import Averaging
from backend.training.judging import judged
from backend.training.optimizer import load_state, set_learning_rate
from backend.training.resident import Tensors
from backend.training.turn import Turn, Values
from graph.schedule import Schedule


class Plateau:
    """The factor on learning rates that falls when an epoch's figure has not become smaller for a while."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self.factor, self._best, self._waited = 1.0, float("inf"), 0

    def epoch(self, figure: float) -> None:
        """Take note of an epoch; `figure` is the smaller the better."""
        if figure < self._best * (1 - 1e-4) if self._best > 0 else figure < self._best - 1e-4:
            self._best, self._waited = figure, 0
            return
        self._waited += 1
        if self._waited > self._schedule.patience:
            self.factor, self._waited = self.factor * self._schedule.factor, 0

    def state(self) -> dict[str, Any]:
        """What `restore` takes."""
        return {"factor": self.factor, "best": self._best, "waited": self._waited}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.factor, self._best, self._waited = state["factor"], state["best"], state["waited"]


class Learner:
    """Turns that follow each other within every batch, under one schedule."""

    def __init__(
        self,
        turns: tuple[Turn, ...],
        schedule: Schedule,
        steps: int,
        epoch_steps: int,
        averaging: Averaging | None = None,
    ) -> None:
        """`steps` counts the batches of the whole run, `epoch_steps` those of an epoch."""
        self.turns, self.averaging = turns, averaging
        self._schedule, self._steps, self._epoch_steps = schedule, steps, epoch_steps
        self._plateau = Plateau(schedule) if schedule.kind == "plateau" else None
        self.step = 0  # batches done
        if schedule.moves:
            self._set_rates()

    def __call__(self, inputs: Tensors, targets: Tensors) -> Values:
        """Learn from one batch; what was judged, "loss" among it."""
        turns, step = self.turns, self.step + 1
        last = step == self._steps or step % self._epoch_steps == 0  # no gradient waits beyond its epoch
        if len(turns) == 1 and turns[0].total is None:
            values, moved = turns[0].take(inputs, targets, last)
        else:
            values, moved = self._take_turns(inputs, targets, last)
        self.step = step
        if moved and self.averaging is not None:
            self.averaging.update(step)
        if self._schedule.moves:
            self._set_rates()
        return values

    def _take_turns(self, inputs: Tensors, targets: Tensors, last: bool) -> tuple[Values, bool]:
        found: Values = {}
        totals, moved = [], False
        for turn in self.turns:
            for _ in range(turn.repeats):
                values, moves = turn.take(inputs, targets, last)
                moved = moved or moves
            found.update({name: value.detach() for name, value in values.items()})
            totals.append(values["loss" if turn.total is None else turn.total.name].detach())
            if turn.total is not None and turn.total.uncertainties is not None:
                found.update(turn.total.uncertainties.told())
        return {**found, "loss": sum(totals)}, moved

    def epoch(self, figure: float) -> None:
        """An epoch ended; `figure`, the smaller the better, is what a plateau is seen by."""
        if self._plateau is not None:
            self._plateau.epoch(figure)
            self._set_rates()

    def judge(self, compute: Callable[..., Any], objective: Callable[..., Values], *batch: Tensors) -> Values:
        """What an evaluation says of a batch, in the run's precision, with the objectives' own sums."""
        inputs, targets = batch
        with self.turns[0].rules.precision():
            values = judged(objective, compute(*inputs), targets)
        totals = {turn.total.name: turn.total(values) for turn in self.turns if turn.total is not None}
        return {**values, **totals, "loss": sum(totals.values())} if totals else values

    @property
    def learning_rate(self) -> float:
        """The rate of the first turn's next step, before the factors of groups."""
        return self.turns[0].base * self._factor

    def set_learning_rate(self, value: float) -> None:
        """Let the first turn's next step have the rate `value`; the others change in proportion, schedules go on."""
        first, factor = self.turns[0], self._factor
        if not factor:
            return  # the schedule has come to its end
        for turn in self.turns[1:]:
            turn.base *= value / factor / first.base
        first.base = value / factor
        self._set_rates()

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """The module with the weights it is judged and kept by: their mean, where there is one."""
        with self.averaging.seen() if self.averaging is not None else contextlib.nullcontext():
            yield

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for turn in self.turns:
            turn.optimizer.zero_grad()
            turn.forget()

    @property
    def _factor(self) -> float:
        moving = self._schedule.at(self.step, self._steps, self._epoch_steps) if self._schedule.moves else 1.0
        return moving * (self._plateau.factor if self._plateau is not None else 1.0)

    def _set_rates(self) -> None:
        factor = self._factor
        for turn in self.turns:
            set_learning_rate(turn.optimizer, turn.base * factor)

    def state(self) -> dict[str, Any]:
        """What `restore` takes: optimizers, waiting gradients, learned weights of losses, scaler, mean, plateau."""
        return {
            "step": self.step,
            "turns": [
                {
                    "optimizer": turn.optimizer.state_dict(),
                    "base": turn.base,
                    "waiting": turn.waiting,
                    "gradients": turn.held,
                    "scaler": turn.rules.scaler.state_dict() if turn.rules.scaler is not None else None,
                    "uncertainties": _uncertain(turn).log_variances.detach() if _uncertain(turn) else None,
                }
                for turn in self.turns
            ],
            "averaging": self.averaging.state() if self.averaging is not None else None,
            "plateau": self._plateau.state() if self._plateau is not None else None,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on as `state` was taken; raises ValueError, LookupError or TypeError where it is another learner's."""
        self.step = state["step"]
        for turn, kept in zip(self.turns, state["turns"], strict=True):
            load_state(turn.optimizer, kept["optimizer"])
            turn.base, turn.waiting = kept["base"], kept["waiting"]
            turn.held = [
                None if gradient is None else gradient.to(parameter.device, copy=True)
                for parameter, gradient in zip(turn.parameters(), kept["gradients"], strict=False)
            ]
            if turn.rules.scaler is not None:
                turn.rules.scaler.load_state_dict(kept["scaler"])
            if (uncertain := _uncertain(turn)) is not None:
                with torch.no_grad():
                    uncertain.log_variances.copy_(kept["uncertainties"])
        for part, kept in ((self.averaging, state["averaging"]), (self._plateau, state["plateau"])):
            if part is not None:
                part.restore(kept)
        if self._schedule.moves:
            self._set_rates()  # more epochs than before stretch the schedule


def _uncertain(turn: Turn) -> Any:
    return turn.total.uncertainties if turn.total is not None else None
