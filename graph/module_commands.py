"""Commands about modules, as edits not yet applied: make one of a selection, take a place apart again."""

from __future__ import annotations

from collections.abc import Iterable

from graph.edits import AddBlock, Compound, Connect, Edit, RemoveBlocks
from graph.flatten import flattened
from graph.module import ModuleError, ModuleType, check_module_name
from graph.module_edits import DefineModule
from graph.network import Block, BlockId, ConnectError, Network, Wire
from graph.tensor_type import TensorType

Value = tuple[BlockId, str]
APART = 120.0  # canvas units between an inner Input and the first block


def make_module(network: Network, ids: Iterable[BlockId], name: str, analysis=None) -> Compound:
    """The edit that turns blocks into a module of this name, and puts one place of it where they were.

    What leads in becomes Inputs, what leads out Outputs; `analysis` gives the Inputs their shapes. Raises ModuleError.
    """
    check_module_name(network, name)
    chosen = [id for id in network.order() if id in set(ids)]
    _check_selection(network, chosen)
    module = ModuleType(name, Network(name, network.modules))
    for id in chosen:
        module.network.insert_block(network.blocks[id], network.positions[id])
    into, out = _borders(network, set(chosen))
    for wire in network.wires.values():
        if wire.source in module.network.blocks and wire.target in module.network.blocks:
            module.network.insert_wire(wire)
    inputs = {value: _add_input(module, network, value, wires, analysis) for value, wires in into.items()}
    outputs = {value: _add_output(module, network, value) for value in out}
    place = Block(network.fresh_block_id(), name, network.free_name(_lower(name)), {})
    x = sum(network.positions[id][0] for id in chosen) / len(chosen)
    y = sum(network.positions[id][1] for id in chosen) / len(chosen)
    edits: list[Edit] = [DefineModule(module), RemoveBlocks(tuple(chosen)), AddBlock(place, (x, y))]
    count = 0
    for value, port in inputs.items():
        edits.append(Connect(Wire(network.fresh_wire_id(count), *value, place.id, port)))
        count += 1
    for value, port in outputs.items():
        for wire in out[value]:
            edits.append(
                Connect(Wire(network.fresh_wire_id(count), place.id, port, wire.target, wire.input, wire.slot))
            )
            count += 1
    return Compound(f"Make {name}", tuple(edits))


def unpack(network: Network, id: BlockId, analysis) -> Compound:
    """The edit that puts the blocks of a module where one place of it stands, with the numbers it has there."""
    block = network.blocks[id]
    if not isinstance(network.declared(block.type), ModuleType):
        raise ModuleError(f"{block.name} is a {block.type}, not a module: there is nothing inside to unpack")
    alone, names = _alone(network, block, analysis)
    flat = flattened(alone)
    ends = {b.id for b in flat.blocks.values() if b.name in names}
    edits: list[Edit] = [RemoveBlocks((id,))]
    new: dict[BlockId, BlockId] = {}
    taken: set[str] = set()
    kept = [b for i, b in flat.blocks.items() if i not in ends]
    places = _places(network, block, [b.name for b in kept])
    for index, (inner, place) in enumerate(zip(kept, places, strict=True)):
        name = _free(network, inner.name.removeprefix(f"{block.name}."), taken)
        fresh = inner.having(id=network.fresh_block_id(index), name=name)
        new[inner.id] = fresh.id
        edits.append(AddBlock(fresh, place))
    edits += _wires_around(network, block, flat, ends, new)
    return Compound(f"Unpack {block.name}", tuple(edits))


def _check_selection(network: Network, chosen: list[BlockId]) -> None:
    if not chosen:
        raise ModuleError("select the blocks that are to become a module first")
    for id in chosen:
        if network.declared(network.blocks[id].type).role not in ("layer", "unknown"):
            raise ModuleError(f"{network.blocks[id].name} cannot go into a module: it belongs to the whole network")
    inside = set(chosen)
    for id in chosen:
        for wire in network.wires_out(id):
            if wire.target not in inside and any(network.is_upstream(wire.target, other) for other in inside):
                name = network.blocks[wire.target].name
                raise ModuleError(
                    f"{name} stands between the selected blocks: select it too, or the module feeds itself"
                )


