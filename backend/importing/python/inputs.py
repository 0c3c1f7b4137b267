"""The shapes of a model's inputs: from an example in the file, else from its first layers, tried until all agrees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from backend.importing.python.module_tree import modules_of
from backend.importing.python.running import Run
from backend.importing.python.values import Bound, Function, Instance, Layer, Numbers, Unknown

IMAGES = (224, 32, 28, 64, 96, 128, 227, 256, 299, 512, 16, 8, 48, 84, 100, 160, 192, 320, 384, 416, 448, 572, 4, 1)
GREY = (28, 32, 64, 224, 96, 128, 256, 512, 572, 8, 16, 48, 84, 100, 160, 192, 299, 320, 384, 4, 1)
SMALL_FIRST = (1, 4, 7, 8, 2, 3, 5, 6, 14, 16, 28, 32)
LENGTHS = (32, 16, 64, 128, 100, 50, 256, 512, 784, 1000, 1024, 16000, 10, 20, 28, 8, 4, 1)
VOLUMES = (32, 16, 64, 8, 28, 4, 1)
SIDE = re.compile(r"(im|img|image|input|frame|crop|picture)?_?(size|res|resolution|side|dim)", re.I)
HEIGHT = re.compile(r"((im|img|image|input|frame|screen|in)_?)?(h|height|rows)", re.I)
WIDTH = re.compile(r"((im|img|image|input|frame|screen|in)_?)?(w|width|cols|columns)", re.I)
PICTURES = {c * size * size: (c, size, size) for c, size in ((1, 28), (3, 32), (1, 32), (1, 8), (3, 64), (3, 224))}


@dataclass(frozen=True, slots=True)
class Shape:
    """One input: its sizes without the batch, and the kind of its numbers."""

    sizes: tuple[int, ...]
    dtype: str = "float32"

    def __str__(self) -> str:
        words = " x ".join(("N", *map(str, self.sizes)))
        return words if self.dtype == "float32" else f"{words} ({self.dtype})"


@dataclass(slots=True)
class Asked:
    """What forward wants: names of tensors, and values of what the example gives beside tensors."""

    names: list[str]
    given: dict[str, Any] = field(default_factory=dict)
    shapes: list[Shape] | None = None  # from an example
    known: dict[str, Shape] = field(default_factory=dict)  # where it shows only some of them


def asked(run: Run, model: Any, example: tuple[list[Any], dict[str, Any]] | None) -> Asked:
    """The arguments of forward, and their shapes where an example shows them."""
    names, optional = _parameters(model)
    if example is None:
        return Asked(names)
    args, kwargs = example
    pairs = dict(zip((*names, *optional), args, strict=False)) | kwargs
    tensors = {name: value for name, value in pairs.items() if isinstance(value, Numbers) and value.shape}
    known = {name: Shape(value.shape[1:], value.dtype) for name, value in tensors.items()}
    unread = [name for name, value in pairs.items() if isinstance(value, Unknown)]
    others = {name: value for name, value in pairs.items() if name not in tensors and name not in unread}
    missing = [name for name in names if name not in pairs or name in unread]
    wanted = [*tensors, *missing]
    return Asked(wanted, others, list(known.values()) if not missing else None, known)


def _parameters(model: Any) -> tuple[list[str], list[str]]:
    """The names forward needs, and those that have a default."""
    method = model.cls.lookup("forward") if isinstance(model, Instance) else None
    function = method.function if isinstance(method, Bound) else method
    if not isinstance(function, Function):
        return ["x"], []
    spec = function.node.args
    names = [one.arg for one in (*spec.posonlyargs, *spec.args)][1:]
    count = len(names) - len(function.defaults)
    needed = names[: max(count, 0)] or names[:1] or ([spec.vararg.arg] if spec.vararg else [])
    return needed, [name for name in names if name not in needed]


def guesses(run: Run, model: Any, names: list[str], hints: dict[int, Any]) -> Iterator[list[Shape]]:
    """Shapes worth trying, the likeliest first; all inputs take the same turn."""
    for trial in run.trials:
        if len(names) == 1 and len(trial) > 1:
            yield [Shape(trial[1:])]
    first = _first_layer(run, model)
    lists = []
    for index in range(len(names)):
        layer, flat, joined = hints.get(index) or hints.get(0) or (first, False, (index,))
        if len(joined) == 2 and len(names) == 2 and layer.type == "Linear":
            yield from _shared_out(model, layer)
        rank = hints.get(("rank", index))
        found = candidates(layer, flat, first)
        lists.append(_of_rank([*_told(model, found), *found], rank))
    longest = max((len(one) for one in lists), default=0)
    for turn in range(longest):
        yield [one[min(turn, len(one) - 1)] for one in lists]


def _told(model: Any, found: list[Shape]) -> list[Shape]:
    """Pictures of the sizes that the model was made with: DQN(40, 90, 2), ViT(img_size=48)."""
    if not found or len(found[0].sizes) != 3 or not isinstance(model, Instance):
        return []
    channels = found[0].sizes[0]
    numbers = [(name, one) for name, one in model.made_with.items() if type(one) is int and 8 <= one <= 2048]
    square = [Shape((channels, one, one)) for name, one in numbers if SIDE.fullmatch(name)]
    pairs = [
        Shape((channels, a, b))
        for (high, a), (wide, b) in pairwise(numbers)
        if HEIGHT.fullmatch(high) and WIDTH.fullmatch(wide)
    ]
    return [*square, *pairs]


def _of_rank(found: list[Shape], rank: int | None) -> list[Shape]:
    """The candidates that have as many dimensions as forward takes apart; pictures where none has."""
    fitting = [one for one in found if rank is None or len(one.sizes) == rank - 1]
    if fitting or rank not in (4, 5):
        return fitting or found
    ahead = (8,) if rank == 5 else ()
    return [Shape((*ahead, channels, size, size)) for size in IMAGES for channels in (3, 1)]


def _shared_out(model: Any, layer: Layer) -> Iterator[list[Shape]]:
    """Two inputs that are joined before a linear layer: by sizes that the model remembers, else by halves."""
    whole = layer.arguments.get("in_features")
    known = model.attributes.values() if isinstance(model, Instance) else ()
    for size in known:
        if isinstance(whole, int) and type(size) is int and 0 < size < whole:
            yield [Shape((whole - size,)), Shape((size,))]
    if isinstance(whole, int) and whole > 1:
        yield [Shape((whole - whole // 2,)), Shape((whole // 2,))]


def _first_layer(run: Run, model: Any) -> Layer | None:
    layers = [one for one in modules_of(run, model) if isinstance(one, Layer)]
    return next((one for one in layers if _declared(one)), None) or (layers[0] if layers else None)


def _declared(layer: Layer) -> bool:
    return any(
        name in layer.arguments for name in ("in_channels", "in_features", "input_size", "num_embeddings", "d_model")
    )


def candidates(layer: Layer | None, flat: bool, first: Layer | None = None) -> list[Shape]:
    """What a first layer of this kind may be given."""
    if layer is None:
        return [Shape((3, 224, 224)), Shape((16,)), Shape((32,), "int64")]
    type, given = layer.type, layer.arguments
    channels = _size(given, "in_channels", "num_features", "num_channels") or 3
    features = _size(given, "in_features", "input_size", "d_model", "embed_dim", "in1_features", "num_features")
    if type.startswith("Embedding"):
        return [Shape((length,), "int64") for length in LENGTHS] + [Shape((), "int64")]
    if type.endswith("Cell"):
        return [Shape((features or 16,))]
    if type in ("BatchNorm1d", "LazyBatchNorm1d"):
        return [Shape((channels,)), *_pictures(type, channels)]
    if "Conv" in type or (type.endswith(("2d", "1d", "3d")) and "Norm" in type) or "Pool" in type:
        return _pictures(type, channels)
    if type in ("LSTM", "GRU", "RNN") or type.startswith(("Transformer", "Multihead")):
        return [Shape((length, features or 16)) for length in LENGTHS]
    if type.startswith(("Linear", "LazyLinear", "Bilinear")):
        size = features or 16
        pictures = [Shape(PICTURES[size])] if flat and size in PICTURES else []
        plain = [Shape((size,)), Shape((32, size)), Shape((1, size))]
        return [*pictures, *plain, *([Shape(PICTURES[size])] if size in PICTURES and not flat else [])]
    if first is not None and first is not layer and _declared(first):
        return candidates(first, True)
    return _pictures("2d", 3)


def _size(given: dict[str, Any], *names: str) -> int | None:
    found = next((given[name] for name in names if isinstance(given.get(name), int)), None)
    return found if found is not None and found > 0 else None


def _pictures(type: str, channels: int) -> list[Shape]:
    if "1d" in type:
        return [Shape((channels, length)) for length in (128, *LENGTHS)]
    if "3d" in type:
        return [Shape((channels, size, size, size)) for size in VOLUMES]
    sizes = SMALL_FIRST if "Transpose" in type else GREY if channels == 1 else IMAGES
    return [Shape((channels, size, size)) for size in sizes]
