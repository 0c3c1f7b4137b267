"""Names of blocks from the names of an ONNX file: `/layer1/layer1.0/conv1/Conv` becomes `layer1_0_conv1`.

They are good identifiers of Python at once, so that the generated source calls its layers the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable

from backend.importing.onnx_graph.model_file import Node
from graph import registry
from graph.names import free_name

LONGEST = 36
MEANINGLESS = re.compile(r"(?:onnx_[a-z]+|val|node|getitem|tensor|output|input|constant|[a-z])?(?:_?\d+)*\Z")
OPERATION = re.compile(r"[A-Z][A-Za-z0-9]*(?:_\d+)?")  # as the last part of a name: /fc1/Gemm
ENDINGS = (".weight", ".bias", ".weight_ih_l0", ".running_mean", "_weight", "_bias", "_w", ".W", ".w")
QUIET = frozenset(
    {
        *("Constant", "Shape", "Gather", "Unsqueeze", "Squeeze", "Concat", "Reshape", "Transpose", "Slice", "Cast"),
        *("Expand", "ConstantOfShape", "Identity", "Range", "Flatten"),
    }
)  # what exporters put around a layer: it takes no name from the layer


def block_name(taken: Container[str], type: str, candidates: Iterable[str], reached: dict[str, int]) -> str:
    """The first candidate that says something, else what the type is called; unique.

    `reached` remembers how far the numbers of each name have got.
    """
    words = next(filter(None, map(readable, candidates)), "")
    return free_name(words or registry.default_name(registry.block_type(type)), taken, reached)


def of_weight(source: str) -> str:
    """The layer whose weight an initializer is: `layer1.0.conv1` for `layer1.0.conv1.weight`."""
    return next((source.removesuffix(ending) for ending in ENDINGS if source.endswith(ending)), "")


class Scopes:
    """Where the nodes of a graph stand in the model they were exported from, and how many share each place."""

    def __init__(self, nodes: Iterable[Node]):
        self._counts = Counter(scope_of(node) for node in nodes if node.op not in QUIET)

    def label(self, node: Node, outputs: Container[str]) -> str:
        """What blocks for a node are called; names of outputs are left to their blocks."""
        scope = scope_of(node)
        if scope:
            alone = self._counts[scope] == 1 and node.op not in QUIET
            return scope if alone or scope.lower().endswith(node.op.lower()) else f"{scope} {node.op}"
        names = (node.name, *(re.sub(r"_output_\d+\Z", "", name) for name in node.outputs if name not in outputs))
        return next((words for words in (_words(name, node.op) for name in names) if words), "")


def _words(name: str, op: str) -> str:
    """What a name says besides what the node does: nothing for Relu_1 and log_softmax."""
    last = _last(name).removeprefix("node_")
    words = readable(last)
    is_operation = re.sub(r"_\d+\Z", "", words).replace("_", "") == op.lower()
    return "" if OPERATION.fullmatch(last) or is_operation else words


def scope_of(node: Node) -> str:
    """The modules a node stands in: `layer1.0/conv1` for `/layer1/layer1.0/conv1/Conv`."""
    parts = [part for part in re.split(r"[/\\]", node.name) if part]
    if len(parts) < 2 or not OPERATION.fullmatch(parts[-1]):
        return "/".join(parts[:-1])
    kept: list[str] = []
    for part in parts[:-1]:
        if kept and part.startswith(f"{kept[-1]}."):
            kept.pop()  # layer1/layer1.0
        kept.append(part)
    return "/".join(kept)


def _last(name: str) -> str:
    return next((part for part in reversed(re.split(r"[/\\]", name)) if part), "")


def readable(text: str) -> str:
    """Words in lower case joined by underscores, the last of them where there are too many; "" for none."""
    words = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    words = re.sub(r"^(?:node|graph|model|main_graph)_(?=[a-z])", "", words)
    if MEANINGLESS.match(words) or not re.search(r"[a-z]", words):
        return ""
    if len(words) > LONGEST:
        words = words[-LONGEST:].partition("_")[2] or words[-LONGEST:]
    words = words.strip("_")
    return words if words[:1].isalpha() else f"layer_{words}"[:LONGEST].rstrip("_") if words else ""
