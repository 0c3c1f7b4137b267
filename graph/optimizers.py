"""The optimizers of torch.optim as declarations: what each is, and its arguments with torch's names and defaults.

The learning rate and the weight decay are the recipe's own: every optimizer has them. Knows no torch; a test holds
the declarations against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph.hyperparameter import Bool, Choice, Float, Hyperparameter, Int, complete, has


@dataclass(frozen=True, slots=True)
class OptimizerType:
    """One optimizer: its arguments, the values it keeps for every weight, and what torch gives weight decay."""

    name: str
    sentence: str
    arguments: tuple[Hyperparameter, ...]
    reference: str
    kept: int  # values per weight
    learning_rate: float = 1e-3  # torch's default
    weight_decay: float = 0.0  # torch's default
    fused: bool = False  # torch can do all weights in one kernel
    decays: bool = True  # takes a weight decay

    def has(self, name: str) -> None:
        """Raise HyperparameterError unless it takes an argument of that name."""
        has(self.name, self.arguments, name)

    def complete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every argument, those not given at their default; raises HyperparameterError for a wrong name or value."""
        return complete(self.name, self.arguments, given)


def _share(name: str, default: float, help: str) -> Float:
    return Float(name, default, help, low=0.0, high=0.9999999)


def _small(default: float) -> Float:
    return Float("eps", default, "Keeps divisions away from zero.", low=0.0, high=1.0, low_open=True)


BETAS = (
    _share("beta1", 0.9, "Share of the running mean of gradients that is kept at each step."),
    _share("beta2", 0.999, "Share of the running mean of squared gradients that is kept at each step."),
)
AMSGRAD = Bool("amsgrad", False, "Divides by the largest mean square so far instead of the present one.")
MOMENTUM_DECAY = Float("momentum_decay", 4e-3, "How fast the momentum's schedule moves.", low=0.0, high=1.0)
DECOUPLED = Bool("decoupled_weight_decay", False, "Takes weight decay off the weights instead of the gradient.")

