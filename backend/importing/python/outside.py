"""Calls of other libraries: torch's layers, functions and ways to begin, and the little of others that models use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backend.importing.python import calling, containers, known_functions, methods, rearranging
from backend.importing.python.constant_tensors import CREATORS, NUMBER_METHODS
from backend.importing.python.layers import CONTAINERS, make_layer
from backend.importing.python.operations import OPERATIONS, operate
from backend.importing.python.running import Run
from backend.importing.python.sequences import items_of
from backend.importing.python.values import (
    Container,
    Instance,
    Layer,
    Learned,
    Native,
    Numbers,
    Options,
    Outside,
    Tensor,
    is_module,
    kind_of,
)

NUMPY = {name: name for name in ("zeros", "ones", "eye", "arange", "linspace", "full")}
NUMPY |= {"array": "tensor", "asarray": "tensor"}
PASSED_ON = ("spectral_norm", "weight_norm", "checkpoint_wrapper", "prune")
DROP_PATHS = ("torchvision.ops.StochasticDepth", "timm.layers.DropPath", "timm.models.layers.DropPath")
SUMMARIES = ("torchsummary.summary", "torchinfo.summary", "torchsummaryX.summary")


def call_outside(run: Run, function: Outside, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What a function of another library gives; Unknown with its name where nothing is known of it."""
    path, name = function.path, function.name
    if path in _KNOWN:
        return _KNOWN[path](run, args, kwargs)
    if path in known_functions.OUTSIDE:
        return known_functions.OUTSIDE[path](run, args, kwargs)
    if path in SUMMARIES:
        return _summary(run, path, args, kwargs)
    if path.startswith("torch.nn.init."):
        return _begin(run, name, args, kwargs)
    if path.startswith("torch.nn.utils."):
        return _utility(run, name, args, kwargs)
    if path.startswith("torch.nn.functional."):
        return _operation(run, name, args, kwargs)
    if path.startswith("torch.nn."):
        return _layer(run, path, name, args, kwargs)
    if path.startswith("torch.Tensor."):
        return operate(run, name, args, kwargs)
    if path.startswith("numpy.") and name in NUMPY:
        return CREATORS[NUMPY[name]](run, *args, **{key: one for key, one in kwargs.items() if key != "dtype"})
    if path.startswith("torch.") and path.count(".") == 1:
        return _operation(run, name, args, kwargs)
    return run.unknown(f"{path} is not in this file: only what the file itself says, and torch.nn, is read")


