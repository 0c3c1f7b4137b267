"""Losses: how far the network's answer is from the target, as one number to make small.

They are expressions of torch.nn.functional in the objective, never submodules: they hold nothing to learn.
"""

from __future__ import annotations

from graph.block_type import BlockType, Inferred, Inputs, Port, ShapeError, Site, Values
from graph.blocks.broadcasting import MISFIT, UNDECIDED, broadcast, promote
from graph.blocks.demands import open_dim, wrong_dtype, wrong_rank
from graph.dim import is_open
from graph.hyperparameter import Choice, Float, Int
from graph.number_lists import Row
from graph.tensor_type import TensorType

REDUCTION = Choice(
    "reduction",
    "mean",
    "mean over everything compared, their sum, or none: every single loss by itself.",
    choices=("mean", "sum", "none"),
)
WEIGHT = Row("weight", None, "One number for each class: how much its samples count, where some are rare.", low=0.0)
HOW = {
    "mean": "the mean over",
    "sum": "the sum over",
    "none": "one for each of",
    "batchmean": "the sum, divided by the samples, over",
}
IGNORED = Int("ignore_index", -100, "A class number that is left out of the loss.")


class Loss(BlockType):
    """What losses share: an answer and a target in, a loss out."""

    family = "loss"
    role = "loss"
    function = ""
    inputs = (Port("input", help="What the network answers."), Port("target", help="What it should answer."))
    outputs = (Port("loss"),)
    hyperparameters = (REDUCTION,)
    formula = ""
    class_axis = 1  # of the input: what the hyperparameters that are a number for each class count along

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        dims, dtype, warnings = self._compare(*(inputs[port.name] for port in self.inputs))
        self._check_rows(values, inputs)
        if values["reduction"] != "none":
            dims = ()
        elif dims:
            warnings += (
                ("not_scalar", f"reduction none gives {TensorType(dims)} losses; training needs a single one"),
            )
        return Inferred({"loss": TensorType(dims, dtype)}, warnings=warnings)

    @property
    def _rows(self) -> list[str]:
        """The hyperparameters that hold a number for each class."""
        return [h.name for h in self.hyperparameters if isinstance(h, Row)]

    def _check_rows(self, values: Values, inputs: Inputs) -> None:
        """There must be as many numbers as classes."""
        first = self.inputs[0].name
        for name in self._rows:
            numbers, dims = values[name], inputs[first].dims
            if numbers is None:
                continue
            classes = dims[self.class_axis] if len(dims) > 1 else 1
            if is_open(classes):
                raise open_dim(self.name, inputs[first], f"how many classes {name} is for", first)
            if len(numbers) != classes:
                text = (
                    f"{name} has {len(numbers)} numbers, but {inputs[first]} are {classes} classes: give one for each"
                )
                raise ShapeError(text, hyperparameter=name, code="class_weights")

    def _compare(self, x: TensorType, target: TensorType) -> tuple:
        """The shape and dtype of the single losses, and warnings, from the inputs in order; raises ShapeError."""
        raise NotImplementedError

    def explain(self, values, inputs, inferred):
        how = HOW[values["reduction"]]
        tensors = [inputs[port.name] for port in self.inputs]
        dims, dtype, _ = self._compare(*tensors)
        return (
            ("compares", " with ".join(map(str, tensors))),
            ("each loss", self.formula),
            ("loss", f"{how} {TensorType(dims, dtype)} losses"),
        )

    def forward(self, site: Site) -> str:
        answer = site.one(self.inputs[0].name)
        settings = []
        for name, value in self.set_apart(site.values).items():
            numbers = site.literal(value)
            settings.append(f"{name}={answer}.new_tensor({numbers})" if name in self._rows else f"{name}={numbers}")
        return f"F.{self.function}({', '.join((*(site.one(port.name) for port in self.inputs), *settings))})"


