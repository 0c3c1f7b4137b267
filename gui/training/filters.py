"""The filters of a block while it learns: all of them in one picture, sharp, with their scale and step."""

from __future__ import annotations

import numpy as np

from gui.language import N_
from gui.training.probe_view import ProbeView
from gui.training.run import Look
from gui.training.tiles import steady_limit
from gui.training.weights_as_pictures import filter_tiles

FAMILIES = ("convolution", "linear")


class FiltersView(ProbeView):
    """The weights of a convolution or a Linear as tiles."""

    kind = "filters"
    title = N_("Filters")
    what = N_("The block whose filters are shown")
    refusal_word = "filters"
    nothing_to_choose = N_("Add a convolution or a Linear: its filters are drawn here while it learns.")
    before_a_run = N_("While the network trains, the filters of this block are drawn here live.")

    def _can_be_shown(self, block) -> bool:
        return self._session.project.network.type_of(block).family in FAMILIES

    def _take(self, look: Look) -> None:
        largest = float(np.nanmax(np.abs(look.array), initial=0.0))
        self._limit = steady_limit(largest, self._limit)
        flat = look.array.ndim == 2
        before = (
            self._picture_before(look.block) if flat and look.block in self._session.project.network.blocks else None
        )
        self.picture.show_tiles(filter_tiles(look.array, self._limit, before))

    def _picture_before(self, id: str) -> tuple[int, ...] | None:
        """The shape (c, h, w) that a Linear reads through a Flatten, if it does."""
        network, analysis = self._session.project.network, self._session.project.analysis
        while (wires := network.wires_into(id)) and analysis.output(wires[0].source) is not None:
            shape = analysis.output(wires[0].source).shape[1:]
            if len(shape) == 3:
                return shape
            id = wires[0].source
            if network.blocks[id].type != "Flatten":
                return None
        return None
