"""Receptive fields: the region of an input that one position of a block sees, through the whole network.

Size, stride (how far the region moves when the position moves by one) and offset (where the region of position 0
begins), per direction, as in Araujo et al. 2019, Computing receptive fields of convolutional neural networks.
Regions of several branches are joined. Statistics of normalisations are left aside, as is usual.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from graph.analysis import Analysis
from graph.dim import Dim
from graph.flatten import Flat, flatten
from graph.network import BlockId, Network, Ref


@dataclass(frozen=True, slots=True)
class Span:
    """One direction: position j sees `low + stride*j` to `high + stride*j` of the input, border included."""

    low: Fraction
    high: Fraction
    stride: Fraction

    @property
    def size(self) -> int:
        """How many positions, border included; the most where positions see different numbers of them."""
        return math.floor(self.high - self.low) + 1

    def at(self, position: int, length: int) -> range:
        """What a position sees of an input of this length."""
        first = math.ceil(self.low + self.stride * position)
        last = math.floor(self.high + self.stride * position)
        return range(min(max(first, 0), length), max(min(last + 1, length), 0))


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """What a block sees of one input; `spans` has one entry a direction, None where all of it is seen."""

    input: BlockId
    spans: tuple[Span | None, ...]
    lengths: tuple[Dim, ...]  # of the input

    @property
    def size(self) -> tuple[Dim, ...]:
        return tuple(n if s is None else s.size for s, n in zip(self.spans, self.lengths, strict=True))

    @property
    def stride(self) -> tuple[Fraction | None, ...]:
        return tuple(None if span is None else span.stride for span in self.spans)

    @property
    def offset(self) -> tuple[int, ...]:
        return tuple(0 if span is None else math.ceil(span.low) for span in self.spans)

    @property
    def whole(self) -> bool:
        """Whether every direction is seen from end to end, wherever one looks."""
        return all(span is None for span in self.spans)

    def region(self, position: tuple[int, ...]) -> tuple[range, ...]:
        """What an output position sees, cut at the input's edges; needs an input of known size."""
        return tuple(
            range(length) if span is None else span.at(at, length)
            for span, at, length in zip(self.spans, position, self.lengths, strict=True)
        )

    def __str__(self) -> str:
        return "whole input" if self.whole else " x ".join(map(str, self.size))


Fields = dict[BlockId, ReceptiveField]  # by input block


def receptive_fields(network: Network, analysis: Analysis) -> dict[BlockId, Fields]:
    """The field of every block on every input it depends on; modules are looked into."""
    flat = flatten(network, analysis)
    found = fields_of_plain(flat)
    origin = {new: old for old, new in flat.blocks.items()}
    result: dict[BlockId, Fields] = {}
    for id in network.blocks:
        ends = [
            flat.values[id, port] for port in (p.name for p in network.type_of(id).outputs) if (id, port) in flat.values
        ]
        block = ends[0][0] if ends else flat.blocks.get(id)
        fields = found.get(block, {})
        result[id] = {
            origin.get(input, input): ReceptiveField(origin.get(input, input), field.spans, field.lengths)
            for input, field in fields.items()
        }
    return result


def receptive_field(network: Network, analysis: Analysis, ref: Ref, input: BlockId | None = None):
    """The field of a block on an input, the first with directions by default; None where it depends on none."""
    fields = receptive_fields(network, analysis).get(network.block(ref).id, {})
    if input is not None:
        return fields.get(input)
    return next((field for field in fields.values() if field.spans), None)


def fields_of_plain(flat: Flat) -> Mapping[BlockId, Fields]:
    """The fields of every block of a flat network."""
    network, analysis = flat.network, flat.analysis
    found: dict[BlockId, Fields] = {}
    for id in network.order():
        declared = network.type_of(id)
        if declared.role == "input":
            tensor = analysis.output(id)
            if tensor is not None:
                one = Span(Fraction(0), Fraction(0), Fraction(1))
                lengths = tensor.dims[2:]
                found[id] = {id: ReceptiveField(id, (one,) * len(lengths), lengths)}
            continue
        fields: Fields = {}
        for wire in network.wires_into(id):
            for input, field in found.get(wire.source, {}).items():
                fields[input] = _joined(fields[input], field) if input in fields else field
        inputs = analysis.inputs(id)
        if fields and inputs and analysis.inferred(id) is not None:
            reach = declared.reach(analysis.values(id), inputs)
            found[id] = {input: _through(field, reach) for input, field in fields.items()}
        else:
            found[id] = fields
    return found


def _joined(one: ReceptiveField, other: ReceptiveField) -> ReceptiveField:
    spans = []
    for a, b in zip(one.spans, other.spans, strict=True):
        if a is None or b is None or a.stride != b.stride:
            spans.append(None)
        else:
            spans.append(Span(min(a.low, b.low), max(a.high, b.high), a.stride))
    return ReceptiveField(one.input, tuple(spans), one.lengths)


def _through(field: ReceptiveField, reach) -> ReceptiveField:
    if reach == ():
        return field
    if reach is None or len(reach) != len(field.spans):
        return ReceptiveField(field.input, (None,) * len(field.spans), field.lengths)
    spans = tuple(
        None
        if span is None
        else Span(span.low + span.stride * one.low, span.high + span.stride * one.high, span.stride * one.factor)
        for span, one in zip(field.spans, reach, strict=True)
    )
    return ReceptiveField(field.input, spans, field.lengths)
