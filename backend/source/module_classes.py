"""Writes each module of a network once, as a class with parameters, and each place of it as a call of that class.

A module's inside is worked out with traced numbers, which remember the arithmetic they came from: `4 * channels` stands
in the class and 256 nowhere. Two places that would need different texts get two classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from backend.source.identifiers import Names
from backend.source.literals import Scope, literal
from backend.source.page import Page
from backend.source.plan import SourceError
from graph.block_type import ShapeError
from graph.dim import Dim, Traced, formula_of, is_traced, python, symbol
from graph.module import FIRST, REPEAT, ModuleType, Pass
from graph.network import Network
from graph.tensor_type import TensorType

SIMULATED = 3  # passes looked at where the count depends on a hyperparameter
CHANNELS_SECOND = ("convolution", "pooling", "normalization")


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument of a module's constructor: a size of an input, or an exposed hyperparameter."""

    identifier: str
    name: str  # of the input port or of the hyperparameter
    axis: int | None = None  # of the input; None for a hyperparameter
    default: Any = None

    def of(self, one: Pass) -> Any:
        return one.values[self.name] if self.axis is None else one.inputs[self.name].dims[self.axis]


@dataclass(frozen=True, slots=True)
class Construction:
    """A call of a class: its first argument, if that is a size of the input, apart from the rest."""

    function: str
    first: Dim | None
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return self.written(None if self.first is None else python(self.first))

    def written(self, first: str | None) -> str:
        return f"{self.function}({', '.join((*filter(None, [first]), *self.arguments))})"


@dataclass(frozen=True, slots=True)
class Written:
    """A class in the text."""

    name: str
    module: str
    parameters: tuple[Parameter, ...]
    text: str
    page: Page


class ModuleClasses:
    """The classes of one source; `write_class(network, analysis, scope, identifiers, classes)` writes a body."""

    def __init__(self, taken: Iterable[str], write_class: Callable[..., tuple[Page, Page]]):
        self._taken = set(taken)
        self._write_class = write_class
        self._by_use: dict[Any, Written] = {}
        self.written: list[Written] = []

    def construct(self, network: Network, id: str, module: ModuleType, values, inputs, scope: Scope) -> str:
        """The expression that makes a module where it stands, its repeats included."""
        count = values[REPEAT]
        calls = []
        try:
            for one in module.passes(values, inputs, max(count, SIMULATED) if is_traced(count) else count):
                calls.append(self._call(network, id, module, one, scope))
        except ShapeError as error:
            if len(calls) < count:  # those beyond were only looked at to see the pattern
                raise SourceError(network, [(id, str(error))]) from error
        if not is_traced(count) and count == 1:
            return str(calls[0])
        return _repeated(calls, literal(count, scope=scope), bool(values[FIRST]), int(count))

    def _call(self, network: Network, id: str, module: ModuleType, one: Pass, scope: Scope) -> Construction:
        written = self._class_for(network, id, module, one)
        first: Dim | None = None
        arguments = []
        for index, parameter in enumerate(written.parameters):
            value = parameter.of(one)
            if parameter.axis is not None and not index:
                first = formula_of(value)
            elif parameter.axis is not None:
                arguments.append(literal(value, scope=scope))
            elif is_traced(value) or value != parameter.default:
                arguments.append(f"{parameter.identifier}={literal(value, scope=scope)}")
        if first is not None:
            scope.formula(first)  # its names are asked for
        return Construction(written.name, first, tuple(arguments))

    def _class_for(self, network: Network, id: str, module: ModuleType, one: Pass) -> Written:
        use = (module.name, tuple(one.values.items()), tuple(one.inputs.items()))
        if use not in self._by_use:
            try:
                self._by_use[use] = self._write(module, one)
            except SourceError as error:
                raise SourceError(network, [(id, f"inside {name}: {text}") for name, text in error.problems]) from error
        return self._by_use[use]

    def _write(self, module: ModuleType, one: Pass) -> Written:
        parameters = list(_parameters(module, one))
        values = {**one.values}
        inputs = {port: _plain(type) for port, type in one.inputs.items()}
        for parameter in parameters:
            value = parameter.of(one)
            if parameter.axis is None:
                values[parameter.name] = _traced(int(value), parameter) if _is_whole(value) else value
            else:
                dims = list(inputs[parameter.name].dims)
                dims[parameter.axis] = _traced(int(value), parameter)
                inputs[parameter.name] = replace(inputs[parameter.name], dims=tuple(dims))
        scope = Scope()
        identifiers = {p.name: p.identifier for p in parameters if p.axis is None}
        analysis = module.inside(values, inputs)
        taken = {p.identifier for p in parameters}
        layers, forward = self._write_class(module.network, analysis, scope, identifiers, taken, self)
        used = tuple(p for p in parameters if p.identifier in scope.used | scope.kept)
        return self._once(module, used, [p.identifier for p in used if p.identifier in scope.kept], layers, forward)

    def _once(self, module: ModuleType, used: tuple[Parameter, ...], kept: list[str], layers: Page, forward: Page):
        """The class with this body, one there is already if the texts agree."""
        body = Page()
        if kept or not layers.empty:
            signature = "".join(
                f", {p.identifier}" if p.axis is not None else f", {p.identifier}={literal(p.default)}" for p in used
            )
            body.statement(f"def __init__(self{signature}):", 4)
            body.statement("super().__init__()", 8)
            for identifier in kept:
                body.statement(f"self.{identifier} = {identifier}", 8)
            body.add(layers)
            body.blank()
        body.add(forward)
        text = f"{module.name}\n{body.finish()[0]}"
        for other in self.written:
            if other.text == text:
                return other
        name = self._free(module.name)
        page = Page()
        page.statement(f"class {name}(nn.Module):")
        page.add(body)
        self.written.append(Written(name, module.name, used, text, page))
        return self.written[-1]

    def _free(self, name: str) -> str:
        candidate, count = name, 1
        while candidate in self._taken:
            count += 1
            candidate = f"{name}{count}"
        self._taken.add(candidate)
        return candidate


