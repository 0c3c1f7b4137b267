"""The way back from what Netloom writes: records of a file or clipboard to checked blocks and wires.

Every fault is collected with its place before anything is raised; new objects are built aside. Knows no files.
"""

from __future__ import annotations

import reprlib
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import networkx as nx
from pydantic import ValidationError

from graph import registry
from graph.annotations import Annotation, AnnotationError
from graph.hyperparameter import HyperparameterError
from graph.module import ModuleType
from graph.names import NamingError, check_name
from graph.network import Block, BlockId, Network, Wire, coerce_hyperparameter, number
from graph.project_records import BlockRecord, ModuleRecord, PartsRecord, ProjectRecord
from graph.weights import WeightError, check_property

SHOWN_FAULTS = 12
PROPERTIES = ("reuses", "frozen", "initial", "weights", "silenced", "note", "aside", "folded")
WANTED = {  # what a pattern asks for, in words
    "id": "an id such as b7, or w7 for a wire",
    "device": "auto, cpu, mps, cuda or one device such as cuda:0",
}
Read = TypeVar("Read", bound="PartsRecord")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where, and in words with the value, the rule and what would be right."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


class ProjectError(ValueError):
    """A project that cannot be read or written; `faults` lists everything found, `place` and `text` are the first."""

    def __init__(self, place: str, text: str, faults: tuple[Fault, ...] = ()):
        self.faults = faults or (Fault(place, text),)
        self.place = place
        self.text = text
        super().__init__(_listed(self.faults))


@dataclass(frozen=True, slots=True)
class Parts:
    """Checked blocks and wires, not yet in any network."""

    blocks: tuple[Block, ...]
    wires: tuple[Wire, ...]
    positions: dict[BlockId, tuple[float, float]]
    annotations: tuple[Annotation, ...] = ()


