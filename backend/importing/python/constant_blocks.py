"""Constant tensors that meet drawn ones: waves of a position table become an encoding, few numbers a Constant block."""

from __future__ import annotations

import numpy as np

from backend.importing.python.drawing import output, physical, place
from backend.importing.python.learned import learned_block
from backend.importing.python.running import Run
from backend.importing.python.values import Learned, Numbers, Tensor
from graph.weights import MOST_NUMBERS

BASE = 10000.0
MOST = 31  # rows and columns of a Constant block


def turned(numbers: Numbers, order: tuple[int, ...] | None) -> np.ndarray | None:
    """The numbers with the dimensions as the blocks of this order have them."""
    array = numbers.array
    if array is None or order is None:
        return array
    if array.ndim == len(order):
        return np.transpose(array, np.argsort(order))
    return array if array.ndim < min(order.index(0), len(order)) or array.ndim <= 1 else None


def is_waves(run: Run, numbers: Numbers, tensor: Tensor) -> bool:
    """Whether the numbers are the sines and cosines of "Attention is all you need" for a tensor N x T x E."""
    dims = physical(run, tensor).dims
    array = turned(numbers, tensor.order)
    if len(dims) != 3 or array is None or not all(isinstance(dim, int) for dim in dims[1:]):
        return False
    if array.size != dims[1] * dims[2] or array.shape[-2:] != dims[1:]:
        return False
    run.spend(array.size // 16)
    length, width = dims[1:]
    rates = BASE ** (-np.arange(0, width, 2) / width)
    angles = np.arange(length)[:, None] * rates
    waves = np.stack((np.sin(angles), np.cos(angles)), -1).reshape(length, -1)[:, :width]
    return bool(np.allclose(array.reshape(length, width), waves, atol=1e-3))


def filled_tensor(run: Run, numbers: Numbers, rank: int | None = None, like: Tensor | None = None) -> Tensor:
    """One number at every place: a Constant of one, expanded; with `like` for every sample."""
    assert numbers.fill is not None
    fill = min(max(numbers.fill, -1e9), 1e9)
    ahead = numbers.shape[:1] == (1,)
    inner = numbers.shape[1:] if ahead else numbers.shape
    values = {"numbers": [[fill]], "shape": (1,) * len(inner)}
    level = run.level or (like.level if like else None)
    if level is None:
        run.refuse("a constant tensor meets a drawn one outside of forward")
    one = output(run, place(run, "Constant", [("like", like)] if like else [], values, level=level), level)
    if any(size != 1 for size in inner):
        one = output(run, place(run, "Expand", [(None, one)], {"shape": inner}), level)
    if ahead or (rank is not None and len(numbers.shape) < rank):
        return one
    return output(run, place(run, "SelectStep", [(None, one)], {"index": 0, "dim": 0}), level)


def frozen_tensor(run: Run, numbers: Numbers, rank: int | None = None, source: Numbers | None = None) -> Tensor:
    """Fixed numbers that a Constant does not hold: a parameter that does not train."""
    source = source or numbers
    if source.held is None:
        source.held = Learned(numbers, run.line, frozen=True)
        run.note("fixed numbers of a tensor are drawn as a Parameter block that is frozen")
    tensor = learned_block(run, source.held)
    if numbers.shape[:1] == (1,) or (rank is not None and len(numbers.shape) < rank):
        return tensor
    return output(run, place(run, "SelectStep", [(None, tensor)], {"index": 0, "dim": 0}), tensor.level)


def constant_as_tensor(
    run: Run, numbers: Numbers, rank: int | None = None, order: tuple[int, ...] | None = None
) -> Tensor:
    """A Constant block; beside a tensor of a higher rank its 1 in front stays."""
    array = turned(numbers, order)
    level = run.level
    if level is None:
        run.refuse("a constant tensor meets a drawn one outside of forward")
    if numbers.fill is not None and max(numbers.shape, default=1) > 1:
        return filled_tensor(run, numbers, rank)
    if array is None and (numbers.spread is None or order is not None):
        run.refuse("the numbers of this tensor are not in the source (they are random, or too many to work out)")
    if array is None:
        return frozen_tensor(run, numbers, rank)
    if not np.isfinite(array.astype(np.float64)).all():
        array = np.nan_to_num(array.astype(np.float64), nan=0.0, posinf=1e9, neginf=-1e9)
    inner = array.shape[1:] if array.shape[:1] == (1,) else array.shape
    rows = inner[-2] * int(np.prod(inner[:-2])) if len(inner) > 1 else 1
    columns = inner[-1] if inner else 1
    if (rows > MOST or columns > MOST) and array.size <= MOST_NUMBERS and order is None:
        return frozen_tensor(run, Numbers(numbers.shape, "float32", array, None, None, numbers.held), rank, numbers)
    if rows > MOST or columns > MOST:
        run.refuse(
            f"a constant tensor of {' x '.join(map(str, array.shape))} numbers is no block: a Constant holds at most"
            f" {MOST} x {MOST}; make it an nn.Parameter, or compute it from the inputs"
        )
    block = place(
        run,
        "Constant",
        [],
        {"numbers": array.reshape(rows, columns).astype(float).tolist(), "shape": tuple(map(int, inner))},
        level=level,
    )
    tensor = output(run, block, level, order=order if array.ndim == len(order or ()) else None)
    if array.shape[:1] == (1,) or (rank is not None and array.ndim < rank):
        return tensor
    return output(run, place(run, "SelectStep", [(None, tensor)], {"index": 0, "dim": 0}), level)
