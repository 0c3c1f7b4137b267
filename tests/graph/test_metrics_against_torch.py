"""Metrics are judged by counting: the answers of every sample, one by one, as the help says they are read."""

import pytest
import torch


def scored(rng):
    """Scores of samples or of places, and class numbers or floats that fit, or not."""
    shape = rng.any_dims(0, 3)
    kind = rng.random()
    if kind < 0.5:
        target = (shape[1:], "int64")
    elif kind < 0.75:
        target = (shape, "float32")
    else:
        target = (rng.any_dims(0, 3), rng.dtype())
    return {"input": (shape, rng.dtype()), "target": target}


def accuracy(rng):
    return {}, scored(rng)


def best(rng):
    if rng.random() < 0.5:
        return {"k": rng.randint(0, 4)}, scored(rng)
    classes, places = rng.randint(2, 4), rng.any_dims(0, 2)
    drawn = {"input": ((classes, *places), "float32"), "target": (places, "int64")}
    return {"k": rng.randint(1, classes)}, drawn


def distance(rng):
    shape = rng.any_dims(0, 3)
    return {}, {
        "input": (shape, rng.dtype()),
        "target": (shape if rng.random() < 0.7 else rng.any_dims(0, 3), rng.dtype(rng.one_of("float32", "int64"))),
    }


def places(x):
    """The scores of every single answer, one row each."""
    return x.movedim(1, -1).reshape(-1, x.shape[1])


def demand(right):
    if not right:
        raise ValueError("counted as wrong")


def count_right(name, settings, tensors):
    x, target = tensors["input"], tensors["target"]
    demand(x.dtype != torch.bool)
    if x.shape == target.shape and (target.is_floating_point() or x.ndim == 1):
        answers = [(score > 0) == (wanted > 0.5) for score, wanted in zip(x.flatten(), target.flatten(), strict=True)]
    else:
        demand(not target.is_floating_point() and x.ndim > 1 and target.shape == (x.shape[0], *x.shape[2:]))
        rows = zip(places(x), target.flatten(), strict=True)
        if x.shape[1] == 1:
            answers = [bool(row[0] > 0) == bool(wanted > 0) for row, wanted in rows]
        else:
            answers = [int(row.argmax()) == int(wanted) for row, wanted in rows]
    return (torch.tensor([bool(a) for a in answers]).float().mean(),), None


def count_among_best(name, settings, tensors):
    x, target = tensors["input"], tensors["target"]
    demand(not target.is_floating_point() and x.ndim > 1 and target.shape == (x.shape[0], *x.shape[2:]))
    demand(x.dtype != torch.bool and 1 <= settings["k"] <= x.shape[1] and x.shape[1] > 1)
    rows = zip(places(x), target.flatten(), strict=True)
    answers = [int(wanted) in row.topk(settings["k"]).indices.tolist() for row, wanted in rows]
    return (torch.tensor(answers).float().mean(),), None


def measure(name, settings, tensors):
    x, target = tensors["input"], tensors["target"]
    demand(x.is_floating_point() and x.shape == target.shape and target.dtype != torch.bool)
    off = x - target
    return ((off.abs() if name == "MeanAbsoluteError" else off**2).mean(),), None


JUDGE = {
    "Accuracy": (accuracy, count_right),
    "TopKAccuracy": (best, count_among_best),
    "MeanAbsoluteError": (distance, measure),
    "MeanSquaredError": (distance, measure),
}


@pytest.mark.parametrize("name", JUDGE)
def test_counting_agrees(bench, rng, name):
    draw, judge = JUDGE[name]
    bench.compare(rng, name, draw, judge)
