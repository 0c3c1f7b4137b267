"""Silence: codes of warnings and hints that a person does not want to hear of at a block. Errors are always told."""

from __future__ import annotations

from collections.abc import Iterable

from graph.edits import Compound, Edit, SetProperty
from graph.network import Network
from graph.problem import Fix, Problem

TITLE = "Do not say this here"


def is_silenced(network: Network, problem: Problem) -> bool:
    """Whether a problem was silenced at its block."""
    block = network.blocks.get(problem.block)
    return block is not None and problem.severity != "error" and problem.code in block.silenced


def silencing(problem: Problem) -> Fix | None:
    """The fix that leaves a warning or hint out at its block; None for errors and for what has no block."""
    if problem.severity == "error" or problem.block is None or not problem.code:
        return None
    return Fix(TITLE, lambda network, recipe: _with(network, problem.block, {problem.code}, set()))


def bring_back(network: Network, problems: Iterable[Problem]) -> Edit:
    """The edit that has silenced problems told again."""
    codes: dict[str, set[str]] = {}
    for problem in problems:
        codes.setdefault(problem.block, set()).add(problem.code)
    edits = tuple(_with(network, id, set(), gone) for id, gone in codes.items() if id in network.blocks)
    return edits[0] if len(edits) == 1 else Compound("Say silenced problems again", edits)


def _with(network: Network, id: str, added: set[str], gone: set[str]) -> SetProperty:
    return SetProperty((id,), "silenced", frozenset((network.blocks[id].silenced | added) - gone))
