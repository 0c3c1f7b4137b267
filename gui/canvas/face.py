"""What a block and a wire show as words and numbers, read from document and analysis.

Knows nothing of Qt or pixels: painting, tooltips and search all take their words from here.
"""

from __future__ import annotations

from dataclasses import dataclass

from graph import Document
from graph.block_type import Inferred, Port
from graph.module import REPEAT, ModuleType
from graph.network import Wire
from graph.quantities import short

SEVERITIES = ("error", "warning", "hint")
UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class PortFace:
    """A port as drawn; `wires` is how many end there."""

    name: str
    optional: bool
    many: bool
    wires: int
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class Face:
    """Everything painted on one block."""

    name: str
    type: str
    family: str
    detail: str
    shape: str
    parameters: str
    severity: str
    problem: str
    inputs: tuple[PortFace, ...]
    outputs: tuple[PortFace, ...]
    aside: str = ""  # bypassed or muted
    folded: bool = False
    repeat: int = 1  # how often a module is applied


def face_of(document: Document, id: str) -> Face:
    """The face of a block as the analysis stands."""
    network, analysis = document.network, document.analysis
    block, declared = network.blocks[id], network.type_of(id)
    problems = analysis.problems_of(id)
    severity = min((p.severity for p in problems), key=SEVERITIES.index, default="")
    wrong = {p.port for p in problems if p.severity == "error" and p.port}
    into, out = network.wires_into(id), network.wires_out(id)
    inputs = _ports(declared.inputs, [w.input for w in into], wrong)
    inferred = analysis.inferred(id)
    outputs = _ports(_given(declared.outputs, inferred), [w.output for w in out], set())
    return Face(
        name=block.name,
        type=block.type,
        family=declared.family,
        detail=declared.summary(network.values(id)).strip(", "),
        shape=_shape(document, id, outputs),
        parameters=short(inferred.parameters) if inferred is not None else UNKNOWN,
        severity=severity,
        problem=next((p.text for p in problems if p.severity == severity), ""),
        inputs=inputs,
        outputs=outputs,
        aside=block.aside,
        folded=block.folded,
        repeat=_repeat(document, id) if isinstance(declared, ModuleType) else 1,
    )


def _repeat(document: Document, id: str) -> int:
    """How often a module is applied."""
    count = document.analysis.values(id).get(REPEAT, 1)
    return count if isinstance(count, int) else 1


def wire_text(document: Document, wire: Wire) -> str:
    """The shape on a wire's pill."""
    tensor = document.analysis.output(wire.source, wire.output)
    return UNKNOWN if tensor is None else str(tensor)


def bytes_text(count: int) -> str:
    """18.4 KiB."""
    size = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1024
    return ""


def _given(declared: tuple[Port, ...], inferred: Inferred | None) -> tuple[Port, ...]:
    """The output ports there are as the block is set: optional ones, such as a max pool's indices, only on demand."""
    return tuple(p for p in declared if not p.optional or (inferred is not None and p.name in inferred.outputs))


def _ports(declared: tuple[Port, ...], ends: list[str], wrong: set[str]) -> tuple[PortFace, ...]:
    """Declared ports, then those an unknown type's wires name."""
    known = [p.name for p in declared]
    extra = tuple(Port(name, many=True) for name in dict.fromkeys(ends) if name not in known)
    return tuple(PortFace(p.name, p.optional, p.many, ends.count(p.name), p.name in wrong) for p in declared + extra)


def _shape(document: Document, id: str, outputs: tuple[PortFace, ...]) -> str:
    if not outputs:
        taken = document.analysis.inputs(id)
        first = next(iter(taken.values()), None)
        first = first[0] if isinstance(first, tuple) and first else first
        return str(first) if first else ""
    tensor = document.analysis.output(id, outputs[0].name)
    return UNKNOWN if tensor is None else str(tensor)
