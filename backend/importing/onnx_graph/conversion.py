"""The way through a graph: its inputs are drawn, its nodes read one by one, its outputs wired.

What each operation becomes stands in the files of the operations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from backend.importing.imported import CannotImport, Imported
from backend.importing.onnx_graph import (
    op_activation,
    op_arithmetic,
    op_attention,
    op_convolution,
    op_indexing,
    op_linear,
    op_normalization,
    op_padding,
    op_pooling,
    op_recurrent,
    op_reducing,
    op_resizing,
    op_shaping,
)
from backend.importing.onnx_graph.arranging import leading
from backend.importing.onnx_graph.budget import Budget, CannotFold
from backend.importing.onnx_graph.context import Context
from backend.importing.onnx_graph.drawing import Drawing
from backend.importing.onnx_graph.entrances import draw_inputs, may_begin_with_steps
from backend.importing.onnx_graph.folding import fold
from backend.importing.onnx_graph.layout import Misfit
from backend.importing.onnx_graph.model_file import FUSED, ModelFile, Node
from backend.importing.onnx_graph.naming import Scopes, readable
from backend.importing.onnx_graph.patterns import rewritten
from backend.importing.onnx_graph.values import Counted, Drawn, Known, Value, number_of
from backend.weight_files import printable
from graph.dim import Dim, DimError, N
from graph.names import check_name
from graph.network import Network

FAMILIES = (
    *(op_activation, op_arithmetic, op_attention, op_convolution, op_indexing, op_linear, op_normalization),
    *(op_padding, op_pooling, op_recurrent, op_reducing, op_resizing, op_shaping),
)
READERS: dict[str, Callable] = {op: reader for family in FAMILIES for op, reader in family.READERS.items()}
ALWAYS = frozenset(("Shape", "Size", "Constant", "ConstantOfShape"))  # read even where everything is known
FAULTS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
"""What settings that make no sense lead to, whichever they are: a damaged file can hold anything."""

REFUSED = {
    "Loop": "loops are not drawn; export the model for a fixed number of steps, so that they are unrolled",
    "Scan": "loops are not drawn; export the model for a fixed number of steps, so that they are unrolled",
}
QUANTIZED = re.compile(r"Q[A-Z].*|.*[Qq]uantize.*|.*Integer")


def convert(model: ModelFile, name: str) -> Imported:
    """The network a graph describes; raises CannotImport naming the node at fault."""
    nodes, notes = rewritten(model)
    nodes = _needed(nodes, model.outputs)
    try:
        return _converted(model, nodes, notes, name, False)
    except CannotImport as fault:
        if not may_begin_with_steps(model):
            raise
        first = fault
    try:
        return _converted(model, nodes, notes, name, True)
    except CannotImport:
        raise first from None


def _converted(model: ModelFile, nodes: list[Node], notes: dict[str, str], name: str, steps_first: bool) -> Imported:
    drawing = Drawing(Network(_network_name(name)), None)
    readers: dict[str, list[Node]] = {}
    for node in nodes:
        for read in node.inputs:
            readers.setdefault(read, []).append(node)
    wanted = frozenset(model.outputs)
    ctx = Context(drawing, Budget(), model.tensors, model.opset, readers, wanted, Scopes(nodes))
    values: dict[str, Value] = draw_inputs(ctx, model, steps_first)
    for node in nodes:
        if node.outputs and node.outputs[0] in notes:
            drawing.label = ctx.scopes.label(node, wanted)
            drawing.note(notes[node.outputs[0]])
        _read(ctx, node, values)
    _draw_outputs(ctx, model, values)
    return drawing.finish()


def _network_name(name: str) -> str:
    words = " ".join(re.sub(r"[^\w .()-]+", " ", name).split())[:60].strip()
    return check_name(words or "Network")


def _needed(nodes: Sequence[Node], outputs: Sequence[str]) -> list[Node]:
    """The nodes that the outputs depend on."""
    wanted, found = set(outputs), []
    for node in reversed(nodes):
        if wanted.intersection(node.outputs):
            wanted.update(filter(None, node.inputs))
            found.append(node)
    return found[::-1]


def _read(ctx: Context, node: Node, values: dict[str, Value]) -> None:
    """Read one node and remember what it makes."""
    ctx.drawing.place, ctx.drawing.label = node.place, ctx.scopes.label(node, ctx.wanted)
    inputs = [_input(ctx, name, values) for name in node.inputs]
    while inputs and inputs[-1] is None:
        inputs.pop()
    try:
        found = _taken(ctx, node, inputs, values) if node.op == "If" else _outputs(ctx, node, inputs)
    except CannotImport:
        raise
    except (CannotFold, Misfit, DimError) as fault:
        ctx.fail(str(fault))
    except FAULTS as fault:
        ctx.fail(f"its inputs or settings do not suit the operation ({type(fault).__name__}: {printable(str(fault))})")
    found = found if isinstance(found, list) else [found]
    spare = [name for name in node.outputs[len(found) :] if name and (name in ctx.readers or name in ctx.wanted)]
    if spare:
        ctx.fail(f"its output {printable(spare[0])} is used, which the block does not give")
    for name, value in zip(node.outputs, found, strict=False):
        if not name:
            continue
        if name in values:
            ctx.fail(f"it makes {printable(name)}, which there is already")
        if value is not None:
            values[name] = value


def _input(ctx: Context, name: str, values: dict[str, Value]) -> Value | None:
    if not name:
        return None
    if name in values:
        return values[name]
    if name in ctx.tensors:
        values[name] = Known(ctx.tensors[name], name)
        return values[name]
    ctx.fail(f"it reads {printable(name)}, which nothing before it makes: the graph is damaged, or goes in a circle")


def _taken(ctx: Context, node: Node, inputs: list, values: dict[str, Value]) -> list[Value | None]:
    """What the branch of an `If` gives that is taken, where its condition is known while reading."""
    condition = number_of(inputs[0])
    if condition is None:
        ctx.fail("branches that are chosen while running are not drawn; export the model so that one is taken")
    branch = node.attributes["then_branch" if condition else "else_branch"]
    for name, proto in branch.numbers.items():
        values[name] = Known(ctx.tensors.array(proto, node.place), name)
    for inner in branch.nodes:
        _read(ctx, inner, values)
    return [_input(ctx, name, values) for name in branch.outputs]


def _outputs(ctx: Context, node: Node, inputs: list) -> list[Value] | Value:
    key = f"{FUSED}.{node.op}" if node.domain == FUSED else node.op
    if node.domain not in ("", FUSED) or "." in node.op:
        ctx.fail(f"operations of {printable(node.domain or node.op)} are not known; export the model without them")
    if node.op in REFUSED:
        ctx.fail(REFUSED[node.op])
    if QUANTIZED.fullmatch(node.op):
        ctx.fail("quantised models are not drawn; export the model before it was quantised, in float32")
    known = bool(inputs) and all(value is None or isinstance(value, Known | Counted) for value in inputs)
    if node.op == "Identity" and inputs:
        return inputs[0]
    reader = READERS.get(key)
    if ctx.opset < 7 and "axis" in node.attributes and key in ("Add", "Sub", "Mul", "Div"):
        inputs = _placed(inputs, node.attributes["axis"])
    if known and node.op not in ALWAYS and node.domain != FUSED:
        try:
            arrays = fold(ctx.budget, node, [None if value is None else value.array for value in inputs])
            return [_value(array, node, inputs) for array in arrays]
        except CannotFold:
            if reader is None:
                raise
    if reader is None:
        ctx.fail("no block does this, and no several do; replace it in the model by operations that are known")
    return reader(ctx, node, inputs)


def _placed(inputs: list, axis: int) -> list:
    """Numbers that old models join at an axis, with dimensions of 1 behind them, as newer ones write them."""
    a, b = inputs
    if not isinstance(b, Known) or not 0 <= axis <= len(a.sizes) - b.array.ndim:
        return inputs
    behind = (1,) * (len(a.sizes) - axis - b.array.ndim)
    return [a, Known(b.array.reshape(b.array.shape + behind), b.source)]


def _value(array: np.ndarray, node: Node, inputs: list) -> Value:
    """What was computed; a transposed or reshaped initializer is still that one."""
    if array.dtype == object:
        return Counted(array)
    same = node.op in ("Reshape", "Squeeze", "Unsqueeze", "Cast", "Flatten") and array.dtype.kind == "f"
    return Known(array, inputs[0].source if same else "")


def _draw_outputs(ctx: Context, model: ModelFile, values: dict[str, Value]) -> None:
    drawing = ctx.drawing
    for name in model.outputs:
        drawing.place, drawing.label = f"output {printable(name)}", ""
        value = _input(ctx, name, values)
        if not isinstance(value, Drawn):
            ctx.fail("it depends on no input of the network, so that there is nothing to draw")
        _check_shape(ctx, value.sizes, model.shapes.get(name))
        real, back = leading(drawing, value)
        if back != tuple(range(len(back))):
            drawing.note(
                f"Output {printable(name)} has the batch in front, where the file has it in place {back.index(0)}"
            )
        drawing.place_block("Output", {"input": real}, readable(name) or "output")


def _check_shape(ctx: Context, found: Sequence[Dim], said: Sequence[int | str | None] | None) -> None:
    """Hold what was drawn against the shape the file gives an output, where both are numbers."""
    if said is None or (not said and found):
        return  # some exporters write no dimensions for those they do not know
    numbers = [ctx.drawing.batch if size == N and ctx.drawing.batch else size for size in found]
    pairs = [(a, b) for a, b in zip(numbers, said, strict=False) if isinstance(a, int) and isinstance(b, int)]
    if len(said) != len(found) or any(a != b for a, b in pairs):
        drawn, meant = (" x ".join(str(size or "?") for size in sizes) for sizes in (found, said))
        ctx.fail(f"it comes out as {drawn}, but the file says {meant}; its dimensions may not begin with the batch")
