"""What becomes of a model that another tool wrote: a network, its weights, and what had to be assumed on the way.

Readers return an `Imported` or raise `CannotImport`; they run nothing that a file says. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graph.network import Network

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Imported:
    """A network that was read, without positions: who shows it lays it out.

    `notes` say what was assumed, left out or drawn otherwise, in the order of the file. `weights` are named as the
    module that the network compiles to names them, empty where the file has none.
    """

    network: Network
    notes: tuple[str, ...] = ()
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)


class CannotImport(ValueError):
    """A model that cannot be read: `where` is the place in the file, `text` says the rule and what would be right."""

    def __init__(self, where: str, text: str):
        super().__init__(f"{where}: {text}")
        self.where = where
        self.text = text