def _parameters(module: ModuleType, one: Pass) -> Iterable[Parameter]:
    """Everything a class of this module may ask for, under identifiers of its own."""
    free = Names()
    exposed = [Parameter(free.fresh(e.name), e.name, None, e.default) for e in module.exposed]
    for port in module.inputs:
        type = one.inputs[port.name]
        for axis, dim in enumerate(type.dims):
            if axis and isinstance(dim, int):
                name = _size_name(module, port.name, len(type.dims), axis)
                name = name if len(module.inputs) == 1 else f"{free_word(port.name)}_{name.removeprefix('in_')}"
                yield Parameter(free.fresh(name), port.name, axis)
    yield from exposed


def free_word(name: str) -> str:
    """A port's name as the beginning of an identifier."""
    letters = "".join(char if char.isascii() and char.isalnum() else "_" for char in name.lower()).strip("_")
    return letters if letters[:1].isalpha() else f"x{letters}"


def _size_name(module: ModuleType, port: str, rank: int, axis: int) -> str:
    """What people call a size of an input of this rank: channels come second for images, features last for the rest."""
    if rank == 2:
        return "in_features"
    if rank == 3 and not _reads_channels_second(module, port):
        return ("length", "in_features")[axis - 1]
    return (
        "in_channels"
        if axis == 1
        else {3: ("length",), 4: ("height", "width")}.get(rank, ("depth", "height", "width"))[(axis - 2) % 3]
    )


def _reads_channels_second(module: ModuleType, port: str) -> bool:
    network = module.network
    block = next(block for block in network.with_role("input") if block.name == port)
    return any(network.type_of(w.target).family in CHANNELS_SECOND for w in network.wires_out(block)) and not any(
        network.blocks[w.target].type == "LayerNorm" for w in network.wires_out(block)
    )


def _repeated(calls: list[Construction], count: str, first_differs: bool, plain: int) -> str:
    """The same, or nearly the same, several times in a row."""
    if not calls:
        return "nn.Identity()"
    if not first_differs and len(set(calls)) == 1:
        return f"nn.Sequential(*({calls[0]} for _ in range({count})))"
    if len(set(calls[1:])) == 1 and len(calls) > 2:
        fewer = str(int(count) - 1) if count.isdigit() else f"{count} - 1"
        return f"nn.Sequential({calls[0]}, *({calls[1]} for _ in range({fewer})))"
    growing = _growing(calls)
    if growing is not None and len(calls) > 2:
        return f"nn.Sequential(*({growing} for i in range({count})))"
    return f"nn.Sequential({', '.join(map(str, calls[:plain]))})"


def _growing(calls: list[Construction]) -> str | None:
    """The call whose first argument grows by the same step every time, as in a dense block."""
    sizes = [call.first for call in calls]
    if len({(call.function, call.arguments) for call in calls}) > 1 or None in sizes:
        return None
    steps = {after - before for before, after in pairwise(sizes)}
    if len(steps) != 1:
        return None
    step = python(steps.pop())
    step = step if step.isidentifier() or step.isdigit() else f"({step})"
    return calls[0].written(f"{python(sizes[0])} + {step} * i")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _traced(value: int, parameter: Parameter) -> Traced:
    return Traced(value, symbol(parameter.identifier))


def _plain(type: TensorType) -> TensorType:
    return replace(type, dims=tuple(int(dim) if isinstance(dim, int) else dim for dim in type.dims))
