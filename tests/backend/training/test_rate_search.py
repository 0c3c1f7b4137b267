"""A search for a rate that finds no memory tries once more when the run before has made room."""

from types import SimpleNamespace

import torch

from backend.messages import Failure, FindRate, RateCurve
from backend.training import rate_search
from backend.training.control import Control
from backend.training.rate_finder import RateTest


def told_by(monkeypatch, room, errors):
    def prepare(document, start, say):
        if errors:
            raise errors.pop()
        return SimpleNamespace(job=None)

    asked, told = [], []
    recipe = SimpleNamespace(having=lambda **_: recipe)
    monkeypatch.setattr(rate_search, "read_project", lambda _: SimpleNamespace(network=None, recipe=recipe))
    monkeypatch.setattr(rate_search, "prepare", prepare)
    monkeypatch.setattr(rate_search, "find_rate", lambda *_: RateTest((0.1,), (1.0,), None))

    def make_room():
        asked.append(1)
        return room and len(asked) == 1

    command = FindRate(project="{}", low=1e-5, high=1.0, steps=10)
    assert not rate_search.search(command, Control(), told.append, make_room)
    return told[-1], len(asked)


def full():
    return torch.OutOfMemoryError("CUDA out of memory.")


def test_it_tries_once_more(monkeypatch):
    told, asked = told_by(monkeypatch, True, [full()])
    assert isinstance(told, RateCurve) and asked == 1


def test_but_not_for_ever(monkeypatch):
    for room, errors, times in ((True, [full(), full()], 2), (False, [full()], 1), (True, [ValueError("x")], 0)):
        told, asked = told_by(monkeypatch, room, errors)
        assert isinstance(told, Failure) and asked == times
