"""Metrics: what people want to know of an answer; nothing is learned from them."""

from __future__ import annotations

from graph.block_type import BlockType, Inferred, Inputs, Port, ShapeError, Site, Values
from graph.blocks.broadcasting import promote
from graph.blocks.demands import wrong_dtype, wrong_rank
from graph.blocks.loss import different
from graph.hyperparameter import Int
from graph.tensor_type import TensorType


class Metric(BlockType):
    """What metrics share: an answer and a target in, one number out that people read."""

    family = "metric"
    role = "metric"
    inputs = (Port("input", help="What the network answers."), Port("target", help="What it should answer."))


class Accuracy(Metric):
    """The share of right answers, 0 to 1.

    With scores (N, C) or (N, C, ...) and class numbers (N) or (N, ...), the class of the highest score is the answer.
    With one score a sample, (N, 1) or (N), the answer is yes where the score is above zero, as BCEWithLogitsLoss
    reads it. With float targets shaped as the scores, each score is such an answer and targets above a half mean yes.
    """

    aliases = ("acc", "correct", "hit rate", "classification accuracy", "error rate")
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


class TopKAccuracy(Metric):
    """The share of samples whose right class is among the k highest scores, 0 to 1: ImageNet counts the top 5.

    Takes scores (N, C) or (N, C, ...) and class numbers (N) or (N, ...).
    """

    aliases = ("top-5", "top-k", "top 5 accuracy", "imagenet accuracy", "hits at k")
    outputs = (Port("accuracy"),)
    hyperparameters = (Int("k", 5, "How many of the highest scores may hold the right class.", low=1),)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, target, k = inputs["input"], inputs["target"], values["k"]
        if x.rank < 2:
            raise wrong_rank(self.name, x, "scores N x classes")
        if target.is_float or rule(x, target) != "highest":
            raise ShapeError("TopKAccuracy compares with class numbers, int64", "target", code="dtype")
        classes = x.dims[1]
        if isinstance(classes, int) and k > classes:
            text = f"there is no top {k} of {classes} classes: set k to {classes} at most"
            raise ShapeError(text, "input", "k", "classes")
        return Inferred({"accuracy": TensorType(())})

    def explain(self, values, inputs, inferred):
        x, target = inputs["input"], inputs["target"]
        answer = f"right where the class is among the {values['k']} highest of {x.dims[1]} scores"
        return (("compares", f"{x} with {target}"), ("answer", answer), ("accuracy", "right answers / all answers"))

    def forward(self, site: Site) -> str:
        best = f"{site.one('input')}.topk({site.values['k']}, dim=1).indices"
        return f"({best} == {site.one('target')}.unsqueeze(1)).any(dim=1).float().mean()"


class Distance(Metric):
    """What metrics of values share: the mean over all values of a distance between answer and target."""

    function = ""
    formula = ""

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, target = inputs["input"], inputs["target"]
        for port in ("input", "target"):
            if inputs[port].dtype == "bool" or not x.is_float:
                raise wrong_dtype(self.name, inputs[port], port=port)
        if x.dims != target.dims:
            raise different(self.name, x, target)
        return Inferred({"error": TensorType((), promote((x, target)))})

    def explain(self, values, inputs, inferred):
        x = inputs["input"]
        return (("compares", f"{x} with {inputs['target']}"), ("error", f"the mean over {x} values of {self.formula}"))

    def forward(self, site: Site) -> str:
        return f"F.{self.function}({site.one('input')}, {site.one('target')})"


class MeanAbsoluteError(Distance):
    """How far answers are off on average, in the target's own unit: the number to read a regression by.

    Takes an answer and a target of the same shape.
    """

    aliases = ("mae", "l1 error", "average error", "regression metric")
    outputs = (Port("error"),)
    function = "l1_loss"
    formula = "|input - target|"


class MeanSquaredError(Distance):
    """The mean of the squared errors: a regression's usual loss, watched without training on it.

    Takes an answer and a target of the same shape.
    """

    aliases = ("mse", "l2 error", "squared error", "regression metric")
    outputs = (Port("error"),)
    function = "mse_loss"
    formula = "(input - target)^2"


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


BLOCK_TYPES = (Accuracy, TopKAccuracy, MeanAbsoluteError, MeanSquaredError)