def _operation(run: Run, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    plain = name[:-1] if name.endswith("_") else name
    if plain in OPERATIONS or plain in CREATORS or plain in NUMBER_METHODS:
        first = args[0] if args else None
        after = operate(run, plain, args, kwargs)
        if plain != name and isinstance(first, Tensor) and isinstance(after, Tensor):
            first.become(after)
        return after
    return run.unknown(f"no block does what {name} does")


def _layer(run: Run, path: str, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if name in CONTAINERS:
        return containers.fill(run, Container(name, {}, run.line), args, kwargs)
    if name == "Parameter":
        return _parameter(run, *args, **kwargs)
    if path == "torch.nn.Module":
        return run.unknown("an nn.Module without a class of its own computes nothing")
    if path.endswith("generate_square_subsequent_mask"):
        return CREATORS[name](run, *args, **kwargs)
    return make_layer(run, name, args, kwargs)


def _parameter(run: Run, data: Any = None, requires_grad: Any = True) -> Any:
    run.need(data)
    if isinstance(data, Learned):
        return data
    if not isinstance(data, Numbers):
        return run.unknown(f"an nn.Parameter is made of a tensor, and {kind_of(data)} is none that is known")
    return Learned(data, run.line, frozen=requires_grad is False)


def _begin(run: Run, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    kind = name.removesuffix("_")
    if name == "calculate_gain":
        return args[0] if args and isinstance(args[0], str) and len(args) == 1 else run.unknown("this gain is not read")
    if kind not in methods.BEGINNINGS:
        run.note(f"nn.init.{name} is left out: no weight of a block begins so")
        return args[0] if args else None
    weight = args[0] if args else kwargs.pop("tensor", None)
    return methods.begin(run, kind, weight, args[1:], kwargs)


def _utility(run: Run, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Wrappers of layers are left out with a note; packed sequences are taken as they are."""
    if args and (is_module(args[0]) or name in PASSED_ON):
        run.note(f"{name} around a layer is left out: the layer stands alone")
        return args[0]
    if name == "pack_padded_sequence":
        run.note("sequences are not packed in a drawing: every step is read, also the padding")
        return args[0]
    if name == "pad_packed_sequence":
        return args[0], run.unknown("lengths of packed sequences are not read")
    return run.unknown(f"what torch.nn.utils.{name} does is not read")


def _summary(run: Run, path: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A table of a model tells the shape of its input: with the batch for torchinfo, without for torchsummary."""
    model = args[0] if args else kwargs.get("model")
    size = args[1] if len(args) > 1 else kwargs.get("input_size")
    data = kwargs.get("input_data")
    if data is not None:
        inputs = data if isinstance(data, list) else [data]
    else:
        found = items_of(run, size)
        shapes = found if found and not isinstance(found[0], int) else [size]
        batch = [] if path.startswith("torchsummary") else None
        rows = [items_of(run, one) for one in shapes]
        inputs = [CREATORS["zeros"](run, [1, *row] if batch == [] else row) for row in rows]
    if is_module(model):
        run.calls.append((model, inputs, {}))
    return run.unknown("the table of a model")


def _einops(act: Callable[..., Any]) -> Callable[..., Any]:
    return lambda run, args, kwargs: act(run, *args, **kwargs)


def _einops_layer(type: str, names: tuple[str, ...]) -> Callable[..., Any]:
    return lambda run, args, kwargs: Layer(type, {**dict(zip(names, args, strict=False)), **kwargs}, run.line)


def _ordered(run: Run, args: list[Any], kwargs: dict[str, Any]) -> Any:
    made = known_functions.BUILTINS["dict"].act(run, args, kwargs)
    return run.bounded(made) if isinstance(made, dict) else made


def _partial(run: Run, args: list[Any], kwargs: dict[str, Any]) -> Any:
    function, before = args[0], args[1:]
    name = f"partial {getattr(function, 'name', '')}"
    return Native(name, lambda run, more, named: calling.call(run, function, [*before, *more], {**kwargs, **named}))


def _copy(run: Run, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return copied(run, args[0], {})


def copied(run: Run, value: Any, done: dict[int, Any]) -> Any:
    """A layer like another, with weights of its own."""
    run.spend()
    if id(value) in done:
        return done[id(value)]
    if isinstance(value, Layer):
        arguments = {name: copied(run, one, done) for name, one in value.arguments.items()}
        decided = {"initial": dict(value.initial), "weights": dict(value.weights)}
        made: Any = Layer(value.type, arguments, value.line, value.frozen, **decided)
    elif isinstance(value, Learned):
        made = Learned(value.begins, value.line, value.spread, value.fill, value.way, value.frozen)
    elif isinstance(value, Container):
        made = Container(value.kind, {}, value.line)
        done[id(value)] = made
        made.children = {name: copied(run, one, done) for name, one in value.children.items()}
    elif isinstance(value, Instance):
        made = Instance(value.cls, value.line)
        done[id(value)] = made
        made.attributes = {name: copied(run, one, done) for name, one in value.attributes.items()}
        made.layer = copied(run, value.layer, done)
        made.children = copied(run, value.children, done)
    elif isinstance(value, list):
        made = [copied(run, one, done) for one in value]
    elif isinstance(value, dict):
        made = {key: copied(run, one, done) for key, one in value.items()}
    else:
        return value
    done[id(value)] = made
    return made


def _drop_path(run: Run, args: list[Any], kwargs: dict[str, Any]) -> Any:
    share = args[0] if args else kwargs.get("p", kwargs.get("drop_prob", 0.0))
    return Layer("StochasticDepth", {"p": float(share or 0.0)}, run.line)


def _trunc_normal(run: Run, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return _begin(run, "trunc_normal_", args, kwargs)


def _checkpoint(run: Run, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return calling.call(run, args[0], args[1:], {})


_KNOWN: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": _ordered,
    "functools.partial": _partial,
    "einops.rearrange": _einops(rearranging.rearrange),
    "einops.repeat": _einops(rearranging.repeat),
    "einops.reduce": _einops(rearranging.reduce),
    "einops.layers.torch.Rearrange": _einops_layer("Rearrange", ("pattern",)),
    "einops.layers.torch.Reduce": _einops_layer("Reduce", ("pattern", "reduction")),
    "argparse.ArgumentParser": lambda run, args, kwargs: Options(),
    "copy.deepcopy": _copy,
    "copy.copy": lambda run, args, kwargs: args[0],
    "torch.utils.checkpoint.checkpoint": _checkpoint,
    "torch.cuda.is_available": lambda run, args, kwargs: False,
    "torch.is_tensor": lambda run, args, kwargs: isinstance(args[0], Tensor | Numbers),
    "torch.is_grad_enabled": lambda run, args, kwargs: False,
    "torch.compile": lambda run, args, kwargs: args[0],
    "torch.jit.script": lambda run, args, kwargs: args[0],
    **dict.fromkeys(DROP_PATHS, _drop_path),
    **dict.fromkeys(("timm.layers.trunc_normal_", "timm.models.layers.trunc_normal_"), _trunc_normal),
    "torch.from_numpy": lambda run, args, kwargs: args[0],
    "torch.Size": lambda run, args, kwargs: args[0],
    "Variable": lambda run, args, kwargs: args[0],
    "typing.cast": lambda run, args, kwargs: args[1],
}
