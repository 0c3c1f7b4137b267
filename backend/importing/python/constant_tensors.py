"""Tensors of the source that depend on no input, worked out in numpy: masks, position tables, parameters' beginnings.

Their numbers are known up to a limit; of larger and of random ones only the shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from backend.importing.python.drawing import Level, output, place
from backend.importing.python.running import MOST_ELEMENTS, Run
from backend.importing.python.values import Learned, Numbers, Outside, Tensor, kind_of
from graph.dim import Expr
from graph.network import Network

LARGEST = 1 << 40
DTYPES = {"float": "float32", "long": "int64", "int": "int32", "double": "float64", "half": "float16", "byte": "uint8"}


def made(run: Run, array: np.ndarray, dtype: str | None = None, spread: float | None = None) -> Numbers:
    """Numbers of an array; of one that is too large, or stands in for others, only the shape."""
    kind = dtype or ("bool" if array.dtype == bool else "int64" if array.dtype.kind in "iu" else "float32")
    shape = tuple(int(size) for size in array.shape)
    if math.prod(shape) > LARGEST:
        run.refuse(f"a constant tensor of {' x '.join(map(str, shape))} numbers is too large")
    if spread is not None or array.size > MOST_ELEMENTS:
        return Numbers(shape, kind, None, None, spread)
    run.spend(array.size // 64)
    array = array.astype(np.float32) if array.dtype == np.float64 else array
    first = float(array.flat[0]) if array.size else 0.0
    fill = first if array.size and bool((array == array.flat[0]).all()) else None
    return Numbers(shape, kind, array, fill)


def filled(run: Run, shape: tuple[int, ...], value: float, dtype: str = "float32") -> Numbers:
    size = math.prod(shape)
    if size > LARGEST or len(shape) > 16:
        run.refuse(f"a constant tensor of {' x '.join(map(str, shape))} numbers is too large")
    run.spend(min(size, MOST_ELEMENTS) // 64)
    kind = {"bool": bool, "int64": np.int64}.get(dtype, np.float32)
    array = np.full(shape, value, kind) if size <= MOST_ELEMENTS else None
    return Numbers(shape, dtype, array, float(value))


def stand_in(numbers: Numbers) -> np.ndarray:
    """An array of the shape, that costs no memory where the numbers are not there."""
    if numbers.array is not None:
        return numbers.array
    return np.broadcast_to(np.float32(numbers.fill or 0.0), numbers.shape)


def sizes_of(run: Run, args: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape that a constructor was given; an open batch counts as one sample."""
    given = args[0] if len(args) == 1 and isinstance(args[0], list | tuple) else args
    sizes = []
    for one in given:
        run.need(one)
        one = 1 if isinstance(one, Expr) else one
        if isinstance(one, bool) or not isinstance(one, int) or not 0 <= one <= LARGEST:
            run.refuse(f"{one!r:.20} is no size of a tensor" if isinstance(one, int) else f"{kind_of(one)} is no size")
        sizes.append(one)
    return tuple(sizes)


def dtype_of(value: Any, default: str = "float32") -> str:
    if isinstance(value, Outside) and value.path.startswith("torch."):
        return DTYPES.get(value.name, value.name)
    return default


def _zeros(run: Run, *size: Any, dtype: Any = None, **_: Any) -> Any:
    return filled(run, sizes_of(run, size or (_.get("size", ()),)), 0.0, dtype_of(dtype))


def _ones(run: Run, *size: Any, dtype: Any = None, **_: Any) -> Any:
    return filled(run, sizes_of(run, size or (_.get("size", ()),)), 1.0, dtype_of(dtype))


def _full(run: Run, size: Any, fill_value: Any, dtype: Any = None, **_: Any) -> Any:
    return filled(run, sizes_of(run, (size,)), float(fill_value), dtype_of(dtype))


def _random(run: Run, *size: Any, dtype: Any = None, **_: Any) -> Any:
    shape = sizes_of(run, size or (_.get("size", ()),))
    if math.prod(shape) > LARGEST or len(shape) > 16:
        run.refuse("a random tensor as large as this is not read")
    return Numbers(shape, dtype_of(dtype), None, None, 1.0)


def _integers(run: Run, *args: Any, size: Any = None, dtype: Any = None, **_: Any) -> Any:
    return Numbers(sizes_of(run, (size if size is not None else args[-1],)), dtype_of(dtype, "int64"))


