"""torch is the judge of tensor operations: arithmetic, reductions, and what moves, cuts and copies values.

Counted as wrong here though torch lets it pass: a Squeeze of what is not 1, an output without a single value, a mask
that is not bool. Whatever tears the batch apart is refused with the code `batch`.
"""

import os

import pytest
import torch
from torch.nn import functional as F

from graph.dim import N, symbol
from graph.tensor_type import DTYPES, TensorType

BATCH = 7
DRAWS = 400 if os.environ.get("NETLOOM_NIGHTLY") == "1" else 150


def shape(rng, least=0, most=3):
    return tuple(rng.choice((1, 2, 3, 4)) for _ in range(rng.randint(least, most)))


def kind(rng, usual="float32"):
    return usual if rng.random() < 0.6 else rng.choice(DTYPES)


def nearly(rng, dims):
    changed = list(dims)
    for i in range(len(changed)):
        if rng.random() < 0.25:
            changed[i] = rng.choice((1, 2, 3))
    return tuple(changed[1:] if rng.random() < 0.15 else changed)


def one(**settings):
    """A draw of settings for a block with one input, any shape and dtype."""

    def draw(rng):
        values = {name: choose(rng) for name, choose in settings.items()}
        return values, {"input": ((BATCH, *shape(rng)), kind(rng))}

    return draw


def axes(rng):
    return tuple(rng.randint(-4, 3) for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3))))


def axis(rng):
    return rng.randint(-3, 3)


def flag(rng):
    return rng.random() < 0.5


def two(rng):
    first = shape(rng)
    return {}, {
        "input": ((BATCH, *first), kind(rng)),
        "other": ((BATCH, *nearly(rng, first)) if rng.random() < 0.8 else nearly(rng, first), kind(rng)),
    }


def three(rng):
    values, inputs = two(rng)
    return values, {"mask": ((BATCH, *nearly(rng, inputs["input"][0][1:])), kind(rng, "bool")), **inputs}


def matrices(rng):
    ahead, n, m, p = shape(rng, 0, 1), *(rng.choice((1, 2, 3)) for _ in range(3))
    right = nearly(rng, (*ahead, m, p)) if rng.random() < 0.5 else (*ahead, m, p)
    dtype = kind(rng)
    other = dtype if rng.random() < 0.9 else kind(rng)
    return {}, {"input": ((BATCH, *ahead, n, m), dtype), "other": ((BATCH, *right), other)}


def sized(name):
    """A number for every dimension of a sample, now and then one too few."""

    def draw(rng):
        dims = shape(rng)
        if name == "shape":
            wanted = [rng.choice((3, 4)) if d == 1 and rng.random() < 0.7 else d for d in dims]
            wanted = [-1 if i == 0 and rng.random() < 0.3 else d for i, d in enumerate(wanted)]
            wanted = nearly(rng, wanted) if rng.random() < 0.3 else tuple(wanted)
        else:
            wanted = nearly(rng, dims)
        return {name: wanted}, {"input": ((BATCH, *dims), kind(rng))}

    return draw


def several(rng):
    first = shape(rng)
    others = [nearly(rng, first) if rng.random() < 0.3 else first for _ in range(rng.randint(0, 2))]
    return {"dim": axis(rng)}, {"inputs": [((BATCH, *dims), kind(rng)) for dims in (first, *others)]}


def numbers(rng):
    values = {"num_classes": rng.choice((0, 3, 4))} if rng.random() < 0.8 else {}
    return values, {"input": ((BATCH, *shape(rng)), kind(rng, "int64"))}


def with_ones(rng):
    dims = list(shape(rng, 1))
    at = rng.randrange(len(dims))
    dims[at] = 1
    return {"dim": at + 1 if rng.random() < 0.6 else axis(rng)}, {"input": ((BATCH, *dims), kind(rng))}


def mostly_inside(rng):
    return rng.choice((1, 1, -1, axis(rng)))


def start(rng):
    return rng.choice((0, 0, 1, 2, -1, -3))


def end(rng):
    return rng.choice((None, None, *range(-4, 5)))


def step(rng):
    return rng.choice((1, 1, 2, 0))


def bound(rng):
    return rng.choice((None, -1.0, 0.2, 0.7))


def norm(x, dim, keepdim, p):
    return x.norm(p=p, dim=dim, keepdim=keepdim)


def squeezed(x, dim):
    if x.shape[dim] != 1:
        raise ValueError("counted as wrong")
    return x.squeeze(dim)


def cut(x, dim, start, end, step):
    return x[(*(slice(None),) * (dim % x.ndim), slice(start, end, step))] if -x.ndim <= dim < x.ndim else None


def parted(x, dim, size=None):
    if size is None:
        return x.chunk(2, dim) if x.shape[dim] % 2 == 0 else None
    return x.split((size, x.shape[dim] - size), dim)


