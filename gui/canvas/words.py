"""What tooltips on the canvas explain, as rich text: a block, a port, a wire with its arithmetic. No pixels."""

from __future__ import annotations

from html import escape

from graph import Document, TensorType
from graph.quantities import prefixed, thousands
from gui.canvas.face import bytes_text, wire_text
from gui.canvas.geometry import PortRef
from gui.language import SEVERITIES, tr

BYTES = {"float64": 8, "int64": 8, "float32": 4, "int32": 4, "float16": 2, "bfloat16": 2, "uint8": 1, "bool": 1}


def of_wire(document: Document, id: str) -> str:
    """Where it runs from and to, what travels along it, and how that shape came about."""
    network = document.network
    wire = network.wires[id]
    source, target = network.blocks[wire.source], network.blocks[wire.target]
    begin = _with_port(source.name, wire.output, len(network.type_of(source).outputs))
    end = _with_port(target.name, wire.input, len(network.type_of(target).inputs))
    siblings = network.wires_at(wire.target, wire.input)
    if len(siblings) > 1:
        end += tr(" (input {0} of {1})").format(siblings.index(wire) + 1, len(siblings))
    tensor = document.analysis.output(wire.source, wire.output)
    lines = [f"<b>{escape(begin)} → {escape(end)}</b>"]
    if tensor is None:
        lines.append(tr("The shape is not known yet: {0}").format(escape(_why_unknown(document, wire.source))))
    else:
        lines += [f"<code>{escape(wire_text(document, wire))}</code> {tensor.dtype}", _volume(tensor)]
        lines += _arithmetic(document, wire.source)
    return _paragraph(lines)


def of_block(document: Document, id: str) -> str:
    """Its problems first, then what it is and what it costs."""
    network, analysis = document.network, document.analysis
    block, declared = network.blocks[id], network.type_of(id)
    lines = [f"<b>{escape(block.name)}</b> {escape(block.type)}"]
    lines += [f"{tr(SEVERITIES[problem.severity])}: {escape(problem.text)}" for problem in analysis.problems_of(id)]
    first = declared.help.split("\n\n")[0].replace("\n", " ")
    lines += [escape(first)] if first else []
    macs = analysis.macs(id)
    if macs:
        lines.append(tr("{0} multiply-adds a sample").format(prefixed(macs)))
    return _paragraph(lines + _arithmetic(document, id))


def of_port(document: Document, port: PortRef) -> str:
    """Its name, what it is for, what it brings or takes."""
    network = document.network
    declared = network.type_of(port.block)
    found = declared.output_port(port.name) if port.output else declared.input_port(port.name)
    kind = tr("output") if port.output else tr("input")
    marks = [tr("optional")] if found and found.optional else []
    marks += [tr("any number")] if found and found.many else []
    lines = [f"<b>{escape(port.name)}</b> {kind}" + (f" ({', '.join(marks)})" if marks else "")]
    if found and found.help:
        lines.append(escape(found.help))
    tensor = document.analysis.output(port.block, port.name) if port.output else None
    if tensor is not None:
        lines.append(f"<code>{escape(str(tensor))}</code> {tensor.dtype}")
    return _paragraph(lines)


def _with_port(name: str, port: str, count: int) -> str:
    return f"{name}.{port}" if count > 1 else name


def _volume(tensor: TensorType) -> str:
    count = 1
    for dim in tensor.dims[1:]:
        count = count * dim
    if not isinstance(count, int):
        return tr("{0} values a sample").format(escape(str(count)))
    if tensor.classes:
        return (
            tr("one of {0} classes a sample").format(tensor.classes)
            if count == 1
            else tr("{0} class numbers").format(thousands(count))
        )
    size = bytes_text(count * BYTES.get(tensor.dtype, 4))
    words = tr("{0} value a sample, {1}") if count == 1 else tr("{0} values a sample, {1}")
    return words.format(thousands(count), size)


def _arithmetic(document: Document, id: str) -> list[str]:
    return [f"{escape(what)}: <code>{escape(text)}</code>" for what, text in document.analysis.explain(id)]


def _why_unknown(document: Document, id: str) -> str:
    """The first problem upstream, in its own words."""
    seen, waiting = set(), [id]
    while waiting:
        current = waiting.pop(0)
        for problem in document.analysis.problems_of(current):
            if problem.severity == "error":
                return f"{document.network.blocks[current].name}: {problem.text}"
        for wire in document.network.wires_into(current):
            if wire.source not in seen:
                seen.add(wire.source)
                waiting.append(wire.source)
    return tr("something before it is missing")


def _paragraph(lines: list[str]) -> str:
    return "<p style='white-space: normal'>" + "<br>".join(line for line in lines if line) + "</p>"
