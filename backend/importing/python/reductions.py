"""Reductions: mean, sum, max and their kin, over the dimensions the source names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backend.importing.python.arithmetic import as_tensor, binary_of
from backend.importing.python.drawing import axis_of, draw, physical
from backend.importing.python.running import Run
from backend.importing.python.sequences import items_of
from backend.importing.python.values import Learned, Named, Numbers, Tensor


def _reduced(run: Run, type: str, x: Any, dim: Any, keepdim: Any, **values: Any) -> Tensor:
    """The block over these dimensions; without any over all of them, the batch included."""
    tensor = as_tensor(run, x)
    rank = physical(run, tensor).rank
    if dim is None or dim == ():
        named = list(range(rank))
    else:
        named = items_of(run, dim) if isinstance(dim, list | tuple) else [dim]
    axes = [axis_of(run, tensor, one) for one in named]
    if not axes:
        return tensor
    if tensor.order is None and all(isinstance(one, int) and one < 0 for one in named):
        axes = named
    keep = {"keepdim": True} if keepdim is True else {}
    made = draw(run, type, Tensor(tensor.level, tensor.block, tensor.port), {"dim": tuple(axes), **values, **keep})
    if tensor.order is None:
        return made
    if keep:
        return Tensor(made.level, made.block, made.port, tensor.order)
    gone = {axis % rank for axis in axes}
    left = [one for one in tensor.order if one not in gone]
    order = tuple(sorted(left).index(one) for one in left)
    return Tensor(made.level, made.block, made.port, None if order == tuple(range(len(order))) else order)


def _over(type: str) -> Callable[..., Any]:
    def act(
        run: Run, input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, dtype: Any = None
    ) -> Any:
        return _reduced(run, type, input, axis if dim is None else dim, keepdim)

    return act


def _extreme(type: str, symbol: str) -> Callable[..., Any]:
    """max and min: of one tensor over everything, over a dimension with the places, or of two tensors."""

    def act(run: Run, input: Any, dim: Any = None, keepdim: bool = False, **named: Any) -> Any:
        from backend.importing.python.operations import OPERATIONS  # the table holds what is made here

        other = named.get("other", dim if isinstance(dim, Tensor | Numbers | Learned) else None)
        if other is not None:
            return OPERATIONS["maximum" if symbol == ">" else "minimum"](run, input, other)
        values = _reduced(run, type, input, dim, keepdim)
        if dim is None:
            return values
        searched = input if symbol == ">" else binary_of(run, "*", input, -1.0)
        return Named((values, OPERATIONS["argmax"](run, searched, dim, keepdim)), ("values", "indices"))

    return act


def _norm(run: Run, input: Any, p: Any = 2, dim: Any = None, keepdim: bool = False, **named: Any) -> Any:
    if p in ("fro", None):
        p = 2
    if not isinstance(p, int | float) or p == float("inf"):
        return run.unknown("only norms of a finite degree are blocks")
    return _reduced(run, "Norm", input, dim, keepdim, **({} if p == 2 else {"p": float(p)}))


REDUCTIONS: dict[str, Callable[..., Any]] = {
    "mean": _over("Mean"),
    "sum": _over("Sum"),
    "amax": _over("ReduceMax"),
    "amin": _over("ReduceMin"),
    "max": _extreme("ReduceMax", ">"),
    "min": _extreme("ReduceMin", "<"),
    "norm": _norm,
}
