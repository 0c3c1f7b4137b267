"""Objectives: which losses are minimised by which blocks' weights, and groups of weights with rates of their own.

A network with one objective over all its losses and weights needs none of these. Blocks are named by their ids.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Rule

from graph.frozen import Frozen, Word

Ids = Annotated[tuple[Word, ...], Rule(max_length=100_000, strict=False)]
Factor = Annotated[float, Rule(ge=0.0, le=1e6)]


class LossShare(Frozen):
    """One loss block of an objective and what it counts."""

    loss: Word
    weight: Annotated[float, Rule(ge=-1e6, le=1e6)] = 1.0


class Objective(Frozen):
    """A sum of losses and the blocks whose weights make it smaller; objectives take turns within a step.

    No losses are all of them, no blocks are all of them. `learned` weighs the losses by uncertainties that are
    trained along: exp(-s) * loss + s (Kendall et al., 2018).
    """

    name: Word
    losses: Annotated[tuple[LossShare, ...], Rule(max_length=1000, strict=False)] = ()
    trains: Ids = ()
    weighting: Literal["fixed", "learned"] = "fixed"
    steps: Annotated[int, Rule(ge=1, le=1000)] = 1  # in a row before the next objective has its turn
    learning_rate: Annotated[float, Rule(gt=0.0, le=1000.0)] | None = None  # None: the recipe's


class ParameterGroup(Frozen):
    """Blocks whose weights move at a rate of their own; a factor of 0 holds them."""

    blocks: Ids
    learning_rate_factor: Factor = 1.0
    weight_decay: Annotated[float, Rule(ge=0.0, le=10.0)] | None = None  # None: the recipe's
