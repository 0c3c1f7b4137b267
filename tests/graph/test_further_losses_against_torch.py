"""torch is the judge of the losses of values and of margins, forward and backward.

Counted as wrong here though torch lets it pass: answers of whole numbers or targets of yes and no, which nothing can
learn from, and shapes beyond those documented for losses that compare whole samples.
"""

import pytest
import torch
from torch.nn import functional as F

from graph import registry
from graph.dim import N
from graph.tensor_type import DTYPES, TensorType

BATCH = 7
DRAWS = 250


def some(rng, **settings):
    return {name: value for name, value in settings.items() if rng.random() < 0.5}


def nearly(rng, dims):
    """The same dimensions, now and then others."""
    if rng.random() < 0.75:
        return dims
    changed = list(dims)
    if changed and rng.random() < 0.7:
        changed[rng.randrange(len(changed))] = rng.choice((1, 2, 3))
        return tuple(changed)
    return tuple(changed[1:])


def any_shape(rng):
    return tuple(rng.choice((1, 2, 3)) for _ in range(rng.randint(0, 3)))


def alike(rng, count):
    first = any_shape(rng)
    return [first, *(nearly(rng, first) for _ in range(count - 1))]


def with_variance(rng):
    x, target = alike(rng, 2)
    if x and rng.random() < 0.5:
        shrunk = list(x)
        shrunk[rng.randrange(len(x))] = 1
        return [x, target, tuple(shrunk) if rng.random() < 0.7 else x[:-1]]
    return [x, target, nearly(rng, x)]


def vectors(rng, count):
    first = (rng.choice((1, 2, 3)),) if rng.random() < 0.8 else any_shape(rng)
    return [first, *(nearly(rng, first) if rng.random() < 0.5 else first for _ in range(count - 1))]


def with_class_number(rng):
    return [vectors(rng, 1)[0], nearly(rng, ())]


def with_one_target(rng):
    return [*vectors(rng, 2), () if rng.random() < 0.8 else any_shape(rng)]


def the_same(*shapes):
    return len(set(shapes)) == 1


DRAW = {  # settings, shapes, what is documented beyond what torch refuses
    "HuberLoss": (dict(delta=(0.5, 2.0, 0.0)), lambda rng: alike(rng, 2), None),
    "KLDivLoss": (dict(reduction=("batchmean",), log_target=(True,)), lambda rng: alike(rng, 2), None),
    "PoissonNLLLoss": (dict(log_input=(False,), full=(True,), eps=(1e-4,)), lambda rng: alike(rng, 2), None),
    "GaussianNLLLoss": (dict(full=(True,), eps=(1e-3,)), with_variance, None),
    "SoftMarginLoss": ({}, lambda rng: alike(rng, 2), None),
    "MultiLabelSoftMarginLoss": ({}, lambda rng: alike(rng, 2), lambda x, y: the_same(x, y) and len(x) > 1),
    "HingeEmbeddingLoss": (dict(margin=(0.5, 2.0)), lambda rng: alike(rng, 2), None),
    "MultiMarginLoss": (dict(p=(1, 2, 3), margin=(0.5,)), with_class_number, lambda x, y: len(x) == 2),
    "MultiLabelMarginLoss": ({}, lambda rng: vectors(rng, 2), lambda x, y: len(x) == 2),
    "MarginRankingLoss": (dict(margin=(0.5,)), lambda rng: alike(rng, 3), the_same),
    "CosineEmbeddingLoss": (dict(margin=(0.5,)), with_one_target, lambda x, y, t: the_same(x, y) and t == x[:1]),
    "TripletMarginLoss": (
        dict(margin=(0.5, 0.0), p=(1.0, 3.0), eps=(1e-3,), swap=(True,)),
        lambda rng: vectors(rng, 3),
        lambda *shapes: the_same(*shapes) and len(shapes[0]) > 1,
    ),
}
ANSWERS = ("input", "input1", "input2", "var", "anchor", "positive", "negative")
WHOLE = ("MultiMarginLoss", "MultiLabelMarginLoss")


def draw(rng, name):
    settings, shapes, documented = DRAW[name]
    values = some(rng, **{key: rng.choice(choices) for key, choices in settings.items()})
    if rng.random() < 0.4:
        values["reduction"] = rng.choice(("mean", "sum", "none"))
    ports = [port.name for port in registry.block_type(name).inputs]
    usual = ("float32" if rng.random() < 0.9 else rng.choice(DTYPES)) if name not in WHOLE else "int64"
    kinds = ["float32" if port in ANSWERS else usual for port in ports]
    kinds = [rng.choice(DTYPES) if rng.random() < 0.06 else kind for kind in kinds]
    dims = [(BATCH, *shape) if rng.random() < 0.97 else shape for shape in shapes(rng)]
    return values, dict(zip(ports, zip(dims, kinds, strict=True), strict=True)), documented


def tensors(bench, name, drawn):
    made = {port: bench.tensor(shape, kind, 1 if name in WHOLE else 2) for port, (shape, kind) in drawn.items()}
    for port in ANSWERS:
        if port in made and made[port].is_floating_point():
            made[port].requires_grad_()
    return made


def judged_by_torch(name, values, given, documented):
    answers = [t for port, t in given.items() if port in ANSWERS]
    if not all(t.is_floating_point() for t in answers) or any(t.dtype == torch.bool for t in given.values()):
        return None
    if documented and not documented(*(tuple(t.shape) for t in given.values())):
        return None
    try:
        loss = getattr(F, registry.block_type(name).function)(*given.values(), **values)
        loss.sum().backward()
    except (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError):
        return None
    return loss


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", DRAW)
def test_torch_agrees(bench, rng, name):
    taken = 0
    for _ in range(DRAWS):
        values, drawn, documented = draw(rng, name)
        inputs = {p: TensorType(tuple(N if d == BATCH else d for d in s), kind) for p, (s, kind) in drawn.items()}
        given = tensors(bench, name, drawn)
        theirs = judged_by_torch(name, values, given, documented)
        ours = bench.verdict(name, values, inputs)
        what = f"{name}({values}) of {drawn}"
        if isinstance(ours, Exception):
            assert theirs is None, f"{what}: torch takes it, we say {ours}"
            continue
        assert theirs is not None, f"{what}: torch refuses"
        complete, inferred = ours
        assert bench.ours(inferred.outputs["loss"]) == bench.torchs(theirs), what
        (found,) = bench.run(name, complete, inputs, inferred, given)
        assert torch.equal(found, theirs), what
        taken += 1
    assert DRAWS // 5 < taken < DRAWS * 19 // 20
