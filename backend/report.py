"""What `netloom check` tells: one row a block and the totals, as plain data in a stable form.

The form is documented by `FORM`, which `netloom check --help` prints. Imports no torch.
"""

from __future__ import annotations

from typing import Any

from graph import Document
from graph.depth import depths
from graph.dim import Dim
from graph.memory import UnknownSize, largest_batch, output_bytes, training_memory
from graph.receptive_field import ReceptiveField, receptive_fields

VERSION = 1
FORM = """\b
The JSON object holds: version, network, ok, partial; parameters, trainable,
frozen, shared (numbers; shared ones are counted once); buffers; multiply_adds
(of one sample; text where it depends on an open size); depth {blocks, layers};
memory {batch_size, precision, optimizer, weights, buffers, gradients,
optimizer_state, activations, total} in bytes, null where a size is open;
largest_batch (with --memory); modules [{module, hyperparameters}];
blocks, in topological order, each {block, type, output, dtype, parameters,
trainable, frozen, shared, buffers, multiply_adds, output_bytes, depth,
receptive_field {input, size, stride, offset, whole} or null, explain}; problems
[{severity, block, port, hyperparameter, code, text, fixes}].
What is not known is null; totals are then partial."""


def report(
    document: Document,
    batch_size: int = 1,
    precision: str = "float32",
    optimizer: str = "Adam",
    memory: int | None = None,
) -> dict[str, Any]:
    """The whole report; `memory` in bytes asks for the largest batch that fits into it."""
    network, analysis = document.network, document.analysis
    fields, deep = receptive_fields(network, analysis), depths(network, analysis)
    counts = analysis.total_counts
    found: dict[str, Any] = {
        "version": VERSION,
        "network": network.name,
        "ok": analysis.ok,
        "partial": analysis.partial,
        "parameters": analysis.total_parameters,
        "trainable": counts.trainable,
        "frozen": counts.frozen,
        "shared": counts.shared,
        "buffers": sum(inferred.buffers for _, inferred in analysis.all_inferred()),
        "multiply_adds": plain(analysis.total_macs),
        "depth": {
            "blocks": max((depth.blocks for depth in deep.values()), default=0),
            "layers": max((depth.layers for depth in deep.values()), default=0),
        },
        "memory": _memory(document, batch_size, precision, optimizer),
    }
    if memory is not None:
        found["largest_batch"] = _largest(document, memory, precision, optimizer)
    return {
        **found,
        "modules": [_module(module) for module in network.modules.values()],
        "blocks": [_row(document, id, fields, deep, batch_size, precision) for id in network.order()],
        "problems": [_problem(document, problem) for problem in analysis.problems],
    }


def plain(value: Dim) -> int | str:
    return int(value) if isinstance(value, int) else str(value)


def first_field(fields: dict[str, ReceptiveField]) -> ReceptiveField | None:
    """The field on the first input that has directions."""
    return next((field for field in fields.values() if field.spans), None)


def _row(document: Document, id: str, fields, deep, batch_size: int, precision: str) -> dict[str, Any]:
    network, analysis = document.network, document.analysis
    block, output, inferred = network.blocks[id], analysis.output(id), analysis.inferred(id)
    counts = analysis.counts(id)
    known = inferred is not None
    return {
        "block": block.name,
        "type": block.type,
        "output": list(output.shape) if output else None,
        "dtype": output.dtype if output else None,
        "parameters": analysis.parameters(id) if known else None,
        "trainable": counts.trainable if known else None,
        "frozen": counts.frozen if known else None,
        "shared": counts.shared if known else None,
        "buffers": inferred.buffers if known else None,
        "multiply_adds": plain(analysis.macs(id)) if known else None,
        "output_bytes": _bytes(output, batch_size, precision) if output else None,
        "depth": {"blocks": deep[id].blocks, "layers": deep[id].layers},
        "receptive_field": _field(document, first_field(fields[id])),
        "explain": [{"what": what, "arithmetic": words} for what, words in analysis.explain(id)],
    }


def _bytes(output, batch_size: int, precision: str) -> int | None:
    try:
        return output_bytes(output, batch_size, precision)
    except UnknownSize:
        return None


def _field(document: Document, field: ReceptiveField | None) -> dict[str, Any] | None:
    if field is None:
        return None
    return {
        "input": document.network.blocks[field.input].name,
        "size": [plain(size) for size in field.size],
        "stride": [None if stride is None else float(stride) for stride in field.stride],
        "offset": list(field.offset),
        "whole": field.whole,
    }


def _memory(document: Document, batch_size: int, precision: str, optimizer: str) -> dict[str, Any] | None:
    try:
        found = training_memory(document.network, document.analysis, batch_size, precision, optimizer)
    except UnknownSize:
        return None
    return {
        "batch_size": batch_size,
        "precision": precision,
        "optimizer": optimizer,
        "weights": found.weights,
        "buffers": found.buffers,
        "gradients": found.gradients,
        "optimizer_state": found.optimizer,
        "activations": found.activations,
        "total": found.total,
    }


def _largest(document: Document, memory: int, precision: str, optimizer: str) -> int | None:
    try:
        return largest_batch(document.network, document.analysis, memory, precision, optimizer)
    except UnknownSize:
        return None


def _module(module) -> dict[str, Any]:
    exposed = [{"name": one.name, "default": one.default, "help": one.help} for one in module.exposed]
    return {"module": module.name, "hyperparameters": exposed}


def _problem(document: Document, problem) -> dict[str, Any]:
    blocks = document.network.blocks
    return {
        "severity": problem.severity,
        "block": blocks[problem.block].name if problem.block in blocks else None,
        "port": problem.port,
        "hyperparameter": problem.hyperparameter,
        "code": problem.code,
        "text": problem.text,
        "fixes": [fix.title for fix in problem.fixes],
    }
