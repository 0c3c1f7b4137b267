"""Arranging: dimensions come, go and change places; parts are cut out, copies are laid side by side.

The shaping of whole samples stands in shaping.py. Blocks that would tear the batch apart refuse to.
"""

from __future__ import annotations

from graph.block_type import KEEPS_NOTHING, BlockType, Inferred, Inputs, Port, ShapeError, Site, Values
from graph.blocks.broadcasting import promote
from graph.blocks.demands import no_such_axis, wrong_rank
from graph.blocks.merging import MANY
from graph.blocks.window import by, factors
from graph.dim import Dim, N, is_open
from graph.hyperparameter import Axis, Int, Shape
from graph.tensor_type import TensorType


class Arranging(BlockType):
    """What the blocks share that only move or copy values."""

    family = "shaping"

    def explain(self, values, inputs, inferred):
        shapes = " and ".join(str(output) for output in inferred.outputs.values())
        return (("output", f"{inputs['input']} -> {shapes}"), ("parameters", "nothing to learn"))

    def _axis(self, x: TensorType, axis: int, name: str = "dim") -> int:
        """The dimension counted from 0."""
        if not -x.rank <= axis < x.rank:
            raise no_such_axis(self.name, x, axis, name)
        return axis % x.rank

    def _not_the_batch(self, x: TensorType, axis: int, what: str) -> None:
        if x.dims[axis] == N:
            text = f"dimension {axis} of {x} is the batch: it cannot be {what}"
            raise ShapeError(text, "input", "dim", "batch")


class Squeeze(Arranging):
    """Takes away a dimension of size 1.

    (N, C, 1) with dim -1 -> (N, C).
    """

    is_view = True
    aliases = ("drop dimension", "remove dimension", "unwrap")
    hyperparameters = (Axis("dim", -1, "The dimension of size 1 that goes."),)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        dim = self._axis(x, values["dim"])
        self._not_the_batch(x, dim, "taken away")
        if is_open(x.dims[dim]):
            text = f"whether dimension {dim} of {x} is 1 is open: give the Input a number there"
            raise ShapeError(text, "input", "dim", "open")
        if x.dims[dim] != 1:
            text = f"only a dimension of size 1 can be taken away, but dimension {dim} of {x} is {x.dims[dim]}"
            raise ShapeError(text, "input", "dim", "squeeze")
        return Inferred({"output": x.with_dims(x.dims[:dim] + x.dims[dim + 1 :])})

    def forward(self, site: Site) -> str:
        return f"{site.one('input')}.squeeze({site.values['dim']})"


class Unsqueeze(Arranging):
    """Puts in a dimension of size 1: a channel for grey images, a place to repeat along.

    (N, H, W) with dim 1 -> (N, 1, H, W).
    """

    is_view = True
    aliases = ("add dimension", "insert dimension", "expand dims", "add channel", "newaxis")
    hyperparameters = (Axis("dim", 1, "Where the new dimension stands afterwards: 1 right behind the batch."),)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, dim = inputs["input"], values["dim"]
        if not -x.rank - 1 <= dim <= x.rank:
            text = f"dim {dim} is no place in {x}: use {-x.rank - 1} to {x.rank}"
            raise ShapeError(text, "input", "dim", "axis")
        dim %= x.rank + 1
        return Inferred({"output": x.with_dims((*x.dims[:dim], 1, *x.dims[dim:]))})

    def forward(self, site: Site) -> str:
        return f"{site.one('input')}.unsqueeze({site.values['dim']})"


