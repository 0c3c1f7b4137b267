"""Writes the body of a method: one line per block, its shape at the end.

A value that only the next line reads is called `x`, as people do in a chain; one that is read again later carries its
block's name. Values nobody reads are `_`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain, count
from typing import Any

from backend.source.identifiers import Names
from backend.source.literals import LiteralError, Scope, literal
from backend.source.page import Page
from backend.source.plan import Plan, SourceError, Value
from backend.source.weight_lines import owner
from graph.block_type import ShapeError, Values
from graph.dim import formula_of
from graph.tensor_type import TensorType

CHAIN = ("x", "h", "y", "z")
BODY = 8
LONGEST_FORMULA = 48


class Place:
    """A block's place in the text: what its inputs are called there (graph.block_type.Site)."""

    def __init__(
        self,
        identifier: str,
        values: Values,
        types: Mapping[str, Any],
        wired: Mapping[str, list[str]],
        scope: Scope | None = None,
    ):
        self._scope = scope
        self.values = values
        self.inputs = types
        self._identifier = identifier
        self._wired = wired

    def one(self, port: str) -> str | None:
        names = self._wired.get(port)
        return names[0] if names else None

    def many(self, port: str) -> list[str]:
        return list(self._wired.get(port, ()))

    def literal(self, value: Any) -> str:
        return literal(value, scope=self._scope)

    def call_module(self, *variables: str) -> str:
        return f"self.{self._identifier}({', '.join(variables)})"


class Method:
    """One method of the class: its arguments, the layers it computes in order, and the values it returns."""

    def __init__(
        self, plan: Plan, names: Names, arguments: list[str], returns: list[Value], scope: Scope | None = None
    ):
        self._scope = scope.in_forward() if scope else None
        self._plan = plan
        self._names = names
        self._returns = returns
        self._arguments = arguments
        self._order = [id for id in plan.order(self._roots()) if plan.belongs_to_class(id)]
        self._written = [id for id in self._order if id not in plan.broken]
        self._uses = self._find_uses()
        self._chain = self._find_chain()
        self._variables = self._name_values()

    @property
    def layers(self) -> list[str]:
        """The blocks it computes, in the order of its lines."""
        return self._written

    def write(self, page: Page, name: str, outputs: Iterable[str] = ()) -> None:
        """Write the signature, the lines and the return statement."""
        plan = self._plan
        parameters = ["self", *(self._names[id] for id in self._arguments)]
        page.statement(
            f"def {name}({', '.join(parameters)}):", BODY - 4, *self._arguments, remark=self._argument_shapes()
        )
        for id in self._order:
            if id in plan.broken:
                page.remark(f"{plan.block(id).name}: {plan.broken[id]}", BODY, id)
            else:
                self._write_block(page, id)
        for id, text in plan.broken.items():
            if id and id not in self._order and plan.type_of(id).role in ("input", "output"):
                page.remark(f"{plan.block(id).name}: {text}", BODY, id)
        returned = [self._variables[value] for value in self._returns]
        page.statement(f"return {', '.join(returned)}" if returned else "pass", BODY, *outputs)

    def _roots(self) -> list[str]:
        """What the body must compute; with something broken, all of the drawing is shown."""
        roots = [value[0] for value in self._returns]
        if self._plan.broken:
            network = self._plan.network
            roots += [id for id in network.order() if self._plan.belongs_to_class(id)]
        return roots

    def _find_uses(self) -> dict[Value, list[int]]:
        """The lines that read each value; the return statement counts as the line after the last."""
        uses: dict[Value, list[int]] = {}
        for line, id in enumerate(self._written):
            for wire in self._plan.wires(id):
                uses.setdefault((wire.source, wire.output), []).append(line)
        if not self._returns and self._plan.broken:
            self._returns = self._open_ends(uses)
        for value in self._returns:
            uses.setdefault(value, []).append(len(self._written) + (len(self._returns) > 1))
        return uses

    def _open_ends(self, uses: dict[Value, list[int]]) -> list[Value]:
        """Of a drawing in progress: what has been computed and is not read yet."""
        ends = []
        for id in self._written:
            ports = self._plan.type_of(id).outputs
            if ports and not any((id, port.name) in uses for port in ports):
                ends.append((id, ports[0].name))
        return ends

    def _find_chain(self) -> set[Value]:
        """The values that only the next line reads."""
        lines = {id: line for line, id in enumerate(self._written)}
        found: dict[str, Value] = {}
        for value, uses in self._uses.items():
            line = lines.get(value[0])
            if line is not None and all(use == line + 1 for use in uses):
                found.setdefault(value[0], value)
        return set(found.values())

    def _name_values(self) -> dict[Value, str]:
        variables: dict[Value, str] = {}
        own = [value for value in self._uses if value not in self._chain and value[0] not in self._arguments]
        for value in own:
            variables[value] = name_of(self._plan, self._names, value)
        for id in self._arguments:
            variables[id, "output"] = self._names[id]
        kept = {variables[value] for value in own} | {self._names[id] for id in self._arguments if not self._fades(id)}
        flow = next(name for name in chain(CHAIN, (f"x{i}" for i in count())) if name not in kept)
        return {**variables, **dict.fromkeys(self._chain, flow)}

    def _fades(self, id: str) -> bool:
        """Whether an argument is read by the first line at most, so that its name may be used again."""
        return all(line == 0 for line in self._uses.get((id, "output"), ()))

    def _argument_shapes(self) -> str:
        types = {self._names[id]: self._plan.analysis.output(id) for id in self._arguments}
        known = {name: shape_in_words(type) for name, type in types.items() if type is not None}
        if len(known) == 1:
            return next(iter(known.values()))
        return ", ".join(f"{name}: {text}" for name, text in known.items())

    def _write_block(self, page: Page, id: str) -> None:
        plan = self._plan
        declared = plan.type_of(id)
        outputs = plan.analysis.inferred(id).outputs
        ports = [port.name for port in declared.outputs if port.name in outputs]
        names = {port: self._variables.get((id, port), "_") for port in ports}
        wired: dict[str, list[str]] = {}
        for wire in plan.wires(id):
            wired.setdefault(wire.input, []).append(self._variables[wire.source, wire.output])
        place = Place(self._names[owner(plan, id)], plan.values(id), plan.analysis.inputs(id), wired, self._scope)
        expression = expression_of(plan, id, place)
        targets = (declared.targets(names) if len(ports) > 1 else names[ports[0]]).replace("(_, _)", "_")
        shapes = [shape_in_words(outputs[port]) for port in ports if names[port] != "_"]
        remark = ", ".join(shapes)
        if self._scope and len(remark) > LONGEST_FORMULA:
            remark = ""  # sizes after strides are long formulas, which nobody would write
        page.statement(f"{targets} = {expression}", BODY, id, remark=remark)


def shape_in_words(type: TensorType) -> str:
    """A shape for a remark, its sizes as the arithmetic they come from where that is known."""
    return str(type.with_dims(tuple(formula_of(dim) for dim in type.dims)))


def name_of(plan: Plan, names: Names, value: Value) -> str:
    """What a value is called where it is not `x`: as its block, or for further outputs lstm_h_n."""
    id, port = value
    return names[id] if port == plan.type_of(id).outputs[0].name else names.port(id, port)


def expression_of(plan: Plan, id: str, place: Place) -> str:
    """The block's right-hand side as its type writes it; raises SourceError naming the block."""
    try:
        return plan.type_of(id).forward(place)
    except (ShapeError, LiteralError, TypeError, ValueError, KeyError) as error:
        raise SourceError(plan.network, [(id, str(error))]) from error
