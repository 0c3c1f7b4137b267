"""Objects of model classes become modules: drawn once into a definition, placed wherever they are called.

Two objects whose drawings are the same share one definition. What cannot be a module is drawn in place.
"""

from __future__ import annotations

import re
from typing import Any

from backend.importing.python import calling
from backend.importing.python.drawing import Level, draw_level_input, output, physical, place, remember
from backend.importing.python.layer_blocks import name_of
from backend.importing.python.module_tree import children_of
from backend.importing.python.pruning import prune
from backend.importing.python.running import DrawInline, Run
from backend.importing.python.values import Function, Instance, Layer, Learned, Tensor, Unknown
from graph import registry
from graph.dim import N
from graph.module import DEEPEST, ModuleType
from graph.network import Network

DEEP = 6  # lists in lists of tensors that go in or out


def call_instance(run: Run, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What an object of a model class gives."""
    method = instance.cls.lookup("forward") or instance.cls.lookup("__call__")
    if not isinstance(method, Function):
        inner = instance.layer or instance.children
        if inner is None:
            return run.unknown(f"{instance.cls.name} has no forward")
        method = None
    tensors = tensors_in(run, (args, kwargs))
    if _inline(run, instance, tensors):
        return _in_place(run, instance, method, args, kwargs)
    return _as_module(run, instance, method, tensors, args, kwargs)


def _inline(run: Run, instance: Instance, tensors: list[Tensor]) -> bool:
    """Whether it is drawn where it stands: a module has inputs with the batch in front and sizes that are numbers."""
    if run.level is None or instance.serial in run.inlined or not tensors or run.depth > DEEPEST:
        return True
    for tensor in tensors:
        dims = physical(run, tensor).dims
        if not dims or dims[0] != N or not all(isinstance(dim, int) for dim in dims[1:]):
            return True
    return False


def _in_place(run: Run, instance: Instance, method: Function | None, args: list[Any], kwargs: dict[str, Any]) -> Any:
    level = run.level
    if level is not None and instance.serial not in level.entered:
        level.entered.add(instance.serial)
        path = level.paths.get(instance.serial, "")
        for serial, name in paths_of(run, instance, path).items():
            level.paths.setdefault(serial, name)
    if method is None:
        return calling.call_module(run, instance.layer or instance.children, args, kwargs)
    return calling.invoke(run, method, [instance, *args], kwargs)


def _as_module(
    run: Run, instance: Instance, method: Function | None, tensors: list[Tensor], args: list[Any], kwargs: Any
) -> Any:
    outer = run.level
    assert outer is not None
    inner = Level(Network(instance.cls.name, run.modules), instance, paths_of(run, instance))
    names = _argument_names(method, args, kwargs)
    inside = {}
    for index, tensor in enumerate(tensors):
        inside[id(tensor)] = draw_level_input(run, inner, names.get(id(tensor)) or f"x{index or ''}", tensor)
    run.level = inner
    try:
        result = _in_place(run, instance, method, *_mapped(run, (args, kwargs), inside))
    finally:
        run.level = outer
    found = tensors_in(run, result)
    if not found or _unknown_in(run, result):
        return _again_in_place(run, instance, method, args, kwargs) if not found else result
    outputs = _outputs(run, inner, found)
    prune(inner.network, [id for id in outputs.values()])
    if _is_small(inner.network):
        return _again_in_place(run, instance, method, args, kwargs)
    name = _definition(run, inner.network, instance)
    block = _placed(run, outer, instance, name, tensors)
    ports = {key: inner.network.blocks[id].name for key, id in outputs.items()}
    around = {id(one): output(run, block, outer, ports[one.block, one.port], one.order) for one in found}
    return _mapped(run, result, around)


def _again_in_place(run: Run, instance: Instance, method: Function | None, args: list[Any], kwargs: Any) -> Any:
    run.inlined.add(instance.serial)
    return _in_place(run, instance, method, args, kwargs)


def _is_small(network: Network) -> bool:
    """One block needs no module around it."""
    return sum(network.declared(block.type).role == "layer" for block in network.blocks.values()) <= 1


def _placed(run: Run, outer: Level, instance: Instance, name: str, tensors: list[Tensor]):
    home = outer.homes.get(instance.serial)
    if home is not None and outer.network.blocks[home].type != name:
        raise DrawInline(instance.serial)
    ports = [port.name for port in run.modules[name].inputs]
    wires = [(port, Tensor(one.level, one.block, one.port)) for port, one in zip(ports, tensors, strict=True)]
    properties = {"reuses": home} if home is not None else {}
    block = place(run, name, wires, {}, name_of(run, outer, instance), outer, **properties)
    remember(run, outer, instance, block)
    return block


def _outputs(run: Run, inner: Level, found: list[Tensor]) -> dict[tuple[str, str], str]:
    """An Output for every value that is handed back, by value."""
    made: dict[tuple[str, str], str] = {}
    distinct = list(dict.fromkeys((one.block, one.port) for one in found))
    for index, (block, port) in enumerate(distinct):
        name = "output" if len(distinct) == 1 else f"output{index + 1}"
        made[block, port] = place(run, "Output", [("input", Tensor(inner, block, port))], {}, name, inner).id
    return made


def tensors_in(run: Run, value: Any, depth: int = 0) -> list[Tensor]:
    """Every tensor in a value, in order, each once."""
    run.spend()
    if isinstance(value, Tensor):
        return [value]
    if depth > DEEP:
        run.refuse(f"lists of tensors stand inside one another more than {DEEP} deep")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    found = [tensor for one in inner for tensor in tensors_in(run, one, depth + 1)]
    return list({id(one): one for one in found}.values())


def _unknown_in(run: Run, value: Any) -> bool:
    if isinstance(value, dict | list | tuple):
        inner = value.values() if isinstance(value, dict) else value
        return any(_unknown_in(run, one) for one in inner)
    return isinstance(value, Unknown)


def _mapped(run: Run, value: Any, tensors: dict[int, Tensor]) -> Any:
    """The same value with other tensors in it."""
    run.spend()
    if isinstance(value, Tensor):
        return tensors.get(id(value), value)
    if isinstance(value, dict):
        return {key: _mapped(run, one, tensors) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_mapped(run, one, tensors) for one in value)
    return value


def _argument_names(method: Function | None, args: list[Any], kwargs: dict[str, Any]) -> dict[int, str]:
    """The tensors as forward calls them."""
    if method is None:
        return {}
    spec = method.node.args
    names = [one.arg for one in (*spec.posonlyargs, *spec.args)][1:]
    found: dict[int, str] = {}
    for name, value in (*zip(names, args, strict=False), *kwargs.items()):
        if isinstance(value, Tensor):
            found[id(value)] = name
        elif isinstance(value, list | tuple):
            found |= {id(one): f"{name}{i + 1}" for i, one in enumerate(value[:100]) if isinstance(one, Tensor)}
    return found


def paths_of(run: Run, owner: Any, ahead: str = "") -> dict[int, str]:
    """Where every layer, parameter and object inside stands: block1_conv; the first place counts."""
    found: dict[int, str] = {}
    waiting: list[tuple[str, Any]] = [(ahead, owner)]
    seen: set[int] = set()
    while waiting:
        run.spend()
        path, one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Layer | Instance) and one is not owner:
            found.setdefault(one.serial, path)
        if isinstance(one, Instance) and one is not owner:
            continue  # its inside has names of its own
        learned = one.attributes.items() if isinstance(one, Instance) else ()
        for name, value in (*children_of(one).items(), *learned):
            here = f"{path}_{name}" if path else name
            if isinstance(value, Learned):
                found.setdefault(value.serial, here)
            elif isinstance(value, Layer) and value.type in ("TransformerEncoder", "TransformerDecoder"):
                _inner_paths(value, here, found)
            waiting.append((here, value)) if not isinstance(value, Learned) else None
        if isinstance(one, Instance) and one.layer is not None:
            found.setdefault(one.layer.serial, path or "layer")
    return found


def _inner_paths(layer: Layer, path: str, found: dict[int, str]) -> None:
    norm = layer.arguments.get("norm")
    if isinstance(norm, Layer):
        found.setdefault(norm.serial, f"{path}_norm")


# Definitions


def _definition(run: Run, network: Network, instance: Instance) -> str:
    """The module with this inside: one there is already, if the drawings are the same."""
    drawing, cls = _drawing(network), instance.cls.name
    for name in run.modules:
        if run.class_of_module.get(name) == cls and run.drawings[name] == drawing:
            return name
    name = module_name(cls)
    name = f"{name[:34]}Module" if registry.is_known(name) else name
    free, count = name, 1
    while free in run.modules or registry.is_known(free) or free == run.top_class:
        count += 1
        free = numbered(name, count)
    network.name = free
    run.modules[free] = ModuleType(free, network)
    run.class_of_module[free] = cls
    run.drawings[free] = drawing
    run.made_with[free] = instance.made_with
    return free


def numbered(name: str, count: int) -> str:
    """The name of a further module of a class: Block2, and C3v2 where the class ends in a digit."""
    return f"{name[:36]}{'v' if name[-1:].isdigit() else ''}{count}"


def module_name(text: str) -> str:
    """A class's name as modules are named: letters and digits, a capital first."""
    words = re.findall(r"[A-Za-z0-9]+", text.encode("ascii", "ignore").decode())
    joined = "".join(word[0].upper() + word[1:] for word in words)[:40]
    return joined if joined and joined[0].isalpha() else f"Module{joined}"[:40]


def _drawing(network: Network) -> Any:
    """Everything that is computed, without the sizes of the inputs."""
    blocks = []
    for id, block in network.blocks.items():
        values = block.hyperparameters
        if network.declared(block.type).role == "input":
            values = {"rank": len(values["shape"]), "dtype": values.get("dtype")}
        settled = tuple(sorted((name, repr(value)) for name, value in values.items()))
        decided = (block.reuses, block.frozen, repr(block.initial), repr(block.weights))
        blocks.append((id, block.type, block.name, settled, decided))
    wires = [(w.source, w.output, w.target, w.input, w.slot) for w in network.wires.values()]
    return blocks, wires
