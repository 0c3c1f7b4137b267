"""A graph while several of its nodes are put together to one layer: who makes a value, who reads it, what it is.

Looks only at nodes and at numbers of the model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from backend.importing.imported import CannotImport
from backend.importing.onnx_graph.model_file import ModelFile, Node


@dataclass(slots=True)
class Rewriting:
    """The nodes by what they make and who reads it, while some are put together."""

    model: ModelFile
    makers: dict[str, Node] = field(default_factory=dict)
    readers: dict[str, list[Node]] = field(default_factory=dict)
    replaced: dict[int, Node | None] = field(default_factory=dict)  # by id: what stands in a node's place
    notes: dict[str, str] = field(default_factory=dict)  # output of a node -> what is said of it

    def maker(self, name: str | None, op: str) -> Node | None:
        """The node that makes a value, where it is of this operation and not part of something else yet."""
        node = self.makers.get(name)
        fits = node is not None and node.op == op and not node.domain and id(node) not in self.replaced
        return node if fits else None

    def only_reader(self, name: str) -> Node | None:
        found = self.readers.get(name, [])
        return found[0] if len(found) == 1 and name not in self.model.outputs else None

    def number(self, name: str) -> float | None:
        """The one number that a value is by the file."""
        array = self.array(name, 1)
        return None if array is None or array.size != 1 else float(array.reshape(-1)[0])

    def is_near(self, name: str | None, number: float) -> bool:
        """Whether a value is this one number by the file."""
        return name is not None and near(self.number(name), number)

    def array(self, name: str, most: int = 2**31) -> np.ndarray | None:
        """An initializer or the value of a Constant, where it has at most so many numbers."""
        try:
            if name in self.model.tensors:
                small = math.prod(self.model.tensors.shape(name)) <= most
                return self.model.tensors[name] if small else None
            node = self.makers.get(name)
            if node is not None and node.op == "Identity" and node.inputs[0] != name:
                return self.array(node.inputs[0], most)
            if node is not None and node.op == "Constant" and "value" in node.attributes:
                proto = node.attributes["value"]
                return self.model.tensors.array(proto, node.place) if math.prod(proto.dims) <= most else None
        except CannotImport:
            return None
        return None

    def replace(self, last: Node, by: Node, parts: list[Node], note: str) -> None:
        """Put one node in the place of several; those others read are kept for them."""
        self.replaced[id(last)] = by
        for part in parts:
            readers = [reader for name in part.outputs for reader in self.readers.get(name, [])]
            shown = any(name in self.model.outputs for name in part.outputs)
            if not shown and all(id(reader) in self.replaced for reader in readers):
                self.replaced[id(part)] = None
        if note:
            self.notes[by.outputs[0]] = note


def other(node: Node, name: str) -> str | None:
    """The other input of a node of two."""
    if len(node.inputs) != 2 or name not in node.inputs:
        return None
    return node.inputs[1] if node.inputs[0] == name else node.inputs[0]


def layer_name(first: Node, last: Node) -> str:
    """What the layer is called: the scope of its nodes, else what the last was exported as."""
    return first.name if "/" in first.name else last.name


def near(a: float | None, b: float) -> bool:
    return a is not None and math.isclose(a, b, rel_tol=1e-3)
