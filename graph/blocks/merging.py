"""Merging: several tensors become one, by value or side by side; skip connections end here."""

from __future__ import annotations

from graph.block_type import KEEPS_NOTHING, BlockType, Inferred, Inputs, Kept, Port, ShapeError, Site, Values
from graph.blocks.broadcasting import UNDECIDED, broadcast, promote
from graph.blocks.demands import no_such_axis
from graph.blocks.window import factors
from graph.dim import Dim, N, is_open
from graph.hyperparameter import Axis
from graph.tensor_type import TensorType

MANY = (Port("inputs", many=True, help="Any number of tensors, in the order they were wired."),)


class Elementwise(BlockType):
    """What Add and Multiply share: values at the same place meet; sizes of 1 are repeated, as torch broadcasts."""

    family = "merging"
    inputs = MANY
    operator = ""
    blamed = "inputs"  # the port that is told of shapes that do not fit

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        tensors = inputs["inputs"]
        first = tensors[0]
        dims, dtype = first.dims, first.dtype
        for x in tensors:
            if x.dtype != dtype:
                dtype = promote((TensorType(dims, dtype), x))
            if x.dims != dims:
                joined = broadcast(dims, x.dims)
                if joined.__class__ is str:
                    raise self._misfit(TensorType(dims), x, joined)
                dims = joined
        warnings = _one_input(self.name) if len(tensors) == 1 else ()
        return Inferred({"output": TensorType(dims, dtype)}, warnings=warnings)

    def _misfit(self, left: TensorType, right: TensorType, why: str) -> ShapeError:
        if why == UNDECIDED and not any(N in (a, b) and a != b for a, b in _aligned(left, right)):
            text = f"whether {left} and {right} fit is open: give their Inputs the same numbers or names"
            return ShapeError(text, self.blamed, code="open")
        return ShapeError(
            f"{self.name} needs inputs of the same shape, or 1 where they differ, but gets {left} and {right}",
            self.blamed,
            code="broadcast",
        )

    def explain(self, values, inputs, inferred):
        shapes = f" {self.operator} ".join(f"({x})" for x in inputs["inputs"])
        return (("output", f"{shapes} -> {inferred.outputs['output']}"), ("parameters", "nothing to learn"))

    def forward(self, site: Site) -> str:
        return f" {self.operator} ".join(site.many("inputs"))


class Add(Elementwise):
    """Adds tensors value by value: the end of a skip connection, where a block learns only a correction.

    Same shapes, or 1 where they differ: (N, C, H, W) + (N, C, 1, 1) -> (N, C, H, W).
    """

    keeps = KEEPS_NOTHING
    aliases = ("sum", "plus", "+", "skip connection", "residual", "shortcut", "elementwise sum")
    operator = "+"


class Multiply(Elementwise):
    """Multiplies tensors value by value: gates and attention weights work so.

    Same shapes, or 1 where they differ: (N, C, H, W) * (N, C, 1, 1) -> (N, C, H, W).
    """

    keeps = Kept(inputs=("inputs",))
    aliases = (
        "mul",
        "times",
        "*",
        "gate",
        "hadamard product",
        "elementwise product",
        "scale",
        "squeeze and excitation",
    )
    operator = "*"


class Concatenate(BlockType):
    """Puts tensors side by side along one dimension: features of several paths are kept next to each other.

    All other dimensions must agree: (N, 64, H, W) and (N, 32, H, W) -> (N, 96, H, W).
    """

    keeps = KEEPS_NOTHING
    family = "merging"
    aliases = (
        "concat",
        "cat",
        "join",
        "append",
        "merge",
        "stack channels",
        "inception",
        "u-net skip",
        "dense connection",
    )
    inputs = MANY
    hyperparameters = (Axis("dim", 1, "The dimension along which they are put side by side: 1 the channels."),)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        tensors, dim = inputs["inputs"], values["dim"]
        first = tensors[0]
        rank = first.rank
        if not -rank <= dim < rank:
            raise no_such_axis(self.name, first, dim, "dim", "inputs")
        dim %= rank
        around = first.dims[:dim], first.dims[dim + 1 :]
        size: Dim = 0
        for x in tensors:
            if x.rank != rank or (x.dims[:dim], x.dims[dim + 1 :]) != around:
                raise self._misfit(first, x, dim)
            size = size + x.dims[dim]
        output = TensorType((*around[0], size, *around[1]), promote(tensors))
        return Inferred({"output": output}, warnings=self._warnings(tensors, dim))

    def _misfit(self, first: TensorType, x: TensorType, dim: int) -> ShapeError:
        if first.rank != x.rank:
            text = f"Concatenate needs inputs with equally many dimensions, but gets {first} and {x}"
            return ShapeError(text, "inputs", code="concat")
        pairs = [(a, b) for i, (a, b) in enumerate(zip(first.dims, x.dims, strict=True)) if i != dim and a != b]
        if all(is_open(a) or is_open(b) for a, b in pairs) and not any(N in pair for pair in pairs):
            text = f"whether {first} and {x} agree besides dimension {dim} is open: give their Inputs the same numbers"
            return ShapeError(text, "inputs", code="open")
        a, b = pairs[0]
        text = f"Concatenate along dimension {dim} needs all others to agree, but {first} and {x} differ: {a} and {b}"
        return ShapeError(text, "inputs", "dim", "concat")

    def _warnings(self, tensors: tuple[TensorType, ...], dim: int) -> tuple[tuple[str, str], ...]:
        if dim == 0:
            return (("batch", f"dim 0 is the batch of {tensors[0]}: samples are put behind each other"),)
        return _one_input(self.name) if len(tensors) == 1 else ()

    def explain(self, values, inputs, inferred):
        tensors, y = inputs["inputs"], inferred.outputs["output"]
        dim = values["dim"]
        sizes = " + ".join(factors((x.dims[dim],)) for x in tensors)
        return (
            ("output", f"{', '.join(map(str, tensors))} -> {y}"),
            (f"dimension {dim % y.rank}", f"{sizes} = {y.dims[dim]}"),
            ("parameters", "nothing to learn"),
        )

    def forward(self, site: Site) -> str:
        return f"torch.cat([{', '.join(site.many('inputs'))}], dim={site.values['dim']})"


def _aligned(left: TensorType, right: TensorType):
    return zip(reversed(left.dims), reversed(right.dims), strict=False)


def _one_input(type: str) -> tuple[tuple[str, str], ...]:
    return (("one_input", f"{type} with a single input passes it on unchanged: wire another one"),)


BLOCK_TYPES = (Add, Multiply, Concatenate)
