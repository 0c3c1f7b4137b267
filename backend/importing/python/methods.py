"""Methods that are no blocks: of lists, dictionaries and words, of nn.Module, and the ways parameters begin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backend.importing.imported import CannotImport
from backend.importing.python import attributes, calling
from backend.importing.python.learned import begin_parameter
from backend.importing.python.module_tree import children_of, freeze, modules_of, parameters_of
from backend.importing.python.running import Run
from backend.importing.python.sequences import equal, items_of, key_of
from backend.importing.python.values import (
    Example,
    Instance,
    Learned,
    Native,
    OpenShape,
    Options,
    Unknown,
    WeightOf,
    is_module,
)
from graph.weights import KINDS, WeightError, initial

# fmt: off
MODULE_METHODS = frozenset((
    "add_module", "register_module", "register_buffer", "register_parameter", "modules", "children", "named_children",
    "named_modules", "parameters", "named_parameters", "buffers", "apply", "eval", "train", "to", "cuda", "cpu",
    "float", "half", "double", "requires_grad_", "state_dict", "load_state_dict", "zero_grad", "get_parameter",
    "forward", "compile", "register_forward_hook", "save_hyperparameters", "log",
))
# fmt: on
BEGINNINGS: dict[str, str] = {  # ways to begin -> their arguments behind the tensor, in torch's order
    "xavier_uniform": "gain",
    "xavier_normal": "gain",
    "kaiming_uniform": "a mode nonlinearity",
    "kaiming_normal": "a mode nonlinearity",
    "orthogonal": "gain",
    "normal": "mean std",
    "trunc_normal": "mean std a b",
    "uniform": "a b",
    "constant": "val",
    "fill": "val",
    "zeros": "",
    "zero": "",
    "ones": "",
}


def method(run: Run, holder: Any, name: str) -> Any:
    """A method of a list, a dictionary or a word."""
    table: dict[str, Callable[..., Any]] = (
        _LISTS if isinstance(holder, list) else _DICTS if isinstance(holder, dict) else _WORDS
    )
    if name not in table:
        return run.unknown(f"the method {name} of a {type(holder).__name__} is not read")
    return Native(name, lambda run, args, kwargs: run.bounded(table[name](run, holder, *args, **kwargs)))


def _append(run: Run, holder: list[Any], one: Any) -> None:
    holder.append(one)
    run.not_too_many(holder)


def _extend(run: Run, holder: list[Any], values: Any) -> None:
    holder.extend(items_of(run, values))
    run.bounded(holder)


def _insert(run: Run, holder: list[Any], index: int, one: Any) -> None:
    holder.insert(index, one)
    run.bounded(holder)


def _index(run: Run, holder: list[Any], one: Any) -> Any:
    found = [i for i, other in enumerate(holder) if equal(run, one, other)]
    return found[0] if found else run.unknown("it is not in this list")


def _reverse(run: Run, holder: list[Any]) -> None:
    holder.reverse()


def _update(run: Run, holder: dict[Any, Any], *given: Any, **named: Any) -> None:
    for one in given:
        pairs = one.items() if isinstance(one, dict) else (items_of(run, pair) for pair in items_of(run, one))
        holder.update((key_of(run, key), value) for key, value in pairs)
    holder.update(named)
    run.bounded(holder)


def _setdefault(run: Run, holder: dict[Any, Any], key: Any, default: Any = None) -> Any:
    return holder.setdefault(key_of(run, key), default)


def _join(run: Run, holder: str, values: Any) -> Any:
    found = items_of(run, values)
    if not all(isinstance(one, str) for one in found):
        return run.unknown("only words can be joined")
    run.not_too_long(sum(map(len, found)) + len(holder) * len(found))
    return holder.join(found)


def _replace(run: Run, holder: str, old: Any, new: Any) -> Any:
    if not isinstance(old, str) or not isinstance(new, str) or not old:
        return run.unknown("only words are replaced")
    run.not_too_long(len(holder) + holder.count(old) * len(new))
    return holder.replace(old, new)


def _format(run: Run, holder: str, *args: Any) -> Any:
    """Text with {} in it, each of them plain."""
    from backend.importing.python.known_functions import formatted

    parts = holder.split("{}")
    pieces = [formatted(run, one, "") for one in args]
    if len(parts) != len(args) + 1 or "{" in "".join(parts) or not all(isinstance(one, str) for one in pieces):
        return run.unknown("only {} is read in format: use an f-string")
    return "".join(part + piece for part, piece in zip(parts, [*pieces, ""], strict=True))


_LISTS: dict[str, Callable[..., Any]] = {
    "append": _append,
    "extend": _extend,
    "insert": _insert,
    "index": _index,
    "reverse": _reverse,
    "pop": lambda run, holder, index=-1: holder.pop(index),
    "copy": lambda run, holder: list(holder),
    "count": lambda run, holder, one: sum(bool(equal(run, one, other)) for other in holder),
}
_DICTS: dict[str, Callable[..., Any]] = {
    "items": lambda run, holder: list(holder.items()),
    "keys": lambda run, holder: list(holder),
    "values": lambda run, holder: list(holder.values()),
    "get": lambda run, holder, key, default=None: holder.get(key_of(run, key), default),
    "pop": lambda run, holder, key, *default: holder.pop(key_of(run, key), *default),
    "copy": lambda run, holder: dict(holder),
    "update": _update,
    "setdefault": _setdefault,
}
_WORDS: dict[str, Callable[..., Any]] = {
    "join": _join,
    "format": _format,
    "replace": _replace,
    "split": lambda run, holder, *by: holder.split(*by),
    **{
        name: (lambda run, holder, *args, name=name: getattr(holder, name)(*args))
        for name in (
            "lower",
            "upper",
            "strip",
            "startswith",
            "endswith",
            "capitalize",
            "isdigit",
            "title",
            "find",
            "count",
        )
    },
}


# nn.Module


def of_module(run: Run, name: str, holder: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A method that every nn.Module has."""
    if name in ("add_module", "register_module", "register_buffer", "register_parameter"):
        key = args[0] if args else kwargs.get("name")
        value = (
            args[1] if len(args) > 1 else next((v for k, v in kwargs.items() if k not in ("name", "persistent")), None)
        )
        return _enter(run, holder, run.need(key), value)
    if name == "modules":
        return modules_of(run, holder)
    if name == "children":
        return list(children_of(holder).values())
    if name in ("named_children", "named_modules"):
        return list(children_of(holder).items())
    if name == "parameters":
        return parameters_of(run, holder)
    if name == "named_parameters":
        return [(f"{i}.weight", one) for i, one in enumerate(parameters_of(run, holder))]
    if name == "forward":
        return calling.call_module(run, holder, args, kwargs)
    if name == "apply":
        _apply(run, holder, args)
        return holder
    if name == "save_hyperparameters" and isinstance(holder, Instance):
        holder.attributes["hparams"] = Options(dict(holder.made_with))
        return None
    if name == "requires_grad_":
        freeze(run, holder, *args)
        return holder
    if name in ("eval", "train", "to", "cuda", "cpu", "float", "half", "double"):
        return holder
    return run.unknown(f"what {name} of a model gives is not read")


