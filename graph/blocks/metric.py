"""Metrics: what people want to know of an answer; nothing is learned from them."""

from __future__ import annotations

from graph.block_type import BlockType, Inferred, Inputs, Port, ShapeError, Site, Values
from graph.blocks.demands import wrong_rank
from graph.tensor_type import TensorType


class Accuracy(BlockType):
    """The share of right answers, 0 to 1.

    With scores (N, C) or (N, C, ...) and class numbers (N) or (N, ...), the class of the highest score is the answer.
    With one score a sample, (N, 1) or (N), the answer is yes where the score is above zero, as BCEWithLogitsLoss
    reads it. With float targets shaped as the scores, each score is such an answer and targets above a half mean yes.
    """

    family = "metric"
    role = "metric"
    aliases = ("acc", "correct", "hit rate", "classification accuracy", "error rate")
    inputs = (Port("input", help="What the network answers."), Port("target", help="What it should answer."))
    outputs = (Port("accuracy"),)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        rule(inputs["input"], inputs["target"])
        return Inferred({"accuracy": TensorType(())})

    def explain(self, values, inputs, inferred):
        x, target = inputs["input"], inputs["target"]
        answer = {
            "highest": "the class with the highest score",
            "sign of one": "yes where the score is above zero",
            "signs": "yes where a score is above zero; a target above 0.5 means yes",
        }[rule(x, target)]
        return (("compares", f"{x} with {target}"), ("answer", answer), ("accuracy", "right answers / all answers"))

    def forward(self, site: Site) -> str:
        x, target = site.one("input"), site.one("target")
        found = rule(site.inputs["input"], site.inputs["target"])
        if found == "signs":
            return f"(({x} > 0) == ({target} > 0.5)).float().mean()"
        if found == "sign of one":
            return f"(({x}.squeeze(1) > 0) == ({target} > 0)).float().mean()"
        return f"({x}.argmax(dim=1) == {target}).float().mean()"


def rule(x: TensorType, target: TensorType) -> str:
    """How answers are read: `highest` score, `sign of one` score, or `signs` of all; raises ShapeError."""
    if x.rank < 1:
        raise wrong_rank("Accuracy", x, "answers for a batch of samples")
    if x.dtype == "bool":
        raise ShapeError("Accuracy compares scores, but gets answers that are decided already", "input", code="dtype")
    if x.dims == target.dims and (target.is_float or x.rank == 1):
        return "signs"
    if target.is_float:
        raise ShapeError(
            f"float targets are compared score by score: they must be {x} as the scores, but are {target};"
            " class numbers are int64",
            "target",
            code="dtype",
        )
    expected = (x.dims[0], *x.dims[2:])
    if x.rank < 2 or target.dims != expected:
        right = TensorType(expected) if x.rank > 1 else x
        raise ShapeError(
            f"scores {x} ask for class numbers shaped {right}, but the target is {target}",
            "target",
            code="target_shape",
        )
    classes = x.dims[1]
    if classes == 1 and (target.classes is None or target.classes <= 2):
        return "sign of one"
    if target.classes is not None and isinstance(classes, int) and classes < target.classes:
        raise ShapeError(
            f"the data have {target.classes} classes, but there are scores for {classes}", "input", code="classes"
        )
    return "highest"


BLOCK_TYPES = (Accuracy,)
