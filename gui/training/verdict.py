"""One sentence on how a run is doing, with its evidence: a pure function of what the run has told.

Rules stand in order of urgency; the first that applies speaks. Knows neither Qt nor processes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from backend.messages import Epoch
from gui.language import counted, tr

Tone = Literal["quiet", "good", "warning", "error"]

FEW_STEPS = 10  # below, a batch's luck outweighs the trend
PATIENCE = 3  # epochs without a gain before a curve counts as level or as turned
WIDE_GAP = 0.05  # of accuracy between training and validation
SHARES = ("accuracy",)  # metrics that are shares of 1, and better when higher


@dataclass(frozen=True, slots=True)
class Verdict:
    """A sentence and how it is meant."""

    tone: Tone
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rules look at; `losses` are the smoothed training losses of every step, `raw` as measured."""

    losses: np.ndarray
    raw: np.ndarray
    steps: np.ndarray
    epochs: Sequence[Epoch]
    classes: int | None = None
    finished: bool = False
    turns: tuple[str, ...] = ()  # objectives that take turns: what one gains another loses

    @property
    def share(self) -> str | None:
        """The name of the accuracy, if the run measures one."""
        names = [*self.epochs[-1].validation, *self.epochs[-1].train] if self.epochs else []
        return next((name for name in names if name.split("_")[0] in SHARES), None)

    def train(self, name: str) -> list[float]:
        return [epoch.train.get(name, math.nan) for epoch in self.epochs]

    def validation(self, name: str) -> list[float]:
        return [epoch.validation.get(name, math.nan) for epoch in self.epochs]


def judge(evidence: Evidence) -> Verdict:
    """The first rule that applies, in the order of RULES."""
    for rule in RULES:
        verdict = rule(evidence)
        if verdict is not None:
            return verdict
    raise AssertionError("the last rule always speaks")


def percent(share: float) -> str:
    """A share of 1 with one digit after the point, as a percentage."""
    return f"{100 * share:.1f} %"


def number(value: float) -> str:
    """A loss with three significant digits, without an exponent where it can be helped."""
    if not math.isfinite(value):
        return tr("not a number") if math.isnan(value) else tr("infinite")
    if value and not 1e-4 <= abs(value) < 1e5:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    digits = 2 - math.floor(math.log10(abs(value))) if value else 2
    return f"{value:,.{min(max(digits, 0), 5)}f}"


def _nothing_yet(evidence: Evidence) -> Verdict | None:
    return None if len(evidence.raw) else Verdict("quiet", tr("No step yet."))


def _not_a_number(evidence: Evidence) -> Verdict | None:
    wrong = np.flatnonzero(~np.isfinite(evidence.raw))
    if not len(wrong):
        return None
    step, value = int(evidence.steps[wrong[0]]), number(float(evidence.raw[wrong[0]]))
    return Verdict(
        "error", tr("Broken: the loss became {0} at step {1:,}. Try a smaller learning rate.").format(value, step)
    )


def _in_turns(evidence: Evidence) -> Verdict | None:
    """In turns: the objectives of a run work against each other, so no loss says how well it goes."""
    if len(evidence.turns) < 2:
        return None
    where = _last(evidence, evidence.turns[0])[0] if evidence.epochs else ""
    shown = ", ".join(f"{name} {number(_last(evidence, name)[1])}" for name in evidence.turns) if where else ""
    begun = tr("Finished") if evidence.finished else tr("In turns")
    text = tr("{0}: {1}. They balance each other: look at what is made, not at the losses.")
    return Verdict("quiet", text.format(begun, shown or ", ".join(evidence.turns)))


def _diverging(evidence: Evidence) -> Verdict | None:
    losses = evidence.losses
    if len(losses) < FEW_STEPS:
        return None
    at = int(np.argmin(losses))
    now, lowest, first = float(losses[-1]), float(losses[at]), float(losses[0])
    if now <= max(1.5 * abs(first), 3 * abs(lowest)):
        return None
    return Verdict(
        "error",
        tr("Diverging: loss {0}, up from {1} at step {2:,}. Lower the learning rate.").format(
            number(now), number(lowest), int(evidence.steps[at])
        ),
    )


def _collapsed(evidence: Evidence) -> Verdict | None:
    """Collapsed: it had halved its loss, and has lost nearly all of that again."""
    losses = evidence.losses
    if len(losses) < FEW_STEPS:
        return None
    at = int(np.argmin(losses))
    first, lowest, now = float(losses[0]), float(losses[at]), float(losses[-1])
    if lowest > 0.5 * first or now < lowest + 0.8 * (first - lowest):
        return None
    return Verdict(
        "error",
        tr("Lost what it had learnt: loss {0}, was {1} at step {2:,}.{3} Lower the learning rate.").format(
            number(now), number(lowest), int(evidence.steps[at]), _kept(evidence)
        ),
    )


