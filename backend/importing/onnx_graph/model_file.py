"""What an ONNX file holds, as plain values: nodes, initializers, inputs, outputs; every size bounded before it counts.

Hostile until checked. Knows nothing of blocks; the numbers of tensors stand in tensors.py.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.importing.imported import CannotImport
from backend.importing.onnx_graph.node_rules import check_node, text
from backend.importing.onnx_graph.tensors import Tensors
from backend.weight_files import printable

LARGEST_FILE = 2 * 2**30  # bytes: protobuf itself goes no further
MOST_NODES = 20_000
DEEPEST = 8  # branches within branches
MOST_VALUES = 100_000  # initializers, inputs
MOST_NUMBERS = 100_000  # of one attribute
OWN_DOMAINS = ("", "ai.onnx")
FUSED = "netloom"  # the domain of nodes that patterns.py makes
INSTALL = "reading ONNX takes a package that is not there; get it with: pip install onnx"


@dataclass(frozen=True, slots=True)
class Node:
    """One operation: names of what it reads ("" for nothing) and makes, and its settings."""

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    domain: str = ""

    @property
    def place(self) -> str:
        """Where a person finds it."""
        shown = self.name or next((name for name in self.outputs if name), "")
        return f"node {printable(shown)} ({printable(self.op)})" if shown else f"a node {printable(self.op)}"


@dataclass(frozen=True, slots=True)
class Branch:
    """What an `If` computes where one of its ways is taken; `numbers` are initializers of its own."""

    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    numbers: Mapping[str, Any]

    def captured(self) -> list[str]:
        """The names it reads from outside."""
        own = {*self.numbers, *(name for node in self.nodes for name in node.outputs)}
        read = [*(name for node in self.nodes for name in node.inputs), *self.outputs]
        return [name for name in dict.fromkeys(read) if name and name not in own]


@dataclass(frozen=True, slots=True)
class Entry:
    """An input of the graph: its numbers' kind by ONNX's number, sizes or names by dimension, None for no shape."""

    name: str
    kind: int
    dims: tuple[int | str | None, ...] | None


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A graph as it stands in its file; nodes in an order in which they can be computed."""

    name: str
    nodes: tuple[Node, ...]
    inputs: tuple[Entry, ...]
    outputs: tuple[str, ...]
    shapes: Mapping[str, tuple[int | str | None, ...]]  # of outputs, where the file says them
    tensors: Tensors
    opset: int


def read_file(path: Path) -> ModelFile:
    """The graph of a file; raises CannotImport, or OSError where the file cannot be had."""
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError:
        raise CannotImport(path.name, INSTALL) from None
    model = onnx.ModelProto()
    try:
        model.ParseFromString(_bytes(path))
    except (DecodeError, RuntimeError, ValueError) as fault:
        raise CannotImport(path.name, f"is no ONNX file, or a damaged one ({printable(str(fault))})") from None
    if not model.HasField("graph") or not model.graph.output:
        raise CannotImport(path.name, "holds no graph with outputs: is it an ONNX model at all?")
    if model.functions:
        way = "onnx.inliner.inline_local_functions writes a model without them"
        raise CannotImport(path.name, f"has functions of its own; {way}")
    return _model_file(path, model)


def _bytes(path: Path) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags)
    with os.fdopen(descriptor, "rb") as file:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode) or not state.st_size:
            what = "is empty" if stat.S_ISREG(state.st_mode) else "is no regular file"
            raise CannotImport(path.name, f"{what}; an ONNX model is wanted here")
        if state.st_size > LARGEST_FILE:
            raise CannotImport(path.name, f"takes {state.st_size:,} bytes; at most {LARGEST_FILE:,} are read")
        return file.read(state.st_size)


