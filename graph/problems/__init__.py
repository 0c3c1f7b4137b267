"""Problems: what is wrong or doubtful in a network, in words with numbers, each with ready-made fixes.

RULES is the table of all rules by code. Rules look at single inferred blocks or at the whole network, when somebody
asks; the shape rules themselves belong to the block types and become problems here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graph.network import Network
from graph.problem import SEVERITIES, Fix, Problem
from graph.problems import activations, losses, normalizations, shapes, sizes, told, training, wiring
from graph.problems.rule import AT_BLOCKS, OF_NETWORKS, RULES, Rule
from graph.problems.shapes import from_shape_error, from_warning
from graph.problems.silence import bring_back, is_silenced, silencing
from graph.problems.view import View
from graph.problems.wiring import missing
from graph.weight_rules import weight_problems

if TYPE_CHECKING:
    from graph.analysis import Analysis

TOPICS = (activations, losses, normalizations, shapes, sizes, told, training, wiring)

__all__ = [
    "RULES",
    "SEVERITIES",
    "TOPICS",
    "Fix",
    "Problem",
    "Rule",
    "bring_back",
    "from_shape_error",
    "from_warning",
    "is_silenced",
    "missing",
    "silencing",
    "whole_network",
]


def whole_network(network: Network, analysis: Analysis) -> Iterator[Problem]:
    """Problems that no block sees by itself."""
    yield from weight_problems(network, analysis)
    view = View(network, analysis)
    for rule in OF_NETWORKS:
        for found in rule.look(view):
            yield rule.problem(found, None)
    for id, _ in analysis.all_inferred():
        block = network.blocks[id]
        for rule in AT_BLOCKS.get(block.type, ()):
            for found in rule.look(view, block):
                yield rule.problem(found, id)
