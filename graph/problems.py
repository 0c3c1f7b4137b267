"""Problems: what is wrong or doubtful in a network, in words with numbers, each with ready-made fixes.

A fix builds its edit when it is applied, so that it fits the document as it then is. The shape rules themselves
belong to the block types; here they become problems.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from graph import commands, registry
from graph.block_type import BlockType, ShapeError
from graph.edits import UNSET, Compound, Edit, RemoveBlocks, SetHyperparameter
from graph.network import Block, Network
from graph.problem import Fix, Problem
from graph.recipe import Field
from graph.weight_rules import weight_problems

if TYPE_CHECKING:
    from graph.analysis import Analysis

LAYERS_WITH_WIDTH = {
    "Linear": "out_features",
    "Conv1d": "out_channels",
    "Conv2d": "out_channels",
    "Conv3d": "out_channels",
}
SHAPELESS = {"activation", "regularization", "normalization"}


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


def from_shape_error(
    network: Network, block: Block, error: ShapeError, inputs: dict[str, Any], fields: tuple[Field, ...]
) -> Problem:
    """The problem of a block that cannot take its inputs; `fields` are those of the data."""
    if error.code == "unbound":
        fixes = _fix_unbound(block, fields)
    else:
        fixes = FIXES.get(error.code, _no_fixes)(network, block, error, inputs)
    return Problem("error", error.text, block.id, error.port, error.hyperparameter, error.code, tuple(fixes))


def from_warning(block: Block, code: str, text: str) -> Problem:
    """The problem of a block that runs but is seldom meant so."""
    fixes: tuple[Fix, ...] = ()
    if code == "needs_flatten":
        fixes = (Fix("Insert Flatten", lambda n, r: _insert_before(n, block.id, "input", "Flatten")),)
    return Problem("warning", text, block.id, "input", None, code, fixes)


def whole_network(network: Network, analysis: Analysis) -> Iterator[Problem]:
    """Problems that no block sees by itself."""
    yield from weight_problems(network, analysis)
    roles: dict[str, list[Block]] = {}
    for block in network.blocks.values():
        roles.setdefault(network.declared(block.type).role, []).append(block)
    if not network.blocks:
        return
    if "input" not in roles:
        yield Problem("error", "the network has no Input: nothing can be fed to it", code="no_input")
    for source in (*roles.get("input", ()), *roles.get("target", ())):
        yield from _not_bound(source, analysis.fields)
    if "output" not in roles and "loss" not in roles:
        yield Problem("warning", "the network has no Output: its open ends are returned", code="no_output")
    for loss in roles.get("loss", []):
        yield from _around_loss(network, analysis, loss)
    for block in roles.get("layer", []):
        if not network._out[block.id]:
            fix = Fix("Add an Output", lambda n, r, id=block.id: commands.append_after(n, id, "Output"))
            yield Problem("hint", "nothing reads its output", block.id, None, None, "unused", (fix,))
        elif block.type == "Linear":
            yield from _linear_after_linear(network, block)


def _not_bound(source: Block, fields: tuple[Field, ...]) -> Iterator[Problem]:
    """With data chosen, an input or target that reads none of it can be looked at but not trained."""
    if not fields or source.hyperparameters.get("field"):
        return
    text = "it reads no field of the data, so the network cannot be trained"
    yield Problem("warning", text, source.id, None, "field", "not_bound", tuple(_bind_fixes(source, fields)))


def _around_loss(network: Network, analysis: Analysis, loss: Block) -> Iterator[Problem]:
    wires = network.wires_at(loss.id, "input")
    if not wires:
        return
    source = network.blocks[wires[0].source]
    if loss.type == "CrossEntropyLoss" and source.type in ("Softmax", "LogSoftmax"):
        bypass = Fix(f"Feed the loss from before {source.name}", lambda n, r: _rewire_around(n, loss.id, source.id))
        text = f"CrossEntropyLoss applies log-softmax itself; {source.name} before it makes learning slow and wrong"
        yield Problem("warning", text, loss.id, "input", None, "double_softmax", (bypass,))
    if loss.type == "BCEWithLogitsLoss" and source.type == "Sigmoid":
        bypass = Fix(f"Feed the loss from before {source.name}", lambda n, r: _rewire_around(n, loss.id, source.id))
        text = f"BCEWithLogitsLoss applies the sigmoid itself; {source.name} before it flattens the gradients"
        yield Problem("warning", text, loss.id, "input", None, "double_sigmoid", (bypass,))
    yield from _class_count(network, analysis, loss, source, wires[0].output)


def _class_count(network, analysis, loss, source, output) -> Iterator[Problem]:
    """Logits wider than the data has classes run, but some answers can never be right."""
    target = analysis.inputs(loss).get("target") if loss.type == "CrossEntropyLoss" else None
    logits = analysis.output(source, output)
    if target is None or logits is None or target.classes is None or logits.rank < 2:
        return
    count = logits.dims[1]
    if isinstance(count, int) and count > target.classes:
        fixes = tuple(_width_fixes(network, source, target.classes))
        text = f"the data have {target.classes} classes, but {source.name} gives {count} scores"
        yield Problem("warning", text, loss.id, "input", None, "classes", fixes)


def _linear_after_linear(network: Network, block: Block) -> Iterator[Problem]:
    for wire in network._out[block.id]:
        following = network.blocks[wire.target]
        if following.type == "Linear":
            fix = Fix("Insert ReLU", lambda n, r, id=wire.id: commands.insert_on_wire(n, id, "ReLU"))
            text = f"two linear layers in a row compute no more than one; put an activation before {following.name}"
            yield Problem("hint", text, block.id, None, None, "linear_linear", (fix,))


# Fixes of shape errors, by the error's code


def _no_fixes(network, block, error, inputs) -> Iterator[Fix]:
    return iter(())


def _fix_kernel(network, block, error, inputs) -> Iterator[Fix]:
    declared = network.declared(block.type)
    tensor = inputs.get("input")
    rank = getattr(declared.hyperparameter("kernel_size"), "rank", 2)
    room = [dim for dim in tensor.dims[-rank:] if isinstance(dim, int)] if tensor else []
    if room and min(room) >= 1:
        kernel = min(room)
        yield Fix(f"Set kernel_size to {kernel}", lambda n, r: SetHyperparameter(block.id, "kernel_size", kernel))
    if declared.family == "convolution" and declared.has("padding") and "Transpose" not in block.type:
        values = declared.complete(block.hyperparameters)
        if values.get("stride") == 1:
            yield Fix("Set padding to same", lambda n, r: SetHyperparameter(block.id, "padding", "same"))


def _fix_groups(network, block, error, inputs) -> Iterator[Fix]:
    yield Fix("Set groups to 1", lambda n, r: SetHyperparameter(block.id, "groups", 1))


def _fix_flatten(network, block, error, inputs) -> Iterator[Fix]:
    port = error.port or "input"
    yield Fix("Insert Flatten", lambda n, r: _insert_before(n, block.id, port, "Flatten"))


def _fix_default(network, block, error, inputs) -> Iterator[Fix]:
    name = error.hyperparameter
    if name and name in block.hyperparameters:
        yield Fix(f"Take {name} from the data", lambda n, r: SetHyperparameter(block.id, name, UNSET))


def _bind_fixes(block: Block, fields: tuple[Field, ...]) -> Iterator[Fix]:
    """Offer the fields that suit an input or a target, at most two."""
    wants_label = registry.block_type(block.type).role == "target"
    fitting = [f for f in fields if (f.classes is not None) == wants_label] or list(fields)
    for field in fitting[:2]:
        name = field.name
        yield Fix(f"Bind it to {name}", lambda n, r, name=name: commands.bind(n, block.id, name))


def _fix_unbound(block: Block, fields: tuple[Field, ...]) -> Iterator[Fix]:
    yield from _bind_fixes(block, fields)
    shape = registry.block_type(block.type).suggested()["shape"]
    text = " x ".join(map(str, shape)) or "a single value"
    unbind = SetHyperparameter(block.id, "field", UNSET)
    given = SetHyperparameter(block.id, "shape", shape)
    yield Fix(f"Set shape to {text}", lambda n, r: Compound("Set shape", (unbind, given)))


def _fix_classes(network, block, error, inputs) -> Iterator[Fix]:
    target = inputs.get("target")
    wires = network.wires_at(block.id, "input")
    if target is not None and target.classes and wires:
        yield from _width_fixes(network, network.blocks[wires[0].source], target.classes)


def _fix_unknown(network, block, error, inputs) -> Iterator[Fix]:
    yield Fix("Remove it and bridge the gap", lambda n, r: commands.remove_and_bridge(n, (block.id,)))


FIXES = {
    "kernel_too_large": _fix_kernel,
    "groups": _fix_groups,
    "needs_flatten": _fix_flatten,
    "bound_shape": _fix_default,
    "bound_dtype": _fix_default,
    "classes": _fix_classes,
    "unknown_type": _fix_unknown,
}


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


def _width_fixes(network: Network, source: Block, classes: int) -> Iterator[Fix]:
    """Offer to set the width of the last layer that decides the number of scores."""
    while source.type not in LAYERS_WITH_WIDTH:
        wires = network.wires_into(source)
        if network.declared(source.type).family not in SHAPELESS or not wires:
            return
        source = network.blocks[wires[0].source]
    name = LAYERS_WITH_WIDTH[source.type]
    yield Fix(f"Set {name} of {source.name} to {classes}", lambda n, r: SetHyperparameter(source.id, name, classes))


def _insert_before(network: Network, id: str, port: str, type: str) -> Edit:
    return commands.insert_on_wire(network, network.wires_at(id, port)[0].id, type)


def _rewire_around(network: Network, loss: str, skipped: str) -> Edit:
    wire = network.wires_at(loss, "input")[0]
    before = network.wires_into(skipped)[0]
    edit = commands.rewire(network, wire.id, before.source, before.output)
    if len(network.wires_out(skipped)) == 1:
        return Compound(edit.text, (edit, RemoveBlocks((skipped,))))
    return edit
