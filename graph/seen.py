"""What one output position of a block sees of an input, ready to be drawn and told in words.

The last two directions are the picture; those before them, as a video's time, are told in words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from graph.analysis import Analysis
from graph.network import BlockId, Network
from graph.receptive_field import ReceptiveField, receptive_fields

AXES = {1: ("position",), 2: ("row", "column"), 3: ("slice", "row", "column")}


@dataclass(frozen=True, slots=True)
class Sight:
    """A block's sight of one input; `places` are the directions of its output, none where they are mixed."""

    block: BlockId
    field: ReceptiveField
    places: tuple[int, ...]  # of the output
    lengths: tuple[int, ...]  # of the input

    @property
    def middle(self) -> tuple[int, ...]:
        """The position in the middle of the output."""
        return tuple(length // 2 for length in self.places)

    def spans(self, position: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        """First and last of every direction of the input, border included: they may lie beyond the edges."""
        if not self.places:
            return tuple((0, length - 1) for length in self.lengths)
        return tuple(
            (0, length - 1)
            if span is None
            else (math.ceil(span.low + span.stride * at), math.floor(span.high + span.stride * at))
            for span, at, length in zip(self.field.spans, position, self.lengths, strict=True)
        )

    def region(self, position: tuple[int, ...]) -> tuple[range, ...]:
        """The same cut at the input's edges."""
        return tuple(
            range(max(0, first), min(length, last + 1))
            for (first, last), length in zip(self.spans(position), self.lengths, strict=True)
        )

    def words(self, position: tuple[int, ...], block: str, input: str) -> str:
        """One sentence: which pixels are seen, counted from 0."""
        regions = self.region(position)
        axes = AXES.get(len(self.lengths), tuple(f"axis {n}" for n in range(len(self.lengths))))
        places = " and ".join(_between(axis, found) for axis, found in zip(axes, regions, strict=True))
        count = math.prod(len(found) for found in regions)
        share = count / math.prod(self.lengths)
        if share == 1:
            return f"{block} sees all of {input}: {_by(self.lengths)}."
        at = ", ".join(f"{axis} {one}" for axis, one in zip(axes, position, strict=True))
        return f"{block} at {at} sees {places} of {input}, {share:.0%} of it."


def sights(network: Network, analysis: Analysis, id: BlockId) -> list[Sight]:
    """A block's sight of every input with directions of known length, the first input first."""
    found = []
    if analysis.inferred(id) is None:
        return found
    for field in receptive_fields(network, analysis).get(id, {}).values():
        lengths = field.lengths
        if lengths and all(isinstance(length, int) and length > 0 for length in lengths):
            found.append(Sight(id, field, _places(analysis, id, field), lengths))
    return found


def _places(analysis: Analysis, id: BlockId, field: ReceptiveField) -> tuple[int, ...]:
    """The output's own directions, where it still has those of the input."""
    tensor = analysis.output(id)
    if tensor is None or field.whole or tensor.rank != len(field.lengths) + 2:
        return ()
    sizes = tensor.dims[2:]
    return sizes if all(isinstance(size, int) and size > 0 for size in sizes) else ()


def _between(axis: str, found: range) -> str:
    if len(found) == 1:
        return f"{axis} {found.start}"
    return f"{axis}s {found.start} to {found.stop - 1}" if found else f"no {axis}"


def _by(lengths: tuple[int, ...]) -> str:
    return " x ".join(map(str, lengths))
