"""Blocks that torch.nn lacks, held against torch's functional form written another way: encodings, noise, gradients.

Rotary encodings are judged by complex multiplication, sinusoidal ones number by number, chance by the same draws.
"""

import cmath
import math

import pytest
import torch

from graph.tensor_type import DTYPES

FLOATING = ("float32", "float64", "float16", "bfloat16")


def demand(right):
    if not right:
        raise ValueError("counted as wrong")


def sequences(rng):
    shape = tuple(rng.choice((1, 2, 3, 4, 5, 6)) for _ in range(2 if rng.random() < 0.85 else rng.choice((1, 3))))
    return rng.some(base=rng.one_of(10.0, 500.0, 0.5)), rng.one(shape, rng.dtype())


def learned_places(rng):
    _, drawn = sequences(rng)
    return rng.some(length=rng.randint(0, 8), std=rng.one_of(0.0, 0.5, -1.0)), drawn


def waves(x, base=10000.0):
    demand(x.dtype == torch.float32 and x.ndim == 3 and base >= 1)
    width = x.shape[2]

    def wave(t, i):
        angle = t * base ** -((i - i % 2) / width)
        return math.cos(angle) if i % 2 else math.sin(angle)

    return x + torch.tensor([[wave(t, i) for i in range(width)] for t in range(x.shape[1])])


def turned(x, base=10000.0):
    demand(x.dtype == torch.float32 and x.ndim > 2 and x.shape[-1] % 2 == 0 and base >= 1)
    length, width = x.shape[-2:]
    turns = [[cmath.exp(1j * t * base ** (-i / width)) for i in range(0, width, 2)] for t in range(length)]
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], width // 2, 2)) * torch.tensor(turns, dtype=torch.complex64)
    return torch.view_as_real(pairs).flatten(-2)


class Places(torch.nn.Module):
    """Learned places by an Embedding of the numbers 0, 1, 2 ..."""

    def __init__(self, length, width, std):
        super().__init__()
        self.table = torch.nn.Embedding(length, width)
        torch.manual_seed(0)
        torch.nn.init.normal_(self.table.weight, std=std)

    def forward(self, x):
        return x + self.table(torch.arange(x.shape[1]))


def placed(x, length=None, std=0.02):
    length = x.shape[1] if length is None else length
    demand(x.dtype == torch.float32 and x.ndim == 3 and x.shape[1] <= length and std >= 0)
    return Places(length, x.shape[2], std)(x).detach()


def anything(**settings):
    def draw(rng):
        chosen = {name: rng.choice(values) for name, values in settings.items() if rng.random() < 0.7}
        return chosen, rng.one(rng.any_dims(), rng.one_of("float32", "float32", *DTYPES))

    return draw


def floats(rule):
    def judged(x, **settings):
        demand(x.is_floating_point())
        return rule(x, **settings)

    return judged


def noisy(x, std=0.1):
    demand(std >= 0)
    return torch.add(x, torch.empty_like(x).normal_(), alpha=std)


def left_out(x, p=0.5):
    demand(x.dtype == torch.float32 and 0 <= p <= 1)
    if p in (0.0, 1.0):
        return x * (1 - p)
    kept = torch.rand(len(x), *[1] * (x.ndim - 1)).ge(p)
    return torch.where(kept, x, 0.0) / (1 - p)


JUDGE = {
    "SinusoidalEncoding": (sequences, waves),
    "RotaryEncoding": (sequences, turned),
    "LearnedEncoding": (learned_places, placed),
    "GaussianNoise": (anything(std=(0.0, 0.5, -1.0)), floats(noisy)),
    "StochasticDepth": (anything(p=(0.0, 0.25, 1.0, 1.5)), left_out),
    "Detach": (anything(), lambda x: x),
    "ScaleGradient": (anything(factor=(-0.5, 2.0, 0.0)), floats(lambda x, factor=-1.0: x)),
}


@pytest.mark.parametrize("name", JUDGE)
def test_torch_agrees(bench, rng, name):
    draw, rule = JUDGE[name]
    right = 0
    for _ in range(bench.draws):
        values, drawn = draw(rng)
        types, what = bench.types(drawn), f"{name}({values}) of {drawn}"
        x = bench.tensor(bench.dims(types["input"]), types["input"].dtype)
        theirs = judged(bench, rule, x, values)
        ours = bench.verdict(name, values, types)
        if isinstance(ours, Exception):
            assert theirs is None, f"{what}: {ours}"
            continue
        assert theirs is not None, f"{what}: refused by the judge"
        right += 1
        complete, inferred = ours
        assert bench.ours(inferred.outputs["output"]) == bench.torchs(theirs), what
        assert inferred.parameters == sum(math.prod(shape) for _, shape in inferred.weights)
        torch.manual_seed(0)
        (found,) = bench.run(name, complete, types, inferred, {"input": x})
        assert bench.torchs(found) == bench.torchs(theirs), what
        near = 1e-5 if theirs.dtype in (torch.float32, torch.float64) else 0.03  # halves round after each step
        torch.testing.assert_close(found.detach(), theirs, atol=near, rtol=near, msg=what)
    assert right >= bench.draws // 6