SIGNS = {"above": torch.gt, "below": torch.lt, "equal": torch.eq, "not_equal": torch.ne}
SIGNS |= {"at_least": torch.ge, "at_most": torch.le}
REDUCED = {"dim": axes, "keepdim": flag}
FLOAT = {"exponent": lambda rng: rng.choice((2.0, 0.5, -1.0, float("nan")))}
JUDGE = {
    "Subtract": (two, lambda input, other: input - other),
    "Divide": (two, lambda input, other: input / other),
    "MatMul": (matrices, lambda input, other: input @ other),
    "Where": (three, lambda mask, input, other: torch.where(mask, input, other)),
    "Scale": (one(factor=lambda rng: rng.choice((0.5, -2.0, float("inf")))), lambda x, factor: x * factor),
    "Shift": (one(amount=lambda rng: rng.choice((0.5, -2.0, float("inf")))), lambda x, amount: x + amount),
    "Power": (one(**FLOAT), lambda x, exponent: x**exponent),
    "Sqrt": (one(), torch.sqrt),
    "Exp": (one(), torch.exp),
    "Log": (one(), torch.log),
    "Abs": (one(), torch.abs),
    "Negate": (one(), torch.neg),
    "Clamp": (one(min=bound, max=bound), lambda x, min, max: torch.clamp(x, min, max)),
    "Compare": (
        one(relation=lambda rng: rng.choice((*SIGNS, "near")), number=lambda rng: rng.choice((0.0, 0.5))),
        lambda x, relation, number: SIGNS[relation](x, number),
    ),
    "Mean": (one(**REDUCED), torch.mean),
    "Sum": (one(**REDUCED), torch.sum),
    "ReduceMax": (one(**REDUCED), torch.amax),
    "ReduceMin": (one(**REDUCED), torch.amin),
    "Norm": (one(**REDUCED, p=lambda rng: rng.choice((1.0, 2.0, 3.5, 0.0))), norm),
    "ArgMax": (one(dim=axis, keepdim=flag), torch.argmax),
    "Squeeze": (with_ones, squeezed),
    "Unsqueeze": (one(dim=axis), torch.unsqueeze),
    "Transpose": (one(dim0=axis, dim1=axis), torch.transpose),
    "Slice": (one(dim=mostly_inside, start=start, end=end, step=step), cut),
    "Split": (one(dim=axis, size=lambda rng: rng.choice((None, 1, 2, 0))), parted),
    "Expand": (sized("shape"), lambda x, shape: x.expand(-1, *shape) if len(shape) == x.ndim - 1 else None),
    "Repeat": (sized("repeats"), lambda x, repeats: x.repeat(1, *repeats) if len(repeats) == x.ndim - 1 else None),
    "Stack": (several, torch.stack),
    "OneHot": (numbers, lambda x, num_classes: F.one_hot(x, num_classes).float() if num_classes > 0 else None),
}  # fmt: skip
ANY_RIGHT = ("Sqrt", "Exp", "Log")  # nothing is wrong for these


def judged_by_torch(name, values, tensors):
    if any(isinstance(v, float) and not abs(v) < float("inf") for v in values.values()):
        return None
    if name == "Where" and tensors["mask"].dtype != torch.bool:
        return None
    if values.get("dim", 0) == () or (name == "Clamp" and _crossed(values)):
        return None
    try:
        found = JUDGE[name][1](*tensors.values(), **values)
    except (RuntimeError, ValueError, TypeError, IndexError, KeyError, NotImplementedError):
        return None
    found = found if isinstance(found, tuple) else (found,)
    return found if all(t is not None and t.numel() for t in found) else None


def _crossed(values):
    low, high = values["min"], values["max"]
    return low is not None and high is not None and low > high


def typed(dims, dtype, batch=N):
    return TensorType(tuple(batch if d == BATCH else d for d in dims), dtype)


def both(bench, drawn):
    """The types and the tensors of what was drawn, by port."""
    types, tensors = {}, {}
    for port, given in drawn.items():
        many = isinstance(given, list)
        pairs = given if many else [given]
        made = [(typed(*pair), bench.tensor(*pair)) for pair in pairs]
        types[port] = tuple(t for t, _ in made) if many else made[0][0]
        tensors[port] = [x for _, x in made] if many else made[0][1]
    return types, tensors


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", JUDGE)
def test_torch_agrees(bench, rng, name):
    right = wrong = 0
    for _ in range(DRAWS):
        values, drawn = JUDGE[name][0](rng)
        inputs, tensors = both(bench, drawn)
        theirs = judged_by_torch(name, values, tensors)
        ours = bench.verdict(name, values, inputs)
        what = f"{name}({values}) of {drawn}"
        if isinstance(ours, Exception):
            wrong += 1
            assert theirs is None or getattr(ours, "code", "") == "batch", f"{what}: torch takes it, we say {ours}"
            continue
        assert theirs is not None, f"{what}: torch refuses, we say {ours[1]}"
        right += 1
        complete, inferred = ours
        expected = [bench.torchs(t) for t in theirs]
        assert [bench.ours(t) for t in inferred.outputs.values()] == expected, what
        assert inferred.parameters == 0
        found = bench.run(name, complete, inputs, inferred, tensors)
        assert all(torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in zip(found, theirs, strict=True)), what
    assert right >= DRAWS // 6
    assert wrong >= 4 or name in ANY_RIGHT


@pytest.mark.parametrize("name", [name for name in JUDGE if name != "Stack"])
def test_open_dimensions_follow_the_same_arithmetic(bench, rng, name):
    """What is inferred with a dimension open, filled in, is what the number gives."""
    opened = 0
    for _ in range(DRAWS):
        values, drawn = JUDGE[name][0](rng)
        inputs, _ = both(bench, drawn)
        closed = bench.verdict(name, values, inputs)
        size = rng.choice((2, 3, 4))
        if isinstance(closed, Exception) or not any(size in x.dims for x in inputs.values()):
            continue
        loose = {p: x.with_dims(tuple(symbol("T") if d == size else d for d in x.dims)) for p, x in inputs.items()}
        ours = bench.verdict(name, values, loose)
        what = f"{name}({values}) of {loose}"
        if isinstance(ours, Exception):
            assert ours.code == "open", f"{what}: {ours}"
            continue
        opened += 1
        for a, b in zip(ours[1].outputs.values(), closed[1].outputs.values(), strict=True):
            assert bench.ours(a, T=size) == bench.ours(b), f"{what}: {a}"
        assert bench.dims(TensorType((ours[1].macs,)), T=size) == bench.dims(TensorType((closed[1].macs,))), what
    assert opened