def _arange(run: Run, *args: Any, dtype: Any = None, **named: Any) -> Any:
    bounds = [*args, *(named[key] for key in ("start", "end", "step") if key in named)]
    if any(isinstance(one, Expr) or not isinstance(one, int | float) for one in bounds):
        return run.unknown("a torch.arange over the batch is not read")
    length = len(range(*bounds)) if all(isinstance(one, int) for one in bounds) else _steps(*bounds)
    if length > MOST_ELEMENTS:
        run.refuse(f"torch.arange is read up to {MOST_ELEMENTS:,} numbers")
    return made(run, np.arange(*bounds), dtype_of(dtype, "") or None)


def _steps(*bounds: float) -> int:
    start, end, step = bounds if len(bounds) == 3 else (*bounds, 1.0) if len(bounds) == 2 else (0.0, bounds[0], 1.0)
    return math.ceil((end - start) / step)


def _linspace(run: Run, start: Any, end: Any, steps: Any, **_: Any) -> Any:
    if not isinstance(steps, int) or not 0 <= steps <= MOST_ELEMENTS:
        run.refuse("torch.linspace needs a number of steps")
    return made(run, np.linspace(float(start), float(end), steps))


def _tensor(run: Run, data: Any, dtype: Any = None, **_: Any) -> Any:
    if isinstance(data, Numbers | Tensor | Learned):
        return data
    _count(run, data, 0)
    array = np.array(data)
    if array.dtype.kind not in "fiub":
        return run.unknown("torch.tensor is read with numbers only")
    return made(run, array, dtype_of(dtype, "") or None)


def _count(run: Run, data: Any, depth: int) -> None:
    """Refuse nested lists that are deep, or hold something else than numbers."""
    run.spend()
    if isinstance(data, list | tuple):
        if depth > 6:
            run.refuse("torch.tensor of lists this deep is not read")
        for one in data:
            _count(run, one, depth + 1)
    elif not isinstance(data, bool | int | float):
        run.refuse(f"torch.tensor is read with numbers, not with {kind_of(data)}")


def _eye(run: Run, n: int, m: int | None = None, **_: Any) -> Any:
    shape = sizes_of(run, (n, n if m is None else m))
    if math.prod(shape) > MOST_ELEMENTS:
        run.refuse("torch.eye as large as this is not read")
    return made(run, np.eye(*shape, dtype=np.float32))


def _square_mask(run: Run, sz: Any, **_: Any) -> Any:
    size = sizes_of(run, (sz,))[0]
    if size * size > MOST_ELEMENTS:
        run.refuse("a mask as large as this is not read")
    return made(run, np.triu(np.full((size, size), -np.inf, np.float32), 1))


CREATORS: dict[str, Callable[..., Any]] = {
    "zeros": _zeros,
    "ones": _ones,
    "empty": _zeros,
    "full": _full,
    "randn": _random,
    "rand": _random,
    "normal": lambda run, *args, size=(), **_: _random(run, size),
    "randint": _integers,
    "arange": _arange,
    "linspace": _linspace,
    "tensor": _tensor,
    "as_tensor": _tensor,
    "FloatTensor": lambda run, *args: _tensor(run, *args) if isinstance(args[0], list) else _random(run, *args),
    "Tensor": lambda run, *args: _tensor(run, *args) if isinstance(args[0], list) else _random(run, *args),
    "LongTensor": lambda run, *args: _tensor(run, *args) if isinstance(args[0], list) else _integers(run, args),
    "eye": _eye,
    "generate_square_subsequent_mask": _square_mask,
}


def number_input(run: Run, numbers: Numbers) -> Tensor:
    """A tensor handed to layers while a model is made, to see what size comes out: an input of a drawing aside."""
    level = Level(Network("Aside", run.modules))
    run.trials.append(numbers.shape)
    values = {"shape": numbers.shape[1:], "dtype": numbers.dtype}
    return output(run, place(run, "Input", [], values, level=level), level)


# What can be asked of such tensors


def _like(run: Run, act: Callable[[np.ndarray], np.ndarray], x: Numbers) -> Numbers:
    """A change of shape: the numbers go along, and so does what is known of random ones."""
    after = act(stand_in(x))
    if x.array is None:
        shape = tuple(int(size) for size in after.shape)
        return Numbers(shape, x.dtype, None, x.fill, x.spread)
    return made(run, np.ascontiguousarray(after), x.dtype, x.spread)


