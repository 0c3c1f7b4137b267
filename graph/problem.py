"""A problem and its fixes, as values: what the rules give and the panels show.

A fix builds its edit when it is applied, so that it fits the document as it then is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from graph.edits import Edit
from graph.network import Network
from graph.recipe import Recipe

SEVERITIES = ("error", "warning", "hint")


@dataclass(frozen=True, slots=True)
class Fix:
    """A ready-made change that solves a problem."""

    title: str
    build: Callable[[Network, Recipe], Edit]

    def edit(self, network: Network, recipe: Recipe) -> Edit:
        """The edit for the document as it is now."""
        return self.build(network, recipe)


@dataclass(frozen=True, slots=True)
class Problem:
    """An error, warning or hint about a place in the network; `block` is an id, None for the whole network."""

    severity: str
    text: str
    block: str | None = None
    port: str | None = None
    hyperparameter: str | None = None
    code: str = ""
    fixes: tuple[Fix, ...] = ()
