"""What one run trains: the program, its data, its optimizer and its schedule, all on one device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from backend.training.course import Course
from backend.training.judging import judged
from backend.training.learner import Learner
from backend.training.ranks import Ranks
from backend.training.resident import Batches, Resident, Tensors
from backend.training.turn import Values
from graph.recipe import Recipe

if TYPE_CHECKING:
    from backend.compile import Program
    from backend.training.augmentation import Augment


@dataclass(frozen=True, slots=True)
class Job:
    """A run that is ready for its first step."""

    program: Program
    recipe: Recipe
    device: torch.device
    epochs: int
    train: Resident
    validation: Resident
    learner: Learner
    batches: Batches
    course: Course
    ranks: Ranks = field(default_factory=Ranks)
    augment: Augment | None = None

    def batch(self, rows: torch.Tensor) -> tuple[Tensors, Tensors]:
        """What a training step gets of these rows: this process' share of them, augmented anew each time."""
        rows = self.ranks.share(rows)
        inputs, targets = self.train.take(rows)
        return (inputs, targets) if self.augment is None else self.augment(inputs, targets, self.train.along(rows))

    @property
    def module(self) -> nn.Module:
        return self.program.module

    @property
    def compute(self) -> Callable[..., Any]:
        """What gives the objective's first arguments: the module, or more of it than its answer."""
        return getattr(self.program.module, "compute", self.program.module)

    @property
    def steps(self) -> int:
        """Batches of the whole run."""
        whole = self.epochs * len(self.batches)
        return min(whole, self.recipe.steps) if self.recipe.steps else whole

    @property
    def step(self) -> int:
        """Batches done."""
        return self.course.epochs_done * len(self.batches) + self.course.batch

    @property
    def over(self) -> bool:
        """Whether nothing is left to do, the end of the running epoch included."""
        return self.course.epoch > self.epochs or (self.step >= self.steps and not self.course.batch)


def forward(compute: Callable[..., Any], objective: Callable[..., Values], inputs: Tensors, targets: Tensors) -> Values:
    """Loss and metrics of one batch, by name; "loss" is what is minimised."""
    return judged(objective, compute(*inputs), targets)
