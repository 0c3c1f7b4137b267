"""The inputs of a graph: which dimension is the batch, which stay open, and the Input blocks for them."""

from __future__ import annotations

import re

from backend.importing.imported import CannotImport
from backend.importing.onnx_graph.context import Context
from backend.importing.onnx_graph.layout import Layout
from backend.importing.onnx_graph.model_file import Entry, ModelFile
from backend.importing.onnx_graph.naming import readable
from backend.importing.onnx_graph.tensors import KINDS, kind_in_words
from backend.importing.onnx_graph.values import Value
from backend.weight_files import printable
from graph.hyperparameter import NAME

BATCH = re.compile(r"n|b|bs|.*batch.*", re.IGNORECASE)
TAKEN = frozenset(("bool", "int64", "int32", "uint8"))
FLOATS = frozenset(("float32", "float16", "float64", "bfloat16"))


def may_begin_with_steps(model: ModelFile) -> bool:
    """Whether an input written for one sample may have steps first: 5 x 1 x 8."""
    return any(_one_in_second_place(entry) for entry in model.inputs)


def _one_in_second_place(entry: Entry) -> bool:
    dims = entry.dims or ()
    return len(dims) > 2 and dims[1] == 1 and isinstance(dims[0], int) and dims[0] > 1


def draw_inputs(ctx: Context, model: ModelFile, steps_first: bool = False) -> dict[str, Value]:
    """An Input block for every input of the graph, the batch in front; returns their values by name.

    With `steps_first` a 1 in second place is the batch.
    """
    entries = [entry for entry in model.inputs if entry.name in ctx.readers or entry.name in model.outputs]
    if not entries:
        raise CannotImport("the model", "computes nothing from any input")
    places = {
        entry.name: 1 if steps_first and _one_in_second_place(entry) else _batch_place(ctx, entry) for entry in entries
    }
    sizes = [entry.dims[places[entry.name]] for entry in entries]
    fixed = {size for size in sizes if isinstance(size, int)}
    ctx.drawing.batch = (
        fixed.pop() if len(fixed) == 1 and len(sizes) == sum(isinstance(s, int) for s in sizes) else None
    )
    values: dict[str, Value] = {}
    for entry in entries:
        ctx.drawing.place, ctx.drawing.label = f"input {printable(entry.name)}", ""
        values[entry.name] = _draw(ctx, entry, places[entry.name])
    if ctx.drawing.batch is not None:
        ctx.note(f"The model was written for batches of {ctx.drawing.batch}; that dimension is taken to be open")
    return values


def _batch_place(ctx: Context, entry: Entry) -> int:
    """Which dimension is the batch: the one that is named so, else the first, or the second before recurrent layers."""
    place = f"input {printable(entry.name)}"
    if entry.dims is None:
        raise CannotImport(place, "has no shape; onnx.shape_inference or the exporter can write one")
    if not entry.dims:
        raise CannotImport(place, "is a single value without a batch; inputs of a network have one in front")
    named = [i for i, dim in enumerate(entry.dims) if isinstance(dim, str) and BATCH.fullmatch(dim)]
    if named:
        return named[0]
    readers = ctx.readers.get(entry.name, ())
    before_recurrent = any(
        node.op in ("LSTM", "GRU", "RNN") and not node.attributes.get("layout") and node.inputs[0] == entry.name
        for node in readers
    )
    return 1 if before_recurrent and len(entry.dims) == 3 else 0


def _draw(ctx: Context, entry: Entry, batch: int) -> Value:
    kind = KINDS.get(entry.kind)
    if kind not in TAKEN | FLOATS:
        ctx.fail(f"{kind_in_words(entry.kind)}; networks read float32, {', '.join(sorted(TAKEN))}")
    if kind in FLOATS and kind != "float32":
        ctx.note(f"{kind} became float32, which all blocks compute with")
    others = [dim for i, dim in enumerate(entry.dims) if i != batch]
    shape = tuple(_size(ctx, dim, i, entry) for i, dim in enumerate(others))
    values = {"shape": shape} if kind in FLOATS else {"shape": shape, "dtype": kind}
    (drawn,) = ctx.drawing.place_block("Input", {}, readable(entry.name) or "input", values)
    ctx.drawing.first_input = ctx.drawing.first_input or drawn
    if not batch:
        return drawn
    ctx.note(f"Input {printable(entry.name)} has the batch in front, where the file has it in place {batch}")
    back = [*range(1, batch + 1), 0, *range(batch + 1, len(entry.dims))]
    return drawn.seen(Layout.of(drawn.type.dims).transposed(back))


def _size(ctx: Context, dim: int | str | None, at: int, entry: Entry) -> int | str:
    if isinstance(dim, int):
        return dim
    if dim is None:
        return readable(f"{entry.name}_{at + 1}")[:60] or f"D{at + 1}"
    name = re.sub(r"[^A-Za-z0-9_]", "_", dim)[:60]
    name = name if NAME.match(name) else f"D_{name}"
    return f"{name}_" if name == "N" else name
