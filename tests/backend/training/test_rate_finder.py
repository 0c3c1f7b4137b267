"""The learning-rate range test: a suggestion that trains, and a job left as it was."""

import math
import sys
from pathlib import Path

import pytest
import torch

from backend.client import SubprocessClient
from backend.messages import Failure, FindRate, RateCurve
from backend.training.rate_finder import find_rate, suggestion

sys.path.insert(0, str(Path(__file__).parents[1]))
from worker_runs import MLP, classifier


def test_the_curve_falls_then_bursts_and_nothing_is_left_of_it(make_job):
    job = make_job(optimizer="SGD", momentum=0.0, epochs=100)
    before = {name: t.clone() for name, t in job.module.state_dict().items()}
    random = torch.get_rng_state()
    found = find_rate(job, 1e-6, 1e3, 100)
    assert 20 < len(found.rates) <= 100 and len(found.rates) == len(found.losses)
    assert found.rates[0] == pytest.approx(1e-6) and all(map(math.isfinite, found.losses))
    assert min(found.losses) < 0.8 * found.losses[0] and found.losses[-1] > min(found.losses)
    assert 1e-3 < found.suggested < 10
    assert all(torch.equal(t, before[name]) for name, t in job.module.state_dict().items())
    assert job.learner.step == 0 and job.learner.learning_rate == 0.01
    assert torch.equal(torch.get_rng_state(), random)


def test_the_suggestion_is_where_the_loss_falls_fastest():
    rates = [10 ** (i / 10 - 4) for i in range(60)]
    losses = [1 / (1 + math.exp(3 * (math.log10(r) + 1))) + (r > 5) * r for r in rates]
    assert suggestion(rates, losses) == pytest.approx(0.1, rel=0.3)
    assert suggestion(rates, [1.0 + r for r in rates]) is None
    assert suggestion([0.1], [1.0]) is None


def test_a_worker_answers_with_a_curve_or_with_what_is_wrong():
    with SubprocessClient() as client:
        client.send(FindRate(project=classifier(*MLP), steps=60))
        for event in client.events():
            if isinstance(event, RateCurve):
                break
        assert len(event.rates) > 10
        client.send(FindRate(project="{}"))
        for event in client.events():
            if isinstance(event, Failure):
                break
        assert event.kind == "project"
