"""Nested values with tensors in them as one safetensors file, and back: tensors as they are, the rest as JSON.

Nothing is ever pickled. The JSON carries a digest of the tensors, so that a file that rotted is known.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open

TENSOR, TUPLE, NUMBER, PAIRS = "tensor", "tuple", "number", "pairs"  # the only key of an object that stands for one


class TreeError(ValueError):
    """Bytes that hold no tree of ours; the text says why."""


def to_bytes(tree: Any) -> bytes:
    """The tree as a safetensors file; raises TypeError for what is neither JSON nor a tensor."""
    tensors: dict[str, torch.Tensor] = {}
    plain = json.dumps(_plain(tree, tensors, ""), allow_nan=False)
    metadata = {"netloom": json.dumps({"digest": _digest(plain, tensors), "tree": plain})}
    return safetensors.torch.save(tensors, metadata)


def read_tree(path: Path) -> Any:
    """The tree in a file, its tensors in host memory; raises TreeError, or OSError where it cannot be read."""
    try:
        with safe_open(path, "pt") as file:
            about = json.loads((file.metadata() or {})["netloom"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if about["digest"] != _digest(about["tree"], tensors):
            raise TreeError(f"{path.name} was changed after it was written")
        return _value(json.loads(about["tree"]), tensors)
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise error if isinstance(error, TreeError) else TreeError(f"{path.name} cannot be read: {error}") from error


def _plain(value: Any, tensors: dict[str, torch.Tensor], place: str) -> Any:
    """What JSON can hold of a value; its tensors are put into `tensors` under names that tell their place."""
    match value:
        case torch.Tensor():
            name = place if place not in tensors else f"{place}#{len(tensors)}"
            tensors[name] = value.detach().to("cpu", copy=True).contiguous()
            return {TENSOR: name}
        case float() if not math.isfinite(value):
            return {NUMBER: repr(value)}
        case None | bool() | int() | float() | str():
            return value
        case list():
            return [_plain(one, tensors, f"{place}.{i}") for i, one in enumerate(value)]
        case tuple():
            return {TUPLE: _plain(list(value), tensors, place)}
        case dict() if all(isinstance(key, str) for key in value) and not _stands(value):
            return {key: _plain(one, tensors, f"{place}.{key}".lstrip(".")) for key, one in value.items()}
        case dict():
            return {PAIRS: [[_plain(k, tensors, place), _plain(v, tensors, f"{place}.{k}")] for k, v in value.items()]}
    raise TypeError(f"{place} is a {type(value).__name__}, which is no part of a run's state")


def _stands(value: dict[Any, Any]) -> bool:
    """Whether an object would be read as something else than itself."""
    return len(value) == 1 and next(iter(value)) in (TENSOR, TUPLE, NUMBER, PAIRS)


def _value(plain: Any, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(plain, list):
        return [_value(one, tensors) for one in plain]
    if not isinstance(plain, dict):
        return plain
    if _stands(plain):
        [(kind, inner)] = plain.items()
        match kind:
            case "tensor":
                return tensors[inner]
            case "tuple":
                return tuple(_value(one, tensors) for one in inner)
            case "number":
                return float(inner)
            case "pairs":
                return {_value(key, tensors): _value(one, tensors) for key, one in inner}
    return {key: _value(one, tensors) for key, one in plain.items()}


def _digest(plain: str, tensors: dict[str, torch.Tensor]) -> str:
    """Over the plain part and every tensor, whatever their order in the file."""
    digest = hashlib.sha256(plain.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        if tensor.numel():
            digest.update(tensor.reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()