def _borders(network: Network, inside: set[BlockId]) -> tuple[dict[Value, list[Wire]], dict[Value, list[Wire]]]:
    """The values that lead in, and those that lead out, each with its wires."""
    into: dict[Value, list[Wire]] = {}
    out: dict[Value, list[Wire]] = {}
    for wire in network.wires.values():
        if wire.target in inside and wire.source not in inside:
            into.setdefault((wire.source, wire.output), []).append(wire)
        elif wire.source in inside and wire.target not in inside:
            out.setdefault((wire.source, wire.output), []).append(wire)
    return into, out


def _add_input(module: ModuleType, network: Network, value: Value, wires: list[Wire], analysis) -> str:
    inner = module.network
    tensor: TensorType | None = analysis.output(*value) if analysis is not None else None
    shape = tuple(dim if isinstance(dim, int) else str(dim) for dim in tensor.dims[1:]) if tensor else (1,)
    values = {"shape": tuple(s if isinstance(s, int) or s.isidentifier() else 1 for s in shape)}
    if tensor is not None and tensor.dtype != "float32":
        values["dtype"] = tensor.dtype
    block = inner.new_block("Input", inner.free_name("x"), values)
    x, y = network.positions[wires[0].target]
    inner.insert_block(block, (x, y - APART))
    for wire in wires:
        inner.insert_wire(Wire(inner.fresh_wire_id(), block.id, "output", wire.target, wire.input, wire.slot))
    return block.name


def _add_output(module: ModuleType, network: Network, value: Value) -> str:
    inner = module.network
    block = inner.new_block("Output", inner.free_name("y"))
    x, y = network.positions[value[0]]
    inner.insert_block(block, (x, y + APART))
    inner.insert_wire(Wire(inner.fresh_wire_id(), *value, block.id, "input"))
    return block.name


def _alone(network: Network, block: Block, analysis) -> tuple[Network, set[str]]:
    """One place of a module between Inputs and Outputs of its own, and the names of those."""
    alone = Network("Alone", network.modules)
    module = network.declared(block.type)
    values = {name: value for name, value in analysis.values(block).items() if name in block.hyperparameters}
    place = alone.add(block.type, name=block.name, **values)
    names = set()
    for port, tensor in analysis.inputs(block).items():
        if any(not isinstance(dim, int) and not str(dim).isidentifier() for dim in tensor.dims[1:]):
            raise ModuleError(f"{block.name} stands on {tensor}: set its open sizes to numbers to unpack it")
        end = alone.add("Input", name=f"in {port}", shape=tensor.shape[1:], dtype=tensor.dtype)
        alone.connect(end, place, input=port)
        names.add(end.name)
    for port in module.outputs:
        end = alone.add("Output", name=f"out {port.name}")
        try:
            alone.connect(place, end, output=port.name)
        except ConnectError as error:
            raise ModuleError(str(error)) from None
        names.add(end.name)
    return alone, names


def _wires_around(network, block, flat, ends, new) -> list[Edit]:
    """The wires among unpacked blocks, and those that lead to them and on from them."""
    led = {f"in {wire.input}": (wire.source, wire.output) for wire in network.wires_into(block)}
    edits: list[Edit] = []
    made: list[tuple[str, str, str, str, int]] = []
    for wire in flat.wires.values():
        source = (new[wire.source], wire.output) if wire.source in new else led[flat.blocks[wire.source].name]
        if wire.target in new:
            made.append((*source, new[wire.target], wire.input, wire.slot))
            continue
        port = flat.blocks[wire.target].name.removeprefix("out ")
        made += [(*source, on.target, on.input, on.slot) for on in network.wires_out(block) if on.output == port]
    for index, (source, output, target, input, slot) in enumerate(made):
        edits.append(Connect(Wire(network.fresh_wire_id(index), source, output, target, input, slot)))
    return edits


def _places(network: Network, block: Block, names: list[str]) -> list[tuple[float, float]]:
    """Where unpacked blocks stand: as they were drawn inside; one below the other where modules held modules."""
    module, (x, y) = network.modules[block.type].network, network.positions[block.id]
    drawn = {f"{block.name}.{inner.name}": module.positions[inner.id] for inner in module.blocks.values()}
    if not all(name in drawn for name in names):
        return [(x, y + index * APART) for index in range(len(names))]
    left = sum(drawn[name][0] for name in names) / max(1, len(names))
    top = min((drawn[name][1] for name in names), default=0.0)
    return [(round(x + drawn[name][0] - left), round(y + drawn[name][1] - top)) for name in names]


def _free(network: Network, name: str, taken: set[str]) -> str:
    base, count = network.free_name(name), 1
    while base in taken:
        count += 1
        base = network.free_name(f"{name[:74]}_{count}")
    taken.add(base)
    return base


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]
