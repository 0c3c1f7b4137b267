"""Draws: a level is one network in the making with its analysis, so that every shape is known as soon as it is drawn.

Knows blocks and wires; what calls of the source become which blocks is decided by whoever asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from backend.importing.python.running import MOST_BLOCKS, DrawInline, Run
from backend.importing.python.values import Instance, Layer, Learned, Tensor
from graph.analyzer import Analyzer
from graph.dim import Dim, N
from graph.edits import Changes
from graph.hyperparameter import HyperparameterError
from graph.module import ModuleError
from graph.network import Block, ConnectError, Network
from graph.tensor_type import TensorType

LONGEST = 60
STEPS = 100  # that a block counts for


@dataclass(slots=True, eq=False)
class Level:
    """One network being drawn: the model itself, or the inside of a module."""

    network: Network
    owner: Instance | None = None  # whose inside it is
    paths: dict[int, str] = field(default_factory=dict)  # serials of layers -> where they stand
    homes: dict[int, str] = field(default_factory=dict)  # serials -> the block they became first
    entered: set[int] = field(default_factory=set)  # serials of objects that were drawn in place here
    analyzer: Analyzer = field(init=False)

    def __post_init__(self) -> None:
        self.analyzer = Analyzer(self.network)

    def type_of(self, tensor: Tensor) -> TensorType:
        """The shape and kind of an output, in the block's own order of dimensions."""
        return self.analyzer.analysis.output(tensor.block, tensor.port)

    def has_weights(self, block: Block) -> bool:
        inferred = self.analyzer.analysis.inferred(block.id)
        return inferred is not None and bool(inferred.weights)


def here(run: Run, *tensors: Tensor) -> Level:
    """The level that is being drawn; raises DrawInline where a tensor comes from another one."""
    level = run.level or tensors[0].level
    if any(tensor.level is not level for tensor in tensors):
        owner = level.owner or tensors[0].level.owner
        if owner is None:
            run.refuse("a tensor of another call of forward is used here: give it as an argument")
        raise DrawInline(owner.serial)
    return level


def physical(run: Run, tensor: Tensor) -> TensorType:
    """What the block gives, whatever order the source has its dimensions in."""
    return tensor.level.type_of(tensor)


def dims_of(run: Run, tensor: Tensor) -> tuple[Dim, ...]:
    """The dimensions as the source has them."""
    dims = physical(run, tensor).dims
    return dims if tensor.order is None else tuple(dims[axis] for axis in tensor.order)


def place(
    run: Run,
    type: str,
    wires: Iterable[tuple[str | None, Tensor]],
    values: dict[str, Any] | None = None,
    name: str | None = None,
    level: Level | None = None,
    **properties: Any,
) -> Block:
    """Draw a block and wire it; raises Misfit where the shapes do not go together."""
    wires = list(wires)
    level = level or here(run, *(tensor for _, tensor in wires))
    network = level.network
    run.spend(STEPS)
    run.blocks += 1
    if run.blocks > MOST_BLOCKS:
        run.refuse(f"the model has more than {MOST_BLOCKS:,} layers; at most that many are drawn")
    try:
        wanted = _fit(name)
        block = network.new_block(type, network.free_name(wanted) if wanted else None, values or {})
        block = block.having(**properties)
        network.insert_block(block, (0.0, 0.0))
        for port, tensor in wires:
            network.connect(tensor.block, block.id, tensor.port, port)
    except (HyperparameterError, ConnectError, ModuleError, ValueError, KeyError) as error:
        run.refuse(f"{error.args[0] if error.args else error}")
    _infer(run, level, block)
    return block


def _infer(run: Run, level: Level, block: Block) -> None:
    """Have the new block worked out; what it cannot take is told with its line."""
    level.analyzer.update(Changes(added={block.id}))
    analysis = level.analyzer.analysis
    if analysis.inferred(block.id) is not None:
        return
    wrong = next((p for p in analysis.problems_of(block) if p.severity == "error"), None)
    run.misfit(f"{block.type}: {wrong.text if wrong else 'what it gives cannot be worked out'}")


def _fit(name: str | None) -> str:
    """A name as blocks have them: printable and not too long."""
    words = re.sub(r"[^\w.]+", "_", name or "").strip("_. ")
    return words if len(words) <= LONGEST else words[-LONGEST:].strip("_. ")


def output(
    run: Run, block: Block, level: Level, port: str | None = None, order: tuple[int, ...] | None = None
) -> Tensor:
    """An output of a block as a tensor of the source."""
    port = port or level.network.type_of(block).outputs[0].name
    return Tensor(level, block.id, port, order)


def draw(run: Run, type: str, tensor: Tensor, values: dict[str, Any] | None = None, name: str | None = None) -> Tensor:
    """A block of one input and one output behind a tensor whose dimensions are in the block's order."""
    block = place(run, type, [(None, tensor)], values, name)
    return output(run, block, tensor.level)


def draw_pointwise(run: Run, type: str, tensor: Tensor, values: dict[str, Any] | None = None) -> Tensor:
    """The same for a block that looks at every value by itself, so that any order stays."""
    block = place(run, type, [(None, tensor)], values)
    return output(run, block, tensor.level, order=tensor.order)


def settled(run: Run, tensor: Tensor, what: str) -> Tensor:
    """The tensor with the batch in front, as blocks take it; raises CannotImport where the source has it elsewhere."""
    if tensor.order is None:
        return tensor
    place_of_batch = tensor.order.index(0)
    return run.refuse(
        f"{what} gets a tensor whose batch is dimension {place_of_batch}; blocks have the batch in front:"
        " bring it there with transpose or permute, or give the layers before batch_first=True"
    )


def axis_of(run: Run, tensor: Tensor, axis: Any) -> int:
    """A dimension of the source as the block counts it; raises CannotImport for one that is none."""
    rank = physical(run, tensor).rank
    if isinstance(axis, bool) or not isinstance(axis, int) or not -rank <= axis < rank:
        run.refuse(f"{axis!r:.20} is no dimension of a tensor with {rank} of them")
    axis %= rank
    return axis if tensor.order is None else tensor.order[axis]


def is_batch(dim: Dim) -> bool:
    return dim == N


def remember(run: Run, level: Level, drawn: Layer | Learned | Instance, block: Block) -> None:
    """Note which block a layer became; one that is drawn inside two modules cannot share its weights between them."""
    level.homes.setdefault(drawn.serial, block.id)
    run.drawn.add(drawn.serial)
    before = run.drawn_at.setdefault(drawn.serial, level)
    if before.owner is not None and before.owner.serial in run.inlined:
        before = run.drawn_at[drawn.serial] = level
    if before.owner is level.owner or not level.has_weights(block):
        return
    for one in (before, level):
        if one.owner is not None:
            raise DrawInline(one.owner.serial)


def draw_level_input(run: Run, level: Level, name: str, tensor: Tensor) -> Tensor:
    """An Input of a module for a tensor outside, with its shape and the order of its dimensions."""
    type = physical(run, tensor)
    values = {"shape": type.dims[1:]} | ({} if type.dtype == "float32" else {"dtype": type.dtype})
    block = place(run, "Input", [], values, name, level)
    return output(run, block, level, order=tensor.order)
