"""Operations on tensors, the same as methods and as functions: x.mean(1), torch.mean(x, 1), F.relu(x).

The table OPERATIONS holds what there is; everything else has no block, and the message says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backend.importing.python import functional, reshaping, shaping
from backend.importing.python.arithmetic import as_tensor, binary_of, matmul
from backend.importing.python.constant_blocks import constant_as_tensor
from backend.importing.python.constant_tensors import CREATORS, NUMBER_METHODS, dtype_of
from backend.importing.python.drawing import (
    axis_of,
    dims_of,
    draw,
    draw_pointwise,
    here,
    output,
    physical,
    place,
    settled,
)
from backend.importing.python.reductions import REDUCTIONS
from backend.importing.python.reshaping import given_sizes
from backend.importing.python.running import Run
from backend.importing.python.sequences import items_of
from backend.importing.python.values import (
    Example,
    Learned,
    Noise,
    Numbers,
    OpenShape,
    Outside,
    Tensor,
    Unknown,
    kind_of,
)
from graph.dim import product


def operate(run: Run, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What an operation gives; Unknown with the reason where there is no block for it."""
    first = args[0] if args else kwargs.get("input", kwargs.get("tensors"))
    if isinstance(first, Unknown):
        return first
    if isinstance(first, Example):
        return _of_example(run, first, name)
    if isinstance(first, list | tuple) and name in ("cat", "concat", "stack"):
        unread = next((one for one in first if isinstance(one, Unknown)), None)
        if unread is not None:
            return unread
        examples = [one for one in first if isinstance(one, Example)]
        if examples:
            indices = tuple(index for one in examples for index in one.indices)
            return Example(indices, examples[0].flat, examples[0].hints)
    if name in CREATORS and not isinstance(first, Tensor | Numbers | Learned | Noise):
        return CREATORS[name](run, *args, **kwargs)
    if _is_constant(first, args) and name in NUMBER_METHODS:
        return NUMBER_METHODS[name](run, *args, **kwargs)
    if name in functional.LAYERS:
        given = dict(kwargs)
        x = args[0] if args else given.pop("input")
        return functional.as_layer(run, name, x, args[1:], given)
    if name in functional.DROPOUTS:
        return functional.drop(run, name, *args, **kwargs)
    act = OPERATIONS.get(name)
    if act is None:
        return run.unknown(f"no block does what {name} does")
    return act(run, *args, **kwargs)


def _is_constant(first: Any, args: list[Any]) -> bool:
    inner = first if isinstance(first, list | tuple) else [first]
    return (
        bool(inner)
        and not any(isinstance(one, Tensor | Learned | Noise) for one in (*inner, *args))
        and any(isinstance(one, Numbers) for one in inner)
    )


def _of_example(run: Run, example: Example, name: str) -> Any:
    if name in ("flatten", "view", "reshape"):
        return Example(example.indices, True, example.hints)
    if name == "size":
        return OpenShape(run.where(), "the shape of the input is being looked for", example)
    if name in ("dim", "numel"):
        return run.unknown("the shape of the input is being looked for")
    return example


def _same(run: Run, x: Any, *args: Any, **named: Any) -> Any:
    return x


def _clone(run: Run, x: Any, **named: Any) -> Any:
    return x.again() if isinstance(x, Tensor) else x


def _detach(run: Run, x: Any) -> Any:
    return draw_pointwise(run, "Detach", x) if isinstance(x, Tensor) else x


def _cast(dtype: str) -> Callable[..., Any]:
    def act(run: Run, x: Any, *args: Any, **named: Any) -> Any:
        return _to_dtype(run, as_tensor(run, x), dtype)

    return act


def _to_dtype(run: Run, x: Tensor, dtype: str) -> Any:
    before = physical(run, x)
    if before.dtype == dtype or (before.is_float and dtype in ("float32", "float16", "bfloat16", "float64")):
        return x
    if dtype in ("float32", "float64", "float16", "bfloat16"):
        return draw_pointwise(run, "Scale", x, {"factor": 1.0})
    if dtype == "bool":
        return draw_pointwise(run, "Compare", x, {"relation": "not_equal"})
    if dtype in ("int64", "int32") and not before.is_float:
        return x
    return run.unknown(f"no block makes {dtype} of {before.dtype}")


def _to(run: Run, x: Any, *args: Any, dtype: Any = None, **named: Any) -> Any:
    for one in (dtype, *args):
        if isinstance(one, Outside) and one.path.startswith("torch.") and dtype_of(one, "") not in ("", "device"):
            return _to_dtype(run, as_tensor(run, x), dtype_of(one))
        if isinstance(one, Tensor):
            return _to_dtype(run, as_tensor(run, x), physical(run, one).dtype)
    return x


def _size(run: Run, x: Any, dim: Any = None) -> Any:
    if not isinstance(x, Tensor | Numbers | Learned):
        run.refuse(f"a tensor is needed here, not {kind_of(x)}")
    dims = dims_of(run, x) if isinstance(x, Tensor) else tuple(x.shape)
    if dim is None:
        return dims
    if not isinstance(dim, int) or not -len(dims) <= dim < len(dims):
        run.refuse(f"a tensor with {len(dims)} dimensions has no dimension {dim!r:.20}")
    return dims[dim]