def _reshape(run: Run, x: Numbers, *shape: Any) -> Numbers:
    given = shape[0] if len(shape) == 1 and isinstance(shape[0], list | tuple) else shape
    sizes = [1 if isinstance(one, Expr) else one for one in given]
    if not all(isinstance(one, int) for one in sizes):
        run.refuse("the new shape of a constant tensor is not known")
    known = math.prod(one for one in sizes if one != -1) or 1
    sizes = [math.prod(x.shape) // known if one == -1 else one for one in sizes]
    if math.prod(sizes) != math.prod(x.shape):
        run.refuse(f"{math.prod(x.shape):,} numbers do not fill {' x '.join(map(str, sizes))}")
    if x.array is None:
        return Numbers(tuple(sizes), x.dtype, None, x.fill, x.spread)
    return made(run, x.array.reshape(sizes), x.dtype)


def _unary(function: Callable[[np.ndarray], np.ndarray]) -> Callable[..., Any]:
    def act(run: Run, x: Numbers, *args: Any, **_: Any) -> Any:
        if x.array is None:
            return Numbers(x.shape, x.dtype)
        with np.errstate(all="ignore"):
            return made(run, function(x.array.astype(np.float32)))

    return act


def _masked_fill(run: Run, x: Numbers, mask: Numbers, value: Any) -> Any:
    if x.array is None or not isinstance(mask, Numbers) or mask.array is None:
        return run.unknown("the numbers of this mask are not known")
    return made(run, np.where(mask.array.astype(bool), np.float32(value), x.array))


def _triangle(function: Callable[..., np.ndarray]) -> Callable[..., Any]:
    def act(run: Run, x: Numbers, diagonal: int = 0) -> Any:
        if x.array is None:
            return run.unknown("the numbers of this mask are not known")
        return made(run, function(x.array, diagonal), x.dtype)

    return act


def _cast(dtype: str) -> Callable[..., Any]:
    def act(run: Run, x: Numbers, *args: Any, **_: Any) -> Any:
        if x.array is None:
            return Numbers(x.shape, dtype, None, x.fill, x.spread)
        kind = {"bool": bool, "int64": np.int64}.get(dtype, np.float32)
        with np.errstate(all="ignore"):
            return made(run, x.array.astype(kind), dtype)

    return act


def _to(run: Run, x: Numbers, *args: Any, dtype: Any = None, **_: Any) -> Any:
    given = next((one for one in (dtype, *args) if isinstance(one, Outside) and one.path.startswith("torch.")), None)
    return _cast(dtype_of(given))(run, x) if given is not None else x


def _total(function: Callable[..., Any]) -> Callable[..., Any]:
    def act(run: Run, x: Numbers, dim: Any = None, keepdim: bool = False) -> Any:
        if x.array is None:
            return run.unknown("the numbers of this tensor are not known")
        axis = tuple(dim) if isinstance(dim, list | tuple) else dim
        return made(run, np.asarray(function(x.array, axis=axis, keepdims=keepdim)))

    return act


def _item(run: Run, x: Numbers) -> Any:
    if x.array is None or x.array.size != 1:
        return run.unknown("the number of this tensor is not known")
    return x.array.reshape(()).item()


def _expand(run: Run, x: Numbers, *sizes: Any) -> Any:
    given = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], list | tuple) else sizes
    if any(isinstance(one, Expr) for one in given):
        given = [1 if isinstance(one, Expr) else one for one in given]
    ahead = len(given) - len(x.shape)
    shape = tuple(x.shape[i - ahead] if one == -1 else one for i, one in enumerate(given))
    if math.prod(shape) > MOST_ELEMENTS and x.array is not None and x.fill is None:
        run.refuse("a constant tensor expanded as far as this is not read")
    return _like(run, lambda array: np.broadcast_to(array, shape), x)


def _copies(run: Run, x: Numbers, *sizes: Any) -> Any:
    """repeat; copies for every sample of the batch are left to broadcasting."""
    given = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], list | tuple) else sizes
    times = tuple(1 if isinstance(one, Expr) else one for one in given)
    if not all(isinstance(one, int) and 0 < one <= MOST_ELEMENTS for one in times):
        return run.unknown("how often a constant tensor is repeated is not known")
    if math.prod(times) * math.prod(x.shape) > MOST_ELEMENTS:
        run.refuse("a constant tensor repeated as often as this is not read")
    return _like(run, lambda array: np.tile(array, times), x)


