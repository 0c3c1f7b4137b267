"""Losses of values and of distributions: how far numbers are from numbers, place by place.

What they share with MSELoss and CrossEntropyLoss stands in loss.py.
"""

from __future__ import annotations

from dataclasses import replace

from graph.block_type import Port
from graph.blocks.broadcasting import MISFIT, UNDECIDED, broadcast, promote
from graph.blocks.demands import wrong_dtype, wrong_rank
from graph.blocks.loss import REDUCTION, WEIGHT, Loss, ValueLoss, different
from graph.hyperparameter import Bool, Choice, Float
from graph.tensor_type import TensorType


class HuberLoss(ValueLoss):
    """Squared for small distances, straight beyond delta: the classic loss that outliers do not drag along.

    Takes an answer and a target of the same shape; delta times SmoothL1Loss with beta delta.
    """

    aliases = ("huber", "robust loss", "regression loss", "outliers")
    function = "huber_loss"
    formula = "(input - target)^2/2 where |input - target| < delta, else delta*(|input - target| - delta/2)"
    hyperparameters = (REDUCTION, Float("delta", 1.0, "The distance up to which it is squared.", low=0, low_open=True))

    def _compare(self, x, target):
        if not x.is_float:
            raise wrong_dtype(self.name, x)
        if target.dtype != x.dtype:
            raise wrong_dtype(self.name, target, f"answers and targets alike, here {x.dtype}", "target")
        return super()._compare(x, target)


class KLDivLoss(ValueLoss):
    """The Kullback-Leibler divergence: how many nats it costs to believe the answer where the target is the truth.

    Takes log-probabilities (behind a LogSoftmax) and probabilities of the same shape; distillation uses it.
    """

    aliases = ("kl divergence", "kullback-leibler", "relative entropy", "distillation loss", "distribution loss")
    function = "kl_div"
    formula = "target*(log(target) - input)"
    hyperparameters = (
        Choice(
            "reduction",
            "mean",
            "batchmean is the divergence itself: the sum divided by the samples; mean divides by every value.",
            choices=("mean", "batchmean", "sum", "none"),
        ),
        Bool("log_target", False, "The target holds log-probabilities, too."),
    )

    def infer(self, values, inputs):
        inferred = super().infer(values, inputs)
        if values["reduction"] != "mean":
            return inferred
        text = "reduction mean divides by every value; batchmean, by the samples alone, is the divergence"
        return replace(inferred, warnings=(*inferred.warnings, ("kl_mean", text)))

    def _compare(self, x, target):
        for port, tensor in (("input", x), ("target", target)):
            if not tensor.is_float:
                raise wrong_dtype(self.name, tensor, "probabilities in float32", port)
        return super()._compare(x, target)


class CountLoss(ValueLoss):
    """What losses share whose answers are float and whose targets may be whole numbers, but no yes or no."""

    takes_bool = False

    def _compare(self, x, target, *others):
        for tensor, port in zip((x, *others), ("input", "var"), strict=False):
            if not tensor.is_float:
                raise wrong_dtype(self.name, tensor, port=port)
        return super()._compare(x, target)


class PoissonNLLLoss(CountLoss):
    """The loss for counts (visits, photons, clicks): minus the log-likelihood of the target under a Poisson rate.

    Takes the logarithm of the expected count and the count itself, of the same shape.
    """

    aliases = ("poisson", "count loss", "negative log likelihood", "rate", "regression loss")
    function = "poisson_nll_loss"
    formula = "exp(input) - target*input; with log_input off, input - target*log(input + eps)"
    hyperparameters = (
        Bool("log_input", True, "The answer is the logarithm of the rate; off: the rate itself."),
        Bool("full", False, "Adds Stirling's approximation of log(target!), which nothing learns from."),
        Float("eps", 1e-8, "Added to the rate before its logarithm where log_input is off.", low=0.0),
        REDUCTION,
    )


class GaussianNLLLoss(CountLoss):
    """Regression that also says how sure it is: minus the log-likelihood of the target under a normal distribution.

    Takes the mean (N, ...), the target of the same shape, and the variance `var`, positive, of the same shape or with
    one dimension 1 or the last one missing. A Softplus before `var` keeps it positive.
    """

    aliases = ("gaussian", "heteroscedastic", "uncertainty loss", "variance", "negative log likelihood")
    function = "gaussian_nll_loss"
    formula = "(log(max(var, eps)) + (input - target)^2/max(var, eps))/2"
    inputs = (*Loss.inputs, Port("var", help="The variance of the answer, above zero: how unsure it is."))
    hyperparameters = (
        Bool("full", False, "Adds the constant log(2*pi)/2, which nothing learns from."),
        Float("eps", 1e-6, "The least variance.", low=0.0, low_open=True),
        REDUCTION,
    )

    def _compare(self, x, target, var):
        dims, dtype, warnings = super()._compare(x, target, var)
        if var.dims == x.dims[:-1] and x.dims:
            var = var.with_dims((*var.dims, 1))
        odd = [b for a, b in zip(x.dims, var.dims, strict=False) if a != b]
        joined = broadcast(dims, var.dims)
        if var.rank != x.rank or odd not in ([], [1]) or joined in (MISFIT, UNDECIDED):
            raise different(self.name, x, var, "var")
        return joined, promote((TensorType(dims, dtype), var)), warnings


class SoftMarginLoss(CountLoss):
    """The logistic loss for answers to yes-or-no questions with targets 1 and -1.

    Takes scores and targets of 1 or -1 of the same shape.
    """

    aliases = ("logistic loss", "two-class loss", "plus minus one", "binary classification loss")
    function = "soft_margin_loss"
    formula = "log(1 + exp(-target*input))"

    def _compare(self, x, target):
        dims, _, warnings = super()._compare(x, target)
        if dims != x.dims:
            raise different(self.name, x, target)
        return dims, x.dtype, warnings


class MultiLabelSoftMarginLoss(CountLoss):
    """For samples with several labels at once: the yes-or-no cross-entropy of every class, averaged over them.

    Takes raw scores (N, C) and targets of 0 or 1 of the same shape; one loss a sample.
    """

    aliases = ("multi-label", "multilabel loss", "tagging loss", "binary cross entropy")
    function = "multilabel_soft_margin_loss"
    formula = "-mean over classes of target*log(sigmoid(input)) + (1 - target)*log(1 - sigmoid(input))"
    hyperparameters = (WEIGHT, REDUCTION)
    class_axis = -1

    def _compare(self, x, target):
        if x.rank < 2:
            raise wrong_rank(self.name, x, "scores N x classes")
        dims, dtype, _ = super()._compare(x, target)
        if x.dims != target.dims:
            raise different(self.name, x, target)
        return dims[:-1], dtype, ()


BLOCK_TYPES = (
    HuberLoss,
    KLDivLoss,
    PoissonNLLLoss,
    GaussianNLLLoss,
    SoftMarginLoss,
    MultiLabelSoftMarginLoss,
)
