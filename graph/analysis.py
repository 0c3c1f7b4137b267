"""Analysis: shapes, counts and problems of every block, kept true edit by edit.

An edit re-infers the blocks it touched and then only those whose inputs really changed. One broken block leaves
everything before and beside it exact; totals stay and are marked partial. No torch: the rules are the block types'.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from graph import problems as rules
from graph.block_inference import computed, decided, of_this_world
from graph.block_type import BlockType, Inferred, ShapeError
from graph.dim import Dim, DimError, N, is_open, symbol, total
from graph.edits import Changes
from graph.network import Block, BlockId, Network, Ref
from graph.problem import SEVERITIES, Problem
from graph.recipe import Field, Recipe
from graph.tensor_type import TensorType
from graph.weight_rules import Counts, counts, shared_parameters

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Analysis:
    """What is known about a network; blocks are named by themselves, their ids or their names."""

    def __init__(self, network: Network):
        self._network = network
        self._inferred: dict[BlockId, Inferred] = {}
        self._outputs: dict[BlockId, Mapping[str, TensorType]] = {}
        self._problems: dict[BlockId, tuple[Problem, ...]] = {}
        self._overall: tuple[Problem, ...] | None = None
        self._sorted_out: tuple[Any, dict[BlockId | None, list[Problem]]] = (None, {})
        self._fields: tuple[Field, ...] = ()
        self.recipe: Recipe | None = None  # of the document, where there is one
        self._values: dict[BlockId, dict[str, Any]] = {}  # of blocks whose values are computed from a module's
        self._given: Mapping[str, TensorType] = NOTHING  # what a module's inputs get where it stands, by name
        self._exposed: Mapping[str, Any] = NOTHING  # the values of a module's hyperparameters there
        self._parameters = 0  # of all blocks, shared ones as often as they are used
        self.total_macs: Dim = 0

    @property
    def ok(self) -> bool:
        """Whether no problem is an error."""
        return not any(problem.severity == "error" for problem in self.problems)

    @property
    def problems(self) -> list[Problem]:
        """Every problem that was not silenced at its block, errors first, then by place."""
        return self._sorted(p for p in self._all_problems() if not rules.is_silenced(self._network, p))

    @property
    def silenced(self) -> list[Problem]:
        """Problems that were silenced at their blocks, in the same order."""
        return self._sorted(p for p in self._all_problems() if rules.is_silenced(self._network, p))

    @property
    def partial(self) -> bool:
        """Whether some block could not be inferred, so that totals leave it out."""
        return len(self._inferred) < len(self._network.blocks)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The data's fields that inputs and targets may bind to."""
        return self._fields

    def copy(self, network: Network) -> Analysis:
        """The same findings about a copy of the network, from where they can go another way."""
        twin = Analysis(network)
        for name in ("_overall", "_fields", "recipe", "_given", "_exposed", "_parameters", "total_macs"):
            setattr(twin, name, getattr(self, name))
        for name in ("_inferred", "_outputs", "_problems", "_values"):
            setattr(twin, name, dict(getattr(self, name)))
        return twin

    @property
    def exposed(self) -> Mapping[str, Any]:
        """Inside a module: the values of its hyperparameters at the place that was analyzed."""
        return self._exposed

    def of_same_place(self, network: Network) -> Analysis:
        """The analysis of another network bound to the same data, with the same tensors at inputs of the same names."""
        analyzer = Analyzer(network, self._fields, given=self._given)
        analyzer.start()
        return analyzer.analysis

    def told(self, code: str) -> Iterator[Problem]:
        """The problems of a code that blocks tell by themselves."""
        return (problem for found in self._problems.values() for problem in found if problem.code == code)

    def problems_of(self, ref: Ref) -> tuple[Problem, ...]:
        """The problems at one block, those of the whole network that name it included."""
        id = self._network.block(ref).id
        found = (*self._problems.get(id, ()), *self._overall_at(id))
        return tuple(p for p in found if not rules.is_silenced(self._network, p))

    def inferred(self, ref: Ref) -> Inferred | None:
        """Everything inferred of a block; None while something before it is missing or broken."""
        return self._inferred.get(self._network.block(ref).id)

    def outputs(self, ref: Ref) -> Mapping[str, TensorType]:
        """The tensor type of every output port; empty where unknown."""
        return self._outputs.get(self._network.block(ref).id, NOTHING)

    def output(self, ref: Ref, port: str | None = None) -> TensorType | None:
        """The tensor type of an output port, the first by default; None where unknown."""
        outputs = self.outputs(ref)
        return next(iter(outputs.values()), None) if port is None else outputs.get(port)

    def inputs(self, ref: Ref) -> dict[str, Any]:
        """The tensor type at every wired input port (a tuple for ports of many wires); unknown ones are left out."""
        return self._gather(self._network.block(ref).id)[0]

    def parameters(self, ref: Ref) -> int:
        """Learnable parameters of a block; 0 where unknown."""
        inferred = self.inferred(ref)
        return inferred.parameters if inferred else 0

    @property
    def total_parameters(self) -> int:
        """Learnable parameters of the network; those that several blocks share count once."""
        taking = (block for block in self._network.blocks.values() if block.reuses is not None)
        return self._parameters - sum(shared_parameters(self._network, self, block) for block in taking)

    def counts(self, ref: Ref) -> Counts:
        """A block's parameters by what becomes of them: trained, frozen, or shared and counted elsewhere."""
        return counts(self._network, self, self._network.block(ref))

    @property
    def total_counts(self) -> Counts:
        """The same of the whole network; `shared` tells how many were not counted again."""
        every = [self.counts(block) for block in self._network.blocks.values()]
        return Counts(*(sum(getattr(one, name) for one in every) for name in ("trainable", "frozen", "shared")))

    def macs(self, ref: Ref) -> Dim:
        """Multiply-adds of a block for one sample; 0 where unknown."""
        inferred = self.inferred(ref)
        return inferred.macs if inferred else 0

    def explain(self, ref: Ref) -> tuple[tuple[str, str], ...]:
        """(what, arithmetic) behind a block's numbers, substituted; empty where unknown."""
        block = self._network.block(ref)
        inferred = self._inferred.get(block.id)
        if inferred is None:
            return ()
        return self._network.declared(block.type).explain(
            self._values[block.id] if block.id in self._values else self._network.values(block),
            self._known_inputs(block.id),
            inferred,
        )

    def values(self, ref: Ref) -> dict[str, Any]:
        """All hyperparameter values of a block as they count here: expressions of a module computed."""
        block = self._network.block(ref)
        return self._values.get(block.id) or self._network.values(block)

    def all_inferred(self) -> Iterable[tuple[BlockId, Inferred]]:
        """Every block about which something is known."""
        return self._inferred.items()

    def _known_inputs(self, id: BlockId) -> dict[str, Any]:
        inputs, _ = self._gather(id)
        field = self._field(id)
        return {**inputs, "field": field} if field else inputs

    def _gather(self, id: BlockId) -> tuple[dict[str, Any], bool]:
        """Input types by port, and whether all wires brought one."""
        inputs: dict[str, Any] = {}
        complete = True
        wires = self._network._into[id]
        if not wires:
            return inputs, complete
        declared = self._network.declared(self._network.blocks[id].type)
        for wire in wires:
            found = self._outputs.get(wire.source, NOTHING).get(wire.output)
            if found is None:
                complete = False
                continue
            port = declared.input_port(wire.input)
            if port is not None and port.many:
                inputs[wire.input] = (*inputs.get(wire.input, ()), found)
            else:
                inputs[wire.input] = found
        return inputs, complete

    def _field(self, id: BlockId) -> TensorType | None:
        """The type of the data's field a source is bound to."""
        name = self._network.blocks[id].hyperparameters.get("field")
        field = next((f for f in self._fields if f.name == name), None) if name else None
        if field is None:
            return None
        return TensorType((N, *field.shape), field.dtype, len(field.classes) if field.classes else None)

    def _overall_problems(self) -> tuple[Problem, ...]:
        if self._overall is None:
            self._overall = tuple(rules.whole_network(self._network, self))
        return self._overall

    def _overall_at(self, id: BlockId) -> list[Problem]:
        """The problems of the whole network that name a block, sorted out once for all blocks."""
        overall = self._overall_problems()
        if self._sorted_out[0] is not overall:
            places: dict[BlockId | None, list[Problem]] = {}
            for problem in overall:
                places.setdefault(problem.block, []).append(problem)
            self._sorted_out = overall, places
        return self._sorted_out[1].get(id, [])

    def _all_problems(self) -> Iterable[Problem]:
        for found in self._problems.values():
            yield from found
        yield from self._overall_problems()

    def _sorted(self, problems: Iterable[Problem]) -> list[Problem]:
        return sorted(problems, key=lambda p: (SEVERITIES.index(p.severity), self._place(p)))

    def _place(self, problem: Problem) -> int:
        return self._network.rank(problem.block) if problem.block in self._network.blocks else -1


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
            if is_open(inferred.macs):
                made._open_macs[id] = inferred.macs
            else:
                made._closed_macs += inferred.macs
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
                self._closed_macs -= old.macs
        if inferred is not None:
            analysis._inferred[id] = inferred
            analysis._parameters += inferred.parameters
            if is_open(inferred.macs):
                self._open_macs[id] = inferred.macs
            else:
                self._closed_macs += inferred.macs
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


def _texts(found: tuple[Problem, ...]) -> list[tuple[str, str]]:
    return [(problem.severity, problem.text) for problem in found]
