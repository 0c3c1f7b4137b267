"""How a ready module is declared: its name, what it is made of, what it offers, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from graph.module import Exposed, ModuleType, define
from graph.network import Network
from graph.sketch import Sketch


@dataclass(frozen=True, slots=True)
class Ready:
    """One ready module; `draw` gets a sketch of its empty inside, `source` says who described it first."""

    name: str
    help: str
    source: str
    exposed: tuple[Exposed, ...]
    draw: Callable[[Sketch], None]
    needs: tuple[str, ...] = ()

    def define(self, network: Network) -> ModuleType:
        module = define(network, self.name, self.exposed, f"{self.help} ({self.source})")
        self.draw(Sketch(module.network))
        return module