def read_record(model: type[Read], raw: Any) -> Read:
    """The typed record of parsed JSON; raises ProjectError with every fault."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise_all([_in_words(detail, raw) for detail in details])


def read_parts(
    record: PartsRecord | ModuleRecord,
    faults: list[Fault] | None = None,
    modules: Mapping[str, ModuleType] | None = None,
    place: str = "",
) -> Parts:
    """Blocks and wires of a record; raises ProjectError with every fault, those given included.

    `modules` are those of the project, `place` names the module whose inside this is.
    """
    reading = _Reading(record, list(faults or ()), modules or {}, place)
    blocks = reading.blocks()
    wires = reading.wires()
    reading.cycle(wires)
    annotations = reading.annotations()
    raise_all(reading.faults)
    return Parts(blocks, wires, {block.id: block.at for block in record.blocks}, annotations)


def build_network(name: str, parts: Parts, modules: dict[str, ModuleType] | None = None) -> Network:
    """A network of checked parts."""
    network = Network(name, modules)
    fill_network(network, parts)
    return network


def fill_network(network: Network, parts: Parts) -> None:
    """Put checked parts into an empty network; blocks go in along the wires, so that no rank ever has to move."""
    by_id = {block.id: block for block in parts.blocks}
    for id in _order(list(by_id), parts.wires):
        network.insert_block(by_id[id], parts.positions[id])
    for wire in parts.wires:
        network.insert_wire(wire)
    network.annotations = {one.id: one for one in parts.annotations}
    network.blocks = {id: by_id[id] for id in sorted(by_id, key=number)}
    network.positions = {id: parts.positions[id] for id in network.blocks}


def raise_all(faults: list[Fault]) -> None:
    """Raise one ProjectError for all faults, if there are any."""
    if faults:
        raise ProjectError(faults[0].place, faults[0].text, tuple(faults))


@dataclass(slots=True)
class _Reading:
    """One pass over a record, collecting faults."""

    record: PartsRecord | ModuleRecord
    faults: list[Fault]
    modules: Mapping[str, ModuleType]
    inside: str  # the module whose inside is read
    types: dict[BlockId, registry.BlockType] = field(default_factory=dict)
    names: dict[BlockId, str] = field(default_factory=dict)

    def blocks(self) -> tuple[Block, ...]:
        places: dict[str, int] = {}
        found = []
        for index, record in enumerate(self.record.blocks):
            place = f"blocks[{index}] {shown(record.name)}"
            if record.id in self.types:
                self._fault(place, f"the id {record.id} is taken by {shown(self.names[record.id])}; ids are unique")
                continue
            if record.name in places:
                self._fault(place, f"blocks[{places[record.name]}] has the same name; names are unique in a network")
            places.setdefault(record.name, index)
            self.types[record.id] = self.modules.get(record.type) or registry.block_type(record.type)
            self.names[record.id] = record.name
            self._check_names(place, record)
            properties = self._properties(place, record)
            found.append(Block(record.id, record.type, record.name, self._values(place, record), **properties))
        self._check_reuse(found)
        return tuple(found)

    def annotations(self) -> tuple[Annotation, ...]:
        found: dict[str, Annotation] = {}
        for index, record in enumerate(getattr(self.record, "annotations", ())):
            place = f"annotations[{index}]"
            if record.id in found:
                self._fault(place, f"the id {shown(record.id)} is taken; ids are unique")
                continue
            try:
                found[record.id] = Annotation(record.id, record.kind, record.text, *record.box, record.colour)
            except AnnotationError as error:
                self._fault(place, str(error))
        return tuple(found.values())

    def _properties(self, place: str, record: BlockRecord) -> dict[str, Any]:
        """What is decided about the parameters, and what is told at the block."""
        found: dict[str, Any] = {}
        if record.model_fields_set.isdisjoint(PROPERTIES):
            return found
        for name in PROPERTIES:
            value = getattr(record, name)
            if value:
                try:
                    found[name] = check_property(name, value)
                except WeightError as error:
                    self._fault(f"{place}, {name}", str(error))
        return found

    def _check_reuse(self, blocks: list[Block]) -> None:
        owners = {block.id for block in blocks if block.reuses is None}
        is_clip = isinstance(self.record, PartsRecord) and not isinstance(self.record, ProjectRecord)
        for block in blocks:
            if is_clip and block.reuses not in self.types:
                continue  # its owner stayed where it was copied from
            if block.reuses is not None and (block.reuses == block.id or block.reuses not in owners):
                what = "uses weights of others itself" if block.reuses in self.types else "is no block of this network"
                self._fault(f"{block.name}, reuses", f"{block.reuses} {what}; name a block with weights of its own")

    def _check_names(self, place: str, record: BlockRecord) -> None:
        try:
            check_name(record.name)
        except NamingError as error:
            self._fault(f"{place}, name", str(error))
        if not record.type.isprintable():
            self._fault(f"{place}, type", f"a type is a printable word such as Conv2d, not {shown(record.type)}")

    def _values(self, place: str, record: BlockRecord) -> dict[str, Any]:
        """Canonical values in declared order; those of an unknown type word for word."""
        if self.types[record.id].role == "unknown" or not record.hyperparameters:
            return record.hyperparameters
        block = Block(record.id, record.type, record.name, {})
        values = {}
        for name, value in record.hyperparameters.items():
            try:
                values[name] = coerce_hyperparameter(block, name, value, self.types[record.id], bool(self.inside))
            except HyperparameterError as error:
                text = str(error).removeprefix(f"{record.name} ({record.type}): ").removeprefix(f"{name} ")
                self._fault(f"{place}, {shown(name)}", f"it {text}" if text.startswith("must") else text)
        declared = self.types[record.id].hyperparameters
        return {parameter.name: values[parameter.name] for parameter in declared if parameter.name in values}

    def wires(self) -> tuple[Wire, ...]:
        ids: set[str] = set()
        taken: dict[tuple[BlockId, str, int], str] = {}
        found = []
        for index, record in enumerate(self.record.wires):
            wire = Wire(record.id, *record.start, *record.end, record.slot, record.via)
            if wire.id not in ids and self._joins(wire) and self._landing(wire) not in taken:
                ids.add(wire.id)
                taken[self._landing(wire)] = wire.id
                found.append(wire)
                continue  # as nearly always: the words below are for what is wrong
            place = f"wires[{index}] {record.id}"
            before = len(self.faults)
            if wire.id in ids:
                self._fault(place, f"the id {wire.id} stands twice; ids are unique")
            ids.add(wire.id)
            self._check_ends(place, wire)
            if len(self.faults) == before:
                self._tell_taken(place, wire, taken[self._landing(wire)])
        return tuple(found)

    def _joins(self, wire: Wire) -> bool:
        """Whether both ends are ports of two blocks."""
        source, target = self.types.get(wire.source), self.types.get(wire.target)
        there = source and target and source.output_port(wire.output) and target.input_port(wire.input)
        return bool(there) and wire.source != wire.target

    def _landing(self, wire: Wire) -> tuple[BlockId, str, int]:
        """The place of a port that a wire takes."""
        many = self.types[wire.target].input_port(wire.input).many
        return wire.target, wire.input, wire.slot if many else 0

    def _check_ends(self, place: str, wire: Wire) -> None:
        for end, id, port in (("from", wire.source, wire.output), ("to", wire.target, wire.input)):
            declared = self.types.get(id)
            if declared is None:
                self._fault(f"{place}, {end}", f"there is no block {shown(id)}; a wire joins two blocks of the file")
                continue
            ports = declared.outputs if end == "from" else declared.inputs
            if (declared.output_port if end == "from" else declared.input_port)(port) is None:
                what = "output" if end == "from" else "input"
                known = f"it has {', '.join(p.name for p in ports)}" if ports else "it has none"
                text = f"{self.names[id]} ({declared.name}) has no {what} {shown(port)}; {known}"
                self._fault(f"{place}, {end}", text)
        if wire.source == wire.target:
            self._fault(place, f"{self.names.get(wire.source, wire.source)} feeds itself; a wire joins two blocks")

    def _tell_taken(self, place: str, wire: Wire, holder: str) -> None:
        what = f"{wire.input} of {self.names[wire.target]}"
        if self.types[wire.target].input_port(wire.input).many:
            self._fault(f"{place}, to", f"slot {wire.slot} of {what} is taken by {holder}")
        else:
            self._fault(f"{place}, to", f"{what} takes one wire and has {holder} already")

    def cycle(self, wires: tuple[Wire, ...]) -> None:
        """Name the blocks of one cycle, if there is any."""
        ordered = set(_order(list(self.types), wires))
        left = [wire for wire in wires if wire.source not in ordered and wire.target not in ordered]
        if not left:
            return
        ring = nx.find_cycle(nx.DiGraph([(wire.source, wire.target) for wire in left]))
        names = [self.names[source] for source, _ in ring]
        text = " -> ".join([*names[:8], *(["..."] if len(names) > 8 else []), names[0]])
        self._fault("wires", f"{text} is a cycle; a network runs one way, so one of these wires must go")

    def _fault(self, place: str, text: str) -> None:
        self.faults.append(Fault(f"{self.inside}, {place}" if self.inside else place, text))


def shown(value: Any) -> str:
    """A value in a message: short, and quoted where it would not read as one word."""
    if isinstance(value, str) and value.isprintable() and value.strip() == value and 1 <= len(value) <= 80:
        return value if value.replace("_", "").isalnum() else f"{value!r}"
    return _REPR.repr(value)


def _order(ids: list[BlockId], wires: tuple[Wire, ...]) -> Iterator[BlockId]:
    """Ids along the wires; those on and behind a cycle never come."""
    out: dict[BlockId, list[BlockId]] = {id: [] for id in ids}
    waiting = dict.fromkeys(ids, 0)
    for wire in wires:
        out[wire.source].append(wire.target)
        waiting[wire.target] += 1
    ready = deque(id for id in ids if not waiting[id])
    while ready:
        id = ready.popleft()
        yield id
        for target in out[id]:
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)


def _in_words(detail: dict[str, Any], raw: Any) -> Fault:
    """A pydantic error as place and words."""
    kind, value, context = detail["type"], shown(detail["input"]), detail.get("ctx", {})
    message = detail["msg"][:1].lower() + detail["msg"][1:]
    rule = {
        "missing": "it is missing",
        "extra_forbidden": f"this version knows no such entry; its value is {value}",
        "too_long": f"it may hold at most {context.get('max_length', 0):,} entries",
        "string_pattern_mismatch": f"it must be {WANTED.get(detail['loc'][-1], message)}, not {value}",
        "model_type": f"it must be an object in braces, not {value}",
        "value_error": str(context.get("error", "")),
    }.get(kind)
    return Fault(_place(detail["loc"], raw), rule or f"{message.replace('input should', 'it must')}, not {value}")


def _place(location: tuple[Any, ...], raw: Any) -> str:
    """`blocks[3] conv1, kernel_size` from a path into the parsed JSON."""
    words: list[str] = []
    here = raw
    for step in location:
        here = _inside(here, step)
        if isinstance(step, int) and words:
            name = (here.get("name") or here.get("id")) if isinstance(here, dict) else None
            words[-1] += f"[{step}]" + (f" {shown(name)}" if isinstance(name, str) else "")
        else:
            words.append(shown(step))
    return ", ".join(words)


def _inside(value: Any, step: Any) -> Any:
    try:
        return value[step]
    except (LookupError, TypeError):
        return None


def _listed(faults: tuple[Fault, ...]) -> str:
    if len(faults) == 1:
        return str(faults[0])
    lines = [f"  {fault}" for fault in faults[:SHOWN_FAULTS]]
    more = [f"  and {len(faults) - SHOWN_FAULTS} more"] if len(faults) > SHOWN_FAULTS else []
    return "\n".join([f"{len(faults)} things are wrong:", *lines, *more])


_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 60
