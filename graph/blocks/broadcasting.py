"""How torch joins several tensors: the shape they broadcast to and the dtype they promote to.

Shared by merging and the losses; knows nothing of blocks.
"""

from __future__ import annotations

from collections.abc import Sequence

from graph.dim import Dim
from graph.tensor_type import TensorType

KINDS = ({"bool"}, {"uint8", "int32", "int64"}, {"float16", "bfloat16", "float32", "float64"})
WIDTHS = {"bool": 0, "uint8": 1, "int32": 2, "int64": 3, "float16": 1, "bfloat16": 1, "float32": 2, "float64": 3}
MISFIT = "misfit"
UNDECIDED = "undecided"


def broadcast(left: tuple[Dim, ...], right: tuple[Dim, ...]) -> tuple[Dim, ...] | str:
    """The common shape, aligned from the last dimension; MISFIT, or UNDECIDED where an open dimension would tell."""
    if left == right:
        return left
    longer, shorter = (left, right) if len(left) >= len(right) else (right, left)
    ahead = len(longer) - len(shorter)
    joined = list(longer)
    undecided = False
    for i, b in enumerate(shorter, ahead):
        a = longer[i]
        if a == b or b == 1:
            continue
        if a == 1:
            joined[i] = b
        elif isinstance(a, int) and isinstance(b, int):
            return MISFIT
        else:
            undecided = True
    return UNDECIDED if undecided else tuple(joined)


def promote(tensors: Sequence[TensorType]) -> str:
    """The dtype of a result: the highest kind wins, the widest within it; single values count only by kind."""
    dtype = tensors[0].dtype
    if all(x.dtype == dtype for x in tensors):
        return dtype
    arrays = _widest([x.dtype for x in tensors if x.dims])
    singles = _widest([x.dtype for x in tensors if not x.dims])
    if arrays is None or singles is None:
        return arrays or singles or dtype
    return singles if _kind(singles) > _kind(arrays) else arrays


def _widest(dtypes: list[str]) -> str | None:
    if not dtypes:
        return None
    kind = max(map(_kind, dtypes))
    candidates = {dtype for dtype in dtypes if _kind(dtype) == kind}
    if candidates == {"float16", "bfloat16"}:
        return "float32"  # neither holds the other
    return max(candidates, key=WIDTHS.__getitem__)


def _kind(dtype: str) -> int:
    return next(i for i, members in enumerate(KINDS) if dtype in members)
