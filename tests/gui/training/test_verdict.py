"""The verdict as a table: what a run has told, and the sentence that follows."""

import math

import numpy as np
import pytest

from backend.messages import Epoch
from gui.training.series import Smoother
from gui.training.verdict import Evidence, judge, number


def epochs(*rows, steps=20, accuracy=True, best=None):
    """Epoch events of (training loss, validation loss, training accuracy, validation accuracy)."""
    result = []
    for at, (train_loss, loss, train_share, share) in enumerate(rows, 1):
        train, validation = {"loss": train_loss}, {"loss": loss}
        if accuracy:
            train["accuracy"], validation["accuracy"] = train_share, share
        if loss is None:
            validation = {}
        result.append(
            Epoch(
                epoch=at, step=at * steps, train=train, validation=validation, learning_rate=1e-3, seconds=1.0,
                best=at == best,
            )
        )  # fmt: skip
    return result


def evidence(losses, ends=(), **more):
    raw = np.asarray(losses, float)
    return Evidence(Smoother(0.9).feed(raw), raw, np.arange(1, len(raw) + 1), list(ends), **more)


FALLING = np.geomspace(2.3, 0.1, 100)
GOOD = epochs((1.5, 1.0, 0.6, 0.7), (0.5, 0.4, 0.9, 0.91), (0.1, 0.12, 0.979, 0.971))

TABLE = {
    "nothing": (evidence([]), "quiet", "No step yet."),
    "one step": (evidence([2.3]), "quiet", "Too early to tell: loss 2.30 after 1 step."),
    "few steps": (evidence([2.3, 2.2, 2.1]), "quiet", "Too early to tell: loss 2.19 after 3 steps."),
    "falling": (evidence(np.linspace(2, 1, 15)), "quiet", "Falling: loss 1.37 at step 15, 2.00 at the start."),
    "no trend": (evidence(np.full(15, 2.0)), "quiet", "No trend yet: loss 2.00 at step 15"),
    "not a number": (evidence([2.3, 2.2, math.nan]), "error", "Broken: the loss became not a number at step 3."),
    "infinite": (evidence([2.3, math.inf]), "error", "Broken: the loss became infinite at step 2."),
    "diverging": (
        evidence([2.0] * 30 + [1.0] * 30 + [40.0] * 30),
        "error",
        "Diverging: loss 38.4, up from 1.04 at step 60. Lower the learning rate.",
    ),
    "collapsed": (
        evidence(np.concatenate([FALLING, np.full(100, 2.3)]), epochs((1.0, 0.3, 0.8, 0.9), best=1)),
        "error",
        "Lost what it had learnt: loss 2.30, was 0.141 at step 100. The best weights, of epoch 1, are kept.",
    ),
    "overfitting": (
        evidence(
            FALLING,
            epochs((1.0, 0.50, 0.7, 0.7), (0.6, 0.31, 0.8, 0.8), (0.3, 0.35, 0.9, 0.8), (0.1, 0.42, 1.0, 0.8),
                   (0.02, 0.52, 1.0, 0.8)),
        ),
        "warning",
        "Overfitting since epoch 2: validation loss 0.520, was 0.310, while training fell to 0.0200. Stop here",
    ),
    "overfitted, at the end": (
        evidence(
            FALLING,
            epochs((0.6, 0.31, 0.8, 0.8), (0.3, 0.35, 0.9, 0.8), (0.1, 0.42, 1.0, 0.8), (0.02, 0.52, 1.0, 0.8), best=1),
            finished=True,
        ),
        "warning",
        "The best weights, of epoch 1, are kept.",
    ),
    "not learning": (
        evidence(np.full(60, 2.30), epochs(*[(2.30, 2.30, 0.1, 0.098)] * 3), classes=10),
        "warning",
        "Not learning: loss 2.30 after 3 epochs, 2.30 at the start; accuracy 9.8 % is chance for 10 classes.",
    ),
    "level": (
        evidence(FALLING, epochs(*[(0.30, 0.31, 0.93, 0.931)] * 6)),
        "quiet",
        "Level for 3 epochs: validation 93.1 %.",
    ),
    "level and good": (
        evidence(FALLING, epochs(*[(0.05, 0.06, 0.99, 0.981)] * 6)),
        "good",
        "Level for 3 epochs: validation 98.1 %.",
    ),
    "learning well": (evidence(FALLING, GOOD), "good", "Learning well: validation 97.1 %, gap 0.8 %."),
    "finished well": (evidence(FALLING, GOOD, finished=True), "good", "Finished well: validation 97.1 %, gap 0.8 %."),
    "learning": (
        evidence(FALLING, epochs((1.5, 1.4, 0.5, 0.52))),
        "good",
        "Learning: validation 52.0 %, gap 0.0 %.",
    ),
    "a wide gap": (
        evidence(FALLING, epochs((0.2, 0.9, 0.98, 0.80))),
        "warning",
        "Learning, but training is ahead: validation 80.0 %, gap 18.0 %.",
    ),
    "regression": (
        evidence(FALLING, epochs((0.5, 0.6, 0, 0), accuracy=False)),
        "good",
        "Learning: validation loss 0.600, training 0.500.",
    ),
    "no validation": (
        evidence(FALLING, epochs((0.5, None, 0.9, None))),
        "quiet",
        "Learning: training 90.0 %. Without validation data",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_verdict(name):
    given, tone, text = TABLE[name]
    verdict = judge(given)
    assert text in verdict.text and verdict.tone == tone


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.00"), (2.3, "2.30"), (12.34, "12.3"), (1234.5, "1,234"), (0.00312, "0.00312"), (5.8e-5, "5.8e-5"),
     (-0.5, "-0.500"), (2e7, "2.0e7")],
)  # fmt: skip
def test_numbers_have_three_digits(value, text):
    assert number(value) == text


def test_objectives_in_turns_are_not_judged_by_their_sum():
    """A critic's gain is the generator's loss: a sum that rises is no fault."""
    values = np.linspace(1.0, 9.0, 100)
    told = [
        Epoch(
            epoch=at, step=50 * at, train={"loss": 9.0, "critic": 1.25, "generator": 0.75}, validation={},
            learning_rate=1e-3, seconds=1.0, best=False,
        )
        for at in (1, 2)
    ]  # fmt: skip
    alone = Evidence(values, values, np.arange(1, 101), told)
    assert judge(alone).tone == "error"
    both = Evidence(values, values, np.arange(1, 101), told, finished=True, turns=("critic", "generator"))
    assert judge(both).tone == "quiet"
    assert judge(both).text.startswith("Finished: critic 1.25, generator 0.750. They balance each other")
