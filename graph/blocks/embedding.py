"""Embeddings: whole numbers that name things (words, users, classes) become learned vectors."""

from __future__ import annotations

from graph.block_type import BlockType, Call, Inferred, Inputs, ShapeError, Site, Values
from graph.blocks.demands import count, wrong_rank
from graph.dim import Dim
from graph.hyperparameter import Choice, Int
from graph.tensor_type import TensorType

TABLE = (
    Int("num_embeddings", help="Number of rows: how many different numbers there are.", low=1, suggestion=1000),
    Int("embedding_dim", help="Length of each vector.", low=1, suggestion=64),
    Int("padding_idx", None, "The number that fills up short sequences: its row stays zero."),
)


class Lookup(BlockType):
    """What the tables of learned vectors share: one row for every whole number."""

    family = "embedding"
    hyperparameters = TABLE

    def check(self, values: Values) -> None:
        rows, padding = values["num_embeddings"], values["padding_idx"]
        if padding is not None and not -rows <= padding < rows:
            raise ShapeError(
                f"padding_idx {padding} is no row of {rows}: use {-rows} to {rows - 1}",
                hyperparameter="padding_idx",
                code="index",
            )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        rows, width = values["num_embeddings"], values["embedding_dim"]
        if x.dtype not in ("int64", "int32"):
            raise ShapeError(
                f"{self.name} looks up whole numbers, int64 or int32, but gets {x.dtype}", "input", code="dtype"
            )
        if x.classes is not None and x.classes > rows:
            raise ShapeError(
                f"the data have {x.classes} different numbers, but the table only {rows} rows:"
                f" set num_embeddings to {x.classes}",
                "input",
                "num_embeddings",
                "classes",
            )
        output = TensorType((*self._places(x), width))
        return Inferred({"output": output}, parameters=rows * width, weights=(("weight", (rows, width)),))

    def _places(self, x: TensorType) -> tuple[Dim, ...]:
        """The dimensions of which each gets a vector; raises ShapeError."""
        return x.dims

    def explain(self, values, inputs, inferred):
        rows, width = values["num_embeddings"], values["embedding_dim"]
        return (
            ("output", f"{inputs['input']} -> {inferred.outputs['output']}"),
            ("parameters", f"{rows}*{width} = {count(inferred.parameters)}"),
            ("multiply-adds", "none: rows are looked up"),
        )

    def module(self, values, inputs, inferred):
        kwargs = self.set_apart(values)
        return Call(f"nn.{self.name}", (kwargs.pop("num_embeddings"), kwargs.pop("embedding_dim")), kwargs)


class Embedding(Lookup):
    """A table with one learned vector for each number: looks up the row of every index.

    (N, ...) of whole numbers below num_embeddings -> (N, ..., embedding_dim).
    """

    aliases = ("lookup table", "word vectors", "word2vec", "token embedding", "vocabulary", "nlp")


class EmbeddingBag(Lookup):
    """Looks up the rows of several numbers and puts them together: a text as the mean of its words, order forgotten.

    (N, B) of whole numbers below num_embeddings -> (N, embedding_dim).
    """

    aliases = ("bag of words", "mean of word vectors", "text classification", "sparse features", "nlp")
    hyperparameters = (
        *TABLE[:2],
        Choice("mode", "mean", "How the rows are put together.", choices=("sum", "mean", "max")),
        TABLE[2],
    )

    def _places(self, x):
        if x.rank != 2:
            raise wrong_rank(self.name, x, "bags of numbers N x B")
        return x.dims[:1]


class OneHot(BlockType):
    """A vector for each whole number that is 1 at its place and 0 elsewhere: classes as features, nothing learned.

    (N, ...) of int64 below num_classes -> (N, ..., num_classes) in float32.
    """

    family = "embedding"
    aliases = ("one-hot", "dummy variables", "categorical", "indicator", "class vector")
    hyperparameters = (
        Int("num_classes", None, "How many different numbers there are; told by the data.", low=1, inferred=True),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        if x.dtype != "int64":
            raise ShapeError(f"OneHot takes whole numbers, int64, but gets {x.dtype}", "input", code="dtype")
        classes = self._classes(values, x)
        if x.classes is not None and x.classes > classes:
            text = f"the data have {x.classes} different numbers: set num_classes to {x.classes}"
            raise ShapeError(text, "input", "num_classes", "classes")
        return Inferred({"output": TensorType((*x.dims, classes))})

    def _classes(self, values: Values, x: TensorType) -> int:
        classes = values["num_classes"] or x.classes
        if classes is None:
            text = "how many different numbers there are is not told by the data: set num_classes"
            raise ShapeError(text, hyperparameter="num_classes", code="classes")
        return classes

    def explain(self, values, inputs, inferred):
        return (("output", f"{inputs['input']} -> {inferred.outputs['output']}"), ("parameters", "nothing to learn"))

    def forward(self, site: Site) -> str:
        classes = self._classes(site.values, site.inputs["input"])
        return f"F.one_hot({site.one('input')}, num_classes={classes}).float()"


BLOCK_TYPES = (Embedding, EmbeddingBag, OneHot)
