"""Attributes: what stands behind a dot, of objects, layers, tensors, lists and other libraries."""

from __future__ import annotations

from typing import Any

from backend.importing.python import calling, containers, known_functions, methods, module_tree
from backend.importing.python.constant_tensors import NUMBER_METHODS
from backend.importing.python.drawing import dims_of, physical
from backend.importing.python.learned import learned_as_tensor, set_weight
from backend.importing.python.operations import OPERATIONS, operate
from backend.importing.python.options import option
from backend.importing.python.running import Run
from backend.importing.python.values import (
    Bound,
    ClassValue,
    Container,
    Decorated,
    Example,
    Instance,
    Layer,
    Learned,
    Named,
    Native,
    Noise,
    Numbers,
    Options,
    Outside,
    Super,
    Tensor,
    Training,
    Unknown,
    WeightOf,
    is_module,
    kind_of,
)

WEIGHTS = ("weight", "bias", "out_proj", "in_proj_weight", "in_proj_bias")


def attribute(run: Run, value: Any, name: str) -> Any:
    """The attribute of a value; Unknown where nothing is known of it."""
    kind = _KINDS.get(type(value))
    if isinstance(value, Unknown):
        return value
    if kind is not None:
        return kind(run, value, name)
    if isinstance(value, str | list | dict):
        return methods.method(run, value, name)
    return run.unknown(f"{kind_of(value)} has no attribute {name} here")


def shape_of(run: Run, value: Any) -> tuple[Any, ...]:
    """The sizes of a tensor of any kind."""
    if isinstance(value, Tensor):
        return dims_of(run, value)
    if isinstance(value, Noise):
        return dims_of(run, value.like)
    return tuple(value.shape)


def _of_tensor(run: Run, value: Any, name: str) -> Any:
    if name == "shape":
        return shape_of(run, value)
    if name in ("ndim",):
        return len(shape_of(run, value))
    if name in ("data", "real"):
        return value
    if name in ("T", "mT"):
        return operate(run, "transpose", [value, -2, -1], {})
    if name in ("is_cuda", "is_sparse", "is_quantized"):
        return False
    if name == "dtype":
        dtype = physical(run, value).dtype if isinstance(value, Tensor) else getattr(value, "dtype", "float32")
        return Outside(f"torch.{dtype}")
    if name in ("device", "grad", "requires_grad", "layout"):
        return run.unknown(f"the {name} of a tensor is not known before it is computed")
    if name in OPERATIONS or name in NUMBER_METHODS:
        return Native(name, lambda run, args, kwargs: operate(run, name, [value, *args], kwargs))
    if name.endswith("_") and not name.startswith("_") and name[:-1] in OPERATIONS:
        return Native(name, lambda run, args, kwargs: _in_place(run, value, name[:-1], args, kwargs))
    return run.unknown(f"no block does what the method {name} of a tensor does")


