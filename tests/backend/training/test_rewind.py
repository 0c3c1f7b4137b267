"""Not finite: caught within one read-out, traced to the first block, weights left at their last finite values."""

import pytest
import torch
from torch import nn

from backend.training.follower import Follower
from backend.training.loop import train
from backend.training.meter import NotFinite


class Rule(nn.Module):
    """Multiplies by one, but goes wrong on the nth training call."""

    def __init__(self, wrong, at):
        super().__init__()
        self.wrong, self.at, self.calls = wrong, at, 0

    def forward(self, x):
        self.calls += self.training
        return self.wrong(x) if self.training and (x.abs() > self.at).any() else x


class Net(nn.Module):
    def __init__(self, before=None, after=None):
        super().__init__()
        self.flatten1 = nn.Flatten()
        self.before1 = before or nn.Identity()
        self.linear1 = nn.Linear(64, 8)
        self.after1 = after or nn.Identity()
        self.linear2 = nn.Linear(8, 3)

    def forward(self, image):
        return self.linear2(self.after1(self.linear1(self.before1(self.flatten1(image)))))


class Root(nn.Module):
    """Finite forwards, an infinite gradient at zero."""

    def forward(self, x):
        return (x * 0).sqrt() + x


def caught(run):
    with pytest.raises(NotFinite) as found:
        train(run.follower._job, run.follower)
    return found.value


def finite(module):
    return all(bool(torch.isfinite(t).all()) for t in module.state_dict().values())


def poisoned(job, row):
    """The sample at `row` is the only one with a value above 50."""
    job.train.inputs[0][row] = 100.0
    return job


@pytest.mark.parametrize(
    ("net", "identifier", "says"),
    [
        (lambda: Net(before=Rule(lambda x: x / 0, 50)), "before1", "gives values"),
        (lambda: Net(before=Rule(lambda x: x * float("nan"), 50)), "before1", "gives values"),
        (lambda: Net(after=Root()), "after1", "gradients"),
    ],
    ids=["infinite", "nan", "gradient"],
)
def test_the_first_block_that_goes_wrong_is_named(make_job, follow, net, identifier, says):
    run = follow(poisoned(make_job(net, learning_rate=1e-3), 40))
    found = caught(run)
    origin = run.follower.rewind.trace()
    assert origin.identifier == identifier and says in origin.what
    assert finite(run.follower._job.module)
    assert found.epoch == 1


def test_the_step_told_is_the_step_of_the_bad_batch(make_job, follow):
    run = follow(poisoned(make_job(lambda: Net(before=Rule(lambda x: x / 0, 50))), 40))
    order = torch.randperm(100, generator=torch.Generator().manual_seed(3)).tolist()
    assert caught(run).step == order.index(40) // 16 + 1


def test_a_learning_rate_that_explodes_is_traced_to_the_weights(make_job, follow):
    run = follow(make_job(Net, optimizer="SGD", learning_rate=1000.0, epochs=50))
    caught(run)
    origin = run.follower.rewind.trace()
    assert origin is not None
    assert finite(run.follower._job.module)


def test_a_loss_that_is_wrong_by_itself_blames_no_block(make_job, follow):
    def objective(logits, label):
        return {"loss": logits.sum() * 0 + torch.log(torch.zeros(()))}

    run = follow(make_job(Net, objective=objective))
    caught(run)
    origin = run.follower.rewind.trace()
    assert origin.identifier is None and "loss" in origin.what


def test_steps_are_done_again_exactly_with_dropout_and_optimizer_state(make_job, follow):
    run = follow(make_job())
    job, follower = run.follower._job, run.follower
    assert train(job, follower) is True
    after = {name: tensor.clone() for name, tensor in job.module.state_dict().items()}
    assert follower.rewind.trace() is None  # every step is finite this time too
    assert all(torch.equal(tensor, after[name]) for name, tensor in job.module.state_dict().items())


def test_it_is_caught_within_one_read_out(make_job, follow, monkeypatch):
    monkeypatch.setattr("backend.training.follower.INTERVAL", 0.05)
    run = follow(poisoned(make_job(lambda: Net(before=Rule(lambda x: x / 0, 50)), epochs=100_000), 40))
    found = caught(run)
    assert isinstance(run.follower, Follower)
    assert found.epoch == 1 and run.follower.meter.step <= 7  # read at the end of the epoch at the latest


def test_weights_that_broke_after_a_finite_loss_are_no_good_moment(make_job, follow, monkeypatch):
    monkeypatch.setattr("backend.training.follower.INTERVAL", 0.0)  # a look, and a copy, after every step
    monkeypatch.setattr("backend.training.rewind.PRICE", 1e9)
    run = follow(make_job(lambda: Net(after=Root()), learning_rate=1e-3))
    assert caught(run).step == 2  # the first loss is finite, the weights after it are not
    origin = run.follower.rewind.trace()
    assert origin.identifier == "after1" and "gradients" in origin.what
    assert finite(run.follower._job.module)


def test_gradients_that_half_precision_scales_too_far_are_no_origin(make_job, follow):
    def objective(logits, label):
        return {"loss": 4 * nn.functional.cross_entropy(logits, label)}

    net = Net(before=Rule(lambda x: x / 0, 50))
    with torch.no_grad():
        net.linear2.weight *= 100  # finite gradients come, infinite ones are passed back: the block's own doing
    run = follow(poisoned(make_job(lambda: net, objective=objective, precision="float16", learning_rate=1e-4), 40))
    caught(run)
    assert run.follower._job.learner.turns[0].rules.scaler.get_scale() < 65536.0  # steps were left out, as they may be
    assert run.follower.rewind.trace().identifier == "before1"


def test_the_mean_of_weights_too_is_left_as_it_was_before_the_bad_step(make_job, follow):
    run = follow(make_job(lambda: Net(after=Root()), learning_rate=1e-3, averaging="ema"))
    caught(run)
    run.follower.rewind.trace()
    with run.follower._job.learner.shown():
        assert finite(run.follower._job.module)


def test_what_is_remembered_is_bounded_however_dear_a_copy(make_job, follow, monkeypatch):
    monkeypatch.setattr("backend.training.follower.INTERVAL", 0.0)
    monkeypatch.setattr("backend.training.rewind.PRICE", 1e-9)
    monkeypatch.setattr("backend.training.rewind.MOST", 20)
    run = follow(make_job(Net, epochs=20))
    assert run.follower.rewind.due  # the first copy decides nothing about the second
    longest = []
    note = run.follower.rewind.note
    monkeypatch.setattr(
        run.follower.rewind, "note", lambda rows: (note(rows), longest.append(len(run.follower.rewind._since)))
    )
    assert train(run.follower._job, run.follower) and max(longest) == 20
