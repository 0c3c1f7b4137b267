"""nn.Parameter in the drawing: a Parameter block, which has a dimension of size 1 in front, and what begins it."""

from __future__ import annotations

from typing import Any

from backend.importing.python.drawing import Level, output, place, remember
from backend.importing.python.running import Run
from backend.importing.python.values import Layer, Learned, Numbers, Tensor, WeightOf, kind_of
from graph.weights import WeightError, initial, numbers

TORCH_SPREAD = 0.02  # of a Parameter block, where nothing says otherwise


def learned_block(run: Run, learned: Learned, like: Tensor | None = None) -> Tensor:
    """The block's own tensor: (1, *shape), without doubling a 1 in front; (N, *shape[1:]) with `like`."""
    level = run.level or (like.level if like else None)
    if level is None:
        run.refuse("a parameter is used outside of forward, where nothing is drawn")
    shape = learned.shape[1:] if learned.shape[:1] == (1,) else learned.shape
    home = level.homes.get(learned.serial)
    if home is not None and like is None and not level.network.wires_into(home):
        return Tensor(level, home, "output")
    values: dict[str, Any] = {"shape": shape, "std": _spread(learned)}
    properties: dict[str, Any] = {"reuses": home} if home else {"frozen": learned.frozen}
    fill = learned.fill if learned.fill is not None else learned.begins.fill
    if home is None and learned.way is not None:
        properties["initial"] = {"weight": learned.way}
    elif home is None and fill and learned.spread is None:
        properties["initial"] = {"weight": initial("constant", val=float(fill))}
    elif home is None and learned.begins.array is not None and fill is None:
        properties |= _typed(run, learned, (1, *shape))
    name = level.paths.get(learned.serial)
    block = place(run, "Parameter", [("like", like)] if like else [], values, name, level, **properties)
    remember(run, level, learned, block)
    return output(run, block, level)


def _spread(learned: Learned) -> float:
    if learned.spread is not None:
        return learned.spread
    if learned.fill is not None:
        return 0.0
    return learned.begins.spread if learned.begins.spread is not None else 0.0


def _typed(run: Run, learned: Learned, shape: tuple[int, ...]) -> dict[str, Any]:
    """The numbers it begins with, as typed in."""
    assert learned.begins.array is not None
    try:
        return {"weights": {"weight": numbers(learned.begins.array.reshape(shape).astype(float).tolist())}}
    except WeightError:
        run.note("the numbers a parameter begins with are left out; load them with its weights", learned.line)
        return {}


def learned_as_tensor(run: Run, learned: Learned) -> Tensor:
    """The parameter in the very shape the source gives it."""
    tensor = learned_block(run, learned)
    if learned.shape[:1] == (1,):
        return tensor
    block = place(run, "SelectStep", [(None, tensor)], {"index": 0, "dim": 0})
    return output(run, block, tensor.level)


def batch_of(run: Run, level: Level) -> Tensor:
    """A tensor that has the batch in front: the first input of the level."""
    for block in level.network.with_role("input"):
        return Tensor(level, block.id, "output")
    return run.refuse("there is no input here to take the size of the batch from")


def per_sample(run: Run, learned: Learned) -> Tensor:
    """A copy for every sample: what `parameter.expand(batch, -1, -1)` gives; raises CannotImport for other shapes."""
    level = run.level
    if level is None or learned.shape[:1] != (1,):
        run.refuse("only a parameter whose first dimension is 1 is copied for every sample")
    return learned_block(run, learned, batch_of(run, level))


def set_weight(run: Run, layer: Layer, name: str, value: Any) -> None:
    """`layer.weight = ...`: weights of another layer, or numbers typed in."""
    if isinstance(value, WeightOf):
        layer.reuses = value.layer
        value.layer.lends.append(layer)
    elif isinstance(value, Learned) and value.begins.array is not None:
        try:
            layer.weights[name] = numbers(value.begins.array.astype(float).tolist())
        except WeightError as error:
            run.note(f"the numbers given to {name} are left out: {error}")
    elif isinstance(value, Learned | Numbers):
        run.note(f"what {name} of nn.{layer.type} begins with is left out")
    elif name == "bias" and value is None:
        layer.arguments["bias"] = False
    elif isinstance(value, bool | int | float | str | tuple | list | type(None)) and name in layer.arguments:
        layer.arguments[name] = value
    else:
        run.note(f"{name} of nn.{layer.type} is set to {kind_of(value)}, which is left out")


def begin_parameter(run: Run, kind: str, learned: Learned, given: dict[str, Any]) -> None:
    """What an initialisation makes of a parameter: numbers around zero, or all the same."""
    std = given.get("std", 1.0)
    fills = {"zeros": 0.0, "zero": 0.0, "ones": 1.0, "constant": given.get("val"), "fill": given.get("val")}
    if kind in fills and isinstance(fills[kind], int | float):
        learned.fill, learned.spread = float(fills[kind]), None
    elif kind in ("normal", "trunc_normal") and isinstance(std, int | float) and std >= 0:
        learned.spread, learned.fill = float(std), None
    elif kind == "uniform":
        learned.way = initial("uniform", **given)
    else:
        learned.spread, learned.fill = TORCH_SPREAD, None
        run.note(f"{kind} of a parameter is drawn as normal numbers of deviation {TORCH_SPREAD}")
