"""The loop: exact by its seed, the same to the bit whoever looks, and equal to the same loop written by hand."""

import itertools

import pytest
import torch

from backend.messages import Epoch, Pause, Probe, Resume, Steps, Watch
from backend.training.loop import train


class Nobody:
    """An observer that looks at nothing."""

    def epoch_begins(self, epoch):
        return True

    def step(self, rows, values):
        return True

    def epoch_ends(self):
        return True


def bits(module):
    return {name: tensor.numpy().tobytes() for name, tensor in module.state_dict().items()}


def trained(job, observer=None):
    assert train(job, observer or Nobody())
    return bits(job.module)


def test_the_same_seed_gives_the_same_weights_to_the_bit(make_job):
    assert trained(make_job()) == trained(make_job())
    assert trained(make_job()) != trained(make_job(seed=4))


@pytest.mark.parametrize("optimizer", ["Adam", "AdamW", "SGD"])
def test_it_is_the_loop_one_would_write_by_hand(make_job, optimizer):
    settings = {"optimizer": optimizer, "weight_decay": 0.01, "momentum": 0.8}
    job, own = make_job(**settings), make_job(**settings)
    classes = {"Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW, "SGD": torch.optim.SGD}
    more = {"momentum": 0.8} if optimizer == "SGD" else {}
    hand = classes[optimizer](own.module.parameters(), lr=0.01, weight_decay=0.01, fused=True, **more)
    (images,), (labels,) = own.train.inputs, own.train.targets
    generator = torch.Generator().manual_seed(3)
    torch.manual_seed(0)  # for dropout
    own.module.train()
    for _ in range(3):
        for rows in torch.randperm(100, generator=generator).split(16):
            loss = torch.nn.functional.cross_entropy(own.module(images[rows]), labels[rows])
            hand.zero_grad()
            loss.backward()
            hand.step()
    torch.manual_seed(0)
    assert trained(job) == bits(own.module)


def test_looking_never_changes_the_run(make_job, follow, monkeypatch):
    """Probes at every step, read-outs at every step, pauses, validation: the weights stay the same to the bit."""
    alone = trained(make_job())
    monkeypatch.setattr("backend.training.follower.INTERVAL", 0.0)
    monkeypatch.setattr("backend.training.follower.IDLE", 0.001)
    monkeypatch.setattr("backend.probes.watching.INTERVAL", 0.0)
    monkeypatch.setattr("backend.probes.watching.PRICE", 1e9)
    monkeypatch.setattr("backend.training.rewind.PRICE", 1e9)
    watched = follow(make_job())
    for name, kind in itertools.product(["conv1", "norm1", "drop1", "linear1"], ["filters", "features"]):
        watched.watching.watch(Watch(kind=kind, block=f"id of {name}", sample=7))
    watched.control.post(Pause())
    watched.control.post(Resume())
    job = watched.follower._job
    assert trained(job, watched.follower) == alone
    probes = [event for event in watched.events if isinstance(event, Probe)]
    assert len([p for p in probes if p.kind == "features" and p.block == "id of drop1"]) >= 20
    assert [event.epoch for event in watched.events if isinstance(event, Epoch)] == [1, 2, 3]


def test_every_step_is_told_once_with_its_loss(make_job, follow):
    watched = follow(make_job())
    trained(watched.follower._job, watched.follower)
    watched.follower.end()
    told = [event for event in watched.events if isinstance(event, Steps)]
    assert [n for event in told for n in event.steps] == list(range(1, 3 * 7 + 1))
    losses = [loss for event in told for loss in event.metrics["loss"]]
    assert losses[-1] < losses[0]
    assert len(told) < 21  # gathered in time, not one by one


class Interrupted(Nobody):
    """Stops the run after its last step, and notes whether the epoch was ended."""

    def __init__(self, last):
        self.last, self.steps, self.ended = last, 0, 0

    def step(self, rows, values):
        self.steps += 1
        return self.steps != self.last

    def epoch_ends(self):
        self.ended += 1
        return True


@pytest.mark.parametrize(("recipe", "last", "epochs"), [({}, 21, 3), ({"steps": 17}, 17, 3)])
def test_a_run_stopped_after_its_last_step_still_ends_its_epoch(make_job, recipe, last, epochs):
    job, observer = make_job(**recipe), Interrupted(last)
    assert not train(job, observer) and observer.ended == epochs - 1
    assert not job.over
    assert train(job, observer) and observer.ended == epochs and observer.steps == last
    assert job.over
