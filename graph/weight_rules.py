"""Whether what is decided about parameters suits the blocks: names and shapes of weights, sharing, ways to begin.

Reads the network and its analysis; gives problems, and counts of what trains, what is frozen and what is shared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.aside import owner_of
from graph.edits import SetProperty
from graph.module import ModuleType
from graph.network import Block, Network
from graph.problem import Fix, Problem
from graph.weights import OF_MATRICES, count_of, shape_of

if TYPE_CHECKING:
    from graph.analysis import Analysis

Weights = dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Counts:
    """Parameters of a block by what becomes of them; `shared` are counted where they belong."""

    trainable: int = 0
    frozen: int = 0
    shared: int = 0


def weights_of(analysis: Analysis, id: str) -> Weights:
    inferred = analysis.inferred(id)
    return dict(inferred.weights) if inferred else {}


def is_one_module(network: Network, analysis: Analysis, block: Block) -> bool:
    """Whether a block that reuses weights is the very same layer called again."""
    owner = network.blocks[owner_of(network, block)]
    same = owner.type == block.type and analysis.values(owner) == analysis.values(block)
    return same and weights_of(analysis, owner.id) == weights_of(analysis, block.id)


def tied(network: Network, analysis: Analysis, block: Block) -> list[str]:
    """The weights, by name, that a block of another make takes over one by one."""
    if isinstance(network.declared(block.type), ModuleType):
        return []
    theirs = weights_of(analysis, owner_of(network, block))
    return [name for name, shape in weights_of(analysis, block.id).items() if theirs.get(name) == shape]


def shared_parameters(network: Network, analysis: Analysis, block: Block) -> int:
    """How many of a block's parameters belong to the block it reuses."""
    owner = owner_of(network, block)
    if owner is None or owner not in network.blocks or analysis.inferred(block.id) is None:
        return 0
    if is_one_module(network, analysis, block):
        return analysis.parameters(block)
    own = weights_of(analysis, block.id)
    return sum(count_of(own[name]) for name in tied(network, analysis, block))


def counts(network: Network, analysis: Analysis, block: Block) -> Counts:
    """What becomes of a block's parameters."""
    shared = shared_parameters(network, analysis, block)
    rest = analysis.parameters(block) - shared
    return Counts(0, rest, shared) if block.frozen else Counts(rest, 0, shared)


def weight_problems(network: Network, analysis: Analysis) -> Iterator[Problem]:
    """What does not suit; blocks about which nothing is known yet are passed over."""
    for block in network.blocks.values():
        if not (block.reuses or block.frozen or block.initial or block.weights):
            continue
        if analysis.inferred(block.id) is None:
            continue
        known = weights_of(analysis, block.id)
        if owner_of(network, block) is not None:
            yield from _sharing(network, analysis, block)
        yield from _beginnings(block, known)
        yield from _typed(block, known)
        if block.frozen and not known:
            text = "it is frozen, but has no parameters that could train"
            yield _problem("hint", block, text, "frozen_nothing", "Unfreeze", "frozen", False)


def _sharing(network: Network, analysis: Analysis, block: Block) -> Iterator[Problem]:
    owner = network.blocks[owner_of(network, block)]
    if analysis.inferred(owner.id) is None or is_one_module(network, analysis, block) or tied(network, analysis, block):
        return
    theirs, own = weights_of(analysis, owner.id), weights_of(analysis, block.id)
    text = (
        f"it cannot use the weights of {owner.name}: {_listed(own)} here, {_listed(theirs)} there;"
        " weights are shared where name and shape agree"
    )
    yield _problem("error", block, text, "reuses", "Give it weights of its own", "reuses", None)


def _beginnings(block: Block, known: Weights) -> Iterator[Problem]:
    for name, way in block.initial.items():
        rest = {other: one for other, one in block.initial.items() if other != name}
        title = f"Let {name} begin as torch does"
        if name not in known:
            text = f"it has no weight {name} that could begin as {way.kind}; it has {', '.join(known) or 'none'}"
            yield _problem("error", block, text, "initial", title, "initial", rest)
        elif way.kind in OF_MATRICES and len(known[name]) < 2:
            text = (
                f"{name} has {len(known[name])} dimension, and {way.kind} is for matrices: use normal, uniform,"
                " constant or zeros"
            )
            yield _problem("error", block, text, "initial", title, "initial", rest)


def _typed(block: Block, known: Weights) -> Iterator[Problem]:
    for name, value in block.weights.items():
        rest = {other: one for other, one in block.weights.items() if other != name}
        title = f"Forget the numbers of {name}"
        if name not in known:
            text = f"numbers were typed in for {name}, but its weights are {', '.join(known) or 'none'}"
            yield _problem("error", block, text, "typed_weights", title, "weights", rest)
        elif shape_of(value) != known[name]:
            text = f"the numbers typed in for {name} are {_by(shape_of(value))}; here it is {_by(known[name])}"
            yield _problem("error", block, text, "typed_weights", title, "weights", rest)


def _problem(severity: str, block: Block, text: str, code: str, title: str, property: str, value) -> Problem:
    fix = Fix(title, lambda network, recipe: SetProperty((block.id,), property, value))
    return Problem(severity, text, block.id, code=code, fixes=(fix,))


def _listed(weights: Weights) -> str:
    return ", ".join(f"{name} {_by(shape)}" for name, shape in weights.items()) or "no weights"


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "a single number"
