"""Nodes whose inputs are all numbers or sizes, computed while reading.

Numbers are arrays; where sizes are open, arrays of objects. Knows nothing of blocks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.importing.onnx_graph import folded_shapes, folded_values
from backend.importing.onnx_graph.budget import Budget, CannotFold
from backend.importing.onnx_graph.model_file import Node
from graph.dim import Expr

MOST_SIZES = 10_000  # numbers of an array that may hold open sizes
TABLE = {**folded_values.TABLE, **folded_shapes.TABLE}


def fold(budget: Budget, node: Node, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    """The outputs of a node; raises CannotFold, or what numpy raises for settings that make no sense."""
    if node.op not in TABLE:
        raise CannotFold(f"{node.op} of numbers that depend on no input is not computed while reading")
    for array in inputs:
        if array is not None and array.dtype == object and array.size > MOST_SIZES:
            raise CannotFold(f"{array.size:,} sizes at once")
    with np.errstate(all="ignore"):
        found = TABLE[node.op](budget, node, list(inputs))
    return [_settled(array) for array in (found if isinstance(found, list) else [found])]


def _settled(array: np.ndarray) -> np.ndarray:
    """Objects that are all plain numbers become an array of them; floats are float32."""
    array = np.asarray(array)
    if array.dtype != object:
        return array.astype(np.float32) if array.dtype == np.float64 else array
    if all(isinstance(value, bool | np.bool_) for value in array.flat):
        return array.astype(bool)
    return array if any(isinstance(value, Expr) for value in array.flat) else array.astype(np.int64)
