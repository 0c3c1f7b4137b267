"""What the source of a network consists of, before any of it is written: results, losses, and what is broken.

Reads the network and its analysis; knows nothing of text. A value is a block id with an output port.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from backend.source.identifiers import plain
from backend.source.literals import LiteralError, comment, literal
from graph.analysis import Analysis
from graph.aside import without_aside
from graph.block_type import BlockType
from graph.expression import Expression
from graph.hyperparameter import HyperparameterError, Text
from graph.network import Block, Network, Wire, number
from graph.overrides import Overrides

Value = tuple[str, str]
WAITING = "waits for "


class SourceError(ValueError):
    """A network that cannot be written as source.

    `problems` holds (block name or "", what is wrong), `block` the id of the first block named, if any.
    """

    def __init__(self, network: Network, problems: Iterable[tuple[str | None, str]]):
        problems = list(problems)
        self.block = problems[0][0] if problems else None
        self.problems = tuple((plain(network.blocks[id].name) if id else "", text) for id, text in problems)
        texts = [f"{name}: {text}" if name else text for name, text in self.problems]
        super().__init__(f"{plain(network.name)} cannot be written as source: {'; '.join(texts)}")


@dataclass(slots=True)
class Plan:
    """Everything decided about the text of one network."""

    network: Network
    analysis: Analysis
    inputs: list[str]  # the arguments of forward
    outputs: list[str] = field(default_factory=list)  # Output blocks whose values are returned
    results: list[Value] = field(default_factory=list)  # what forward returns
    extras: list[Value] = field(default_factory=list)  # what losses compare besides the results
    judges: list[str] = field(default_factory=list)  # loss and metric blocks
    prepared: list[str] = field(default_factory=list)  # layers between a Target and a loss, part of the objective
    answers: list[str] = field(default_factory=list)  # Target (or Input) blocks the losses compare with
    default_target: str | None = None  # the Target of the default objective
    broken: dict[str, str] = field(default_factory=dict)  # block -> what is wrong with it
    behind_target: set[str] = field(default_factory=set)  # layers computed from a Target

    def block(self, id: str) -> Block:
        return self.network.blocks[id]

    def type_of(self, id: str) -> BlockType:
        return self.network.declared(self.network.blocks[id].type)

    def values(self, id: str) -> dict[str, Any]:
        return self.analysis.values(id)

    def wires(self, id: str) -> list[Wire]:
        """The wires into a block, in the declared order of its ports."""
        wires = self.network.wires_into(id)
        if len(wires) < 2:
            return wires
        order = {port.name: index for index, port in enumerate(self.type_of(id).inputs)}
        return sorted(wires, key=lambda wire: order.get(wire.input, len(order)))

    def belongs_to_class(self, id: str) -> bool:
        """Whether the block is a layer of the class, and not of the objective."""
        return self.type_of(id).role in ("layer", "unknown") and id not in self.behind_target

    def order(self, roots: Iterable[str]) -> list[str]:
        """The layers the roots need, each branch told to its end before the next begins."""
        done: list[str] = []
        seen: set[str] = set()
        stack: list[tuple[str, bool]] = [(root, False) for root in reversed(list(roots))]
        while stack:
            id, visited = stack.pop()
            if visited:
                done.append(id)
            elif id not in seen:
                seen.add(id)
                stack.append((id, True))
                stack.extend((wire.source, False) for wire in reversed(self.wires(id)) if wire.source not in seen)
        return [id for id in done if self.type_of(id).role not in ("input", "target", "output")]


def check_values(network: Network) -> None:
    """Raise SourceError unless every hyperparameter is as its block type makes it; a script can store anything."""
    for one in (network, *(module.network for module in network.modules.values())):
        wrong = [(id, text) for id, block in one.blocks.items() if (text := _wrong_value(one, block))]
        if wrong:
            raise SourceError(one, wrong)


def _wrong_value(network: Network, block: Block) -> str | None:
    declared = network.declared(block.type)
    if declared.role == "unknown":
        return None  # kept as it is and never written
    for name, value in block.hyperparameters.items():
        if type(name) is not str or not declared.has(name):
            return f"{declared.name} has no such hyperparameter: {comment(ascii(name), 60)}"
        hyperparameter = declared.hyperparameter(name)
        if network.module is not None and type(value) is Expression:
            continue  # what it comes to is checked where it is computed
        try:
            canonical = hyperparameter.coerce(value)
            if not isinstance(hyperparameter, Text | Overrides):  # the name of a field is never printed
                literal(value)
        except (HyperparameterError, LiteralError) as error:
            return str(error)
        if type(canonical) is not type(value) or canonical != value:
            return f"{name} is to be stored as {canonical!r}"
    return None


def make_plan(network: Network, analysis: Analysis, partial: bool = False) -> Plan:
    """Decide what is written; raises SourceError where something needed is broken, unless partial."""
    network = without_aside(network)
    plan = Plan(network, analysis, [block.id for block in network.with_role("input")])
    judges = [block.id for block in network.with_role("loss") + network.with_role("metric")]
    plan.judges = sorted(judges, key=lambda id: (plan.type_of(id).role != "loss", number(id)))
    plan.behind_target = _downstream(network, (block.id for block in network.with_role("target")))
    _find_results(plan)
    _find_broken(plan, _distinct([*plan.outputs, *(value[0] for value in plan.results), *plan.judges]))
    if partial:
        _drop_broken(plan)
    elif plan.broken:
        raise SourceError(network, _own_problems(plan))
    _find_judged(plan)
    if not partial and not plan.results:
        nothing = "it computes nothing yet: place blocks and wire them from an Input to an Output"
        raise SourceError(network, [(None, nothing)])
    return plan


def unused(plan: Plan, written: Iterable[str]) -> list[str]:
    """Layers that are in the drawing, but not in the text."""
    written = set(written)
    return [
        id
        for id in sorted(plan.network.blocks, key=number)
        if id not in written and plan.type_of(id).role in ("layer", "unknown")
    ]


def _find_results(plan: Plan) -> None:
    """What forward returns: Outputs, else what losses compare, else the open ends."""
    network = plan.network
    for block in network.with_role("output"):
        plan.outputs.append(block.id)
        plan.results.extend((wire.source, wire.output) for wire in network.wires_into(block.id))
    if plan.outputs:
        return
    compared = [(wire.source, wire.output) for id in plan.judges for wire in plan.wires(id)]
    plan.results = _distinct(
        value
        for value in compared
        if plan.type_of(value[0]).role not in ("target", "input") and value[0] not in plan.behind_target
    )
    if not plan.results:
        plan.results = [
            (id, plan.type_of(id).outputs[0].name)
            for id in sorted(network.blocks, key=number)
            if plan.type_of(id).role == "layer" and plan.type_of(id).outputs and not network.wires_out(id)
        ]


def _find_judged(plan: Plan) -> None:
    """Sort what losses and metrics look at into results, extras and answers."""
    plan.prepared = [id for id in plan.order(plan.judges) if id in plan.behind_target and id not in plan.judges]
    for id in plan.prepared + plan.judges:
        for wire in plan.wires(id):
            value = (wire.source, wire.output)
            if plan.type_of(wire.source).role in ("target", "input"):
                plan.answers.append(wire.source)
            elif value not in plan.results and wire.source not in plan.prepared:
                plan.extras.append(value)
    targets = plan.network.with_role("target")
    single = len(plan.results) == len(plan.outputs) == len(targets) == 1
    if single and not plan.network.with_role("loss") and plan.analysis.output(targets[0]) is not None:
        plan.default_target = targets[0].id
        plan.answers.append(targets[0].id)
    plan.answers = sorted(set(plan.answers), key=number)
    plan.extras = _distinct(plan.extras)


def _find_broken(plan: Plan, roots: list[str]) -> None:
    """What is wrong with anything the roots need."""
    errors: dict[str | None, str] = {}
    for problem in plan.analysis.problems:
        if problem.severity == "error":
            errors.setdefault(problem.block, problem.text)
    for id in _upstream(plan, roots):
        reason = errors.get(id) or _wrong_place(plan, id)
        if reason is None and id in plan.behind_target and _has_module(plan, id):
            reason = "it stands between a Target and a loss, where blocks without a module of their own may, as Reshape"
        waiting = [wire.source for wire in plan.network.wires_into(id) if wire.source in plan.broken]
        if reason is None and waiting:
            reason = f"{WAITING}{plan.block(waiting[0]).name}"
        elif reason is None and plan.analysis.inferred(id) is None:
            reason = "what it computes is not known"
        if reason is not None:
            plan.broken[id] = reason
    if None in errors and not plan.broken:
        plan.broken[""] = errors[None]


def _upstream(plan: Plan, roots: list[str]) -> list[str]:
    """Everything the roots need, in an order of dependence."""
    found = set(roots)
    waiting = list(roots)
    while waiting:
        for wire in plan.network.wires_into(waiting.pop()):
            if wire.source not in found:
                found.add(wire.source)
                waiting.append(wire.source)
    return [id for id in plan.network.order() if id in found]


def _wrong_place(plan: Plan, id: str) -> str | None:
    """Why a block may not stand where it does."""
    declared = plan.type_of(id)
    if declared.role in ("loss", "metric"):
        if plan.network.wires_out(id):
            return f"{declared.name} is wired onward, but losses are added up and metrics shown by themselves"
        return None
    if declared.role == "output" and id in plan.behind_target:
        return "it depends on a Target, which only losses and metrics may see"
    return None


def _has_module(plan: Plan, id: str) -> bool:
    inferred = plan.analysis.inferred(id)
    return (
        inferred is not None
        and plan.type_of(id).module(plan.values(id), plan.analysis.inputs(id), inferred) is not None
    )


def _drop_broken(plan: Plan) -> None:
    """For a drawing in progress: keep what can be written; once something is missing, all of it is looked at."""
    if not plan.results:
        plan.broken.setdefault("", "nothing is returned yet")
    if plan.broken:
        _find_broken(plan, list(plan.network.blocks))
    plan.results = [value for value in plan.results if value[0] not in plan.broken]
    plan.outputs = [
        id
        for id in plan.outputs
        if id not in plan.broken and any(w.source not in plan.broken for w in plan.network.wires_into(id))
    ]
    plan.judges = [id for id in plan.judges if id not in plan.broken]


def _own_problems(plan: Plan) -> list[tuple[str | None, str]]:
    """The blocks that are wrong themselves; those that only wait for them are left out."""
    return [(id or None, text) for id, text in plan.broken.items() if not text.startswith(WAITING)]


def _downstream(network: Network, roots: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        for wire in network.wires_out(waiting.pop()):
            if wire.target not in found:
                found.add(wire.target)
                waiting.append(wire.target)
    return found


def _distinct(items: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(items))
