"""Which ports a wire may end at, and why not: the network's rules first, then the shapes with their numbers.

Looks at the document only; the tools turn its verdicts into light, dimness and words.
"""

from __future__ import annotations

from dataclasses import dataclass

from graph import Document, ShapeError
from graph.network import Network
from gui.canvas.geometry import PortRef
from gui.language import tr


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a wire between two ports is refused, or would be drawn but leave a problem; `text` says why."""

    refused: bool = False
    text: str = ""

    @property
    def fits(self) -> bool:
        return not self.text


def verdict(document: Document, one: PortRef, other: PortRef, moving: str | None = None) -> Verdict:
    """What speaks against a wire between two ports; `moving` is a wire that would give way."""
    if one.output == other.output:
        side = tr("an output") if one.output else tr("an input")
        return Verdict(True, tr("a wire joins an output with an input; this is {0} too").format(side))
    source, target = (one, other) if one.output else (other, one)
    reason = _structure(document.network, source, target, moving)
    if reason:
        return Verdict(True, reason)
    return Verdict(False, _shapes(document, source, target, moving) or "")


def _structure(network: Network, source: PortRef, target: PortRef, moving: str | None) -> str | None:
    """The network's own rules, with the moving wire's place counted as free."""
    wire = network.wires.get(moving) if moving else None
    if wire is None:
        return network.why_not(source.block, source.name, target.block, target.name)
    if (wire.target, wire.input) == (target.block, target.name):
        if network.is_upstream(target.block, source.block):
            names = network.blocks[target.block].name, network.blocks[source.block].name
            return tr("this would close a cycle: {0} already leads to {1}").format(names[0], names[1])
        return None
    return network.why_not(source.block, source.name, target.block, target.name)


def _shapes(document: Document, source: PortRef, target: PortRef, moving: str | None) -> str | None:
    """Why the target could not take this tensor, as far as its other inputs are known."""
    network = document.network
    tensor = document.analysis.output(source.block, source.name)
    declared = network.type_of(target.block)
    port = declared.input_port(target.name)
    values = network.values(target.block)
    if tensor is None or port is None or declared.missing(network.blocks[target.block].hyperparameters):
        return None
    inputs = dict(document.analysis.inputs(target.block))
    if port.many:
        leaving = network.wires.get(moving) if moving else None
        already = inputs.get(port.name, ()) if leaving is None or leaving.target != target.block else ()
        inputs[port.name] = (*already, tensor)
    else:
        inputs[port.name] = tensor
    if any(not p.optional and p.name not in inputs for p in declared.inputs):
        return None
    try:
        declared.check(values)
        declared.infer(values, inputs)
    except ShapeError as error:
        return f"{network.blocks[target.block].name}: {error.text}"
    return None
