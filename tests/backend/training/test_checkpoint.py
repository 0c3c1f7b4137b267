"""Checkpoints: what is best, when they are written, and that they load back to the bit."""

import safetensors.torch
import torch
from torch import nn

from backend.training import checkpoint
from backend.training.checkpoint import Checkpoints, to_bytes


def test_weights_load_back_to_the_bit_shared_ones_under_each_name():
    module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.BatchNorm1d(3))
    module[1].weight = module[0].weight
    loaded = safetensors.torch.load(to_bytes(module.state_dict(), epoch=2, step=9))
    assert loaded.keys() == module.state_dict().keys()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in module.state_dict().items())
    module.load_state_dict(loaded)


def test_the_best_is_kept_as_it_was_and_written_with_the_last():
    module, written = nn.Linear(1, 1, bias=False), {}
    checkpoints = Checkpoints(module, written.__setitem__)
    for epoch, (accuracy, loss) in enumerate([(0.5, 1.0), (0.9, 2.0), (0.9, 1.5), (0.8, 0.1)], 1):
        nn.init.constant_(module.weight, float(epoch))
        better = checkpoints.epoch(epoch, epoch, {"loss": loss, "accuracy": accuracy})
        assert better == (epoch != 4)
    assert written == {}  # too soon
    checkpoints.write(4, 4)
    values = {name: safetensors.torch.load(data)["weight"].item() for name, data in written.items()}
    assert values == {"last.safetensors": 4.0, "best.safetensors": 3.0}
    assert (checkpoints.best_epoch, checkpoints.best) == (3, {"loss": 1.5, "accuracy": 0.9})


def test_without_accuracy_the_loss_decides_and_nan_is_never_best():
    checkpoints = Checkpoints(nn.Linear(1, 1), lambda *_: None)
    nan = float("nan")
    assert [checkpoints.epoch(n, n, {"loss": loss}) for n, loss in enumerate([2.0, nan, 1.0, 3.0])] == [
        True,
        False,
        True,
        False,
    ]


def test_accuracies_go_by_their_own_names():
    checkpoints = Checkpoints(nn.Linear(1, 1), lambda *_: None, ("top1",))
    assert checkpoints.epoch(1, 1, {"loss": 1.0, "top1": 0.5})
    assert checkpoints.epoch(2, 2, {"loss": 2.0, "top1": 0.6})
    assert not checkpoints.epoch(3, 3, {"loss": 0.1, "top1": 0.4})


def test_writing_is_bounded_in_time(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(checkpoint.time, "perf_counter", lambda: now[0])
    writes = []

    def slow(name, data):
        writes.append((now[0], name))
        now[0] += 1.0

    checkpoints = Checkpoints(nn.Linear(1, 1), slow)
    for epoch in range(200):
        now[0] += 1.0
        checkpoints.epoch(epoch, epoch, {"loss": 1.0})
        if checkpoints.due():
            with checkpoints.writing():
                checkpoints.write(epoch, epoch)
    assert {name for _, name in writes} == {"last.safetensors", "best.safetensors"}
    assert len(writes) * 1.0 / now[0] < 0.05
