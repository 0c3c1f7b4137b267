"""Modules: block types that people draw: a network of its own with exposed hyperparameters, placed many times.

Its ports are the Input and Output blocks inside; its shape rule is the analysis of its inside with the values and
tensors of the place where it stands. A repeat count sends the output through again. Knows no files and no history.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graph import registry
from graph.block_type import BlockType, Call, Inferred, Inputs, Port, ShapeError, Values
from graph.dim import is_traced
from graph.expression import ExpressionError, check_hyperparameter_name
from graph.hyperparameter import Bool, Float, Hyperparameter, HyperparameterError, Int, Text
from graph.overrides import Overrides
from graph.tensor_type import TensorType

if TYPE_CHECKING:
    from graph.analysis import Analysis
    from graph.network import Network

REPEAT, FIRST = "repeat", "first"
MOST_PASSES = 1000
DEEPEST = 24
MOST_INFERRED = 50_000  # blocks looked at for one place
REMEMBERED = 256  # results of one module kept for the same values and tensors


class ModuleError(ValueError):
    """A module that cannot be; the text says why and what would be right."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """A hyperparameter that a module offers where it is placed; its kind is that of its default."""

    name: str
    default: int | float | bool | str
    help: str = ""

    def declaration(self) -> Hyperparameter:
        """The hyperparameter as forms and files see it; raises ModuleError for a name or default that cannot be."""
        try:
            check_hyperparameter_name(self.name)
        except ExpressionError as error:
            raise ModuleError(str(error)) from None
        if self.name in (REPEAT, FIRST):
            raise ModuleError(f"{self.name} belongs to every module already; expose it under another name")
        kind = {bool: Bool, int: Int, float: Float, str: Text}.get(type(self.default))
        if kind is None:
            raise ModuleError(f"{self.name} must begin as a number, a word or True or False, not {self.default!r}")
        declared = kind(self.name, self.default, self.help or f"Given to the blocks inside as {self.name}.")
        try:
            declared.coerce(self.default)
        except HyperparameterError as error:
            raise ModuleError(str(error)) from None
        return declared


class _Effort:
    """What working out one place may cost: modules that hold modules can multiply without end."""

    def __init__(self):
        self._depth = self._spent = 0

    def __enter__(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            self._depth -= 1
            raise ShapeError(f"modules stand inside one another more than {DEEPEST} deep", code="too_large")

    def __exit__(self, *_error) -> None:
        self._depth -= 1
        if not self._depth:
            self._spent = 0

    def spend(self, module: ModuleType) -> None:
        self._spent += len(module.network.blocks)
        if self._depth and self._spent > MOST_INFERRED:
            raise ShapeError(
                f"it is too much to work out: the modules in {module.name} multiply to over {MOST_INFERRED:,} blocks",
                code="too_large",
            )


_effort = _Effort()


@dataclass(frozen=True, slots=True)
class Pass:
    """One time through the inside: what it was given, and what came of it."""

    values: dict[str, Any]  # of the exposed hyperparameters
    inputs: dict[str, TensorType]
    analysis: Analysis
    outputs: dict[str, TensorType] = field(default_factory=dict)


class ModuleType(BlockType):
    """A block type whose declaration is a drawing."""

    family = "module"

    def __init__(self, name: str, network: Network, exposed: tuple[Exposed, ...] = (), note: str = ""):
        self.name = name
        self.network = network
        self.note = note
        self.expose(exposed)
        self._results: dict[Any, Analysis] = {}
        self._ports: tuple[int, tuple[Port, ...], tuple[Port, ...]] = (0, (), ())
        network.module = self

    def expose(self, exposed: tuple[Exposed, ...]) -> None:
        """Offer these hyperparameters; raises ModuleError."""
        declared = tuple(one.declaration() for one in exposed)
        if len({one.name for one in exposed}) < len(exposed):
            raise ModuleError(f"{self.name} exposes the same name twice; names are unique in a module")
        self.exposed = tuple(exposed)
        self.hyperparameters = (
            *declared,
            Int(REPEAT, 1, "How often it is applied, each time to what it just gave.", low=0, high=MOST_PASSES),
            Overrides(FIRST, "", "What differs the first time, such as stride=2."),
        )
        self._by_name = {h.name: h for h in self.hyperparameters}
        self._defaults = {h.name: h.default for h in self.hyperparameters}

    @property
    def help(self) -> str:
        return self.note or f"{self.name}: a module of this project."

    @property
    def inputs(self) -> tuple[Port, ...]:
        return self._found_ports()[1]

    @property
    def outputs(self) -> tuple[Port, ...]:
        return self._found_ports()[2]

    @property
    def defaults(self) -> dict[str, Any]:
        """The exposed hyperparameters as they are unless a place sets them."""
        return {one.name: one.default for one in self.exposed}

    def uses(self) -> set[str]:
        """The modules it holds, at any depth."""
        found: set[str] = set()
        waiting: list[ModuleType] = [self]
        while waiting:
            network = waiting.pop().network
            inner = {block.type for block in network.blocks.values()} & network.modules.keys()
            waiting.extend(network.modules[name] for name in inner - found)
            found |= inner
        return found

    def refuse_itself(self, inner: ModuleType) -> None:
        """Raise ModuleError if this module would stand inside itself."""
        if inner is self:
            raise ModuleError(f"{self.name} cannot hold itself")
        if self.name in inner.uses():
            raise ModuleError(f"{self.name} is part of {inner.name}, so {inner.name} cannot stand inside it")

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        with _effort:
            return self._infer(values, inputs)

    def _infer(self, values: Values, inputs: Inputs) -> Inferred:
        parameters = buffers = 0
        macs: Any = 0
        weights: list[tuple[str, tuple[int, ...]]] = []
        outputs: dict[str, TensorType] = dict(zip((p.name for p in self.outputs), inputs.values(), strict=False))
        for index, one in enumerate(self.passes(values, inputs)):
            ahead = f"{index}." if values[REPEAT] != 1 else ""
            parameters += one.analysis.total_parameters
            for id, inferred in one.analysis.all_inferred():
                buffers += inferred.buffers
                macs = macs + inferred.macs_of_sample
                name = self.network.blocks[id].name
                if self.network.blocks[id].reuses is not None:
                    continue  # listed where they belong
                weights += [(f"{ahead}{name}.{weight}", shape) for weight, shape in inferred.weights]
            outputs = one.outputs
        return Inferred(outputs, parameters, buffers, macs, tuple(weights))

    def passes(self, values: Values, inputs: Inputs, count: int | None = None) -> Iterator[Pass]:
        """Every time through, in order; raises ShapeError where one cannot be."""
        count = values[REPEAT] if count is None else count
        if count != 1 and (len(self.inputs), len(self.outputs)) != (1, 1):
            raise ShapeError(
                f"only a module with one input and one output can repeat; {self.name} has"
                f" {len(self.inputs)} and {len(self.outputs)}. Set repeat to 1",
                hyperparameter=REPEAT,
                code="repeat",
            )
        own = {one.name: values[one.name] for one in self.exposed}
        given = {port.name: inputs[port.name] for port in self.inputs if port.name in inputs}
        for index in range(count):
            now = own if index else {**own, **self._differing(values)}
            one = self._pass(now, given, index, count)
            yield one
            if index + 1 < count:
                given = {self.inputs[0].name: one.outputs[self.outputs[0].name]}

    def inside(self, values: Mapping[str, Any], inputs: Mapping[str, TensorType]) -> Analysis:
        """The analysis of the inside with these exposed values and input tensors, kept for the next time."""
        from graph.analyzer import analyze_with

        if any(map(is_traced, values.values())) or any(is_traced(dim) for t in inputs.values() for dim in t.dims):
            return analyze_with(self.network, values, inputs)  # a traced number equals a plain one: never mix them
        key = (self.stamps(), tuple(values.items()), tuple(inputs.items()))
        found = self._results.pop(key, None)
        if found is None:
            _effort.spend(self)
            found = analyze_with(self.network, values, inputs)
        self._results[key] = found
        if len(self._results) > REMEMBERED:
            self._results.pop(next(iter(self._results)))
        return found

    def stamps(self) -> tuple[int, ...]:
        """What changes whenever the inside does, at any depth."""
        modules = self.network.modules
        return self.network.stamp, *(modules[name].network.stamp for name in sorted(self.uses()))

    def module(self, values: Values, inputs: Inputs, inferred: Inferred) -> Call:
        """A class of its own, written with the rest of the source; the call here only says that there is one."""
        return Call(self.name)

    def explain(self, values: Values, inputs: Inputs, inferred: Inferred) -> tuple[tuple[str, str], ...]:
        shapes = ", ".join(f"{name}: {type}" for name, type in inferred.outputs.items())
        lines = [("output", shapes)]
        sizes = []
        for one in self.passes(values, inputs):
            sizes.append(one.analysis.total_parameters)
        if inferred.parameters:
            words = (
                f"{len(sizes)}*{sizes[0]:,}"
                if len(set(sizes)) == 1 < len(sizes)
                else " + ".join(map("{:,}".format, sizes))
            )
            lines.append(("parameters", f"{words} = {inferred.parameters:,}"))
        return tuple(lines)

    def _pass(self, values: dict[str, Any], given: dict[str, TensorType], index: int, count: int) -> Pass:
        analysis = self.inside(values, given)
        wrong = next((problem for problem in analysis.problems if problem.severity == "error"), None)
        if wrong is not None:
            block = self.network.blocks.get(wrong.block)
            where = f"{block.name} inside: " if block else "inside: "
            turn = f" (time {index + 1} of {count})" if count > 1 else ""
            raise ShapeError(f"{where}{wrong.text}{turn}", code="inside")
        outputs = {}
        for block in self.network.with_role("output"):
            for wire in self.network.wires_into(block):
                found = analysis.output(wire.source, wire.output)
                if found is None:
                    raise ShapeError(f"{block.name} inside: what reaches it is not known", code="inside")
                outputs[block.name] = found
        return Pass(values, given, analysis, outputs)

    def _differing(self, values: Values) -> dict[str, Any]:
        """What the first time has other than the rest."""
        try:
            found = self.hyperparameter(FIRST).settings(values[FIRST], values)
            return {name: self.hyperparameter(name).coerce(value) for name, value in found.items()}
        except (ExpressionError, HyperparameterError, KeyError) as error:
            raise ShapeError(f"{FIRST}: {error}", hyperparameter=FIRST, code="first") from None

    def _found_ports(self) -> tuple[int, tuple[Port, ...], tuple[Port, ...]]:
        if self._ports[0] != self.network.stamp:
            inputs = tuple(Port(block.name) for block in self.network.with_role("input"))
            outputs = tuple(Port(block.name) for block in self.network.with_role("output"))
            self._ports = (self.network.stamp, inputs, outputs)
        return self._ports


def define(network: Network, name: str, exposed: tuple[Exposed, ...] = (), note: str = "") -> ModuleType:
    """A new, empty module of the project this network belongs to; raises ModuleError."""
    from graph.network import Network

    check_module_name(network, name)
    module = ModuleType(name, Network(name, network.modules), exposed, note)
    network.modules[name] = module
    return module


def check_module_name(network: Network, name: str) -> None:
    """A class name that is free: letters and digits, a capital first; raises ModuleError."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Z][A-Za-z0-9]{0,39}", name, re.ASCII):
        raise ModuleError(f"a module is named as a class is, such as Bottleneck, not {name!r:.60}")
    if registry.is_known(name):
        raise ModuleError(f"{name} is a block type already; choose another name")
    if name in network.modules:
        raise ModuleError(f"there is a module {name} already; names are unique in a project")
