"""Analysis: shapes, counts and problems of every block, kept true edit by edit.

An edit re-infers the blocks it touched and then only those whose inputs really changed. One broken block leaves
everything before and beside it exact; totals stay and are marked partial. No torch: the rules are the block types'.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from graph import aside
from graph import problems as rules
from graph.block_inference import joined
from graph.block_type import Inferred, ShapeError
from graph.data_source import Field
from graph.dim import Dim, N
from graph.network import BlockId, Network, Ref
from graph.problem import SEVERITIES, Problem
from graph.recipe import Recipe
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
        return inferred.macs_of_sample if inferred else 0

    def explain(self, ref: Ref) -> tuple[tuple[str, str], ...]:
        """(what, arithmetic) behind a block's numbers, substituted; empty where unknown."""
        block = self._network.block(ref)
        inferred = self._inferred.get(block.id)
        if inferred is None:
            return ()
        declared, values = self._network.declared(block.type), self.values(block)
        inputs = self._known_inputs(block.id)
        try:
            rows = declared.explain(values, inputs, inferred)
        except ShapeError:  # sizes of which it is open whether they agree were taken to
            rows = declared.explain(values, joined(declared, values, inputs), inferred)
        return tuple(rows) if inferred.steps == 1 else tuple(_for_all_steps(rows, inferred))

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
            if self._network.blocks[wire.source].aside and not aside.counts(self._network, wire):
                continue
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
            blocks = self._network.blocks
            found = rules.whole_network(self._network, self)
            self._overall = tuple(p for p in found if p.block not in blocks or not blocks[p.block].aside)
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


def _for_all_steps(rows: Iterable[tuple[str, str]], inferred: Inferred) -> Iterator[tuple[str, str]]:
    """The rows of a block that a sample meets once a step, its multiply-adds for all of them."""
    whole = inferred.macs_of_sample
    told = f"{whole:,}" if isinstance(whole, int) else str(whole)
    for what, words in rows:
        if what != "multiply-adds":
            yield what, words
            continue
        arithmetic = words.rpartition(" = ")[0] or words
        bracketed = f"({arithmetic})" if "+" in arithmetic else arithmetic
        yield what, f"{bracketed} * {inferred.steps} steps = {told}"