class Transpose(Arranging):
    """Swaps two dimensions: rows and columns, or time and channels between a recurrent layer and a convolution.

    (N, T, F) with 1 and 2 -> (N, F, T).
    """

    is_view = True
    aliases = ("swap dimensions", "swapaxes", "swap axes", "permute", "flip rows and columns")
    hyperparameters = (
        Axis("dim0", 1, "The one dimension; 0 is the batch, which stays in front."),
        Axis("dim1", -1, "The other one."),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        first, second = (self._axis(x, values[name], name) for name in ("dim0", "dim1"))
        if first != second and x.dims[0] == N and 0 in (first, second):
            text = f"dimension 0 of {x} is the batch, which has to stay in front"
            raise ShapeError(text, "input", "dim0" if first == 0 else "dim1", "batch")
        dims = list(x.dims)
        dims[first], dims[second] = dims[second], dims[first]
        return Inferred({"output": x.with_dims(tuple(dims))})

    def forward(self, site: Site) -> str:
        return f"{site.one('input')}.transpose({site.values['dim0']}, {site.values['dim1']})"


class Slice(Arranging):
    """Cuts a stretch out of a dimension: some channels, the first steps, every second one.

    (N, 8, H, W) with start 2, end 6 -> (N, 4, H, W); negative numbers count from the end, as in Python.
    """

    is_view = True
    aliases = ("crop", "narrow", "cut", "part", "range", "index", "subsample")
    hyperparameters = (
        Axis("dim", 1, "The dimension that is cut: 1 the channels, or time."),
        Int("start", 0, "Where the stretch begins; negative: counted from the end."),
        Int("end", None, "Where it ends, not included; none: at the very end."),
        Int("step", 1, "2 takes every second one.", low=1),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        dim = self._axis(x, values["dim"])
        self._not_the_batch(x, dim, "cut")
        size = self._size(x, dim, values)
        return Inferred({"output": x.with_dims((*x.dims[:dim], size, *x.dims[dim + 1 :]))})

    def _size(self, x: TensorType, dim: int, values: Values) -> Dim:
        size, start, end = x.dims[dim], values["start"], values["end"]
        if is_open(size):
            if start or end is not None:
                text = f"how much of {size} lies between start and end is open: give the Input a number there"
                raise ShapeError(text, "input", "start", "open")
            return (size + values["step"] - 1) // values["step"]
        left = len(range(size)[slice(start, end, values["step"])])
        if not left:
            text = f"nothing of the {size} of dimension {dim} lies from {start} to {size if end is None else end}"
            raise ShapeError(text, "input", "start", "slice")
        return left

    def forward(self, site: Site) -> str:
        start, end, step = (site.values[name] for name in ("start", "end", "step"))
        ahead = ":, " * (site.values["dim"] % site.inputs["input"].rank)
        stretch = f"{start or ''}:{'' if end is None else end}{'' if step == 1 else f':{step}'}"
        return f"{site.one('input')}[{ahead}{stretch}]"


class Split(Arranging):
    """Cuts a tensor in two along a dimension: halves for a gate, or a first part of `size` and the rest.

    (N, 8, H, W) -> (N, 4, H, W) and (N, 4, H, W); with size 3: 3 and 5 channels. Two of them give three parts.
    """

    aliases = ("chunk", "halve", "halves", "split channels", "divide", "two parts", "coupling")
    outputs = (Port("first", help="The part from the beginning."), Port("rest", help="What is left."))
    hyperparameters = (
        Int("size", None, "How much goes into the first part; none: half.", low=1, inferred=True),
        Axis("dim", 1, "The dimension that is cut: 1 the channels, or time."),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, size = inputs["input"], values["size"]
        dim = self._axis(x, values["dim"])
        self._not_the_batch(x, dim, "cut")
        whole = x.dims[dim]
        if is_open(whole):
            text = f"what parts {whole} has is open: give the Input a number there"
            raise ShapeError(text, "input", "size", "open")
        if size is None and whole % 2:
            text = f"dimension {dim} of {x} has no halves: set size to what goes into the first part"
            raise ShapeError(text, "input", "size", "split")
        first = whole // 2 if size is None else size
        if first >= whole:
            text = f"nothing would be left of the {whole} of dimension {dim}: size must be below {whole}"
            raise ShapeError(text, "input", "size", "split")
        parts = {"first": first, "rest": whole - first}
        return Inferred({p: x.with_dims((*x.dims[:dim], s, *x.dims[dim + 1 :])) for p, s in parts.items()})

    def forward(self, site: Site) -> str:
        x, size, dim = site.one("input"), site.values["size"], site.values["dim"]
        if size is None:
            return f"{x}.chunk(2, dim={dim})"
        return f"{x}.split(({size}, {site.inputs['input'].dims[dim] - size}), dim={dim})"


class ByNumbers(Arranging):
    """What Expand and Repeat share: a number for every dimension of a sample."""

    def _numbers(self, x: TensorType, given: tuple[int, ...], name: str) -> tuple[int, ...]:
        if not x.rank:
            raise wrong_rank(self.name, x, "a batch of samples")
        if len(given) != x.rank - 1:
            text = f"{name} {by(given) or '()'} must have a number for each of the {x.rank - 1} dimensions behind"
            raise ShapeError(f"{text} the batch of {x}", "input", name, "rank")
        return given


class Expand(ByNumbers):
    """Lets dimensions of size 1 appear as often as asked, without copying: a vector for every place of an image.

    (N, C, 1, 1) with shape (C, H, W) -> (N, C, H, W); -1 keeps one dimension as it is.
    """

    aliases = ("broadcast", "broadcast to", "tile", "stretch", "repeat vector")
    hyperparameters = (
        Shape("shape", help="Dimensions of one sample afterwards; -1 keeps one.", wildcard=True, suggestion=(-1,)),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, shape = inputs["input"], values["shape"]
        dims = [x.dims[0]] if x.rank else []
        for before, after in zip(x.dims[1:], self._numbers(x, shape, "shape"), strict=True):
            if after not in (-1, before) and before != 1:
                raise self._misfit(x, before, after)
            dims.append(before if after == -1 else after)
        return Inferred({"output": x.with_dims(tuple(dims))})

    def _misfit(self, x: TensorType, before: Dim, after: int) -> ShapeError:
        if is_open(before):
            text = f"whether {before} of {x} is 1 or {after} is open: put -1 to keep it"
            return ShapeError(text, "input", "shape", "open")
        text = f"only a dimension of size 1 can be stretched, but {before} of {x} is to become {after}"
        return ShapeError(text, "input", "shape", "expand")

    def forward(self, site: Site) -> str:
        return f"{site.one('input')}.expand({', '.join(map(str, (-1, *site.values['shape'])))})"


class Repeat(ByNumbers):
    """Lays copies of a sample side by side along each of its dimensions.

    (N, C, H, W) with repeats (1, 2, 2) -> (N, C, 2*H, 2*W).
    """

    aliases = ("tile", "copy", "replicate", "repeat channels", "grey to rgb")
    hyperparameters = (
        Shape("repeats", help="How many copies along each dimension of a sample; 1 leaves it.", suggestion=(1,)),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        repeats = self._numbers(x, values["repeats"], "repeats")
        dims = (dim * times for dim, times in zip(x.dims[1:], repeats, strict=True))
        return Inferred({"output": x.with_dims((x.dims[0], *dims))})

    def explain(self, values, inputs, inferred):
        x, y = inputs["input"], inferred.outputs["output"]
        sizes = zip(range(1, x.rank), values["repeats"], strict=True)
        grown = [
            (f"dimension {i}", f"{times}*{factors((x.dims[i],))} = {y.dims[i]}") for i, times in sizes if times > 1
        ]
        return (("output", f"{x} -> {y}"), *grown, ("parameters", "nothing to learn"))

    def forward(self, site: Site) -> str:
        return f"{site.one('input')}.repeat({', '.join(map(str, (1, *site.values['repeats'])))})"


class Stack(Arranging):
    """Puts tensors of one shape behind each other along a new dimension: several steps become a sequence.

    Three times (N, F) with dim 1 -> (N, 3, F).
    """

    keeps = KEEPS_NOTHING
    family = "merging"
    aliases = ("pile", "new dimension", "join", "collect", "sequence of")
    inputs = MANY
    hyperparameters = (Axis("dim", 1, "Where the new dimension stands: 1 right behind the batch."),)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        tensors, dim = inputs["inputs"], values["dim"]
        first = tensors[0]
        if not -first.rank - 1 <= dim <= first.rank:
            text = f"dim {dim} is no place in {first}: use {-first.rank - 1} to {first.rank}"
            raise ShapeError(text, "inputs", "dim", "axis")
        for x in tensors:
            if x.dims != first.dims:
                raise self._misfit(first, x)
        dim %= first.rank + 1
        dims = (*first.dims[:dim], len(tensors), *first.dims[dim:])
        return Inferred({"output": TensorType(dims, promote(tensors))})

    def _misfit(self, first: TensorType, x: TensorType) -> ShapeError:
        pairs = [(a, b) for a, b in zip(first.dims, x.dims, strict=False) if a != b]
        unsure = all(is_open(a) or is_open(b) for a, b in pairs) and not any(N in pair for pair in pairs)
        if first.rank == x.rank and unsure:
            text = f"whether {first} and {x} are alike is open: give their Inputs the same numbers or names"
            return ShapeError(text, "inputs", code="open")
        return ShapeError(f"Stack needs inputs of one shape, but gets {first} and {x}", "inputs", code="stack")

    def explain(self, values, inputs, inferred):
        shapes = ", ".join(map(str, inputs["inputs"]))
        return (("output", f"{shapes} -> {inferred.outputs['output']}"), ("parameters", "nothing to learn"))

    def forward(self, site: Site) -> str:
        return f"torch.stack([{', '.join(site.many('inputs'))}], dim={site.values['dim']})"


BLOCK_TYPES = (Squeeze, Unsqueeze, Transpose, Slice, Split, Expand, Repeat, Stack)
