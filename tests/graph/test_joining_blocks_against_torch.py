"""torch is the judge of blocks with several inputs, too: losses (forward and backward), merging, and given states."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from graph.dim import N
from graph.tensor_type import DTYPES, TensorType

BATCH = 7
DRAWS = 500


def judged_by_torch(compute):
    try:
        return compute()
    except (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError):
        return None


def agree(bench, what, ours, theirs):
    """Whether both say yes; fails where they differ."""
    if isinstance(ours, Exception):
        assert theirs is None, f"{what}: torch takes it, we say {ours}"
        return False
    assert theirs is not None, f"{what}: torch refuses, we say {ours[1].outputs}"
    assert [bench.ours(t) for t in ours[1].outputs.values()] == [bench.torchs(t) for t in theirs], what
    return True


def shape(rng, least, most):
    return tuple(rng.choice((1, 2, 3)) for _ in range(rng.randint(least, most)))


def kinds(rng, *usual):
    return rng.choice(usual) if rng.random() < 0.7 else rng.choice(DTYPES)


def draw_cross_entropy(rng):
    x = shape(rng, 1, 3)
    settings = {"reduction": rng.choice(("mean", "sum", "none")), "label_smoothing": rng.choice((0.0, 0.0, 0.1))}
    kind = rng.random()
    if kind < 0.6:
        return settings, x, x[1:], kinds(rng, "int64")
    if kind < 0.85:
        return settings, x, x, kinds(rng, "float32")
    return settings, x, shape(rng, 0, 3), kinds(rng, "int64", "float32")


def draw_class_numbers(rng):
    settings, *rest = draw_cross_entropy(rng)
    return {"reduction": settings["reduction"]}, *rest


def draw_values(rng):
    x = shape(rng, 0, 3)
    y = x if rng.random() < 0.6 else shape(rng, 0, 3)
    return {"reduction": rng.choice(("mean", "sum", "none"))}, x, y, kinds(rng, "float32")


CLASSES = ("CrossEntropyLoss", "NLLLoss")
LOSSES = {
    "CrossEntropyLoss": (draw_cross_entropy, F.cross_entropy),
    "MSELoss": (draw_values, F.mse_loss),
    "L1Loss": (draw_values, F.l1_loss),
    "SmoothL1Loss": (draw_values, F.smooth_l1_loss),
    "BCEWithLogitsLoss": (draw_values, F.binary_cross_entropy_with_logits),
    "BCELoss": (draw_values, F.binary_cross_entropy),
    "NLLLoss": (draw_class_numbers, F.nll_loss),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LOSSES)
def test_losses(bench, rng, name):
    draw, function = LOSSES[name]
    taken = 0
    for _ in range(DRAWS):
        values, x, y, y_kind = draw(rng)
        x_kind = "float32" if rng.random() < 0.8 else rng.choice(DTYPES)
        classes = rng.choice((2, 3)) if y_kind in ("int64", "uint8") and name in CLASSES else None
        inputs = {
            "input": TensorType((N, *x), x_kind),
            "target": TensorType((N, *y), y_kind, classes),
        }
        answer, target = bench.tensor((BATCH, *x), x_kind), bench.tensor((BATCH, *y), y_kind, classes or 2)
        if classes:
            target.view(-1)[0] = classes - 1
        if answer.is_floating_point():
            answer.requires_grad_()

        def compute(answer=answer, target=target, values=values):
            loss = function(answer, target, **values)
            if loss.requires_grad:
                loss.sum().backward()
            return (loss,) if loss.is_floating_point() else None  # whole numbers have no slope to learn from

        ours = bench.verdict(name, values, inputs)
        if agree(bench, f"{name}({values}) of {inputs}", ours, judged_by_torch(compute)):
            taken += 1
            (found,) = bench.run(name, ours[0], inputs, ours[1], {"input": answer, "target": target})
            assert torch.equal(found, compute()[0])
    assert DRAWS // 5 < taken < DRAWS * 9 // 10


MERGERS = {
    "Add": lambda tensors, **values: _fold(torch.add, tensors),
    "Multiply": lambda tensors, **values: _fold(torch.mul, tensors),
    "Concatenate": lambda tensors, dim: torch.cat(tensors, dim=dim),
}


def _fold(operation, tensors):
    result = tensors[0]
    for x in tensors[1:]:
        result = operation(result, x)
    return result


@pytest.mark.parametrize("name", MERGERS)
def test_merging(bench, rng, name):
    taken = 0
    for _ in range(DRAWS):
        first = shape(rng, 0, 3)
        shapes, types = [], []
        for _ in range(rng.randint(1, 3)):
            other = list(first)
            if other and rng.random() < 0.5:
                other[rng.randrange(len(other))] = rng.choice((1, 2, 3))
            if rng.random() < 0.15:
                other = other[1:]
            shapes.append(tuple(other))
            types.append("float32" if rng.random() < 0.6 else rng.choice(DTYPES))
        batched = [rng.random() < 0.97 for _ in shapes]
        values = {"dim": rng.randint(-3, 3)} if name == "Concatenate" else {}
        inputs = {
            "inputs": tuple(
                TensorType(((N,) if b else ()) + s, t) for b, s, t in zip(batched, shapes, types, strict=True)
            )
        }
        tensors = [bench.tensor(bench.dims(x), x.dtype) for x in inputs["inputs"]]
        theirs = judged_by_torch(lambda tensors=tensors, values=values: (MERGERS[name](tensors, **values),))
        ours = bench.verdict(name, values, inputs)
        if agree(bench, f"{name}({values}) of {inputs}", ours, theirs):
            taken += 1
            (found,) = bench.run(name, ours[0], inputs, ours[1], {"inputs": tensors})
            assert torch.equal(found, theirs[0])
    assert DRAWS // 5 < taken < DRAWS * 9 // 10


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_given_states(bench, rng, name):
    """h_0 and c_0 are taken exactly where torch takes them, and the outputs unpack as `targets` says."""
    states = ("h_0", "c_0") if name == "LSTM" else ("h_0",)
    taken = 0
    for _ in range(150):
        hidden, layers, both = rng.randint(2, 4), rng.randint(1, 2), rng.random() < 0.5
        values = {"hidden_size": hidden, "num_layers": layers, "bidirectional": both}
        if name == "LSTM" and rng.random() < 0.5:
            values["proj_size"] = 1
        stacked = layers * (2 if both else 1)
        right = {"h_0": (stacked, N, values.get("proj_size", hidden)), "c_0": (stacked, N, hidden)}
        inputs = {"input": TensorType((N, 3, 2))}
        for port in states:
            dims = list(right[port])
            if rng.random() < 0.2:
                dims[rng.choice((0, 2))] += 1
            if rng.random() < 0.9:
                inputs[port] = TensorType(tuple(dims))
        x = {port: bench.tensor(bench.dims(t), t.dtype) for port, t in inputs.items()}
        given = tuple(x[p] for p in states if p in x)

        def compute(x=x, values=values, given=given):
            module = getattr(nn, name)(2, batch_first=True, **values)
            if name != "LSTM":
                output, h_n = module(x["input"], *given)
                return output, h_n
            output, (h_n, c_n) = module(x["input"], *([given] if given else []))
            return output, h_n, c_n

        ours = bench.verdict(name, values, inputs)
        if agree(bench, f"{name}({values}) of {inputs}", ours, judged_by_torch(compute)):
            taken += 1
            found = bench.run(name, ours[0], inputs, ours[1], x)
            assert [bench.torchs(t) for t in found] == [bench.ours(t) for t in ours[1].outputs.values()]
    assert taken > 40
