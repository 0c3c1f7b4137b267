"""Positional encodings: attention does not know the order of a sequence until something tells it the places.

torch.nn has none of them, so they come as pieces; each keeps the shape.
"""

from __future__ import annotations

from graph.block_type import KEEPS_NOTHING, BlockType, Call, Inferred, Inputs, ShapeError, Values
from graph.blocks.demands import count, open_dim, wrong_dtype, wrong_rank
from graph.dim import is_open
from graph.hyperparameter import Float, Int
from graph.tensor_type import TensorType

BASE = Float("base", 10000.0, "The slowest wave is about so many places long, over 2*pi.", low=1.0)


class PositionalEncoding(BlockType):
    """What the encodings share: sequences in, the same sequences that know their places out."""

    family = "embedding"
    keeps = KEEPS_NOTHING
    formula = ""

    def _check_sequence(self, x: TensorType) -> None:
        if x.dtype != "float32":
            raise wrong_dtype(self.name, x)
        if x.rank != 3:
            raise wrong_rank(self.name, x, "sequences N x T x features")

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        self._check_sequence(inputs["input"])
        return Inferred({"output": inputs["input"]})

    def explain(self, values, inputs, inferred):
        return (
            ("output", f"{inferred.outputs['output']}, as the input"),
            ("place t, feature i", self.formula.format(base=f"{values.get('base', 0):g}", d=inputs["input"].dims[-1])),
            ("parameters", "nothing to learn"),
        )

    def module(self, values, inputs, inferred):
        return Call(self.name, (), self.set_apart(values))


class SinusoidalEncoding(PositionalEncoding):
    """Adds sines and cosines of the place to the features, so that attention can tell one place from another.

    (N, T, E) -> (N, T, E) of any length; nothing is learned. Vaswani et al., 2017.
    """

    aliases = ("positional encoding", "position encoding", "sine encoding", "transformer positions")
    pieces = ("SinusoidalEncoding",)
    hyperparameters = (BASE,)
    formula = "adds sin(t/{base}^(i/{d})) for even i, the cosine of its neighbour for odd i"


class RotaryEncoding(PositionalEncoding):
    """Turns pairs of features by an angle that grows with the place: products of queries and keys see distances.

    (N, ..., T, E) with E even -> the same shape; nothing is learned. Su et al., 2021.
    """

    aliases = ("rope", "rotary position embedding", "positional encoding", "position encoding", "llama positions")
    pieces = ("RotaryEncoding",)
    hyperparameters = (BASE,)
    formula = "features i and i + 1 turned by t/{base}^(i/{d}), i even"

    def _check_sequence(self, x: TensorType) -> None:
        if x.dtype != "float32":
            raise wrong_dtype(self.name, x)
        if x.rank < 3:
            raise wrong_rank(self.name, x, "sequences N x ... x T x features")
        width = x.dims[-1]
        if is_open(width):
            raise open_dim(self.name, x, "its number of features")
        if width % 2:
            text = f"RotaryEncoding turns features two by two: {width} of {x} is odd, {width + 1} would do"
            raise ShapeError(text, "input", code="halves")


class LearnedEncoding(PositionalEncoding):
    """Adds a learned vector to every place, so that attention can tell one place from another.

    (N, T, E) with T at most `length` -> (N, T, E); length*E parameters, as in BERT, GPT-2 and ViT.
    """

    aliases = ("position embedding", "positional embedding", "positional encoding", "vit positions", "gpt positions")
    pieces = ("LearnedEncoding",)
    hyperparameters = (
        Int("length", None, "The longest sequence; the input's length unless set.", low=1, inferred=True),
        Float("std", 0.02, "How far from zero the vectors begin.", low=0.0),
    )
    formula = "adds weight[t, i], learned"

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        self._check_sequence(x)
        shape = (self._length(values, x), self._width(x))
        return Inferred({"output": x}, parameters=shape[0] * shape[1], weights=(("weight", shape),))

    def _width(self, x: TensorType) -> int:
        if is_open(x.dims[2]):
            raise open_dim(self.name, x, "its number of features")
        return x.dims[2]

    def _length(self, values: Values, x: TensorType) -> int:
        length, given = values["length"], x.dims[1]
        if length is None:
            if is_open(given):
                text = f"the length of {x} is open: set length to that of the longest sequence"
                raise ShapeError(text, "input", "length", "open")
            return given
        if not is_open(given) and given > length:
            text = f"{x} is longer than the {length} places that have a vector: set length to {given}"
            raise ShapeError(text, "input", "length", "length")
        return length

    def explain(self, values, inputs, inferred):
        length, width = inferred.weights[0][1]
        return (
            *super().explain(values, inputs, inferred)[:2],
            ("parameters", f"{length}*{width} = {count(inferred.parameters)}"),
        )

    def module(self, values, inputs, inferred):
        kwargs = self.set_apart(values)
        kwargs.pop("length", None)
        return Call("LearnedEncoding", inferred.weights[0][1], kwargs)


BLOCK_TYPES = (SinusoidalEncoding, LearnedEncoding, RotaryEncoding)
