"""Every number explains itself: a tree of the arithmetic behind it, in lecture notation, as text and as data.

The leaves are what block types say of themselves; here they are joined along wires, through modules, and into totals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from graph.analysis import Analysis
from graph.flatten import Flat, flatten
from graph.memory import BYTES, output_bytes, training_memory
from graph.module import ModuleType
from graph.network import BlockId, Network, Ref
from graph.quantities import binary
from graph.reach import Reach
from graph.receptive_field import ReceptiveField, Span, fields_of_plain
from graph.tensor_type import TensorType

NUMBERS = ("output", "parameters", "multiply-adds", "receptive field")
MOST_CHILDREN = 60


@dataclass(frozen=True, slots=True)
class Explanation:
    """One number: what it is, the arithmetic with its numbers, what that comes to, and the numbers it is made of."""

    what: str
    arithmetic: str
    value: str
    because: tuple[Explanation, ...] = ()

    def data(self) -> dict[str, Any]:
        """The tree as plain values."""
        return {
            "what": self.what,
            "arithmetic": self.arithmetic,
            "value": self.value,
            "because": [one.data() for one in self.because],
        }

    def text(self, indent: str = "") -> str:
        """The tree as indented lines."""
        ends = f" = {self.value}" if self.arithmetic and self.arithmetic != self.value else ""
        line = f"{indent}{self.what}: {self.arithmetic or self.value}{ends}"
        return "\n".join([line, *(one.text(f"{indent}  ") for one in self.because)])


def explain(network: Network, analysis: Analysis, ref: Ref, number: str) -> Explanation | None:
    """The tree behind one of NUMBERS of a block; None where it is not known. Raises KeyError for another number."""
    if number not in NUMBERS:
        raise KeyError(f"{number!r} is none of {', '.join(NUMBERS)}")
    block = network.block(ref)
    if analysis.inferred(block.id) is None:
        return None
    if number == "receptive field":
        return _receptive_field(network, analysis, block.id)
    if isinstance(network.declared(block.type), ModuleType):
        return _of_module(network, analysis, block.id, number)
    return _of_block(network, analysis, block.id, number)


def explain_block(network: Network, analysis: Analysis, ref: Ref) -> tuple[Explanation, ...]:
    """What goes in and comes out of a block and what it costs, a tree for each number; open where unknown.

    The receptive field is left out: it takes a look at the whole network.
    """
    id = network.block(ref).id
    told = [Explanation(port, "", type) for port, type in _inputs(analysis, id)]
    inferred = analysis.inferred(id)
    if inferred is None:
        return (*told, Explanation("output", "", "not known yet"))
    first = explain(network, analysis, id, "output")
    for index, (port, tensor) in enumerate(inferred.outputs.items()):
        told.append(Explanation(port, "", _type(tensor), first.because if first and not index else ()))
    if not inferred.outputs and first:
        told += first.because
    for number in ("parameters", "multiply-adds"):
        tree = explain(network, analysis, id, number)
        if tree and (tree.arithmetic or tree.value != "0"):
            told.append(replace(tree, what=number))
        if number == "parameters" and tree:
            told += _fates(analysis, id)
    if inferred.buffers:
        told.append(Explanation("buffers", "", f"{inferred.buffers:,}"))
    return (*told, *_output_memory(analysis, id))


def explain_total(network: Network, analysis: Analysis, number: str) -> Explanation:
    """The tree behind a total: "parameters" or "multiply-adds" of the network."""
    parts = [(network.blocks[id].name, _amount(analysis, id, number)) for id in network.order()]
    shared = sum(analysis.counts(id).shared for id in network.blocks) if number == "parameters" else 0
    parts = [(name, amount) for name, amount in parts if amount]
    whole = analysis.total_parameters if number == "parameters" else analysis.total_macs
    trees = [explain(network, analysis, name, number) for name, _ in parts[:MOST_CHILDREN]]
    words = _sum([amount for _, amount in parts])
    return Explanation(
        f"{number} of {network.name}",
        f"{words} - {_amounts(shared)}" if shared else words,
        _amounts(whole),
        tuple(tree for tree in trees if tree is not None),
    )


def explain_memory(
    network: Network, analysis: Analysis, batch_size: int, precision: str, optimizer: str
) -> Explanation:
    """The tree behind the memory of training; raises UnknownSize where a size is open."""
    found = training_memory(network, analysis, batch_size, precision, optimizer)
    count = found.weights // (8 if precision == "float64" else 4)
    width = 8 if precision == "float64" else 4
    state = found.optimizer // max(1, found.gradients)
    parts = (
        ("weights", f"{count:,} parameters * {width} bytes", found.weights),
        ("buffers", f"{found.buffers // width:,} numbers * {width} bytes", found.buffers),
        ("gradients", f"{found.gradients // width:,} parameters that train * {width} bytes", found.gradients),
        (f"state of {optimizer}", f"{state} * the gradients", found.optimizer),
        ("activations", f"kept by the layers for a batch of {batch_size:,} in {precision}", found.activations),
    )
    because = tuple(Explanation(what, words, binary(size)) for what, words, size in parts)
    return Explanation("memory of training", " + ".join(one.value for one in because), binary(found.total), because)


def _of_block(network: Network, analysis: Analysis, id: BlockId, number: str) -> Explanation:
    block = network.blocks[id]
    found = [_leaf(what, words) for what, words in analysis.explain(id)]
    if number == "output":
        rest = tuple(leaf for leaf in found if leaf.what not in ("output", "parameters", "multiply-adds"))
        words = next((leaf.arithmetic for leaf in found if leaf.what == "output"), "")
        return Explanation(f"output of {block.name}", words, str(analysis.output(id) or ""), rest)
    what = f"{number} of {block.name}"
    value = _amounts(_amount(analysis, id, number))
    leaf = next((leaf for leaf in found if leaf.what == number), None)
    return Explanation(what, leaf.arithmetic if leaf else "", value)


def _of_module(network: Network, analysis: Analysis, id: BlockId, number: str) -> Explanation:
    block, module = network.blocks[id], network.declared(network.blocks[id].type)
    passes = list(module.passes(analysis.values(id), analysis.inputs(id)))
    children = []
    for index, one in enumerate(passes):
        inner = module.network
        name = f"{block.name}, time {index + 1}" if len(passes) > 1 else block.name
        ids = [i for i in inner.order() if number == "output" or _amount(one.analysis, i, number)]
        trees = [explain(inner, one.analysis, i, number) for i in ids if inner.type_of(i).role == "layer"]
        amounts = [_amount(one.analysis, i, number) for i in ids]
        value = str(next(iter(one.outputs.values()))) if number == "output" else _amounts(sum(amounts))
        words = "" if number == "output" else _sum(amounts)
        children.append(Explanation(f"{number} of {name}", words, value, tuple(tree for tree in trees if tree)))
    if len(children) == 1:
        return children[0]
    value = str(analysis.output(id)) if number == "output" else _amounts(_amount(analysis, id, number))
    words = "" if number == "output" else " + ".join(child.value for child in children)
    return Explanation(f"{number} of {block.name}", words, value, tuple(children[:MOST_CHILDREN]))


def _receptive_field(network: Network, analysis: Analysis, id: BlockId) -> Explanation | None:
    """Back from the block to the input: r = r before + (kernel - 1)*stride so far."""
    flat = flatten(network, analysis)
    fields = fields_of_plain(flat)
    ports = [port.name for port in network.type_of(id).outputs if (id, port.name) in flat.values]
    end = flat.values[id, ports[0]][0] if ports else flat.blocks.get(id)
    found = next((field for field in fields.get(end, {}).values() if field.spans), None)
    if found is None:
        return None
    steps: list[Explanation] = []
    at: BlockId | None = end
    while at is not None and len(steps) < 400:
        before = _widest(flat, fields, at, found.input)
        step = _step(flat, fields, at, before, found.input)
        if step is not None:
            steps.append(step)
        at = before
    tree: tuple[Explanation, ...] = tuple(reversed(steps))
    return Explanation(f"receptive field of {network.blocks[id].name}", "", str(found), tree[-MOST_CHILDREN:])


def _widest(flat: Flat, fields, id: BlockId, input: BlockId) -> BlockId | None:
    """The block before that sees most: the way the arithmetic is told along."""
    sources = [wire.source for wire in flat.network.wires_into(id) if input in fields.get(wire.source, {})]

    def width(source: BlockId) -> Fraction:
        spans = fields[source][input].spans
        return sum((span.high - span.low if span else Fraction(10**9) for span in spans), Fraction(0))

    return max(sources, key=width, default=None)


def _step(flat: Flat, fields, id: BlockId, before: BlockId | None, input: BlockId) -> Explanation | None:
    """What one block adds, in its first direction; None where it adds nothing."""
    name = flat.network.blocks[id].name
    now: ReceptiveField = fields[id][input]
    if before is None:
        return Explanation(name, "every position is itself", "1")
    span, old = now.spans[0], fields[before][input].spans[0]
    if old is None or span == old:
        return None
    if span is None:
        return Explanation(name, "sees all positions at once", "whole input")
    reach = flat.network.type_of(id).reach(flat.analysis.values(id), flat.analysis.inputs(id))
    return Explanation(name, _grown(old, span, reach[0] if reach else None), str(span.size))


def _grown(old: Span, new: Span, reach: Reach | None) -> str:
    if reach is None or reach.factor < 1 or old.size + (reach.high - reach.low) * old.stride != new.size:
        return f"from {old.size}"
    kernel = reach.high - reach.low + 1
    steps = f", steps of {reach.factor}*{old.stride} = {new.stride}" if reach.factor != 1 else ""
    return f"{old.size} + ({kernel} - 1)*{old.stride}{steps}"


def _inputs(analysis: Analysis, id: BlockId) -> Iterator[tuple[str, str]]:
    for port, found in analysis.inputs(id).items():
        tensors = found if isinstance(found, tuple) else (found,)
        for turn, tensor in enumerate(tensors, start=1):
            yield f"{port} {turn}" if len(tensors) > 1 else port, _type(tensor)


def _fates(analysis: Analysis, id: BlockId) -> Iterator[Explanation]:
    """What becomes of the parameters, where they do not simply train."""
    counts = analysis.counts(id)
    if counts.frozen or counts.shared:
        for what in ("trainable", "frozen", "shared"):
            if amount := getattr(counts, what):
                yield Explanation(what, "", f"{amount:,}")


def _output_memory(analysis: Analysis, id: BlockId) -> Iterator[Explanation]:
    """What the outputs take for one sample, where their sizes are known."""
    for tensor in list(analysis.outputs(id).values())[:1]:
        sizes = tensor.dims[1:]
        if sizes and all(isinstance(dim, int) for dim in sizes):
            width = BYTES[tensor.dtype]
            words = f"{'*'.join(map(str, sizes))} values * {width} {'bytes' if width > 1 else 'byte'}"
            yield Explanation("memory a sample", words, binary(output_bytes(tensor)))


def _type(tensor: TensorType) -> str:
    return str(tensor) if tensor.dtype == "float32" else f"{tensor} {tensor.dtype}"


def _leaf(what: str, words: str) -> Explanation:
    arithmetic, equals, value = words.rpartition(" = ")
    return Explanation(what, arithmetic, value) if equals else Explanation(what, words, words)


def _amount(analysis: Analysis, id: BlockId, number: str) -> Any:
    return analysis.parameters(id) if number == "parameters" else analysis.macs(id)


def _amounts(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _sum(amounts: list[Any]) -> str:
    return " + ".join(map(_amounts, amounts)) or "0"
