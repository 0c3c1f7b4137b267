"""The analyzer: keeps one Analysis true while its network changes.

An edit re-infers the blocks it touched and then only those whose inputs really changed. No torch: the rules are the
block types'.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from typing import Any

from graph import aside
from graph import problems as rules
from graph.analysis import NOTHING, Analysis
from graph.block_inference import computed, decided, of_this_world
from graph.block_type import BlockType, Inferred, ShapeError
from graph.data_source import Field
from graph.dim import Dim, DimError, is_open, symbol, total
from graph.edits import Changes
from graph.network import Block, BlockId, Network
from graph.problem import Problem
from graph.recipe import Recipe
from graph.tensor_type import TensorType


class Analyzer:
    """Keeps one Analysis true while its network changes."""

    def __init__(
        self,
        network: Network,
        fields: tuple[Field, ...] = (),
        exposed: Mapping[str, Any] | None = None,
        given: Mapping[str, TensorType] = NOTHING,
    ):
        self.analysis = Analysis(network)
        self.analysis._fields = tuple(fields)
        self.analysis._given = given
        exposed = exposed if exposed is not None else network.module.defaults if network.module else NOTHING
        self.analysis._exposed = exposed
        self._network = network
        self._touched: set[BlockId] = set()
        self._open_macs: dict[BlockId, Dim] = {}  # the few costs that depend on an open dimension
        self._closed_macs = 0

    @classmethod
    def going_on(cls, analysis: Analysis) -> Analyzer:
        """An analyzer that keeps up an analysis there is already."""
        made = cls(analysis._network, exposed=analysis._exposed)
        made.analysis = analysis
        for id, inferred in analysis.all_inferred():
            if is_open(inferred.macs_of_sample):
                made._open_macs[id] = inferred.macs_of_sample
            else:
                made._closed_macs += inferred.macs_of_sample
        return made

    def start(self) -> None:
        """Analyze the whole network."""
        self._infer_from(self._network.blocks)

    def touch(self, id: BlockId) -> None:
        """Have a block looked at again on the next update."""
        self._touched.add(id)

    def set_fields(self, fields: tuple[Field, ...]) -> None:
        """Bind sources to other data."""
        if fields != self.analysis._fields:
            self.analysis._fields = tuple(fields)
            self._touched.update(b.id for role in ("input", "target") for b in self._network.with_role(role))

    def set_recipe(self, recipe: Recipe) -> None:
        """Take the fields of the recipe's data, and let the rules of training see it."""
        self.set_fields(recipe.fields)
        if recipe != self.analysis.recipe:
            self.analysis.recipe = recipe
            self.analysis._overall = None

    def update(self, changes: Changes) -> set[BlockId]:
        """Look at what was touched and at what depends on it; returns the blocks whose results changed."""
        if changes.computation or self._touched:
            self.analysis._overall = None
        for id in changes.removed:
            self._store(id, None, (), NOTHING)
            self.analysis._problems.pop(id, None)
        start = changes.added | changes.edited | self._touched
        self._touched.clear()
        return self._infer_from(id for id in start if id in self._network.blocks)

    def _infer_from(self, ids: Iterable[BlockId]) -> set[BlockId]:
        network, analysis = self._network, self.analysis
        rank = network._ranks._rank
        waiting = [(rank[id], id) for id in ids]
        heapq.heapify(waiting)
        queued = {id for _, id in waiting}
        changed: set[BlockId] = set()
        while waiting:
            _, id = heapq.heappop(waiting)
            queued.discard(id)
            before = analysis._outputs.get(id, NOTHING)
            if self._infer(id):
                changed.add(id)
            if analysis._outputs.get(id, NOTHING) != before:
                for wire in network._out[id]:
                    if wire.target not in queued:
                        queued.add(wire.target)
                        heapq.heappush(waiting, (rank[wire.target], wire.target))
        self._total()
        return changed

    def _infer(self, id: BlockId) -> bool:
        """Infer one block; whether anything known about it changed."""
        analysis, block = self.analysis, self._network.blocks[id]
        declared = self._network.declared(block.type)
        inputs, complete = analysis._gather(id)
        found: list[Problem] = []
        inferred = None
        if block.aside:
            passed = self._passed_on(id)
            return self._store(id, passed, (), passed.outputs if passed else NOTHING)
        try:
            values = self._complete(block, declared)
            ready = rules.missing(self._network, block, declared, found)
            declared.check(values) if not declared.missing(block.hyperparameters) else None
            if declared.role in ("input", "target"):
                field = analysis._field(id)
                inputs = {"field": field} if field else inputs
            if analysis._given and declared.role == "input" and block.name in analysis._given:
                inferred = Inferred({"output": analysis._given[block.name]})
            elif ready and complete:
                inferred = of_this_world(decided(self._network, block, declared, values, inputs, found))
            elif ready:
                self._check_sources(id)
        except (ShapeError, DimError) as fault:
            error = fault if isinstance(fault, ShapeError) else ShapeError(str(fault), code="too_large")
            found.append(rules.from_shape_error(self._network, block, error, inputs, analysis._fields))
        if inferred is not None and inferred.warnings:
            found.extend(rules.from_warning(block, code, text) for code, text in inferred.warnings)
        return self._store(id, inferred, tuple(found), inferred.outputs if inferred else NOTHING)

    def _passed_on(self, id: BlockId) -> Inferred | None:
        """What a block put aside gives: what reaches it, at no cost."""
        wire = aside.carrier(self._network, id)
        tensor = self.analysis._outputs.get(wire.source, NOTHING).get(wire.output) if wire else None
        return None if tensor is None else Inferred({aside.passed_port(self._network, id): tensor})

    def _check_sources(self, id: BlockId) -> None:
        """Raise ShapeError where a wire comes from an output that its block does not give as it is set."""
        for wire in self._network._into[id]:
            known = self.analysis._inferred.get(wire.source)
            if known is None or wire.output in known.outputs:
                continue
            source = self._network.blocks[wire.source]
            port = self._network.declared(source.type).output_port(wire.output)
            hint = f"; {port.help}" if port is not None and port.help else ""
            text = f"{source.name} gives no {wire.output} as it is set{hint}"
            raise ShapeError(text, wire.input, code="no_such_output")

    def _complete(self, block: Block, declared: BlockType) -> dict[str, Any]:
        """All values of a block, torch's defaults included and expressions computed; raises ShapeError."""
        if self._network.module is None:
            return declared.complete(block.hyperparameters)
        values = self.analysis._values[block.id] = computed(block, declared, self.analysis._exposed)
        return values

    def _store(self, id: BlockId, inferred: Inferred | None, found, outputs) -> bool:
        analysis = self.analysis
        old = analysis._inferred.pop(id, None)
        if old is not None:
            analysis._parameters -= old.parameters
            if self._open_macs.pop(id, None) is None:
                self._closed_macs -= old.macs_of_sample
        if inferred is not None:
            analysis._inferred[id] = inferred
            analysis._parameters += inferred.parameters
            if is_open(inferred.macs_of_sample):
                self._open_macs[id] = inferred.macs_of_sample
            else:
                self._closed_macs += inferred.macs_of_sample
        analysis._outputs.pop(id, None)
        if outputs:
            analysis._outputs[id] = outputs
        before = analysis._problems.pop(id, ())
        if found:
            analysis._problems[id] = found
        return old != inferred or _texts(before) != _texts(found)

    def _total(self) -> None:
        try:
            self.analysis.total_macs = total((self._closed_macs, *self._open_macs.values()))
        except DimError:
            self.analysis.total_macs = self._closed_macs + symbol("(a formula too long to write)")


def analyze(network: Network, fields: Iterable[Field] = ()) -> Analysis:
    """Infer shapes, counts and problems of a whole network; `fields` are those of the data its inputs bind to."""
    analyzer = Analyzer(network, tuple(fields))
    analyzer.start()
    return analyzer.analysis


def analyze_with(network: Network, exposed: Mapping[str, Any], given: Mapping[str, TensorType]) -> Analysis:
    """Infer a module's inside with these values of its hyperparameters and these tensors at its inputs."""
    analyzer = Analyzer(network, (), exposed, given)
    analyzer.start()
    return analyzer.analysis


def analyze_like(network: Network, other: Analysis) -> Analysis:
    """Infer a network bound to the same data as another one, with the same tensors at inputs of the same names."""
    analyzer = Analyzer(network, other._fields, given=other._given)
    analyzer.start()
    return analyzer.analysis


def _texts(found: tuple[Problem, ...]) -> list[tuple[str, str]]:
    return [(problem.severity, problem.text) for problem in found]