def judged(bench, rule, x, values):
    torch.manual_seed(0)
    try:
        return rule(x, **values)
    except bench.refusals:
        return None


@pytest.mark.parametrize("name", ["SinusoidalEncoding", "RotaryEncoding", "StochasticDepth", "Detach", "ScaleGradient"])
def test_open_dimensions_stay_open(bench, rng, name):
    bench.compare_open(rng, name, JUDGE[name][0])


def rows(rng):
    columns = rng.randint(0, 3)
    numbers = tuple(tuple(float(rng.randint(-3, 3)) for _ in range(columns)) for _ in range(rng.randint(1, 3)))
    return {"numbers": numbers, **rng.some(shape=rng.any_dims(0, 2))}


STANDING = {
    "Parameter": lambda rng: rng.some(shape=rng.any_dims(0, 3), std=rng.one_of(0.0, 0.5, -1.0)),
    "Constant": rows,
}


def stand_alone(name, values, like):
    """What the standing tensor is, made by torch's own functions."""
    torch.manual_seed(0)
    if name == "Parameter":
        demand("shape" in values and values.get("std", 0.02) >= 0)
        made = torch.nn.init.normal_(torch.empty(1, *values["shape"]), std=values.get("std", 0.02))
    else:
        rows = torch.tensor(values["numbers"])
        demand(rows.numel())
        made = rows.reshape(values.get("shape", rows.shape if len(rows) > 1 else rows.shape[1:])).unsqueeze(0)
    return made if like is None else torch.cat([made] * len(like))


@pytest.mark.parametrize("name", STANDING)
def test_standing_tensors(bench, rng, name):
    right = 0
    for _ in range(bench.draws):
        values = STANDING[name](rng)
        types = bench.types(rng.some(like=(rng.any_dims(), "float32")))
        tensors = {port: bench.tensor(bench.dims(t), t.dtype) for port, t in types.items()}
        try:
            theirs = stand_alone(name, values, tensors.get("like"))
        except bench.refusals:
            theirs = None
        ours = bench.verdict(name, values, types)
        assert isinstance(ours, Exception) == (theirs is None), f"{name}({values}): {ours}"
        if theirs is None:
            continue
        complete, inferred = ours
        assert bench.ours(inferred.outputs["output"]) == bench.torchs(theirs)
        learned = theirs[:1].numel() if name == "Parameter" else 0
        assert (inferred.parameters, inferred.buffers) == (learned, theirs[:1].numel() - learned)
        torch.manual_seed(0)
        (found,) = bench.run(name, complete, types, inferred, tensors)
        torch.testing.assert_close(found.detach(), theirs)
        right += 1
    assert right > bench.draws // 6


SAMPLING = ("Reparameterize",)


@pytest.mark.parametrize("name", SAMPLING)
def test_a_sample_is_that_of_torchs_normal_distribution(bench, rng, name):
    for _ in range(bench.draws):
        shape = rng.any_dims()
        other = shape if rng.random() < 0.7 else rng.any_dims()
        types = bench.types({"mean": (shape, rng.dtype()), "log_variance": (other, "float32")})
        tensors = {port: bench.tensor(bench.dims(t), t.dtype) for port, t in types.items()}
        ours = bench.verdict(name, {}, types)
        fits = shape == other and types["mean"].dtype == "float32"
        assert isinstance(ours, Exception) != fits
        if not fits:
            continue
        mean, spread = (x.requires_grad_() for x in tensors.values())
        torch.manual_seed(0)
        (found,) = bench.run(name, *(ours[0], types, ours[1]), tensors)
        found.sum().backward()
        slope = (mean.grad.clone(), spread.grad.clone())
        mean.grad = spread.grad = None
        torch.manual_seed(0)
        theirs = torch.distributions.Normal(mean, spread.mul(0.5).exp()).rsample()
        theirs.sum().backward()
        torch.testing.assert_close(found, theirs)
        torch.testing.assert_close(slope, (mean.grad, spread.grad))


@pytest.mark.parametrize(("name", "factor"), [("Detach", 0.0), ("ScaleGradient", -0.5)])
def test_only_the_gradient_changes(bench, name, factor):
    types = bench.types({"input": ((3,), "float32")})
    x = torch.randn(bench.batch, 3, requires_grad=True)
    complete, inferred = bench.verdict(name, {"factor": factor} if name == "ScaleGradient" else {}, types)
    (found,) = bench.run(name, complete, types, inferred, {"input": x})
    assert torch.equal(found, x)
    (found.square().sum() + x.sum()).backward()
    torch.testing.assert_close(x.grad, factor * 2 * x.detach() + 1)