class ClassLoss(Loss):
    """What losses of classes share: a score for every class, and the number of the right one."""

    def _check_scores(self, x: TensorType) -> None:
        if not x.is_float:
            raise wrong_dtype(self.name, x, "scores in float32")
        if x.rank < 2:
            raise wrong_rank(self.name, x, "scores N x classes")

    def _check_numbers(self, x: TensorType, target: TensorType, otherwise: str = "") -> None:
        """The target must hold one of the classes for every place."""
        if target.dtype != "int64" and (target.dtype != "uint8" or target.rank > 1):
            hint = "" if target.is_float and otherwise else " of dtype int64"
            raise ShapeError(
                f"the target must be class numbers{hint} shaped {_without_classes(x)}{otherwise};"
                f" it is {target} of {target.dtype}",
                "target",
                code="dtype",
            )
        expected = (x.dims[0], *x.dims[2:])
        if target.dims != expected:
            if x.rank > 2 and target.rank == 1:
                raise ShapeError(
                    f"scores {x} ask for a class number at every place, {_without_classes(x)}, but there is one for"
                    f" each sample: flatten the scores to N x classes",
                    "input",
                    code="needs_flatten",
                )
            raise ShapeError(
                f"scores {x} ask for class numbers shaped {_without_classes(x)}, but the target is {target}",
                "target",
                code="rank" if target.rank != len(expected) else "target_shape",
            )
        classes = x.dims[1]
        if target.classes is not None and isinstance(classes, int) and classes < target.classes:
            raise ShapeError(
                f"the data have {target.classes} classes, but there are scores for {classes}: the layer before needs"
                f" {target.classes} outputs",
                "input",
                code="classes",
            )


class CrossEntropyLoss(ClassLoss):
    """The loss for classification: minus the logarithm of the probability given to the right class.

    Takes raw scores (N, C) or (N, C, ...) and class numbers (N) or (N, ...), or class probabilities shaped as the
    scores; applies log-softmax itself.
    """

    aliases = ("softmax loss", "log loss", "categorical crossentropy", "ce", "classification loss", "xent")
    function = "cross_entropy"
    formula = "-log(softmax(input)[target])"
    hyperparameters = (
        WEIGHT,
        IGNORED,
        REDUCTION,
        Float("label_smoothing", 0.0, "Share taken from the right class and spread over all.", low=0.0, high=1.0),
    )

    def _compare(self, x, target):
        self._check_scores(x)
        if target.is_float and target.rank == x.rank:
            return self._probabilities(x, target)
        self._check_numbers(x, target, f", or probabilities shaped {x}")
        return target.dims, x.dtype, ()

    def _probabilities(self, x, target):
        if x.dims != target.dims:
            raise different("CrossEntropyLoss with probabilities", x, target)
        return (x.dims[0], *x.dims[2:]), promote((x, target)), ()


class NLLLoss(ClassLoss):
    """Minus the log-probability of the right class: CrossEntropyLoss for networks that end with LogSoftmax.

    Takes log-probabilities (N, C) or (N, C, ...) and class numbers (N) or (N, ...).
    """

    aliases = ("negative log likelihood", "nll", "log likelihood", "classification loss")
    function = "nll_loss"
    formula = "-input[target]"
    hyperparameters = (WEIGHT, IGNORED, REDUCTION)

    def _compare(self, x, target):
        self._check_scores(x)
        self._check_numbers(x, target)
        return target.dims, x.dtype, ()


class ValueLoss(Loss):
    """What losses of values share: answer and target are compared value by value."""

    takes_bool = True

    def _compare(self, x, target):
        dtype = promote((x, target))
        if not TensorType((), dtype).is_float:
            raise wrong_dtype(self.name, x)
        if not self.takes_bool and "bool" in (x.dtype, target.dtype):
            raise wrong_dtype(self.name, *((x,) if x.dtype == "bool" else (target, "float32", "target")))
        if x.dims == target.dims:
            return x.dims, dtype, ()
        joined = broadcast(x.dims, target.dims)
        if joined in (MISFIT, UNDECIDED):
            raise different(self.name, x, target)
        text = f"input {x} and target {target} differ: every value is compared with several, {TensorType(joined)}"
        return joined, dtype, (("broadcast", text),)