def _enter(run: Run, holder: Any, name: Any, value: Any) -> None:
    name = str(name)
    if is_module(value) and isinstance(holder, Instance) and holder.children is not None:
        holder.children.children[name] = value
    else:
        attributes.assign(run, holder, name, value)


def _apply(run: Run, holder: Any, args: list[Any]) -> None:
    """Call a function with every module: ways to begin are taken over, what cannot be read is left out."""
    for one in reversed(modules_of(run, holder)):
        try:
            calling.call(run, args[0], [one], {})
        except CannotImport as error:
            run.note(f"how the weights begin is left out: {error.text}")
            return


def begin(run: Run, kind: str, weight: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """nn.init.KIND_(weight, ...)."""
    if isinstance(weight, Unknown) or weight is None:
        return weight
    given = {**dict(zip(BEGINNINGS[kind].split(), args, strict=False)), **kwargs}
    given.pop("generator", None)
    if isinstance(weight, Learned):
        begin_parameter(run, kind, weight, given)
        return weight
    if not isinstance(weight, WeightOf):
        return weight
    kind = {"zero": "zeros", "fill": "constant"}.get(kind, kind)
    slope = given.pop("a", None) if kind.startswith("kaiming") else None
    if slope not in (None, 0):
        run.note(f"the slope a of {kind}_ is left out")
    try:
        given = {name: value for name, value in given.items() if name in KINDS[kind]}
        if not _as_ever(weight, kind, given):
            weight.layer.initial[weight.name] = initial(kind, **given)
    except (WeightError, TypeError) as error:
        run.note(f"how a weight of nn.{weight.layer.type} begins is left out: {error}")
    return weight


def _as_ever(weight: WeightOf, kind: str, given: dict[str, Any]) -> bool:
    """Whether a norm is told to begin as it does anyway: ones and zeros."""
    value = {"ones": 1, "zeros": 0}.get(kind, given.get("val"))
    return "Norm" in weight.layer.type and value == (1 if weight.name == "weight" else 0)


def of_example(run: Run, value: Example, name: str) -> Any:
    """What may be asked of an input while it is looked for what takes it first."""
    from backend.importing.python.operations import operate

    looked_for = "the shape of the input is being looked for"
    if name == "shape":
        return OpenShape(run.where(), looked_for, value)
    if name in ("ndim", "dtype", "device"):
        return run.unknown(looked_for)
    return Native(name, lambda run, args, kwargs: operate(run, name.rstrip("_"), [value, *args], kwargs))
