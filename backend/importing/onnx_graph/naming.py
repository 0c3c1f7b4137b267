"""Names of blocks from the names of an ONNX file: `/layer1/layer1.0/conv1/Conv` becomes `layer1_0_conv1`.

They are good identifiers of Python at once, so that the generated source calls its layers the same.
"""

from __future__ import annotations

import re
from collections.abc import Container

from graph import registry
from graph.names import free_name

LONGEST = 36
MEANINGLESS = re.compile(r"(?:onnx|val|node|getitem|n|v|t|tensor|output|input)?[:_.\s]*\d*\Z")
ENDINGS = (".weight", ".bias", ".weight_ih_l0", ".weight_hh_l0", ".running_mean", "_weight", "_w", ".W", ".w")


def block_name(taken: Container[str], type: str, candidates: tuple[str, ...]) -> str:
    """The first candidate that says something, else what the type is called; unique."""
    words = next(filter(None, map(readable, candidates)), "")
    fallback = registry.default_name(registry.block_type(type))
    return free_name(words or fallback, taken)


def of_weight(source: str) -> str:
    """The layer whose weight an initializer is: `layer1.0.conv1` for `layer1.0.conv1.weight`."""
    return next((source.removesuffix(ending) for ending in ENDINGS if source.endswith(ending)), "")


def of_node(name: str, op: str) -> str:
    """A node's name without the operation at its end."""
    parts = [part for part in re.split(r"[/\\]", name) if part]
    if len(parts) > 1 and re.fullmatch(re.escape(op) + r"(?:_\d+)?", parts[-1]):
        parts.pop()
    kept: list[str] = []
    for part in parts:
        if kept and part.startswith(f"{kept[-1]}."):
            kept.pop()  # layer1/layer1.0
        kept.append(part)
    return "/".join(kept)


def readable(text: str) -> str:
    """Words in lower case joined by underscores, the last of them where there are too many; "" for none."""
    words = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    words = re.sub(r"^(?:node|graph|model|main_graph|torch_nn_modules)_(?=[a-z])", "", words)
    if MEANINGLESS.match(words) or not re.search(r"[a-z]", words):
        return ""
    if len(words) > LONGEST:
        words = words[-LONGEST:].partition("_")[2] or words[-LONGEST:]
    words = words.strip("_")
    return words if words[:1].isalpha() else f"layer_{words}"[:LONGEST].rstrip("_") if words else ""
