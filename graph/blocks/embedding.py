"""Embeddings: whole numbers that name things (words, users, classes) become learned vectors."""

from __future__ import annotations

from graph.block_type import BlockType, Call, Inferred, Inputs, ShapeError, Values
from graph.blocks.demands import count
from graph.hyperparameter import Int
from graph.tensor_type import TensorType


class Embedding(BlockType):
    """A table with one learned vector for each number: looks up the row of every index.

    (N, ...) of whole numbers below num_embeddings -> (N, ..., embedding_dim).
    """

    family = "embedding"
    aliases = ("lookup table", "word vectors", "word2vec", "token embedding", "vocabulary", "nlp")
    hyperparameters = (
        Int("num_embeddings", help="Number of rows: how many different numbers there are.", low=1, suggestion=1000),
        Int("embedding_dim", help="Length of each vector.", low=1, suggestion=64),
        Int("padding_idx", None, "The number that fills up short sequences: its row stays zero."),
    )

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
                f"Embedding looks up whole numbers, int64 or int32, but gets {x.dtype}", "input", code="dtype"
            )
        if x.classes is not None and x.classes > rows:
            raise ShapeError(
                f"the data have {x.classes} different numbers, but the table only {rows} rows:"
                f" set num_embeddings to {x.classes}",
                "input",
                "num_embeddings",
                "classes",
            )
        return Inferred(
            {"output": TensorType((*x.dims, width))}, parameters=rows * width, weights=(("weight", (rows, width)),)
        )

    def explain(self, values, inputs, inferred):
        rows, width = values["num_embeddings"], values["embedding_dim"]
        return (
            ("output", f"{inputs['input']} -> {inferred.outputs['output']}"),
            ("parameters", f"{rows}*{width} = {count(inferred.parameters)}"),
            ("multiply-adds", "none: rows are looked up"),
        )

    def module(self, values, inputs, inferred):
        kwargs = self.set_apart(values)
        return Call("nn.Embedding", (kwargs.pop("num_embeddings"), kwargs.pop("embedding_dim")), kwargs)


BLOCK_TYPES = (Embedding,)
