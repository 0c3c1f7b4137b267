"""Labels held against the number of classes the network tells apart, before the first step.

On a GPU a label out of range would end the process without saying where; here its row and value are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from graph import analyze
from graph.data_source import Field
from graph.network import Block, Network


class LabelError(Exception):
    """A label is no class of the network; `block` is the loss that would meet it."""

    def __init__(self, text: str, block: str) -> None:
        super().__init__(text)
        self.block = block


def check_labels(network: Network, fields: tuple[Field, ...], arrays: Mapping[str, np.ndarray]) -> None:
    """Raise LabelError for the first label that the logits it will be compared with have no place for."""
    for loss, classes, field in _comparisons(network, fields):
        labels = arrays.get(field)
        if labels is None or labels.dtype.kind not in "iu":
            continue
        ignored = network.values(loss).get("ignore_index", -100)
        wrong = ((labels < 0) | (labels >= classes)) & (labels != ignored)
        bad = np.flatnonzero(wrong.reshape(len(labels), -1).any(axis=1))
        if len(bad):
            value = int(labels[bad[0]][wrong[bad[0]]].flat[0])
            more = f"; {len(bad) - 1:,} more rows are out of range" if len(bad) > 1 else ""
            raise LabelError(
                f'{loss.name}: row {bad[0]} of the field "{field}" has the label {value}, but the logits have '
                f"{classes} classes, so labels must be whole numbers from 0 to {classes - 1}{more}. Give the last "
                f"layer {max(int(labels.max()) + 1, classes)} outputs, or mend the data",
                loss.id,
            )


def _comparisons(network: Network, fields: tuple[Field, ...]) -> Iterator[tuple[Block, int, str]]:
    """(block that compares, number of classes of its logits, field of its labels)."""
    analysis = analyze(network, fields)
    targets = network.with_role("target")
    losses = network.with_role("loss")
    outputs = network.with_role("output")
    for loss in losses:
        found = analysis.inputs(loss).get("input")
        wire = next((wire for wire in network.wires_into(loss) if wire.input == "target"), None)
        source = network.block(wire.source) if wire is not None else None
        if loss.type == "CrossEntropyLoss" and source in targets:
            yield from _comparison(loss, found, network.values(source).get("field"))
    if not losses and len(outputs) == 1 and len(targets) == 1:
        found = analysis.inputs(outputs[0]).get("input")
        yield from _comparison(outputs[0], found, network.values(targets[0]).get("field"))


def _comparison(block: Block, logits, field: str | None) -> Iterator[tuple[Block, int, str]]:
    if logits is not None and logits.rank >= 2 and isinstance(logits.dims[1], int) and field:
        yield block, logits.dims[1], field