def _same(run: Run, x: Any, *args: Any, **_: Any) -> Any:
    return x


def _put(run: Run, x: Numbers, value: Any) -> Any:
    return filled(run, x.shape, float(value), x.dtype)


NUMBER_METHODS: dict[str, Callable[..., Any]] = {
    "unsqueeze": lambda run, x, dim: _like(run, lambda a: np.expand_dims(a, dim), x),
    "squeeze": lambda run, x, dim=None: _like(run, lambda a: np.squeeze(a, dim), x),
    "transpose": lambda run, x, dim0, dim1: _like(run, lambda a: np.swapaxes(a, dim0, dim1), x),
    "t": lambda run, x: _like(run, lambda a: a.T, x),
    "permute": lambda run, x, *dims: _like(
        run, lambda a: np.transpose(a, dims[0] if isinstance(dims[0], list | tuple) else dims), x
    ),
    "view": _reshape,
    "reshape": _reshape,
    "flatten": lambda run, x, *_: _reshape(run, x, -1),
    "expand": _expand,
    "new_tensor": lambda run, x, data, **named: _tensor(run, data, **named),
    "size": lambda run, x, dim=None: x.shape if dim is None else x.shape[dim],
    "repeat": _copies,
    "astype": lambda run, x, *_: _cast("float32")(run, x),
    "masked_fill": _masked_fill,
    "triu": _triangle(np.triu),
    "tril": _triangle(np.tril),
    "sin": _unary(np.sin),
    "cos": _unary(np.cos),
    "exp": _unary(np.exp),
    "log": _unary(np.log),
    "sqrt": _unary(np.sqrt),
    "abs": _unary(np.abs),
    "square": _unary(np.square),
    "float": _cast("float32"),
    "long": _cast("int64"),
    "int": _cast("int64"),
    "bool": _cast("bool"),
    "to": _to,
    "type": _to,
    "sum": _total(np.sum),
    "mean": _total(np.mean),
    "max": _total(np.max),
    "min": _total(np.min),
    "item": _item,
    "fill": _put,
    "zero": lambda run, x: filled(run, x.shape, 0.0, x.dtype),
    "normal": lambda run, x, mean=0.0, std=1.0: Numbers(x.shape, x.dtype, None, None, float(std)),
    "uniform": lambda run, x, *_: Numbers(x.shape, x.dtype, None, None, 1.0),
    **dict.fromkeys(("contiguous", "clone", "detach", "cuda", "cpu", "requires_grad", "type_as", "numpy"), _same),
}


def numbers_binary(run: Run, symbol: str, left: Any, right: Any) -> Any:
    """Arithmetic of constant tensors with one another and with numbers."""
    known = [one for one in (left, right) if isinstance(one, Numbers)]
    if any(one.array is None for one in known):
        return _of_shapes(run, symbol, left, right)
    a, b = (one.array if isinstance(one, Numbers) else one for one in (left, right))
    if not all(isinstance(one, np.ndarray | int | float) for one in (a, b)):
        other = left if not isinstance(left, Numbers) else right
        return run.unknown(f"{symbol} of a constant tensor and {kind_of(other)} is not read")
    shape = np.broadcast_shapes(np.shape(a), np.shape(b))
    if math.prod(shape) > MOST_ELEMENTS:
        run.refuse("a constant tensor as large as this is not worked out")
    run.spend(math.prod(shape) // 32)
    with np.errstate(all="ignore"):
        return made(run, np.asarray(ARITHMETIC[symbol](a, b)))


def _of_shapes(run: Run, symbol: str, left: Any, right: Any) -> Any:
    """The same where numbers are random or too many: the deviation is scaled."""
    x, other = (left, right) if isinstance(left, Numbers) else (right, left)
    if isinstance(other, int | float) and not isinstance(other, bool) and symbol in "*/":
        factor = float(other) if symbol == "*" else 1.0 / float(other)
        spread = None if x.spread is None else abs(x.spread * factor)
        return Numbers(x.shape, x.dtype, None, None if x.fill is None else x.fill * factor, spread)
    shapes = [one.shape for one in (left, right) if isinstance(one, Numbers)]
    return Numbers(tuple(np.broadcast_shapes(*shapes)), x.dtype)


def _power(a: Any, b: Any) -> Any:
    return np.power(np.asarray(a, np.float32), b)


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.true_divide,
    "//": np.floor_divide,
    "%": np.mod,
    "**": _power,
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
