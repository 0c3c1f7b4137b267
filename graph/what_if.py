"""What if a value were another: the shapes, counts and problems a network would have, without touching it.

A copy that shares everything but the blocks, so that it costs nothing to begin; each supposition re-infers only what
it changes. Has the face of a document for whoever reads one. Knows no history.
"""

from __future__ import annotations

import copy

from graph.analysis import Analysis
from graph.analyzer import Analyzer
from graph.document import Document
from graph.edits import Changes, Edit
from graph.level import Level
from graph.network import BlockId, Network
from graph.recipe import Recipe


class WhatIf:
    """A document as it would be. Only edits that set values of blocks can be supposed: the wiring is shared."""

    def __init__(self, document: Document | Level):
        self.recipe: Recipe = document.recipe
        self.network = _with_own_blocks(document.network)
        self.touched = Changes()
        self._analyzer = Analyzer.going_on(document.analysis.copy(self.network))
        self._inverse: Edit | None = None
        self._differing: set[BlockId] = set()

    @property
    def analysis(self) -> Analysis:
        """Shapes, counts and problems as they would be; those of the network as a whole stay as they were."""
        return self._analyzer.analysis

    def suppose(self, edit: Edit) -> frozenset[BlockId]:
        """Put this edit in place of the last one; returns every block that may differ from the document.

        Raises what the edit raises, with nothing supposed.
        """
        if self._inverse is not None:
            inverse, self._inverse = self._inverse, None
            inverse.apply(self)
        overall = self.analysis._overall_problems()
        try:
            self._inverse = edit.apply(self)
        finally:
            changes, self.touched = self.touched, Changes()
            self._differing |= changes.edited | self._analyzer.update(changes)
            # The rules of the whole network look at everything: too slow for every tick of a knob.
            self.analysis._overall = overall
        return frozenset(self._differing)


def _with_own_blocks(network: Network) -> Network:
    twin = copy.copy(network)
    twin.blocks = dict(network.blocks)
    return twin