def _numel(run: Run, x: Any) -> Any:
    return product(_size(run, x))


def _each(type: str, **values: Any) -> Callable[..., Any]:
    def act(run: Run, input: Any, **named: Any) -> Any:
        return draw_pointwise(run, type, as_tensor(run, input), dict(values))

    return act


def _clamp(run: Run, input: Any, min: Any = None, max: Any = None) -> Any:
    bounds = {name: None if one is None else float(one) for name, one in (("min", min), ("max", max))}
    return draw_pointwise(run, "Clamp", as_tensor(run, input), bounds)


def _operator(symbol: str) -> Callable[..., Any]:
    def act(run: Run, input: Any, other: Any, *, alpha: Any = 1, **named: Any) -> Any:
        other = binary_of(run, "*", other, alpha) if alpha != 1 else other
        return binary_of(run, symbol, input, other)

    return act


def _matmul(run: Run, input: Any, other: Any) -> Any:
    return matmul(run, input, other)


def _einsum(run: Run, equation: Any, *tensors: Any) -> Any:
    found = items_of(run, tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tensors
    drawn = [as_tensor(run, one) for one in found]
    if any(one.order is not None for one in drawn) or not isinstance(equation, str):
        return run.unknown("torch.einsum needs its equation, and tensors with the batch in front")
    if "->" not in equation:
        left = equation.replace(" ", "")
        once = sorted(letter for letter in set(left) - {","} if left.count(letter) == 1)
        equation = f"{left}->{''.join(once)}"
    block = place(run, "Einsum", [(None, one) for one in drawn], {"equation": equation})
    return output(run, block, here(run, *drawn))


def _where(run: Run, condition: Any, input: Any, other: Any) -> Any:
    mask = as_tensor(run, condition)
    input, other = (one.fill if isinstance(one, Numbers) and one.fill is not None else one for one in (input, other))
    shape = physical(run, mask)
    parts = [
        _filled_like(run, mask, one) if isinstance(one, int | float) else as_tensor(run, one) for one in (input, other)
    ]
    if any(one.order != mask.order for one in parts):
        return run.unknown("torch.where of tensors whose batch is in different dimensions is no block")
    wires = list(zip(("mask", "input", "other"), (mask, *parts), strict=True))
    return output(run, place(run, "Where", wires), mask.level, order=mask.order if shape.dims else None)


def _filled_like(run: Run, like: Tensor, value: float) -> Tensor:
    """A single number as a tensor: what a mask puts in."""
    number = float(value) if abs(value) != float("inf") else (1e9 if value > 0 else -1e9)
    nothing = draw_pointwise(run, "Scale", like, {"factor": 0.0})
    return nothing if number == 0 else draw_pointwise(run, "Shift", nothing, {"amount": number})


def _masked_fill(run: Run, input: Any, mask: Any, value: Any) -> Any:
    x = as_tensor(run, input)
    if isinstance(mask, Numbers):
        return _masked_by_numbers(run, x, mask, value)
    if not isinstance(value, int | float):
        return run.unknown(f"masked_fill with {kind_of(value)} is not read")
    return _where(run, mask, _filled_like(run, x, value), x)


def _masked_by_numbers(run: Run, x: Tensor, mask: Numbers, value: Any) -> Any:
    """A fixed mask: what it hides is moved far away, as scores before a softmax want it."""
    if mask.array is None or not isinstance(value, int | float):
        return run.unknown("the numbers of this mask are not known")
    keep = Numbers(mask.shape, "float32", 1.0 - mask.array.astype("float32"))
    hidden = draw(
        run, "Compare", constant_as_tensor(run, keep, len(dims_of(run, x))), {"relation": "below", "number": 0.5}
    )
    return _where(run, hidden, _filled_like(run, x, value), x)


def _argmax(run: Run, input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    x = as_tensor(run, input)
    if dim is None:
        return run.unknown("argmax over everything mixes the samples of the batch: name a dimension")
    values = {"dim": axis_of(run, x, dim)} | ({"keepdim": True} if keepdim else {})
    return draw(run, "ArgMax", settled(run, x, "argmax"), values)


def _var(run: Run, input: Any, dim: Any = None, unbiased: Any = True, keepdim: bool = False, **named: Any) -> Any:
    """The variance, from means of squares."""
    x = as_tensor(run, input)
    axes = given_sizes(run, (dim,)) if dim is not None else []
    count = product(dims_of(run, x)[axis] for axis in axes)
    if not axes or not isinstance(count, int):
        return run.unknown("the variance over the batch is no block: name other dimensions")
    off = named.get("correction", 1 if unbiased else 0)
    away = binary_of(run, "-", x, REDUCTIONS["mean"](run, x, dim, True))
    total = REDUCTIONS["sum"](run, draw_pointwise(run, "Power", away, {"exponent": 2.0}), dim, keepdim)
    return binary_of(run, "/", total, max(count - off, 1))


def _std(run: Run, *args: Any, **named: Any) -> Any:
    return draw_pointwise(run, "Sqrt", as_tensor(run, _var(run, *args, **named)))


def _rows(run: Run, x: Any, other: Any) -> Any:
    if isinstance(x, Numbers):
        return NUMBER_METHODS["expand"](run, x, *_size(run, other))
    return shaping.expand(run, x, *_size(run, other))


def _narrow(run: Run, x: Any, dim: int, start: Any, length: Any) -> Any:
    return shaping.slice_of(run, as_tensor(run, x), dim, start, start + length)


def _noise_like(run: Run, x: Any, **named: Any) -> Any:
    return Noise(x) if isinstance(x, Tensor) else Numbers(tuple(x.shape), "float32", None, None, 1.0)


def _filled(value: float) -> Callable[..., Any]:
    def act(run: Run, x: Any, *args: Any, **named: Any) -> Any:
        return Numbers((), "float32", None, value) if isinstance(x, Tensor) else NUMBER_METHODS["fill"](run, x, value)

    return act


def _new(run: Run, x: Any, *size: Any, **named: Any) -> Any:
    return CREATORS["zeros"](run, *size, **{k: v for k, v in named.items() if k == "dtype"})


def _log1p(run: Run, input: Any) -> Any:
    return draw_pointwise(run, "Log", draw_pointwise(run, "Shift", as_tensor(run, input), {"amount": 1.0}))


def _larger(symbol: str) -> Callable[..., Any]:
    def act(run: Run, input: Any, other: Any) -> Any:
        return _where(run, binary_of(run, symbol, input, other), as_tensor(run, input), as_tensor(run, other))

    return act


OPERATIONS: dict[str, Callable[..., Any]] = {
    **REDUCTIONS,
    **functional.FUNCTIONS,
    **dict.fromkeys(functional.LAYERS, operate),
    **dict.fromkeys(functional.DROPOUTS, operate),
    **dict.fromkeys(("contiguous", "cuda", "cpu", "requires_grad", "type_as", "numpy", "half"), _same),
    "clone": _clone,
    "detach": _detach,
    "to": _to,
    "type": _to,
    "float": _cast("float32"),
    "double": _cast("float64"),
    "bool": _cast("bool"),
    "long": _cast("int64"),
    "int": _cast("int32"),
    "size": _size,
    "dim": lambda run, x: len(_size(run, x)),
    "numel": _numel,
    "nelement": _numel,
    "exp": _each("Exp"),
    "log": _each("Log"),
    "sqrt": _each("Sqrt"),
    "rsqrt": _each("Power", exponent=-0.5),
    "reciprocal": _each("Power", exponent=-1.0),
    "square": _each("Power", exponent=2.0),
    "abs": _each("Abs"),
    "neg": _each("Negate"),
    "sign": _each("Sign"),
    "log1p": _log1p,
    "logical_not": _each("Compare", relation="equal"),
    "clamp": _clamp,
    "clip": _clamp,
    "pow": _operator("**"),
    "add": _operator("+"),
    "sub": _operator("-"),
    "subtract": _operator("-"),
    "mul": _operator("*"),
    "multiply": _operator("*"),
    "div": _operator("/"),
    "divide": _operator("/"),
    "true_divide": _operator("/"),
    "gt": _operator(">"),
    "lt": _operator("<"),
    "ge": _operator(">="),
    "le": _operator("<="),
    "eq": _operator("=="),
    "ne": _operator("!="),
    "maximum": _larger(">"),
    "minimum": _larger("<"),
    **dict.fromkeys(("matmul", "mm", "bmm"), _matmul),
    "einsum": _einsum,
    "where": _where,
    "masked_fill": _masked_fill,
    "argmax": _argmax,
    "var": _var,
    "std": _std,
    **dict.fromkeys(("view", "reshape"), reshaping.reshape),
    "flatten": reshaping.flatten,
    "unflatten": reshaping.unflatten,
    "permute": shaping.permute,
    **dict.fromkeys(("transpose", "swapaxes", "swapdims"), shaping.transpose),
    "t": lambda run, x: shaping.transpose(run, x, 0, 1),
    "squeeze": shaping.squeeze,
    "unsqueeze": shaping.unsqueeze,
    **dict.fromkeys(("cat", "concat", "concatenate"), shaping.cat),
    "stack": shaping.stack,
    "chunk": shaping.chunk,
    "split": shaping.split,
    "unbind": shaping.unbind,
    "narrow": _narrow,
    "select": lambda run, x, dim, index: shaping.step_of(run, as_tensor(run, x), dim, index),
    "expand": shaping.expand,
    "expand_as": _rows,
    "repeat": shaping.repeat,
    "tile": shaping.repeat,
    **dict.fromkeys(("randn_like",), _noise_like),
    "zeros_like": _filled(0.0),
    "ones_like": _filled(1.0),
    "new_zeros": _new,
    "new": lambda run, x, *args, **named: _noise_like(run, x),
}
OPERATIONS["view_as"] = lambda run, x, other: reshaping.reshape(run, x, *_size(run, other))
OPERATIONS["reshape_as"] = OPERATIONS["view_as"]
