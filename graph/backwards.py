"""Backwards: which hyperparameters would make an output the size somebody wants, here or in the blocks before it.

Every suggestion was tried on the shapes of the drawing as it is; nothing is changed until its edit is done.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from graph.analysis import Analysis
from graph.block_type import BlockType, ShapeError
from graph.dim import DimError
from graph.edits import Compound, Edit, SetHyperparameter
from graph.hyperparameter import HyperparameterError, Int, Padding, Size
from graph.network import BlockId, Network, Ref
from graph.tensor_type import TensorType

Wanted = tuple[int | None, ...]  # a size for every dimension behind the batch; None where any will do
SMALL = {"kernel_size": range(1, 12), "stride": range(1, 9), "padding": range(0, 6), "dilation": range(1, 5)}
EXACT = ("out_channels", "out_features", "hidden_size", "embedding_dim", "output_size", "channels", "width")
FARTHEST = 12  # blocks back along the wires
PATIENCE = 0.25  # seconds


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to get there: words, the edit, and the shape it gives."""

    text: str
    edit: Edit
    shape: tuple[int | str, ...]


def wish(text: str, rank: int) -> Wanted:
    """The sizes somebody typed for an output of so many dimensions behind the batch; raises ValueError.

    `16 x 7 x 7` names all, `7 x 7` the last ones, `128` or `128 channels` the first; `*` leaves one open.
    """
    words = [word for word in re.split(r"[\sx×,;()]+", text.strip().lower()) if word]
    words = [word for word in words if word not in ("channels", "channel", "features")]
    words = words[1:] if len(words) == rank + 1 and words[0] == "n" else words
    if not words or len(words) > rank:
        raise ValueError(f"name up to {rank} sizes, such as {' x '.join(['7'] * rank)}; * leaves one open")
    sizes = tuple(_size(word) for word in words)
    open_ones = (None,) * (rank - len(sizes))
    return sizes + open_ones if len(sizes) == 1 else open_ones + sizes


def _size(word: str) -> int | None:
    if word in ("*", "?", "any"):
        return None
    if not re.fullmatch(r"[1-9]\d{0,8}", word, re.ASCII):
        raise ValueError(f"{word!r:.40} is no size; type a whole number, or * where any will do")
    return int(word)


def suggest(network: Network, analysis: Analysis, ref: Ref, wanted: Wanted, most: int = 8) -> list[Suggestion]:
    """Ways to make a block's first output `wanted`, such as (None, 7, 7) or (128, None, None), small changes first.

    Raises ValueError where the number of dimensions cannot be reached by hyperparameters.
    """
    target = network.block(ref).id
    now = analysis.output(target)
    if now is None:
        return []
    if len(wanted) != now.rank - 1:
        raise ValueError(f"{network.blocks[target].name} gives {now}: name {now.rank - 1} sizes, not {len(wanted)}")
    found: list[tuple[tuple[float, ...], Suggestion]] = []
    begun = time.perf_counter()
    for distance, id in enumerate(_backwards(network, target)):
        for changes in _changes(network, analysis, id, wanted):
            if time.perf_counter() - begun > PATIENCE:
                return _best(found, most)
            result = _tried(network, analysis, id, changes, target)
            if result is not None and _fits(result, wanted):
                size = (len(changes), distance, _effort(analysis.values(id), changes))
                found.append((size, _suggestion(network, id, changes, result)))
    return _best(found, most)


def _best(found: list[tuple[tuple[float, ...], Suggestion]], most: int) -> list[Suggestion]:
    return [suggestion for _, suggestion in sorted(found, key=lambda one: one[0])[:most]]


def _backwards(network: Network, target: BlockId) -> Iterator[BlockId]:
    """The target, then what leads to it, nearest first."""
    seen, waiting = {target}, [target]
    while waiting and len(seen) <= FARTHEST:
        id = waiting.pop(0)
        yield id
        for wire in network.wires_into(id):
            if wire.source not in seen:
                seen.add(wire.source)
                waiting.append(wire.source)


