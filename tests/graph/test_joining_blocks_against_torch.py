"""torch is the judge of blocks with several inputs, too: losses (forward and backward), merging, and given states."""

import random

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from graph import registry
from graph.block_type import ShapeError
from graph.dim import N
from graph.tensor_type import DTYPES, TensorType

BATCH = 7
DRAWS = 500


def tensor(shape, kind, below=3):
    made = torch.rand(shape) if "float" in kind else torch.randint(0, below, shape)
    return made.to(getattr(torch, kind))


def torch_type(t):
    return tuple(t.shape), str(t.dtype).removeprefix("torch.")


def our_type(t):
    return tuple(eval(str(d), {"N": BATCH}) for d in t.dims), t.dtype


class Here:
    """The site of a block whose expression is evaluated in this file."""

    def __init__(self, values, inputs):
        self.values, self.inputs = values, inputs

    def one(self, port):
        return port if port in self.inputs else None

    def many(self, port):
        return [f"{port}[{i}]" for i in range(len(self.inputs[port]))]

    def literal(self, value):
        return repr(value)

    def call_module(self, *variables):
        return f"module({', '.join(variables)})"


def judged_by_us(name, values, inputs):
    declared = registry.block_type(name)
    complete = declared.complete({k: declared.hyperparameter(k).coerce(v) for k, v in values.items()})
    try:
        declared.check(complete)
        return complete, declared.infer(complete, inputs)
    except ShapeError as error:
        return error


def judged_by_torch(compute):
    try:
        return compute()
    except (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError):
        return None


def agree(what, ours, theirs):
    """Whether both say yes; fails where they differ."""
    if isinstance(ours, Exception):
        assert theirs is None, f"{what}: torch takes it, we say {ours}"
        return False
    assert theirs is not None, f"{what}: torch refuses, we say {ours[1].outputs}"
    assert [our_type(t) for t in ours[1].outputs.values()] == [torch_type(t) for t in theirs], what
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


def draw_values(rng):
    x = shape(rng, 0, 3)
    y = x if rng.random() < 0.6 else shape(rng, 0, 3)
    return {"reduction": rng.choice(("mean", "sum", "none"))}, x, y, kinds(rng, "float32")


LOSSES = {
    "CrossEntropyLoss": (draw_cross_entropy, F.cross_entropy),
    "MSELoss": (draw_values, F.mse_loss),
    "L1Loss": (draw_values, F.l1_loss),
    "BCEWithLogitsLoss": (draw_values, F.binary_cross_entropy_with_logits),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name):
    draw, function = LOSSES[name]
    rng = random.Random(1)
    taken = 0
    for _ in range(DRAWS):
        values, x, y, y_kind = draw(rng)
        x_kind = "float32" if rng.random() < 0.8 else rng.choice(DTYPES)
        classes = rng.choice((2, 3)) if y_kind in ("int64", "uint8") and name == "CrossEntropyLoss" else None
        inputs = {
            "input": TensorType((N, *x), x_kind),
            "target": TensorType((N, *y), y_kind, classes),
        }
        answer, target = tensor((BATCH, *x), x_kind), tensor((BATCH, *y), y_kind, classes or 2)
        if classes:
            target.view(-1)[0] = classes - 1
        if answer.is_floating_point():
            answer.requires_grad_()

        def compute(answer=answer, target=target, values=values):
            loss = function(answer, target, **values)
            if loss.requires_grad:
                loss.sum().backward()
            return (loss,) if loss.is_floating_point() else None  # whole numbers have no slope to learn from

        ours = judged_by_us(name, values, inputs)
        if agree(f"{name}({values}) of {inputs}", ours, judged_by_torch(compute)):
            taken += 1
            expression = registry.block_type(name).forward(Here(ours[0], inputs))
            found = eval(expression, {"F": F, "input": answer, "target": target})
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
def test_merging(name):
    rng = random.Random(2)
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
        tensors = [tensor(our_type(x)[0], x.dtype) for x in inputs["inputs"]]
        theirs = judged_by_torch(lambda tensors=tensors, values=values: (MERGERS[name](tensors, **values),))
        ours = judged_by_us(name, values, inputs)
        if agree(f"{name}({values}) of {inputs}", ours, theirs):
            taken += 1
            found = eval(registry.block_type(name).forward(Here(ours[0], inputs)), {"torch": torch, "inputs": tensors})
            assert torch.equal(found, theirs[0])
    assert DRAWS // 5 < taken < DRAWS * 9 // 10


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_given_states(name):
    """h_0 and c_0 are taken exactly where torch takes them, and the outputs unpack as `targets` says."""
    rng = random.Random(3)
    declared = registry.block_type(name)
    taken = 0
    for _ in range(150):
        hidden, layers, both = rng.randint(2, 4), rng.randint(1, 2), rng.random() < 0.5
        values = {"hidden_size": hidden, "num_layers": layers, "bidirectional": both}
        if name == "LSTM" and rng.random() < 0.5:
            values["proj_size"] = 1
        stacked = layers * (2 if both else 1)
        right = {"h_0": (stacked, N, values.get("proj_size", hidden)), "c_0": (stacked, N, hidden)}
        inputs = {"input": TensorType((N, 3, 2))}
        for port in declared.inputs[1:]:
            dims = list(right[port.name])
            if rng.random() < 0.2:
                dims[rng.choice((0, 2))] += 1
            if rng.random() < 0.9:
                inputs[port.name] = TensorType(tuple(dims))
        x = {port: tensor(our_type(t)[0], t.dtype) for port, t in inputs.items()}
        states = tuple(x[p] for p in ("h_0", "c_0") if p in x)

        def compute(x=x, values=values, states=states):
            module = getattr(nn, name)(2, batch_first=True, **values)
            if name != "LSTM":
                output, h_n = module(x["input"], *states)
                return output, h_n
            output, (h_n, c_n) = module(x["input"], *([states] if states else []))
            return output, h_n, c_n

        ours = judged_by_us(name, values, inputs)
        if agree(f"{name}({values}) of {inputs}", ours, judged_by_torch(compute)):
            taken += 1
            call = declared.module(ours[0], inputs, ours[1])
            module = eval(call.function, {"nn": nn})(*call.args, **call.kwargs)
            line = f"{declared.targets({n: n for n in ours[1].outputs})} = {declared.forward(Here(ours[0], inputs))}"
            exec(line, {"module": module, **x}, found := {})
            assert {n: torch_type(t) for n, t in found.items()} == {n: our_type(t) for n, t in ours[1].outputs.items()}
    assert taken > 40
