"""Rules about wires and roles: what is missing, not bound, not read, or read twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graph import commands, registry
from graph.block_type import BlockType
from graph.data_source import Field
from graph.edits import AddBlock, Compound, Disconnect, Edit, RemoveBlocks, SetHyperparameter
from graph.network import Block, Network
from graph.problem import Fix, Problem
from graph.problems.rule import Finding, overall, told
from graph.problems.view import View

told(
    "unset",
    "error",
    "A value is missing",
    "torch has no default for this hyperparameter, so nothing can be computed until it is set.",
)
told(
    "not_connected",
    "error",
    "An input is not connected",
    "A block computes only when each input that it needs has a wire.",
)


def missing(network: Network, block: Block, declared: BlockType, found: list[Problem]) -> bool:
    """Report required hyperparameters and inputs that are not there; whether the block can be inferred."""
    ready = True
    absent = declared.missing(block.hyperparameters)
    for name in absent:
        ready = False
        suggestion = declared.suggested()[name]
        title = f"Set {name} to {declared.hyperparameter(name).format(suggestion)}"
        fix = Fix(title, lambda n, r, name=name, value=suggestion: SetHyperparameter(block.id, name, value))
        found.append(Problem("error", f"{name} is not set", block.id, None, name, "unset", (fix,)))
    into = network._into[block.id]
    for port in declared.inputs:
        if port.optional or any(wire.input == port.name for wire in into):
            continue
        ready = False
        what = f"its input {port.name!r} is" if len(declared.inputs) > 1 else "its input is"
        fixes = tuple(_connect_fixes(network, block, port.name))
        found.append(Problem("error", f"{what} not connected", block.id, port.name, None, "not_connected", fixes))
    return ready


def _connect_fixes(network: Network, block: Block, port: str) -> Iterator[Fix]:
    """Offer the dangling outputs a free port could take, at most two."""
    role = "target" if port == "target" else None
    offered = 0
    if len(network.blocks) > 200:
        return  # a fix is a convenience: no scan of a large drawing
    for other in network.blocks.values():
        declared = network.declared(other.type)
        fits = declared.role == role if role else declared.role in ("layer", "input")
        if not fits or not declared.outputs or (network._out[other.id] and not role) or offered == 2:
            continue
        if network.why_not(other, None, block, port) is None:
            offered += 1
            yield Fix(
                f"Connect {other.name}",
                lambda n, r, source=other.id: commands.connect(n, source, block.id, None, port),
            )


def bind_fixes(block: Block, fields: tuple[Field, ...]) -> Iterator[Fix]:
    """Offer the fields that suit an input or a target, at most two."""
    wants_label = registry.block_type(block.type).role == "target"
    fitting = [f for f in fields if (f.classes is not None) == wants_label] or list(fields)
    for field in fitting[:2]:
        yield binding(block.id, field.name)


def binding(id: str, field: str) -> Fix:
    """Bind a source to a field of the data."""
    return Fix(f"Bind it to {field}", lambda n, r: commands.bind(n, id, field))


@overall(
    "no_input",
    "error",
    "No Input",
    "A network needs a place where data come in; without one no shape is known and nothing can run.",
)
def no_input(view: View) -> Iterator[Finding]:
    if view.network.blocks and "input" not in view.roles:
        yield Finding("the network has no Input: nothing can be fed to it")


@overall(
    "no_output",
    "warning",
    "No Output",
    "An Output says what the network answers. Without one (and without a loss) every open end is returned, in an order "
    "that changes with the drawing.",
)
def no_output(view: View) -> Iterator[Finding]:
    if view.network.blocks and "output" not in view.roles and "loss" not in view.roles:
        yield Finding("the network has no Output: its open ends are returned")


@overall(
    "not_bound",
    "warning",
    "Reads none of the data",
    "An Input or Target that is bound to no field of the data has a shape, but no samples: the network can be looked "
    "at but not trained.",
)
def not_bound(view: View) -> Iterator[Finding]:
    if not view.fields:
        return
    for source in (*view.roles.get("input", ()), *view.roles.get("target", ())):
        if not source.hyperparameters.get("field"):
            text = "it reads no field of the data, so the network cannot be trained"
            yield Finding(text, tuple(bind_fixes(source, view.fields)), None, "field", source.id)


@overall(
    "unused",
    "hint",
    "Nothing reads its output",
    "What it computes is thrown away. Wire it on, give it an Output, or remove it.",
)
def unused(view: View) -> Iterator[Finding]:
    for block in view.roles.get("layer", ()):
        if not view.network._out[block.id]:
            fix = Fix("Add an Output", lambda n, r, id=block.id: commands.append_after(n, id, "Output"))
            yield Finding("nothing reads its output", (fix,), block=block.id)


@overall(
    "leads_nowhere",
    "hint",
    "Leads to no output",
    "Blocks whose results reach neither an output nor a loss are computed for nothing, and no gradient reaches them: "
    "their parameters never change.",
)
def leads_nowhere(view: View) -> Iterator[Finding]:
    if not view.leads_to_end:
        return
    lost = [b for b in view.network.blocks.values() if b.id not in view.leads_to_end and view.network._out[b.id]]
    lost = [block for block in lost if view.role(block) == "layer"]
    for block in lost:
        if not any(wire.source in {b.id for b in lost} for wire in view.network.wires_into(block.id)):
            count = view.analysis.parameters(block)
            spent = f"; its {count:,} parameters never train" if count else ""
            yield Finding(f"no path leads from here to an output or a loss{spent}", block=block.id)


@overall(
    "unread_source",
    "hint",
    "An Input or Target that nothing reads",
    "Data come in here and go nowhere. Wire it on or remove it; a loss needs its Target wired.",
)
def unread_source(view: View) -> Iterator[Finding]:
    sources = list(view.roles.get("input", ()))
    if view.roles.get("loss"):
        sources += view.roles.get("target", ())
    if len(view.network.blocks) == len(sources):
        return  # the drawing has just begun
    for block in sources:
        if not view.network._out[block.id]:
            fix = Fix(f"Remove {block.name}", lambda n, r, id=block.id: RemoveBlocks((id,)))
            yield Finding("nothing reads it", (fix,), block=block.id)


@overall(
    "same_field",
    "hint",
    "Two Inputs read the same field",
    "Both bring the very same numbers. One Input can be wired to any number of blocks, and the module that is "
    "generated then takes one argument less.",
)
def same_field(view: View) -> Iterator[Finding]:
    first: dict[str, Block] = {}
    for block in sorted(view.roles.get("input", ()), key=lambda b: int(b.id[1:])):
        field = block.hyperparameters.get("field")
        if not field:
            continue
        if field not in first:
            first[field] = block
            continue
        other = first[field]
        fix = Fix(f"Use {other.name} instead", lambda n, r, old=block.id, new=other.id: _merged(n, old, new))
        yield Finding(f"it reads {field}, as {other.name} does", (fix,), None, "field", block.id)


def _merged(network: Network, old: str, new: str) -> Edit:
    moved = []
    for offset, wire in enumerate(network.wires_out(old)):
        edit = commands.rewire(network, wire.id, new).edits[1]
        moved.append(type(edit)(replace(edit.wire, id=network.fresh_wire_id(offset))))
    gone = Disconnect(tuple(wire.id for wire in network.wires_out(old)))
    return Compound("Use one Input", (gone, *moved, RemoveBlocks((old,))))


@overall(
    "missing_target",
    "warning",
    "No Target",
    "Training compares the answer with what it should be. The network has an Output but neither a loss nor a Target, "
    "so there is nothing to compare with.",
)
def missing_target(view: View) -> Iterator[Finding]:
    outputs = view.roles.get("output", ())
    if not view.fields or not outputs or view.roles.get("loss") or view.roles.get("target"):
        return
    fields = [field for field in view.fields if field.name in ("label", "target") or field.classes is not None]
    fixes = tuple(
        Fix(f"Add a Target that reads {field.name}", lambda n, r, name=field.name: _target(n, outputs[0].id, name))
        for field in fields[:2]
    )
    yield Finding(
        "data are chosen, but there is no Target and no loss: it cannot be trained", fixes, block=outputs[0].id
    )


def _target(network: Network, beside: str, field: str) -> Edit:
    x, y = network.positions[beside]
    return AddBlock(network.new_block("Target", None, {"field": field}), (x + 220.0, y))


@overall(
    "several_outputs",
    "warning",
    "Several outputs and no loss",
    "Without a loss block, training joins the single Output to the single Target. With several of either nobody can "
    "know what belongs together: draw the losses.",
)
def several_outputs(view: View) -> Iterator[Finding]:
    outputs, targets = view.roles.get("output", ()), view.roles.get("target", ())
    if view.fields and targets and not view.roles.get("loss") and (len(outputs) > 1 or len(targets) > 1):
        text = f"{len(outputs)} outputs and {len(targets)} targets, but no loss says which belong together"
        yield Finding(text, block=(outputs or targets)[0].id)