def _in_place(run: Run, value: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    after = operate(run, name, [value, *args], kwargs)
    if isinstance(value, Tensor) and isinstance(after, Tensor):
        value.become(after)
        return value
    if isinstance(value, Numbers) and isinstance(after, Numbers):
        value.shape, value.array, value.fill, value.spread = after.shape, after.array, after.fill, after.spread
        return value
    return after


def _of_learned(run: Run, value: Learned, name: str) -> Any:
    if name == "data":
        return value
    if name.endswith("_") and name[:-1] in methods.BEGINNINGS:
        return Native(name, lambda run, args, kwargs: methods.begin(run, name[:-1], value, args, kwargs))
    if name in ("shape", "ndim", "dtype", "device", "requires_grad", "is_cuda", "size", "dim", "numel"):
        return _of_tensor(run, value.begins, name)
    if run.level is None:
        return run.unknown(f"what {name} makes of a parameter outside of forward is not read")
    if name in OPERATIONS:
        return Native(name, lambda run, args, kwargs: operate(run, name, [value, *args], kwargs))
    return _of_tensor(run, learned_as_tensor(run, value), name)


def _of_noise(run: Run, value: Noise, name: str) -> Any:
    if name in ("to", "float", "cuda", "cpu", "detach", "clone", "type_as", "normal_", "requires_grad_"):
        return Native(name, lambda run, args, kwargs: value)
    if name in ("mul", "mul_", "add", "add_"):
        return Native(name, lambda run, args, kwargs: operate(run, name.strip("_"), [value, *args], kwargs))
    if name in ("shape", "size", "dim", "ndim"):
        return _of_tensor(run, value.like, name)
    return run.unknown(f"what {name} makes of random numbers is not read")


def _of_instance(run: Run, value: Instance, name: str) -> Any:
    if name in value.attributes:
        return value.attributes[name]
    found = value.cls.lookup(name)
    if isinstance(found, Decorated) and found.kind == "property":
        return calling.invoke(run, found.function, [value], {})
    if found is not None or any(name in one.names for one in value.cls.line()):
        return calling.bound(found, value)
    if name == "training" and value.cls.is_module:
        return Training()
    if name == "__class__":
        return value.cls
    if value.children is not None and (name in value.children.children or name in containers.CONTAINER_METHODS):
        return _of_container(run, value.children, name)
    if value.cls.is_module and name in methods.MODULE_METHODS:
        return Native(name, lambda run, args, kwargs: methods.of_module(run, name, value, args, kwargs))
    if value.layer is not None:
        return _of_layer(run, value.layer, name)
    return run.unknown(f"{value.cls.name} has no attribute {name} at this point; set it in __init__")


def _of_layer(run: Run, value: Layer, name: str) -> Any:
    if name == "training":
        return Training()
    if name == "__class__":
        return Outside(f"torch.nn.{value.type}")
    if name in WEIGHTS or name.startswith(("weight_", "bias_")):
        return None if name == "bias" and value.arguments.get("bias") is False else WeightOf(value, name)
    if name in value.arguments:
        return value.arguments[name]
    if name in methods.MODULE_METHODS:
        return Native(name, lambda run, args, kwargs: methods.of_module(run, name, value, args, kwargs))
    return run.unknown(f"nn.{value.type} has no attribute {name} that is read")


def _of_container(run: Run, value: Container, name: str) -> Any:
    if name in value.children:
        return value.children[name]
    if name in containers.CONTAINER_METHODS:
        act = containers.CONTAINER_METHODS[name]
        return Native(name, lambda run, args, kwargs: act(run, value, *args, **kwargs))
    if name == "training":
        return Training()
    if name == "__class__":
        return Outside(f"torch.nn.{value.kind}")
    if name in methods.MODULE_METHODS:
        return Native(name, lambda run, args, kwargs: methods.of_module(run, name, value, args, kwargs))
    return run.unknown(f"nn.{value.kind} has no attribute {name}")


def _of_weight(run: Run, value: WeightOf, name: str) -> Any:
    if name == "data":
        return value
    if name.endswith("_") and name[:-1] in methods.BEGINNINGS:
        return Native(name, lambda run, args, kwargs: methods.begin(run, name[:-1], value, args, kwargs))
    if name == "requires_grad_":
        return Native(name, lambda run, args, kwargs: module_tree.freeze(run, value.layer, *args))
    if name in ("dim", "ndimension"):
        return Native(name, lambda run, args, kwargs: _rank_of_weight(value))
    if name == "ndim":
        return _rank_of_weight(value)
    if name in ("weight", "bias") and value.name == "out_proj":
        return WeightOf(value.layer, f"out_proj.{name}")
    return run.unknown(f"{name} of the weight of a layer is not read: blocks keep their weights to themselves")


def _rank_of_weight(weight: WeightOf) -> int:
    """How many dimensions a weight has: one for each direction of a kernel beside outputs and inputs."""
    type = weight.layer.type
    if weight.name.startswith("bias") or "Norm" in type or type == "PReLU":
        return 1
    return 2 + int(type[-2]) if "Conv" in type and type[-2:-1].isdigit() else 3 if type == "Bilinear" else 2


def _of_outside(run: Run, value: Outside, name: str) -> Any:
    if name in ("__name__", "__qualname__"):
        return value.name
    path = f"{value.path}.{name}"
    return known_functions.CONSTANTS[path] if path in known_functions.CONSTANTS else Outside(path)


def _of_class(run: Run, value: ClassValue, name: str) -> Any:
    if name in ("__name__", "__qualname__"):
        return value.name
    found = value.lookup(name)
    if isinstance(found, Decorated):
        return Bound(found.function, value) if found.kind == "classmethod" else found.function
    if found is None and name == "__init__":
        return Native("__init__", lambda run, args, kwargs: calling.base_begin(run, args[0], args[1:], kwargs))
    known = any(name in one.names for one in value.line())
    return found if known else run.unknown(f"{value.name} has no attribute {name}")


def _of_super(run: Run, value: Super, name: str) -> Any:
    line = value.itself.cls.line()
    behind = line[line.index(value.after) + 1 :] if value.after in line else []
    for cls in behind:
        if name in cls.names:
            return calling.bound(cls.names[name], value.itself)
    if name == "__init__":
        return Native(name, lambda run, args, kwargs: calling.base_begin(run, value.itself, args, kwargs))
    if name in ("forward", "__call__"):
        inner = value.itself.layer or value.itself.children
        return Native(name, lambda run, args, kwargs: calling.call_module(run, inner, args, kwargs))
    if name in methods.MODULE_METHODS or value.itself.children is not None:
        held = value.itself.children if name in containers.CONTAINER_METHODS else value.itself
        return attribute(run, held, name)
    return run.unknown(f"what {name} of the base class does is not in this file")


def _of_named(run: Run, value: Named, name: str) -> Any:
    return dict(zip(value.names, value.values, strict=True)).get(name) or run.unknown(f"it has no {name}")


def _of_example(run: Run, value: Example, name: str) -> Any:
    return methods.of_example(run, value, name)


def assign(run: Run, holder: Any, name: str, value: Any) -> None:
    """Give an attribute a value, as far as that means something for the drawing."""
    run.spend()
    if isinstance(holder, Instance) and holder.children is not None and is_module(value):
        holder.children.children[name] = value
    elif isinstance(holder, Instance):
        holder.attributes[name] = value
        run.not_too_many(holder.attributes)
    elif isinstance(holder, ClassValue):
        holder.names[name] = value
    elif isinstance(holder, Layer):
        set_weight(run, holder, name, value)
    elif isinstance(holder, Container) and is_module(value):
        holder.children[name] = value
    elif isinstance(holder, Learned | WeightOf) and name == "requires_grad":
        target = holder.layer if isinstance(holder, WeightOf) else holder
        target.frozen = value is False
    elif isinstance(holder, Learned) and name == "data" and isinstance(value, Numbers):
        holder.begins = value
    elif isinstance(holder, Tensor):
        run.refuse(f"setting {name} of a tensor is not read")


_KINDS = {
    Tensor: _of_tensor,
    Numbers: _of_tensor,
    Learned: _of_learned,
    Noise: _of_noise,
    Instance: _of_instance,
    Layer: _of_layer,
    Container: _of_container,
    WeightOf: _of_weight,
    Outside: _of_outside,
    ClassValue: _of_class,
    Super: _of_super,
    Named: _of_named,
    Example: _of_example,
    Options: option,
}
