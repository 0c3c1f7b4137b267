"""Losses of sequences whose places are not matched one to one, and of values that are a loss themselves.

What losses share stands in loss.py.
"""

from __future__ import annotations

from graph.block_type import Inferred, Inputs, Port, ShapeError, Site, Values
from graph.blocks.demands import wrong_dtype, wrong_rank
from graph.blocks.loss import REDUCTION, Loss
from graph.dim import is_open
from graph.hyperparameter import Bool, Choice, Float, Int
from graph.tensor_type import TensorType

WHOLE = ("int64", "int32")


class CTCLoss(Loss):
    """For speech and handwriting, where nobody says which place is which sign: every reading that gives the target.

    Takes log-probabilities (N, T, C) behind a LogSoftmax and targets (N, S) of signs other than the blank; lengths
    (N) say how much of each is meant, all of it unless wired. Graves et al., 2006.
    """

    aliases = (
        "connectionist temporal classification",
        "speech recognition",
        "handwriting",
        "alignment",
        "sequence loss",
    )
    function = "ctc_loss"
    formula = "-log of the sum over all readings of the probability of the target"
    inputs = (
        Port("input", help="Log-probabilities of every sign at every place, N x T x C."),
        Port("target", help="The signs in their order, N x S."),
        Port("input_lengths", optional=True, help="How many places of each sample count, N; all unless wired."),
        Port("target_lengths", optional=True, help="How many signs of each target count, N; all unless wired."),
    )
    hyperparameters = (
        Int("blank", 0, "The class that stands for no sign.", low=0),
        REDUCTION,
        Bool("zero_infinity", False, "Counts samples as 0 whose target cannot be read from so few places."),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, target = inputs["input"], inputs["target"]
        dims, dtype, warnings = self._compare(x, target)
        classes, places, signs = x.dims[2], x.dims[1], target.dims[1]
        if isinstance(classes, int) and values["blank"] >= classes:
            text = f"blank {values['blank']} is none of the {classes} classes of {x}: they count from 0"
            raise ShapeError(text, "input", "blank", "classes")
        for port in ("input_lengths", "target_lengths"):
            if port in inputs:
                self._check_lengths(inputs[port], x, port)
        if not is_open(places) and not is_open(signs) and places < signs:
            raise ShapeError(
                f"{signs} signs cannot be read from {places} places: the input must be at least as long as the target",
                "input",
                code="lengths",
            )
        dims = dims if values["reduction"] == "none" else ()
        if dims:
            text = f"reduction none gives {TensorType(dims)} losses; training needs a single one"
            warnings += (("not_scalar", text),)
        return Inferred({"loss": TensorType(dims, dtype)}, warnings=warnings)

    def _compare(self, x, target, *_lengths):
        if x.dtype not in ("float32", "float64"):
            raise wrong_dtype(self.name, x, "log-probabilities in float32")
        if x.rank != 3:
            raise wrong_rank(self.name, x, "log-probabilities N x T x C")
        if target.dtype not in WHOLE:
            raise wrong_dtype(self.name, target, "class numbers in int64", "target")
        if target.rank != 2 or target.dims[0] != x.dims[0]:
            text = f"log-probabilities {x} ask for a row of signs for each sample, {x.dims[0]} x S, but get {target}"
            raise ShapeError(text, "target", code="target_shape")
        return x.dims[:1], x.dtype, ()

    def _check_lengths(self, lengths: TensorType, x: TensorType, port: str) -> None:
        if lengths.dtype not in WHOLE:
            raise wrong_dtype(self.name, lengths, "whole numbers", port)
        if lengths.dims != x.dims[:1]:
            raise ShapeError(
                f"{port} must be one number for each sample, {x.dims[0]}, not {lengths}", port, code="rank"
            )

    def explain(self, values, inputs, inferred):
        how = {"none": "one for each of", "sum": "the sum over"}.get(values["reduction"])
        how = how or "each by the length of its target, then the mean over"
        return (
            ("compares", f"{inputs['input']} with {inputs['target']}"),
            ("each loss", self.formula),
            ("loss", f"{how} {TensorType(inputs['input'].dims[:1])} losses"),
        )

    def forward(self, site: Site) -> str:
        x, target = site.one("input"), site.one("target")
        lengths = [
            site.one(port) or f"{whole}.new_ones({whole}.shape[0], dtype=torch.int64) * {whole}.shape[1]"
            for port, whole in (("input_lengths", x), ("target_lengths", target))
        ]
        settings = [f"{name}={site.literal(value)}" for name, value in self.set_apart(site.values).items()]
        return f"F.ctc_loss({', '.join((f'{x}.transpose(0, 1)', target, *lengths, *settings))})"


class ValueAsLoss(Loss):
    """Makes what is wired the loss itself: its mean times a weight; a negative weight makes it large instead of small.

    Any float tensor -> one number. A Wasserstein critic is two of them, with weights 1 and -1 (Arjovsky et al., 2017);
    rewards, energies and penalties drawn by hand are others.
    """

    aliases = ("wasserstein", "wgan", "critic", "maximize", "maximise", "reward", "penalty", "regularizer", "mean loss")
    inputs = (Port("input", help="What is to become small."),)
    formula = "weight*input"
    hyperparameters = (
        Float("weight", 1.0, "How much it counts; below 0 it is made large."),
        Choice("reduction", "mean", "mean over all values, or their sum.", choices=("mean", "sum")),
    )

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        _, dtype, _ = self._compare(inputs["input"])
        return Inferred({"loss": TensorType((), dtype)})

    def _compare(self, x):
        if not x.is_float:
            raise wrong_dtype(self.name, x)
        return x.dims, x.dtype, ()

    def forward(self, site: Site) -> str:
        weight = site.values["weight"]
        value = f"torch.{site.values['reduction']}({site.one('input')})"
        return value if weight == 1.0 else f"{site.literal(weight)} * {value}"


BLOCK_TYPES = (CTCLoss, ValueAsLoss)
