"""Modules of one class that differ in numbers only become one module that exposes those numbers.

ResNet's blocks of 64, 128 and 256 channels are one drawing with `planes`; the names are those of the class's __init__.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from backend.importing.python.running import Run
from backend.importing.python.submodules import numbered
from graph.expression import NAME, Expression
from graph.module import FIRST, REPEAT, Exposed, ModuleError, ModuleType
from graph.network import Block, Network

Place = tuple[str, str]  # block, hyperparameter
PLAIN = (bool, int, float, str)
LARGEST_FACTOR = 64


@dataclass(slots=True)
class Shared:
    """What several modules have in common: their names, and the values that differ, by place."""

    names: list[str]
    differing: dict[Place, tuple[Any, ...]]


def generalize(run: Run, network: Network) -> None:
    """Join what can be joined, from the innermost modules outwards."""
    done: set[str] = set()
    for name in _inner_first(run):
        if name in done or name not in run.modules:
            continue
        members = [one for one in run.modules if _alike(run, name, one)]
        done.update(members)
        shared = _shared(run, members)
        if shared is not None:
            _join(run, network, shared)
    _renumber(run, network)


def _renumber(run: Run, network: Network) -> None:
    """Names without gaps: Bottleneck and Bottleneck2, where what stood between has been joined."""
    names: dict[str, str] = {}
    for name in list(run.modules):
        cls = run.class_of_module[name]
        first = next(one for one in run.modules if run.class_of_module[one] == cls)
        count = 1 + sum(run.class_of_module[one] == cls for one in names)
        names[name] = first if name == first else numbered(first, count)
    if len(set(names.values())) < len(names) or any(new in run.modules and new not in names for new in names.values()):
        return
    for one in (network, *(module.network for module in run.modules.values())):
        for block in list(one.blocks.values()):
            if names.get(block.type, block.type) != block.type:
                one.replace_block(block.having(type=names[block.type]))
    modules = {names[name]: module for name, module in run.modules.items()}
    run.class_of_module = {names[name]: run.class_of_module[name] for name in run.modules}
    for name, module in modules.items():
        module.name = module.network.name = name
    run.modules.clear()
    run.modules.update(modules)


def _inner_first(run: Run) -> list[str]:
    depth: dict[str, int] = {}

    def of(name: str) -> int:
        if name not in depth:
            depth[name] = 1 + max((of(one) for one in run.modules[name].uses()), default=0)
        return depth[name]

    return sorted(run.modules, key=of)


def _alike(run: Run, name: str, other: str) -> bool:
    """Whether both come from one class and are drawn the same, numbers aside."""
    if run.class_of_module[name] != run.class_of_module[other]:
        return False
    return _form(run.modules[name].network) == _form(run.modules[other].network)


def _form(network: Network) -> Any:
    blocks = [
        (id, block.type, block.name, block.reuses, block.frozen, repr(block.initial), repr(block.weights))
        for id, block in network.blocks.items()
    ]
    ranks = [len(network.values(block)["shape"]) for block in network.with_role("input")]
    return blocks, ranks, [(w.source, w.output, w.target, w.input, w.slot) for w in network.wires.values()]


def _shared(run: Run, names: list[str]) -> Shared | None:
    """The places where the modules differ; None where there is one only, or one that cannot be exposed."""
    if len(names) < 2:
        return None
    networks = [run.modules[name].network for name in names]
    differing: dict[Place, tuple[Any, ...]] = {}
    for id, block in networks[0].blocks.items():
        if networks[0].type_of(block).role != "layer":
            continue
        every = [network.values(id) for network in networks]
        run.spend(len(every))
        for name in sorted(set().union(*every)):
            values = tuple(values.get(name) for values in every)
            if all(type(one) is type(values[0]) and one == values[0] for one in values):
                continue
            if len({type(one) for one in values}) > 1 or type(values[0]) not in PLAIN:
                return None
            differing[id, name] = values
    return Shared(names, differing) if differing else None


def _join(run: Run, network: Network, shared: Shared) -> None:
    """One definition with exposed numbers, and the places where the others stood told theirs."""
    expressions, exposed = _named(run, shared)
    kept = run.modules[shared.names[0]]
    try:
        offered = tuple(Exposed(name, values[0], f"{name} of {kept.name}.") for name, values in exposed.items())
        kept.expose(offered)
    except ModuleError:
        return
    for (id, name), expression in expressions.items():
        kept.network.set(id, **{name: Expression(expression)})
    settings = {
        member: {name: values[index] for name, values in exposed.items()} for index, member in enumerate(shared.names)
    }
    for one in (network, *(module.network for module in run.modules.values())):
        _replace(one, kept, settings)
    for member in shared.names[1:]:
        del run.modules[member]


def _replace(network: Network, kept: ModuleType, settings: dict[str, dict[str, Any]]) -> None:
    for block in list(network.blocks.values()):
        if block.type in settings:
            given = settings[block.type]
            values = {name: value for name, value in given.items() if value != kept.defaults[name]}
            network.replace_block(block.having(type=kept.name, hyperparameters=values))


def _named(run: Run, shared: Shared) -> tuple[dict[Place, str], dict[str, tuple[Any, ...]]]:
    """An expression for every place, and the values of every name in them."""
    arguments = _arguments(run, shared.names)
    block_of = run.modules[shared.names[0]].network.blocks
    expressions: dict[Place, str] = {}
    exposed: dict[str, tuple[Any, ...]] = {}
    for (id, hyperparameter), values in shared.differing.items():
        text = next(_formulas(arguments, values), None)
        if text is None:
            text = next((name for name, other in exposed.items() if other == values), None)
        if text is None:
            text = _free(block_of[id], hyperparameter, {*arguments, *exposed})
            exposed[text] = values
        for name in Expression(text).names & arguments.keys():
            exposed[name] = arguments[name]
        expressions[id, hyperparameter] = text
    return expressions, exposed


def _arguments(run: Run, names: list[str]) -> dict[str, tuple[Any, ...]]:
    """What the classes were made with, where that is a plain value of one kind."""
    made = [run.made_with.get(name, {}) for name in names]
    found = {}
    for name in made[0]:
        values = tuple(one.get(name) for one in made)
        plain = type(values[0]) in PLAIN and all(type(one) is type(values[0]) for one in values)
        if plain and NAME.match(name) and name not in (REPEAT, FIRST, "self"):
            found[name] = values
    return found


def _formulas(arguments: dict[str, tuple[Any, ...]], values: tuple[Any, ...]) -> Iterator[str]:
    """An argument that has these values, or whose multiple or part they are."""
    for name, other in arguments.items():
        if other == values and type(other[0]) is type(values[0]):
            yield name
    if any(type(one) is not int or one < 1 for one in values):
        return
    for name, other in arguments.items():
        if any(type(one) is not int or one < 1 for one in other) or len(set(other)) == 1:
            continue
        times, rest = divmod(values[0], other[0])
        if not rest and 1 < times <= LARGEST_FACTOR and all(a == b * times for a, b in zip(values, other, strict=True)):
            yield f"{times}*{name}"
        times = other[0] // values[0]
        if 1 < times <= LARGEST_FACTOR and all(a == b // times for a, b in zip(values, other, strict=True)):
            yield f"{name} // {times}"


def _free(block: Block, hyperparameter: str, taken: set[str]) -> str:
    """A name for a value that no argument explains."""
    words = f"{block.name}_{hyperparameter}".lower()
    words = "".join(char if char.isascii() and char.isalnum() else "_" for char in words).strip("_")
    base = words if words[:1].isalpha() else f"value_{words}"
    base = base[:36].rstrip("_")
    name, count = base, 1
    while name in taken or not NAME.match(name):
        count += 1
        name = f"{base}_{count}"
    return name