def _changes(network: Network, analysis: Analysis, id: BlockId, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Settings of one block worth trying: first one at a time, then window and step together."""
    declared, values = network.type_of(id), analysis.values(id)
    options = {name: list(_options(declared, name, values, wanted)) for name in (*SMALL, *EXACT) if declared.has(name)}
    for name, choices in options.items():
        for choice in choices:
            yield {name: choice}
    pairs = [pair for pair in (("kernel_size", "stride"), ("kernel_size", "padding")) if set(pair) <= options.keys()]
    for first, second in pairs:
        for one, other in product(options[first][:8], options[second][:5]):
            yield {first: one, second: other}


def _options(declared: BlockType, name: str, values: Mapping[str, Any], wanted: Wanted) -> Iterator[Any]:
    hyperparameter, now = declared.hyperparameter(name), values.get(name)
    if name in EXACT:
        sizes = [size for size in wanted if size is not None]
        rank = getattr(hyperparameter, "rank", 1)
        candidates: list[Any] = list(dict.fromkeys(sizes))
        if isinstance(hyperparameter, Size) and rank > 1 and None not in wanted[-rank:]:
            candidates.insert(0, tuple(wanted[-rank:]))
    elif isinstance(hyperparameter, Int | Size):
        candidates = ["same"] if isinstance(hyperparameter, Padding) else []
        candidates += sorted(SMALL[name], key=lambda n: abs(n - _one(now)))
    else:
        return
    for candidate in candidates:
        try:
            value = hyperparameter.coerce(candidate)
        except HyperparameterError:
            continue
        if value != now:
            yield value


def _one(value: Any) -> float:
    if isinstance(value, tuple):
        return _one(value[0])
    return value if isinstance(value, int) and not isinstance(value, bool) else 1


def _effort(values: Mapping[str, Any], changes: Mapping[str, Any]) -> float:
    """How far values move; words and lists stand behind small numbers."""
    return sum(
        abs(_one(new) - _one(values.get(name))) if isinstance(new, int) else 3.0 for name, new in changes.items()
    )


def _tried(network: Network, analysis: Analysis, id: BlockId, changes: Mapping[str, Any], target: BlockId):
    """The target's first output if one block had other values; None where that cannot be."""
    outputs: dict[BlockId, Mapping[str, TensorType]] = {}
    for at in _between(network, id, target):
        block, declared = network.blocks[at], network.type_of(at)
        values = analysis.values(at)
        values = {**values, **changes} if at == id else values
        inputs: dict[str, Any] = {}
        for wire in network.wires_into(at):
            tensor = outputs.get(wire.source, analysis.outputs(wire.source)).get(wire.output)
            if tensor is None:
                return None
            port = declared.input_port(wire.input)
            inputs[wire.input] = (*inputs.get(wire.input, ()), tensor) if port and port.many else tensor
        try:
            declared.check(values)
            if declared.role in ("input", "target"):
                outputs[at] = analysis.outputs(at)
            else:
                outputs[at] = declared.infer(values, inputs).outputs
        except (ShapeError, DimError, KeyError):
            return None
        if block.id == target:
            return next(iter(outputs[at].values()), None)
    return None


def _between(network: Network, start: BlockId, end: BlockId) -> list[BlockId]:
    """The blocks on all ways from one to another, in order."""
    before, waiting = {end}, [end]
    while waiting:
        for wire in network.wires_into(waiting.pop()):
            if wire.source not in before:
                before.add(wire.source)
                waiting.append(wire.source)
    after, waiting = {start}, [start]
    while waiting:
        for wire in network.wires_out(waiting.pop()):
            if wire.target in before and wire.target not in after:
                after.add(wire.target)
                waiting.append(wire.target)
    return [id for id in network.order() if id in after]


def _fits(tensor: TensorType, wanted: Wanted) -> bool:
    dims = tensor.dims[1:]
    return len(dims) == len(wanted) and all(w is None or d == w for d, w in zip(dims, wanted, strict=True))


def _suggestion(network: Network, id: BlockId, changes: Mapping[str, Any], result: TensorType) -> Suggestion:
    declared, name = network.type_of(id), network.blocks[id].name
    words = " and ".join(f"{key} {declared.hyperparameter(key).format(value)}" for key, value in changes.items())
    edits = tuple(SetHyperparameter(id, key, value) for key, value in changes.items())
    return Suggestion(f"Set {words} of {name}", Compound(f"Set {words} of {name}", edits), result.shape)
