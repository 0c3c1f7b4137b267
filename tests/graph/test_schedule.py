"""The learning rate's curve against torch's own schedulers, step by step."""

import itertools

import pytest
import torch
from torch.optim import lr_scheduler

from graph.schedule import Schedule

STEPS, EPOCH = 120, 10


def torch_curve(make, per_epoch):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimizer)
    found = []
    for step in range(1, STEPS + 1):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if not per_epoch or step % EPOCH == 0:
            scheduler.step()
    return found


CASES = {
    "step": (Schedule(kind="step", every=3, factor=0.5), lambda o: lr_scheduler.StepLR(o, 3, 0.5), True),
    "exponential": (Schedule(kind="exponential", decay=0.8), lambda o: lr_scheduler.ExponentialLR(o, 0.8), True),
    "cosine": (
        Schedule(kind="cosine", final=0.1),
        lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS, eta_min=0.1),
        False,
    ),
    "one_cycle": (
        Schedule(kind="one_cycle", rise=0.25),
        lambda o: lr_scheduler.OneCycleLR(o, 1.0, total_steps=STEPS, pct_start=0.25),
        False,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_curve_is_torchs(name):
    schedule, make, per_epoch = CASES[name]
    ours = [schedule.at(step, STEPS, EPOCH) for step in range(STEPS)]
    assert ours == pytest.approx(torch_curve(make, per_epoch), rel=1e-6, abs=1e-9)


def test_a_warm_up_rises_in_a_straight_line_and_the_cosine_ends_at_its_end():
    schedule = Schedule(kind="cosine", warmup=9)
    curve = [schedule.at(step, STEPS, EPOCH) for step in range(STEPS)]
    assert curve[:9] == pytest.approx([(i + 1) / 10 for i in range(9)])
    assert curve[9] == 1.0 and curve[-1] < 0.001
    assert all(a > b for a, b in itertools.pairwise(curve[9:]))


def test_a_constant_rate_does_not_move():
    assert not Schedule().moves and Schedule(warmup=1).moves and Schedule(kind="plateau").moves


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "spiral"}, {"factor": 0.0}, {"rise": 1.0}, {"warmup": -1}, {"every": 0}, {"decay": 2.0}, {"x": 1}],
)
def test_values_outside_their_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Schedule(**wrong)
