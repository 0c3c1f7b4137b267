"""The block of a layer: its name, its settings, whose weights it uses, and whether the sizes it declares are true.

A layer drawn a second time uses the weights of the first.
"""

from __future__ import annotations

from typing import Any

from backend.importing.python.drawing import (
    Level,
    axis_of,
    dims_of,
    here,
    output,
    physical,
    place,
    remember,
    settled,
)
from backend.importing.python.layers import SIGNATURES, block_of, declared_sizes
from backend.importing.python.running import Run
from backend.importing.python.values import Layer, Tensor
from graph import registry
from graph.network import Block
from graph.weight_rules import weights_of

OVER_LAST = ("Linear", "Embedding", "LayerNorm", "RMSNorm")
DECLARED = frozenset(type for type, names in SIGNATURES.items() if "@" in names) | {"LayerNorm", "RMSNorm"}


def ordered(run: Run, layer: Layer, tensor: Tensor) -> Tensor:
    """The tensor as it is, where the layer does not mind which dimension the batch is."""
    if tensor.order is None:
        return tensor
    family = registry.block_type(layer.type.removeprefix("Lazy")).family
    last = tensor.order[-1] == len(tensor.order) - 1 or layer.type == "Embedding"
    if family in ("activation", "regularization") and layer.type not in ("GLU", "Dropout2d", "Softmax2d"):
        return tensor
    return tensor if layer.type in OVER_LAST and last else settled(run, tensor, f"nn.{layer.type}")


def draw_layer(run: Run, layer: Layer, tensor: Tensor) -> Any:
    """The block of a layer with one input, and its outputs."""
    type, values = block_of(run, layer)
    if layer.type in ("Softmax", "LogSoftmax", "Softmin", "GLU"):
        values = {"dim": _softmax_dim(run, layer, tensor)}
    block = place_layer(run, layer, type, values, [(None, tensor)])
    level = here(run, tensor)
    order = tensor.order
    if order is not None and type == "Embedding":
        order = (*order, len(order))
    ports = [port.name for port in registry.block_type(type).outputs]
    inferred = level.analyzer.analysis.inferred(block.id)
    made = [output(run, block, level, port, order) for port in ports if port in inferred.outputs]
    if layer.arguments.get("inplace") is True:
        tensor.become(made[0])
        return tensor
    return made[0] if len(made) == 1 else tuple(made)


def _softmax_dim(run: Run, layer: Layer, tensor: Tensor) -> int:
    """The dimension as the block counts it; without one torch takes the batch or the channels by the rank."""
    default = -1 if layer.type == "GLU" else None
    dim = layer.arguments.get("dim", default)
    if dim is None:
        dim = 0 if physical(run, tensor).rank in (0, 1, 3) else 1
    axis = axis_of(run, tensor, run.need(dim))
    return -1 if axis == physical(run, tensor).rank - 1 else axis


def place_layer(
    run: Run, layer: Layer, type: str, values: dict[str, Any], wires: list[tuple[str | None, Tensor]]
) -> Block:
    """Draw the block of a layer under its own name, with what is decided about its weights."""
    level = here(run, *(tensor for _, tensor in wires))
    properties = _properties(run, level, layer)
    line = run.line
    block = place(run, type, wires, values, name_of(run, level, layer), level, **properties)
    _keep_known(level, block)
    remember(run, level, layer, block)
    run.line = line
    _compare(run, layer, wires)
    return block


def name_of(run: Run, level: Level, drawn: Any) -> str | None:
    """Where it stands in the model; once more for every time it is used again."""
    path = level.paths.get(drawn.serial) or run.attribute_names.get(drawn.serial)
    if path is None or drawn.serial not in level.homes:
        return path
    count = 2
    while level.network.has(f"{path}_{count}"):
        count += 1
    return f"{path}_{count}"


def _properties(run: Run, level: Level, layer: Layer) -> dict[str, Any]:
    """Whose weights it uses, how they begin, what was typed in, and whether they are frozen."""
    home = level.homes.get(layer.serial)
    tied = [*([layer.reuses] if layer.reuses else []), *layer.lends]
    if home is None and tied:
        home = next((level.homes[one.serial] for one in tied if one.serial in level.homes), None)
        if home is None and any(one.serial in run.drawn for one in tied):
            text = "its weights are those of a layer elsewhere, and blocks share weights with blocks beside them:"
            run.note(f"{text} it got weights of its own", layer.line)
    if home is not None:
        return {"reuses": home} if registry.block_type(level.network.blocks[home].type).family else {}
    return {"frozen": layer.frozen, "initial": dict(layer.initial), "weights": dict(layer.weights)}


def _keep_known(level: Level, block: Block) -> None:
    """Take back what was said about weights the block does not have."""
    known = weights_of(level.analyzer.analysis, block.id)
    changes: dict[str, Any] = {}
    if not known and (block.reuses or block.frozen):
        changes = {"reuses": None, "frozen": False}
    for kind in ("initial", "weights"):
        kept = {name: one for name, one in getattr(block, kind).items() if name in known}
        if len(kept) < len(getattr(block, kind)):
            changes[kind] = kept
    if changes:
        level.network.replace_block(level.network.blocks[block.id].having(**changes))


def _compare(run: Run, layer: Layer, wires: list[tuple[str | None, Tensor]]) -> None:
    """Sizes that the source declares, beside those that the drawing has."""
    if layer.type not in DECLARED:
        return
    sizes = declared_sizes(layer)
    for index, (name, axis, size) in enumerate(sizes):
        tensor = wires[min(index, len(wires) - 1)][1] if layer.type == "Bilinear" else wires[0][1]
        dims = dims_of(run, tensor) if axis == -1 else physical(run, tensor).dims
        found = dims[axis] if -len(dims) <= axis < len(dims) else None
        if not isinstance(found, int) or found == size:
            continue
        text = f"nn.{layer.type} is made with {name} {size}, but gets {found}"
        if run.strict:
            run.misfit(text)
        run.note(f"{text}; blocks go by what they get", layer.line)
