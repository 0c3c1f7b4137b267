"""Losses that torch lacks, held against torch.distributions, binary cross-entropy and counting of overlaps."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

KINDS = {"mean": torch.mean, "sum": torch.sum, "none": lambda x: x}
NAMES = {"KLNormalLoss": ("mean", "log_variance"), "FocalLoss": ("input", "target"), "DiceLoss": ("input", "target")}


def divergence(mean, log_variance, beta=1.0):
    return beta * kl_divergence(Normal(mean, log_variance.div(2).exp()), Normal(0.0, 1.0)).flatten(1).sum(1)


def focal(x, target, gamma=2.0):
    right = torch.where(target > 0.5, x.sigmoid(), 1 - x.sigmoid())
    return (1 - right) ** gamma * F.binary_cross_entropy(x.sigmoid(), target, reduction="none")


def overlap(x, target, smooth=1.0):
    pairs = zip(x.sigmoid().flatten(1), target.flatten(1), strict=True)
    return torch.stack([1 - (2 * p.dot(t) + smooth) / (p.sum() + t.sum() + smooth) for p, t in pairs])


JUDGE = {
    "KLNormalLoss": (divergence, {"beta": (0.5, 4.0, 0.0, -1.0)}, 2),
    "FocalLoss": (focal, {"gamma": (0.0, 1.0, 5.0, -1.0)}, 1),
    "DiceLoss": (overlap, {"smooth": (0.5, 0.0, 2.0)}, 2),
}
REFUSED = {"beta": -1.0, "gamma": -1.0, "smooth": 0.0}


def drawn(rng, name):
    shape = rng.any_dims(0, 3)
    other = shape if rng.random() < 0.8 else rng.any_dims(0, 3)
    kinds = ["float32" if rng.random() < 0.93 else rng.dtype("int64") for _ in range(2)]
    settings = {key: rng.choice(values) for key, values in JUDGE[name][1].items() if rng.random() < 0.7}
    return settings, dict(zip(NAMES[name], ((shape, kinds[0]), (other, kinds[1])), strict=True))


@pytest.mark.parametrize("name", JUDGE)
def test_torch_agrees(bench, rng, name):
    rule, _, least_rank = JUDGE[name]
    right = 0
    for _ in range(2 * bench.draws):
        settings, shapes = drawn(rng, name)
        reduction = rng.choice(tuple(KINDS))
        types, what = bench.types(shapes), f"{name}({settings}) of {shapes}"
        one, two = types.values()
        ours = bench.verdict(name, {**settings, "reduction": reduction}, types)
        fits = one.dims == two.dims and one.rank >= least_rank and {one.dtype, two.dtype} == {"float32"}
        fits = fits and not any(REFUSED[key] == value for key, value in settings.items())
        if {one.dtype, two.dtype} <= {"float32", "int64", "bool", "int32", "uint8"}:
            assert isinstance(ours, Exception) != fits, f"{what}: {ours}"
        if not fits:
            continue
        first = torch.randn(bench.dims(one), requires_grad=True)
        second = torch.randn(bench.dims(two)) if name == "KLNormalLoss" else torch.rand(bench.dims(two)).round()
        tensors = dict(zip(types, (first, second), strict=True))
        theirs = KINDS[reduction](rule(first, second, **settings))
        complete, inferred = ours
        (found,) = bench.run(name, complete, types, inferred, tensors)
        assert bench.ours(inferred.outputs["loss"]) == bench.torchs(theirs) == bench.torchs(found), what
        torch.testing.assert_close(found, theirs, atol=1e-5, rtol=1e-4)
        slopes = [torch.autograd.grad(loss.sum(), first)[0] for loss in (found, theirs)]
        torch.testing.assert_close(*slopes, atol=1e-5, rtol=1e-4)
        right += 1
    assert right > bench.draws // 4