OPTIMIZERS: dict[str, OptimizerType] = {
    one.name: one
    for one in (
        OptimizerType(
            "SGD",
            "One step against the gradient; with momentum it keeps some of its speed.",
            (
                _share("dampening", 0.0, "Share of the gradient that momentum does not take up."),
                Bool("nesterov", False, "Looks ahead along the momentum; needs a momentum and no dampening."),
            ),
            "Robbins and Monro, 1951; Sutskever et al., 2013",
            kept=1,
            fused=True,
        ),
        OptimizerType(
            "Adam",
            "Steps of a size of their own for every weight, from running means of gradients and their squares.",
            (*BETAS, _small(1e-8), AMSGRAD),
            "Kingma and Ba, 2015",
            kept=2,
            fused=True,
        ),
        OptimizerType(
            "AdamW",
            "Adam whose weight decay acts on the weights and not through the gradient.",
            (*BETAS, _small(1e-8), AMSGRAD),
            "Loshchilov and Hutter, 2019",
            kept=2,
            weight_decay=1e-2,
            fused=True,
        ),
        OptimizerType(
            "RMSprop",
            "Divides each gradient by a running mean of its size.",
            (
                _share("alpha", 0.99, "Share of the running mean of squared gradients that is kept."),
                _small(1e-8),
                _share("momentum", 0.0, "Share of the last step kept."),
                Bool("centered", False, "Divides by the variance instead of the mean square."),
            ),
            "Tieleman and Hinton, 2012",
            kept=1,
            learning_rate=1e-2,
        ),
        OptimizerType(
            "Adagrad",
            "Divides each gradient by the root of all its squares so far: steps only shrink.",
            (
                Float("lr_decay", 0.0, "How fast the learning rate falls besides.", low=0.0, high=1.0),
                Float("initial_accumulator_value", 0.0, "What the sum of squares begins at.", low=0.0, high=1e6),
                _small(1e-10),
            ),
            "Duchi et al., 2011",
            kept=1,
            learning_rate=1e-2,
            fused=True,
        ),
        OptimizerType(
            "Adadelta",
            "Steps as large as the recent ones, with hardly a learning rate to choose.",
            (_share("rho", 0.9, "Share of the running means that is kept."), _small(1e-6)),
            "Zeiler, 2012",
            kept=2,
            learning_rate=1.0,
        ),
        OptimizerType(
            "Adamax",
            "Adam that divides by the largest recent gradient.",
            (*BETAS, _small(1e-8)),
            "Kingma and Ba, 2015",
            kept=2,
            learning_rate=2e-3,
        ),
        OptimizerType(
            "NAdam",
            "Adam that looks ahead along its momentum, as Nesterov's does.",
            (*BETAS, _small(1e-8), MOMENTUM_DECAY, DECOUPLED),
            "Dozat, 2016",
            kept=2,
            learning_rate=2e-3,
        ),
        OptimizerType(
            "RAdam",
            "Adam that warms itself up while it has seen few gradients.",
            (*BETAS, _small(1e-8), DECOUPLED),
            "Liu et al., 2020",
            kept=2,
        ),
        OptimizerType(
            "ASGD",
            "Plain steps, and the mean of the weights along the way beside them.",
            (
                Float("lambd", 1e-4, "How fast the steps shrink.", low=0.0, high=1.0),
                Float("alpha", 0.75, "Power of the shrinking.", low=0.0, high=1.0),
                Float("t0", 1e6, "Steps before the mean begins.", low=0.0, high=1e12),
            ),
            "Polyak and Juditsky, 1992",
            kept=1,
            learning_rate=1e-2,
        ),
        OptimizerType(
            "Rprop",
            "Only the gradient's sign counts; for batches that are the whole data.",
            (
                Float("etaminus", 0.5, "A step shrinks by this where the sign turns.", low=0.001, high=0.999),
                Float("etaplus", 1.2, "A step grows by this where the sign stays.", low=1.001, high=10.0),
                Float("smallest_step", 1e-6, "No step is smaller.", low=0.0, high=1.0),
                Float("largest_step", 50.0, "No step is larger.", low=0.0, high=1e6),
            ),
            "Riedmiller and Braun, 1993",
            kept=2,
            learning_rate=1e-2,
            decays=False,
        ),
        OptimizerType(
            "Adafactor",
            "Adam's idea with a row and a column per matrix instead of a value per weight.",
            (
                Float("beta2_decay", -0.8, "How the memory of squared gradients grows.", low=-1.0, high=0.0),
                Float("d", 1.0, "Largest root mean square of a step.", low=0.0, high=1000.0, low_open=True),
            ),
            "Shazeer and Stern, 2018",
            kept=0,
            learning_rate=1e-2,
        ),
        OptimizerType(
            "Muon",
            "Orthogonal steps for the matrices of hidden layers (Linear, recurrent, attention); AdamW moves all other "
            "weights: convolutions, embeddings, norms, biases and the last layer.",
            (
                _share("momentum", 0.95, "Share of the running sum of a matrix's gradients that is kept."),
                Bool("nesterov", True, "Looks ahead along the momentum."),
                Float("ns_a", 3.4445, "First coefficient of the Newton-Schulz iteration.", low=-100.0, high=100.0),
                Float("ns_b", -4.775, "Second coefficient of it.", low=-100.0, high=100.0),
                Float("ns_c", 2.0315, "Third coefficient of it.", low=-100.0, high=100.0),
                _small(1e-7),
                Int("ns_steps", 5, "Newton-Schulz iterations a step.", low=1, high=99),
                Choice(
                    "adjust_lr_fn",
                    "match_rms_adamw",
                    "How a matrix's shape changes its rate: to steps as large as AdamW's, so that one learning rate "
                    "serves both, or as in the original.",
                    choices=("match_rms_adamw", "original"),
                ),
                _share("beta1", 0.9, "Of AdamW: share of the running mean of gradients that is kept."),
                _share("beta2", 0.999, "Of AdamW: share of the running mean of squared gradients that is kept."),
            ),
            "Jordan et al., 2024; Liu et al., 2025",
            kept=1,
            weight_decay=0.1,
        ),
        OptimizerType(
            "LBFGS",
            "Steps along curvature guessed from the last gradients; several passes a step, best on whole batches.",
            (
                Int("max_iter", 20, "Passes within one step, at most.", low=1, high=10_000),
                Int("history_size", 100, "Gradients remembered.", low=1, high=10_000),
                Choice("line_search_fn", "none", "How far a step goes.", choices=("none", "strong_wolfe")),
            ),
            "Liu and Nocedal, 1989",
            kept=200,
            learning_rate=1.0,
            decays=False,
        ),
    )
}
