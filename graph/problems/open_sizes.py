"""Sizes of which it is open whether they agree: a warning that says what must hold, and the assumption that decides."""

from __future__ import annotations

from math import lcm

from graph.edits import Assume, Compound, Edit
from graph.network import Block, Network
from graph.problem import Fix, Problem
from graph.problems.rule import told
from graph.undecided import Pair, assumption, in_words

told(
    "undecided",
    "warning",
    "Open sizes may not agree",
    "While a size stays open, it cannot be known whether it and another are equal: halved and doubled again, an odd"
    " size comes back smaller. Assume what the data keep to, and it is certain.",
)


def undecided(block: Block, pairs: list[Pair]) -> Problem:
    """Sizes that may or may not agree when the network runs; the fix assumes what makes it certain."""
    need: dict[str, int] = {}
    for pair in pairs:
        for name, divisor in assumption(*pair).items():
            need[name] = lcm(need.get(name, 1), divisor)
    need = dict(sorted(need.items()))
    fixes = ()
    if need:
        words = " and ".join(f"{name} is divisible by {divisor}" for name, divisor in need.items())
        fixes = (Fix(f"Assume {words}", lambda network, recipe: _assume(network, need)),)
    return Problem("warning", in_words(pairs), block.id, code="undecided", fixes=fixes)


def _assume(network: Network, need: dict[str, int]) -> Edit:
    edits = tuple(Assume(name, lcm(network.assumptions.get(name, 1), divisor)) for name, divisor in need.items())
    return edits[0] if len(edits) == 1 else Compound("Assume sizes", edits)
