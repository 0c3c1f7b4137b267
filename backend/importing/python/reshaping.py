"""view, reshape and flatten: which blocks lie between two shapes of one size, with the batch kept in front.

Sizes that hold the batch are formulas over N, so that a -1 is worked out as torch would.
"""

from __future__ import annotations

from typing import Any

from backend.importing.python.arithmetic import as_tensor
from backend.importing.python.drawing import dims_of, draw, output, place, settled
from backend.importing.python.running import Run
from backend.importing.python.sequences import items_of
from backend.importing.python.values import Tensor, kind_of
from graph.dim import Dim, Expr, N, is_open, product, symbol


def given_sizes(run: Run, args: tuple[Any, ...]) -> list[Any]:
    """The sizes a call names, one by one or as a list."""
    found = items_of(run, args[0]) if len(args) == 1 and isinstance(args[0], list | tuple) else list(args)
    for one in found:
        run.need(one)
        if isinstance(one, bool) or not isinstance(one, int | Expr):
            run.refuse(f"{kind_of(one)} is no size: a whole number, a size of a tensor or -1 stands here")
    return found


def reshape(run: Run, x: Any, *shape: Any) -> Tensor:
    """view and reshape."""
    wanted = given_sizes(run, shape)
    x = as_tensor(run, x)
    if x.order is not None:
        return _reshape_ordered(run, x, wanted)
    dims = dims_of(run, x)
    target = _worked_out(run, dims, wanted)
    if target == dims:
        return x
    return _reshaped(run, x, dims, target)


def _worked_out(run: Run, dims: tuple[Dim, ...], wanted: list[Any]) -> tuple[Dim, ...]:
    """The sizes with -1 replaced by what is left."""
    total = product(dims)
    if wanted.count(-1) > 1:
        run.refuse("only one size may be -1")
    rest: Dim = 1
    if -1 in wanted:
        known = product(one for one in wanted if one != -1)
        rest = quotient(total, known)
    target = tuple(rest if one == -1 else one for one in wanted)
    if product(target) != total:
        words = " x ".join(map(str, wanted))
        run.misfit(f"{total} values of a tensor {' x '.join(map(str, dims))} do not fill {words}")
    return target


