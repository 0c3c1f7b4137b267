"""What changes weights, held against plain torch written out: accumulation, clipping, schedules, means."""

import copy
import sys
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from backend.training import optimizer as optimizers
from backend.training.loop import train
from backend.training.objectives import RecipeError
from graph import Network
from graph.objective import ParameterGroup
from graph.optimizers import OPTIMIZERS
from graph.schedule import Schedule

sys.path.insert(0, str(Path(__file__).parent))
from taking_steps import Linear, batches, learn, weights


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "Muon"])  # that moves matrices alone
def test_every_optimizer_steps_as_torchs_own(make_job, name):
    job = make_job(Linear, optimizer=name, learning_rate=0.01, momentum=0.5, weight_decay=0.0)
    other = copy.deepcopy(job.module)
    more = {"momentum": 0.5} if name == "SGD" else {}
    optimizer = getattr(torch.optim, name)(other.parameters(), lr=0.01, **more)
    if name == "AdamW":
        optimizer.param_groups[0]["weight_decay"] = 0.0
    learn(job, batches(4))
    for rows in batches(4):
        (images,), (labels,) = job.train.take(rows)

        def closure(images=images, labels=labels):
            optimizer.zero_grad()
            loss = F.cross_entropy(other(images), labels)
            loss.backward()
            return loss

        optimizer.step(closure)
    for ours, theirs in zip(job.module.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_accumulated_batches_are_one_large_batch(make_job):
    small, large = (make_job(Linear, optimizer="SGD", accumulate=n, batch_size=16 * (5 - n)) for n in (4, 1))
    learn(small, torch.arange(64).split(16))
    learn(large, [torch.arange(64)])
    for a, b in zip(weights(small), weights(large), strict=True):
        torch.testing.assert_close(a, b)


def test_gradients_that_wait_at_the_end_of_an_epoch_are_not_lost(make_job):
    job = make_job(Linear, optimizer="SGD", accumulate=4)  # 100 samples in batches of 16: seven an epoch
    before = weights(job)
    learn(job, batches(3))
    assert all(map(torch.equal, weights(job), before))
    learn(job, batches(1))
    after = weights(job)
    assert not any(map(torch.equal, after, before))
    learn(job, batches(3))
    assert job.learner.step == 7 and not any(map(torch.equal, weights(job), after))


def test_a_shorter_step_at_the_end_of_an_epoch_is_the_mean_of_its_own_batches(make_job):
    short, whole = (make_job(Linear, optimizer="SGD", accumulate=n) for n in (100, 7))  # seven batches an epoch
    learn(short, batches(6))
    learn(short, [torch.arange(96, 100)])
    learn(whole, batches(6))
    learn(whole, [torch.arange(96, 100)])
    for a, b in zip(weights(short), weights(whole), strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("rule", [{"clip_norm": 0.01}, {"clip_value": 0.0005}])
def test_gradients_are_clipped_before_the_step(make_job, rule):
    job = make_job(Linear, optimizer="SGD", momentum=0.0, learning_rate=1.0, **rule)
    before = weights(job)
    learn(job, batches(1))
    steps = [a - b for a, b in zip(weights(job), before, strict=True)]
    if "clip_norm" in rule:
        assert torch.cat([s.flatten() for s in steps]).norm().item() == pytest.approx(0.01, rel=1e-3)
    else:
        assert max(s.abs().max().item() for s in steps) == pytest.approx(0.0005, rel=1e-3)


def test_a_schedule_moves_every_group_by_its_factor(make_job):
    groups = (ParameterGroup(blocks=("id of linear1",), learning_rate_factor=0.1, weight_decay=0.5),)
    network = Network()
    network.add("Linear", name="linear1", out_features=8)
    groups = (ParameterGroup(blocks=(network.block("linear1").id,), learning_rate_factor=0.1, weight_decay=0.5),)
    schedule = Schedule(kind="step", every=1, factor=0.5)
    with pytest.raises(RecipeError, match="names the block 'x', which is not in the network"):
        make_job(Linear, groups=(ParameterGroup(blocks=("x",)),), network=network)
    job = make_job(Linear, groups=groups, schedule=schedule, network=network, decay_norms_and_biases=False)
    first = job.learner.turns[0].optimizer
    job.program.blocks["linear1"] = network.block("linear1").id
    optimizer = optimizers.build(job.recipe, optimizers.weights_of(job.module, job.program.blocks))
    kinds = {(g["factor"], g["weight_decay"]): len(g["params"]) for g in optimizer.param_groups}
    assert kinds == {(0.1, 0.5): 1, (0.1, 0.0): 1, (1.0, 0.0): 2}
    learn(job, batches(6) + batches(1))
    assert first.param_groups[0]["lr"] == pytest.approx(0.005) and job.learner.learning_rate == pytest.approx(0.005)
    job.learner.set_learning_rate(0.2)
    assert first.param_groups[0]["lr"] == pytest.approx(0.2)
    learn(job, batches(6) + batches(1))
    assert job.learner.learning_rate == pytest.approx(0.1)  # the schedule goes on from the person's rate


def test_a_plateau_halves_the_rate_after_its_patience(make_job):
    job = make_job(Linear, schedule=Schedule(kind="plateau", patience=1, factor=0.5))
    rates = []
    for loss in (1.0, 0.9, 0.95, 0.95, 0.5, 0.6, 0.6):
        job.learner.epoch(loss)
        rates.append(job.learner.learning_rate)
    assert rates == pytest.approx([0.01, 0.01, 0.01, 0.005, 0.005, 0.005, 0.0025])


@pytest.mark.parametrize("kind", ["ema", "swa"])
def test_the_mean_of_weights_is_what_is_judged(make_job, kind):
    job = make_job(Linear, averaging=kind, averaging_decay=0.5, averaging_from=0.0)
    seen = []
    for rows in batches(5):
        learn(job, [rows])
        seen.append(weights(job)[0])
    mean = seen[0].clone()
    if kind == "swa":
        mean = torch.stack(seen).mean(0)
    else:
        start = make_job(Linear).module.linear1.weight.detach()
        mean = start.clone()
        for i, one in enumerate(seen, 1):
            mean = mean.lerp(one, 1 - min(0.5, (1 + i) / (10 + i)))
    live = weights(job)[0]
    with job.learner.shown():
        torch.testing.assert_close(weights(job)[0], mean)
    assert torch.equal(weights(job)[0], live)


def test_l1_pulls_weights_to_zero_and_is_not_in_the_loss_told(make_job):
    plain, pulled = make_job(Linear), make_job(Linear, l1=0.01)
    told = [learn(job, batches(1))[0]["loss"].item() for job in (plain, pulled)]
    assert told[0] == told[1]
    for job in (plain, pulled):
        learn(job, batches(6) * 20)
    sizes = [job.module.linear1.weight.abs().mean().item() for job in (plain, pulled)]
    assert sizes[1] < sizes[0] / 2


def test_a_line_search_sees_the_l1_penalty_as_its_gradients_do(make_job):
    search = {"line_search_fn": "strong_wolfe"}
    job = make_job(Linear, optimizer="LBFGS", l1=0.05, learning_rate=1.0, optimizer_arguments=search)
    other = copy.deepcopy(job.module)
    optimizer = torch.optim.LBFGS(other.parameters(), lr=1.0, line_search_fn="strong_wolfe")
    [rows] = batches(1)
    learn(job, [rows])
    (images,), (labels,) = job.train.take(rows)

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(other(images), labels) + 0.05 * sum(
            p.abs().sum() for p in other.parameters() if p.ndim > 1
        )
        loss.backward()
        return loss

    optimizer.step(closure)
    torch.testing.assert_close(weights(job), [p.detach() for p in other.parameters()], rtol=1e-3, atol=1e-4)


def test_a_schedule_that_more_epochs_stretch_is_followed_from_the_first_step(make_job):
    short, longer = (make_job(Linear, epochs=epochs, schedule=Schedule(kind="cosine")) for epochs in (1, 4))
    learn(short, batches(6) + batches(1))
    longer.learner.restore(copy.deepcopy(short.learner.state()))
    [group] = longer.learner.turns[0].optimizer.param_groups
    assert group["lr"] == pytest.approx(0.01 * Schedule(kind="cosine").at(7, 28, 7))


def test_half_precision_learns_the_same_up_to_its_rounding(make_job):
    losses = {}
    for precision in ("float32", "bfloat16"):
        job = make_job(Linear, precision=precision)
        losses[precision] = [values["loss"].item() for values in learn(job, batches(6) * 5)]
        assert job.module.linear1.weight.dtype == torch.float32
    assert losses["bfloat16"] != losses["float32"]
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.1, abs=0.05)


def test_the_whole_state_comes_back_in_the_middle_of_an_accumulation(make_job):
    def fresh():
        return make_job(
            Linear,
            optimizer="NAdam",
            accumulate=3,
            averaging="ema",
            schedule=Schedule(kind="plateau", warmup=4),
        )

    whole, first, second = fresh(), fresh(), fresh()
    learn(whole, batches(6))
    learn(first, batches(6)[:4])
    second.module.load_state_dict(first.module.state_dict())
    second.learner.restore(copy.deepcopy(first.learner.state()))
    learn(second, batches(6)[4:])
    assert all(map(torch.equal, weights(whole), weights(second)))
    with whole.learner.shown(), second.learner.shown():
        assert all(map(torch.equal, weights(whole), weights(second)))


# ---- several objectives


class Watcher:
    """Follows a run without stopping it."""

    def __init__(self):
        self.steps = 0

    def epoch_begins(self, epoch):
        return True

    def step(self, rows, values):
        self.steps += 1
        return True

    def epoch_ends(self):
        return True


def test_a_number_of_steps_ends_the_run_within_an_epoch(make_job):
    watcher = Watcher()
    assert train(make_job(Linear, steps=10), watcher)
    assert watcher.steps == 10