class MSELoss(ValueLoss):
    """The loss for regression: the squared distance between answer and target; torch takes the mean, lectures the sum.

    Takes an answer and a target of the same shape.
    """

    aliases = ("mean squared error", "mse", "l2 loss", "least squares", "regression loss", "quadratic loss")
    function = "mse_loss"
    formula = "(input - target)^2"


class L1Loss(ValueLoss):
    """The distance between answer and target without squaring: less afraid of outliers than MSELoss.

    Takes an answer and a target of the same shape.
    """

    aliases = ("mean absolute error", "mae", "absolute loss", "regression loss")
    function = "l1_loss"
    formula = "|input - target|"
    takes_bool = False


class SmoothL1Loss(ValueLoss):
    """Squared for small distances, plain for large ones: as calm as MSELoss, and minds outliers as little as L1Loss.

    Takes an answer and a target of the same shape.
    """

    aliases = ("huber", "smooth l1", "robust loss", "regression loss")
    function = "smooth_l1_loss"
    formula = "(input - target)^2/(2*beta) where |input - target| < beta, else |input - target| - beta/2"
    hyperparameters = (REDUCTION, Float("beta", 1.0, "The distance below which it is squared.", low=0.0))


class YesOrNoLoss(Loss):
    """What losses of yes-or-no questions share: a target between 0 and 1 for each answer."""

    one_dtype = False
    class_axis = -1
    hyperparameters = (WEIGHT, REDUCTION)

    def _compare(self, x, target):
        if not x.is_float:
            raise wrong_dtype(self.name, x, "answers in float32")
        if not target.is_float:
            raise wrong_dtype(self.name, target, "targets 0 to 1 in float32", "target")
        if self.one_dtype and x.dtype != target.dtype:
            raise wrong_dtype(self.name, target, f"answers and targets alike, here {x.dtype}", "target")
        if x.dims != target.dims:
            raise different(self.name, x, target)
        return x.dims, target.dtype, ()


class BCEWithLogitsLoss(YesOrNoLoss):
    """The loss for yes-or-no questions: cross-entropy of the sigmoid of each score; applies the sigmoid itself.

    Takes raw scores and targets between 0 and 1 (float) of the same shape.
    """

    aliases = ("binary cross entropy", "bce", "sigmoid loss", "logistic loss", "binary classification loss")
    function = "binary_cross_entropy_with_logits"
    formula = "-(target*log(sigmoid(input)) + (1 - target)*log(1 - sigmoid(input)))"
    hyperparameters = (
        WEIGHT,
        REDUCTION,
        Row("pos_weight", None, "One number for each question: how much a yes counts, where it is rare.", low=0.0),
    )


class BCELoss(YesOrNoLoss):
    """Cross-entropy of yes-or-no answers that are probabilities already, behind a Sigmoid.

    Takes probabilities 0 to 1 and targets 0 to 1 (float) of the same shape.
    """

    aliases = ("binary cross entropy", "bce", "gan loss", "binary classification loss")
    one_dtype = True
    function = "binary_cross_entropy"
    formula = "-(target*log(input) + (1 - target)*log(1 - input))"


def different(what: str, x: TensorType, target: TensorType, port: str = "target") -> ShapeError:
    """What is wired to the port is not like the first input, with which it is compared value by value."""
    if broadcast(x.dims, target.dims) == UNDECIDED and x.rank == target.rank:
        text = f"whether input {x} and {port} {target} are alike is open: give their Inputs the same numbers or names"
        return ShapeError(text, port, code="open")
    text = f"{what} compares value by value: the {port} must be {x} as the input, but is {target}"
    return ShapeError(text, port, code="target_shape")


def _without_classes(x: TensorType) -> TensorType:
    return TensorType((x.dims[0], *x.dims[2:]), "int64")


BLOCK_TYPES = (CrossEntropyLoss, MSELoss, BCEWithLogitsLoss, L1Loss, SmoothL1Loss, BCELoss, NLLLoss)