def quotient(total: Dim, part: Dim) -> Dim:
    """What is left of a size when it is divided by a product of sizes; 0 where it does not go without a remainder."""
    if part == 1:
        return total
    (factors, count), *more = part.terms if isinstance(part, Expr) else (((), part),)
    if more or not count:
        return 0
    left: Dim = 0
    for atoms, coefficient in total.terms if isinstance(total, Expr) else (((), total),):
        rest = list(atoms)
        for atom in factors:
            if atom not in rest:
                return 0
            rest.remove(atom)
        if coefficient % count:
            return 0
        left = left + product((coefficient // count, *map(symbol, rest)))
    return left


def _reshaped(run: Run, x: Tensor, dims: tuple[Dim, ...], target: tuple[Dim, ...]) -> Tensor:
    """The blocks between two shapes of one size."""
    if not dims or not target:
        return draw(run, "Reshape", x, {"shape": target[1:]})
    if target[0] == dims[0]:
        return _within_samples(run, x, dims, target)
    if len(dims) > 1 and target[0] == product(dims[:2]):
        merged = draw(run, "MergeSteps", x) if len(dims) > 2 else draw(run, "Flatten", x, {"start_dim": 0})
        return _reshaped(run, merged, dims_of(run, merged), target) if dims_of(run, merged) != target else merged
    like = _split_from(run, x, dims[0], target)
    if like is not None:
        block = place(run, "SplitSteps", [("input", x), ("like", like)])
        split = output(run, block, x.level)
        after = dims_of(run, split)
        return split if after == target else _reshaped(run, split, after, target)
    share = _times(target[0], dims[0])
    if share is not None:
        apart = draw(run, "Reshape", x, {"shape": _numbers(run, (share, *target[1:]))})
        return draw(run, "MergeSteps", apart)
    return run.misfit(
        f"a tensor {' x '.join(map(str, dims))} is laid out as {' x '.join(map(str, target))}, which mixes samples of"
        " the batch: keep the batch in front, as in x.view(x.size(0), -1)"
    )


def _times(larger: Dim, smaller: Dim) -> int | None:
    """How many times one size is the other, where that is a whole number above 1."""
    count = quotient(larger, smaller)
    return count if isinstance(count, int) and count > 1 else None


def _split_from(run: Run, x: Tensor, first: Dim, target: tuple[Dim, ...]) -> Tensor | None:
    """A tensor drawn before whose two first sizes are those a merged one is to be split into."""
    if isinstance(first, int) or target[0] != N or first == N:
        return None
    network = x.level.network
    for id in network.order():
        for port, type in x.level.analyzer.analysis.outputs(id).items():
            if type.rank >= 2 and type.dims[0] == N and product(type.dims[:2]) == first:
                return Tensor(x.level, id, port)
    return None


def _within_samples(run: Run, x: Tensor, dims: tuple[Dim, ...], target: tuple[Dim, ...]) -> Tensor:
    """The batch stays: a Flatten of some dimensions, or a Reshape."""
    rank, after = len(dims), len(target)
    gone = rank - after
    if gone > 0:
        for start in range(1, after):
            end = start + gone
            if dims[:start] == target[:start] and dims[end + 1 :] == target[start + 1 :]:
                values = {} if (start, end) == (1, rank - 1) else {"start_dim": start}
                values |= {} if end == rank - 1 else {"end_dim": end}
                return draw(run, "Flatten", x, values)
    return draw(run, "Reshape", x, {"shape": _numbers(run, target[1:])})


def _numbers(run: Run, sizes: tuple[Dim, ...]) -> tuple[int, ...]:
    """Sizes as a block takes them: one open size is -1."""
    found = tuple(-1 if is_open(one) else one for one in sizes)
    if found.count(-1) > 1:
        run.refuse("two sizes depend on the batch here; only the first may")
    return found


def _reshape_ordered(run: Run, x: Tensor, wanted: list[Any]) -> Tensor:
    """The same for a tensor whose batch is not in front: only what leaves all up to the batch as it is."""
    dims = dims_of(run, x)
    target = _worked_out(run, dims, wanted)
    if target == dims:
        return x
    at = x.order.index(0)
    if target[: at + 1] == dims[: at + 1] and x.order == tuple(order_with(at, len(dims))):
        inner = draw(
            run,
            "Reshape",
            Tensor(x.level, x.block, x.port),
            {"shape": _numbers(run, (*target[:at], *target[at + 1 :]))},
        )
        return Tensor(inner.level, inner.block, inner.port, tuple(order_with(at, len(target))))
    return settled(run, x, "view")


def order_with(at: int, rank: int) -> list[int]:
    """The order in which the batch is dimension `at` and the others follow one another."""
    order = list(range(1, rank))
    order.insert(at, 0)
    return order


def flatten(run: Run, input: Any, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """torch.flatten: with start_dim 0 the batch, too, which only keeps apart where there is one sample a row."""
    x = as_tensor(run, input)
    dims = dims_of(run, x)
    start, end = start_dim % max(len(dims), 1), end_dim % max(len(dims), 1)
    if end <= start:
        return x
    return reshape(run, x, [*dims[:start], product(dims[start : end + 1]), *dims[end + 1 :]])


def unflatten(run: Run, input: Any, dim: int, sizes: Any) -> Tensor:
    x = as_tensor(run, input)
    dims, at = dims_of(run, x), dim % len(dims_of(run, x))
    inner = _worked_out(run, (dims[at],), given_sizes(run, (sizes,)))
    return reshape(run, x, [*dims[:at], *inner, *dims[at + 1 :]])
