"""Edits that let training begin from weights: the recipe, what is frozen, and the head's new size, in one step.

Each looks at the document and returns one edit; nothing changes until the document does it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graph.analysis import Analysis
from graph.document import Document
from graph.edits import Compound, Edit, SetHyperparameter, SetProperty, SetRecipe
from graph.last_layers import last_layers
from graph.network import BlockId, Network
from graph.transfer import StartWeights
from graph.weight_rules import weights_of

SIZES = ("out_features", "out_channels")  # the hyperparameters that say how many values a last layer gives


@dataclass(frozen=True, slots=True)
class Head:
    """The last layer with weights, the hyperparameter that is its size, and that size now."""

    block: BlockId
    size: str
    value: int


def head(network: Network, analysis: Analysis) -> Head | None:
    """The one last layer whose size can be set; None where there is none, or several."""
    last = last_layers(network, lambda id: bool(weights_of(analysis, id)))
    if len(last) != 1:
        return None
    values = analysis.values(last[0])
    size = next((name for name in SIZES if isinstance(values.get(name), int)), None)
    return Head(last[0], size, values[size]) if size else None


def begin_from(
    document: Document, start: StartWeights, freeze: Iterable[BlockId] = (), new_head: Head | None = None
) -> Edit:
    """Begin from these weights, after others that the recipe begins from; earlier ones of the same path go.

    `freeze` are blocks that shall not train; `new_head` is the last layer at its new size: it trains.
    """
    recipe = document.recipe
    others = tuple(one for one in recipe.start_weights if one.path != start.path)
    edits: list[Edit] = [SetRecipe(recipe.having(start_weights=(*others, start)))]
    blocks = document.network.blocks
    frozen = tuple(id for id in freeze if not blocks[id].frozen and (new_head is None or id != new_head.block))
    if frozen:
        edits.append(SetProperty(frozen, "frozen", True))
    if new_head is not None:
        block = blocks[new_head.block]
        if document.analysis.values(block)[new_head.size] != new_head.value:
            edits.append(SetHyperparameter(block.id, new_head.size, new_head.value))
        if block.frozen:
            edits.append(SetProperty((block.id,), "frozen", False))
    return Compound("Load weights", tuple(edits))


def begin_anew(document: Document) -> Edit:
    """Begin from no weights; what is frozen stays so."""
    return SetRecipe(document.recipe.having(start_weights=()), "Forget weights to load")
