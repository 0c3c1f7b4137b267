"""Problems that block types tell: inputs they cannot take and choices seldom meant, with fixes by code.

The rules themselves belong to the block types; here they get a title, a reason and ready-made fixes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from graph import commands, registry
from graph.block_type import ShapeError
from graph.data_source import Field
from graph.edits import UNSET, Compound, SetHyperparameter
from graph.network import Block, Network
from graph.problem import Fix, Problem
from graph.problems.losses import width_fixes
from graph.problems.mending import inserting, setting, unsetting
from graph.problems.sizes import resized
from graph.problems.view import whole
from graph.problems.wiring import bind_fixes, binding


def from_shape_error(
    network: Network, block: Block, error: ShapeError, inputs: dict[str, Any], fields: tuple[Field, ...]
) -> Problem:
    """The problem of a block that cannot take its inputs; `fields` are those of the data."""
    if error.code == "unbound":
        fixes = _fix_unbound(block, fields)
    elif error.code == "dtype":
        fixes = _fix_dtype(network, block, error, inputs, fields)
    else:
        fixes = FIXES.get(error.code, _no_fixes)(network, block, error, inputs)
    return Problem("error", error.text, block.id, error.port, error.hyperparameter, error.code, tuple(fixes))


def from_warning(block: Block, code: str, text: str) -> Problem:
    """The problem of a block that runs but is seldom meant so."""
    fixes = OF_WARNINGS.get(code, lambda block: ())(block)
    return Problem("warning", text, block.id, None, None, code, tuple(fixes))


OF_WARNINGS: dict[str, Callable[[Block], tuple[Fix, ...]]] = {
    "dropout_ignored": lambda block: (
        unsetting(block, "dropout", "Set dropout to 0"),
        setting(block, "num_layers", 2),
    ),
    "not_scalar": lambda block: (unsetting(block, "reduction", "Take the mean"),),
    "kl_mean": lambda block: (setting(block, "reduction", "batchmean"),),
    "drops_all": lambda block: (setting(block, "p", 0.5),),
    "skips": lambda block: (unsetting(block, "stride", "Set stride to torch's default"),),
    "batch": lambda block: (setting(block, "dim", -1),) if "dim" in block.hyperparameters else (),
}


def _no_fixes(network, block, error, inputs) -> Iterator[Fix]:
    return iter(())


def _fix_kernel(network, block, error, inputs) -> Iterator[Fix]:
    declared = network.declared(block.type)
    tensor = inputs.get("input")
    rank = getattr(declared.hyperparameter("kernel_size"), "rank", 2) if declared.has("kernel_size") else 2
    room = [dim for dim in tensor.dims[-rank:] if isinstance(dim, int)] if tensor else []
    if room and min(room) >= 1 and declared.has("kernel_size"):
        kernel = min(room)
        yield setting(block, "kernel_size", kernel)
    if declared.family == "convolution" and declared.has("padding") and "Transpose" not in block.type:
        values = declared.complete(block.hyperparameters)
        if values.get("stride") == 1:
            yield setting(block, "padding", "same")


def _fix_groups(network, block, error, inputs) -> Iterator[Fix]:
    for name in ("groups", "num_groups"):
        if network.declared(block.type).has(name):
            yield setting(block, name, 1)


def _fix_same_stride(network, block, error, inputs) -> Iterator[Fix]:
    kernel = network.values(block).get("kernel_size")
    yield setting(block, "stride", 1)
    if isinstance(kernel, int):
        yield setting(block, "padding", (kernel - 1) // 2)
    elif isinstance(kernel, tuple) and whole(*kernel):
        half = tuple((k - 1) // 2 for k in kernel)
        yield setting(block, "padding", half, f"Set padding to {' x '.join(map(str, half))}")


def _fix_normalized_shape(network, block, error, inputs) -> Iterator[Fix]:
    if "normalized_shape" in block.hyperparameters:
        yield unsetting(block, "normalized_shape", "Take normalized_shape from the input")


def _fix_flatten(network, block, error, inputs) -> Iterator[Fix]:
    yield inserting(block, error.port or "input", "Flatten")


def _fix_default(network, block, error, inputs) -> Iterator[Fix]:
    name = error.hyperparameter
    if name and name in block.hyperparameters:
        yield unsetting(block, name, f"Take {name} from the data")


def _fix_unbound(block: Block, fields: tuple[Field, ...]) -> Iterator[Fix]:
    yield from bind_fixes(block, fields)
    shape = registry.block_type(block.type).suggested()["shape"]
    text = " x ".join(map(str, shape)) or "a single value"
    unbind = SetHyperparameter(block.id, "field", UNSET)
    given = SetHyperparameter(block.id, "shape", shape)
    yield Fix(f"Set shape to {text}", lambda n, r: Compound("Set shape", (unbind, given)))


def _fix_dtype(network, block, error, inputs, fields) -> Iterator[Fix]:
    """Lead to numbers of the right kind: another field for the target, another dtype for an Input of our own."""
    port = error.port or "input"
    wires = network.wires_at(block.id, port)
    source = network.blocks[wires[0].source] if wires else None
    if source is None:
        return
    role = network.declared(source.type).role
    if role == "target" and block.type in ("BCEWithLogitsLoss", "BCELoss", "L1Loss"):
        for field in fields:
            if field.name == "target" and field.dtype.startswith("float"):
                yield binding(source.id, field.name)
        if not source.hyperparameters.get("field"):
            yield setting(source, "dtype", "float32", f"Set the dtype of {source.name} to float32")
    elif role in ("input", "target") and not source.hyperparameters.get("field"):
        wanted = "float32" if inputs.get(port) is not None and not inputs[port].is_float else "int64"
        yield setting(source, "dtype", wanted, f"Set the dtype of {source.name} to {wanted}")


def _fix_classes(network, block, error, inputs) -> Iterator[Fix]:
    target, numbers = inputs.get("target"), inputs.get("input")
    wires = network.wires_at(block.id, "input")
    if numbers is not None and numbers.classes and network.declared(block.type).has("num_embeddings"):
        yield setting(block, "num_embeddings", numbers.classes)
    if target is not None and target.classes and wires:
        yield from width_fixes(network, network.blocks[wires[0].source], target.classes)


def _fix_unknown(network, block, error, inputs) -> Iterator[Fix]:
    yield Fix("Remove it and bridge the gap", lambda n, r: commands.remove_and_bridge(n, (block.id,)))


def _fix_joining(network, block, error, inputs) -> Iterator[Fix]:
    """Bring feature maps to one size, or to one number of channels, before they meet."""
    tensors = inputs.get("inputs")
    wires = network.wires_at(block.id, "inputs")
    if not isinstance(tensors, tuple) or len(tensors) != len(wires) or len(tensors) != 2:
        return
    first, second = (tensor.dims for tensor in tensors)
    if len(first) != 4 or len(second) != 4 or not whole(*first[1:], *second[1:]):
        return
    if first[2:] != second[2:]:
        small = 0 if first[2] * first[3] < second[2] * second[3] else 1
        goal = (first, second)[1 - small][2:]
        title = f"Upsample {network.blocks[wires[small].source].name} to {goal[0]} x {goal[1]}"
        yield resized(block, "inputs", wires[small].slot, goal, title)
    elif block.type != "Concatenate" and first[1] != second[1]:
        few = 0 if first[1] < second[1] else 1
        goal = (first, second)[1 - few][1]
        title = f"Insert a 1x1 convolution to {goal} channels after {network.blocks[wires[few].source].name}"
        yield inserting(block, "inputs", "Conv2d", title, wires[few].slot, out_channels=goal, kernel_size=1)


def _fix_rank(network, block, error, inputs) -> Iterator[Fix]:
    port = error.port or "input"
    tensor = inputs.get(port)
    if tensor is None or isinstance(tensor, tuple) or not network.wires_at(block.id, port):
        return
    if network.declared(block.type).role in ("loss", "metric") and tensor.rank > 2 and port == "input":
        yield inserting(block, port, "Flatten")
    elif block.type.endswith("2d") and tensor.rank == 3:
        yield inserting(block, port, "Unsqueeze", "Insert Unsqueeze: one channel", dim=1)
    elif block.type.endswith("1d") and tensor.rank == 4:
        yield inserting(block, port, "Flatten", "Insert Flatten: rows and columns as one", start_dim=2)


def _fix_target_shape(network, block, error, inputs) -> Iterator[Fix]:
    """One answer a sample as N x 1 against targets N, and the other way round."""
    answer, target = inputs.get("input"), inputs.get("target")
    if answer is None or target is None or not network.wires_at(block.id, "input"):
        return
    if answer.rank == target.rank + 1 and answer.dims[-1] == 1:
        yield inserting(block, "input", "Flatten", "Flatten the answers to N", start_dim=0)
    elif answer.rank == target.rank and whole(*answer.dims[1:], *target.dims[1:]) and target.rank == 2:
        yield from width_fixes(network, network.blocks[network.wires_at(block.id, "input")[0].source], target.dims[1])


def _fix_axis(network, block, error, inputs) -> Iterator[Fix]:
    if error.hyperparameter == "dim" and "dim" in block.hyperparameters:
        yield setting(block, "dim", -1)


def _fix_open(network, block, error, inputs) -> Iterator[Fix]:
    """Feature maps of open size become vectors by averaging them."""
    tensor = inputs.get("input")
    wires = network.wires_at(block.id, "input")
    if tensor is None or isinstance(tensor, tuple) or not wires:
        return
    source = network.blocks[wires[0].source]
    if block.type == "Linear" and source.type == "Flatten":
        yield inserting(source, "input", "AdaptiveAvgPool2d", "Insert AdaptiveAvgPool2d to 1 x 1", output_size=1)
    elif block.type == "Flatten" and tensor.rank == 4:
        yield inserting(block, "input", "AdaptiveAvgPool2d", "Insert AdaptiveAvgPool2d to 1 x 1", output_size=1)


def _fix_no_such_output(network, block, error, inputs) -> Iterator[Fix]:
    """The block before it is told to give the output, too."""
    for wire in network.wires_at(block.id, error.port or ""):
        source = network.blocks[wire.source]
        if wire.output == "indices" and network.declared(source.type).has("return_indices"):
            yield setting(source, "return_indices", True)


def _fix_range(network, block, error, inputs) -> Iterator[Fix]:
    values = {h.name for h in network.declared(block.type).hyperparameters} & set(block.hyperparameters)
    if error.hyperparameter in values:
        unset = tuple(SetHyperparameter(block.id, name, UNSET) for name in sorted(values))
        yield Fix("Take torch's values", lambda n, r: Compound("Take torch's values", unset))


FIXES = {
    "range": _fix_range,
    "kernel_too_large": _fix_kernel,
    "groups": _fix_groups,
    "same_stride": _fix_same_stride,
    "normalized_shape": _fix_normalized_shape,
    "needs_flatten": _fix_flatten,
    "bound_shape": _fix_default,
    "bound_dtype": _fix_default,
    "classes": _fix_classes,
    "unknown_type": _fix_unknown,
    "concat": _fix_joining,
    "broadcast": _fix_joining,
    "rank": _fix_rank,
    "target_shape": _fix_target_shape,
    "axis": _fix_axis,
    "open": _fix_open,
    "no_such_output": _fix_no_such_output,
}