def _too_early(evidence: Evidence) -> Verdict | None:
    if evidence.epochs:
        return None
    count, first, now = len(evidence.raw), float(evidence.raw[0]), float(evidence.losses[-1])
    if count < FEW_STEPS:
        return Verdict(
            "quiet", tr("Too early to tell: loss {0} after {1}.").format(number(now), counted(count, "step"))
        )
    step = int(evidence.steps[-1])
    if now < 0.98 * first:
        return Verdict(
            "quiet", tr("Falling: loss {0} at step {1:,}, {2} at the start.").format(number(now), step, number(first))
        )
    return Verdict(
        "quiet", tr("No trend yet: loss {0} at step {1:,}, {2} at the start.").format(number(now), step, number(first))
    )


def _overfitting(evidence: Evidence) -> Verdict | None:
    losses = evidence.validation("loss")
    if not np.isfinite(losses).any():
        return None
    best = int(np.nanargmin(losses))
    train = evidence.train("loss")
    turned = len(losses) - 1 - best >= PATIENCE and losses[-1] > 1.1 * losses[best] and train[-1] < train[best]
    if not turned:
        return None
    return Verdict(
        "warning",
        tr("Overfitting since epoch {0}: validation loss {1}, was {2}, while training fell to {3}.").format(
            evidence.epochs[best].epoch, number(losses[-1]), number(losses[best]), number(train[-1])
        )
        + (_kept(evidence) if evidence.finished else tr(" Stop here, or add Dropout or data.")),
    )


def _not_learning(evidence: Evidence) -> Verdict | None:
    if len(evidence.epochs) < 2:
        return None
    first, now = float(np.mean(evidence.raw[:FEW_STEPS])), evidence.train("loss")[-1]
    if now < 0.97 * first:
        return None
    text = tr("Not learning: loss {0} after {1} epochs, {2} at the start").format(
        number(now), len(evidence.epochs), number(first)
    )
    share = evidence.share
    value = _last(evidence, share)[1] if share else math.nan
    if evidence.classes and abs(value - 1 / evidence.classes) < 0.5 / evidence.classes:
        text += tr("; accuracy {0} is chance for {1} classes").format(percent(value), evidence.classes)
    return Verdict("warning", tr("{0}. Try another learning rate, by factors of ten.").format(text))


def _level(evidence: Evidence) -> Verdict | None:
    """Level: the last epochs bettered neither the training nor the validation loss by a hundredth."""
    if len(evidence.epochs) <= PATIENCE + 1 or evidence.finished:
        return None
    for curve in (evidence.train("loss"), evidence.validation("loss")):
        before, lately = np.array(curve[:-PATIENCE]), np.array(curve[-PATIENCE:])
        if np.isfinite(curve).all() and lately.min() < before.min() - 0.01 * abs(before.min()):
            return None
    what, value, _ = _standing(evidence)
    tone: Tone = "good" if evidence.share and value >= 0.95 else "quiet"
    text = tr("Level for {0} epochs: {1}. A smaller learning rate may still gain.").format(PATIENCE, what)
    return Verdict(tone, text)


def _learning(evidence: Evidence) -> Verdict | None:
    what, value, gap = _standing(evidence)
    if not any(epoch.validation for epoch in evidence.epochs):
        return Verdict(
            "quiet", tr("Learning: {0}. Without validation data nobody can tell whether it generalises.").format(what)
        )
    if evidence.share is None:
        start = tr("Finished") if evidence.finished else tr("Learning")
        return Verdict("good", tr("{0}: {1}, training {2}.").format(start, what, number(evidence.train("loss")[-1])))
    if gap > WIDE_GAP:
        start = tr("Finished, but training is ahead") if evidence.finished else tr("Learning, but training is ahead")
        return Verdict("warning", tr("{0}: {1}, gap {2}.").format(start, what, percent(gap)))
    good = value >= 0.9
    start = tr("Finished") if evidence.finished else tr("Learning")
    if good:
        start = tr("Finished well") if evidence.finished else tr("Learning well")
    return Verdict("good", tr("{0}: {1}, gap {2}.").format(start, what, percent(max(gap, 0.0))))


RULES: tuple[Callable[[Evidence], Verdict | None], ...] = (
    _nothing_yet,
    _not_a_number,
    _in_turns,
    _diverging,
    _collapsed,
    _too_early,
    _overfitting,
    _not_learning,
    _level,
    _learning,
)


def _standing(evidence: Evidence) -> tuple[str, float, float]:
    """Where the run stands: in words, as a number, and how far training is ahead."""
    share = evidence.share
    where, value = _last(evidence, share or "loss")
    if share is None:
        return tr("{0} loss {1}").format(where, number(value)), value, 0.0
    return f"{where} {percent(value)}", value, evidence.train(share)[-1] - value


def _kept(evidence: Evidence) -> str:
    best = next((epoch.epoch for epoch in reversed(evidence.epochs) if epoch.best), None)
    return tr(" The best weights, of epoch {0}, are kept.").format(best) if best else ""


def _last(evidence: Evidence, name: str) -> tuple[str, float]:
    value = evidence.validation(name)[-1]
    return (tr("validation"), value) if math.isfinite(value) else (tr("training"), evidence.train(name)[-1])