def _model_file(path: Path, model: Any) -> ModelFile:
    graph = model.graph
    for what, found, most in (
        ("nodes", graph.node, MOST_NODES),
        ("initializers", graph.initializer, MOST_VALUES),
        ("inputs", graph.input, MOST_VALUES),
        ("outputs", graph.output, MOST_VALUES),
    ):
        if len(found) > most:
            raise CannotImport(path.name, f"has {len(found):,} {what}; at most {most:,} are read")
    if graph.sparse_initializer:
        raise CannotImport(path.name, "has sparse initializers, which cannot be read; write them as dense ones")
    opset = next((entry.version for entry in model.opset_import if entry.domain in OWN_DOMAINS), 1)
    tensors = Tensors(path.resolve().parent, {text(one.name): one for one in graph.initializer})
    inputs = tuple(_entry(one) for one in graph.input if text(one.name) not in tensors)
    nodes = tuple(_node(one, opset) for one in graph.node)
    outputs = tuple(text(one.name) for one in graph.output)
    shapes = {
        text(one.name): tuple(map(_dim, one.type.tensor_type.shape.dim))
        for one in graph.output
        if one.type.tensor_type.HasField("shape")
    }
    return ModelFile(text(graph.name), nodes, inputs, outputs, shapes, tensors, opset)


def _entry(value: Any) -> Entry:
    kind = value.type.WhichOneof("value")
    if kind != "tensor_type":
        what = (kind or "nothing").removesuffix("_type")
        raise CannotImport(f"input {printable(text(value.name))}", f"is a {what}; only tensors can be read")
    tensor = value.type.tensor_type
    dims = tuple(map(_dim, tensor.shape.dim)) if tensor.HasField("shape") else None
    return Entry(text(value.name), tensor.elem_type, dims)


def _dim(dim: Any) -> int | str | None:
    which = dim.WhichOneof("value")
    if which == "dim_value":
        return dim.dim_value if dim.dim_value > 0 else None
    return text(dim.dim_param) or None if which == "dim_param" else None


def _node(proto: Any, opset: int, depth: int = 0) -> Node:
    """A node; an `If` reads also what its branches read."""
    inputs, outputs = tuple(map(text, proto.input)), tuple(map(text, proto.output))
    node = Node(text(proto.op_type), text(proto.name), inputs, outputs, {}, text(proto.domain))
    domain = "" if node.domain in OWN_DOMAINS else f"{node.domain} " if node.domain == FUSED else node.domain
    if not domain:
        check_node(node.place, node.op, inputs, outputs, proto, opset)
    attributes = {text(one.name): _attribute(one, node) for one in proto.attribute}
    if node.op == "If" and not domain:
        graphs = [one for one in proto.attribute if one.type == one.GRAPH]
        branches = {text(one.name): _branch(one.g, node, opset, depth) for one in graphs}
        inputs = (*inputs, *(name for branch in branches.values() for name in branch.captured()))
        attributes |= branches
    return Node(node.op, node.name, inputs, node.outputs, attributes, domain)


def _branch(graph: Any, node: Node, opset: int, depth: int) -> Branch:
    if depth >= DEEPEST or len(graph.node) > MOST_NODES:
        raise CannotImport(node.place, f"its branches are nested deeper than {DEEPEST}, or have too many nodes")
    numbers = {text(one.name): one for one in graph.initializer}
    nodes = tuple(_node(one, opset, depth + 1) for one in graph.node)
    return Branch(nodes, tuple(text(one.name) for one in graph.output), numbers)


def _attribute(attribute: Any, node: Node) -> Any:
    """The value as an int, float, text, a list of them or a tensor; a graph stays unread."""
    kinds = attribute.AttributeType
    if attribute.ref_attr_name:
        named = printable(text(attribute.name))
        raise CannotImport(node.place, f"{named} refers to an argument of a function, and there is none")
    match attribute.type:
        case kinds.INT:
            return attribute.i
        case kinds.FLOAT:
            return attribute.f
        case kinds.STRING:
            return text(attribute.s)
        case kinds.TENSOR:
            return attribute.t
        case kinds.INTS | kinds.FLOATS:
            values = attribute.ints if attribute.type == kinds.INTS else attribute.floats
            if len(values) > MOST_NUMBERS:
                named = printable(text(attribute.name))
                raise CannotImport(
                    node.place, f"{named} holds {len(values):,} numbers; at most {MOST_NUMBERS:,} are read"
                )
            return list(values)
        case kinds.STRINGS:
            return list(map(text, attribute.strings[:100]))
    return None  # a graph or the like: the operations that have one are refused by name
