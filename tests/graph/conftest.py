"""`bench`: the comparison with torch: random settings and tensors, our verdict, counts and expression against its own.

NETLOOM_NIGHTLY=1 draws several hundred configurations of every block type instead of several dozen; NETLOOM_SEED
draws others.
"""

import math
import os
import random
import re
from pathlib import Path

import pytest

from graph import registry
from graph.block_type import Call, ShapeError
from graph.dim import N, symbol
from graph.hyperparameter import HyperparameterError
from graph.tensor_type import DTYPES, TensorType

OPEN = {"N": 7, "T": 41, "H": 23, "floor": math.floor, "ceil": math.ceil}
SENTENCE = re.compile(r"(?P<left>[^=]+) = (?P<right>[^=]+)\Z")
NIGHTLY = os.environ.get("NETLOOM_NIGHTLY") == "1"
PIECES = Path(__file__).resolve().parents[2] / "backend" / "source" / "pieces"


class Dice(random.Random):
    """What settings and inputs are drawn with; now and then wrong ones."""

    def one_of(self, *values):
        return self.choice(values)

    def some(self, **settings):
        """Each setting with even chance; the others keep their defaults."""
        return {name: value for name, value in settings.items() if self.random() < 0.5}

    def size(self, rank, low, high):
        """One number or one for each direction."""
        if self.random() < 0.5:
            return self.randint(low, high)
        return tuple(self.randint(low, high) for _ in range(rank))

    def dtype(self, usual="float32"):
        return usual if self.random() < 0.85 else self.choice(DTYPES)

    def dims(self, spatial, largest=9):
        """Channels and sizes, now and then too few or too many."""
        directions = max(spatial + (self.choice((-1, 1)) if self.random() < 0.08 else 0), 0)
        sizes = [size for size in range(1, largest + 1) if size != Bench.batch]
        return (self.choice((1, 2, 3, 4, 6)), *(self.choice(sizes) for _ in range(directions)))

    def one(self, shape, kind):
        """Inputs of a block with one port."""
        return {"input": (shape, kind)}

    def any_dims(self, least=0, most=4):
        return tuple(self.choice((1, 2, 3, 4)) for _ in range(self.randint(least, most)))


class Here:
    """The site of a block whose expression is evaluated where `inputs` are variables."""

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


class Bench:
    """Our side of a comparison with torch."""

    batch = 7  # no drawn dimension is 7, so that a misplaced batch shows
    draws = 400 if NIGHTLY else 60  # configurations of a block type, right and wrong ones
    refusals = (
        *(RuntimeError, ValueError, TypeError, IndexError, AssertionError),
        *(ZeroDivisionError, NotImplementedError, OverflowError),
    )

    def dims(self, t, **known):
        """A tensor type's dimensions as numbers."""
        names = {"floor": math.floor, "ceil": math.ceil, "N": self.batch, **known}
        return tuple(eval(str(dim), names) for dim in t.dims)

    def ours(self, t, **known):
        return self.dims(t, **known), t.dtype

    def torchs(self, t):
        return tuple(t.shape), str(t.dtype).removeprefix("torch.")

    def tensor(self, shape, kind, below=3):
        import torch

        made = torch.rand(shape) if "float" in kind else torch.randint(0, below, shape)
        return made.to(getattr(torch, kind))

    def verdict(self, name, values, inputs):
        """(complete values, Inferred), or the error."""
        declared = registry.block_type(name)
        try:
            absent = declared.missing(values)
            if absent:
                return HyperparameterError(f"{absent} not set")
            complete = declared.complete({k: declared.hyperparameter(k).coerce(v) for k, v in values.items()})
            declared.check(complete)
            return complete, declared.infer(complete, inputs)
        except (ShapeError, HyperparameterError) as error:
            return error

    def run(self, name, complete, inputs, inferred, tensors):
        """The block's own constructor and expression, evaluated as they stand in generated source."""
        import torch
        from torch import nn
        from torch.nn import functional as F

        declared = registry.block_type(name)
        call = declared.module(complete, inputs, inferred)
        pieces = {}
        for piece in getattr(declared, "pieces", ()):
            exec((PIECES / f"{piece}.py").read_text(encoding="utf-8"), pieces)

        def build(value):
            if not isinstance(value, Call):
                return value
            return eval(value.function, {"nn": nn, **pieces})(*map(build, value.args), **value.kwargs)

        module = build(call)
        line = f"{declared.targets({n: n for n in inferred.outputs})} = {declared.forward(Here(complete, inputs))}"
        exec(line, {"torch": torch, "F": F, "module": module, **tensors}, found := {})
        return [found[n] for n in inferred.outputs]

    def arithmetic_is_true(self, lines):
        """Evaluate both sides of every line that says `... = ...`; how many did."""
        checked = 0
        for what, words in lines:
            assert what and words, (what, words)
            found = SENTENCE.match(words)
            if found:
                left, right = (eval(re.sub(r"(?<=\d),(?=\d{3})", "", side), dict(OPEN)) for side in found.groups())
                near = isinstance(right, float) and math.isclose(left, right, rel_tol=1e-5)  # as six digits show it
                assert near or left == right, f"{what}: {words}"
                checked += 1
        return checked

    def types(self, drawn):
        """The tensor types of drawn inputs: {port: (dimensions of a sample, dtype)}."""
        return {port: TensorType((N, *shape), kind) for port, (shape, kind) in drawn.items()}

    def compare(self, rng, name, draw, judge, wrong_at_least=4, same_numbers=True, below=3):
        """Draw settings and inputs of a block type and hold our verdict and results against torch's.

        `draw(rng)` gives (settings, {port: (dimensions of a sample, dtype)}); `judge(name, settings, tensors)` gives
        torch's (outputs, module or None) and raises where torch refuses, or takes what counts as wrong here.
        """
        right = wrong = 0
        for _ in range(self.draws):
            values, drawn = draw(rng)
            types, what = self.types(drawn), f"{name}({values}) of {drawn}"
            most = values.get("num_embeddings", below)
            tensors = {port: self.tensor(self.dims(t), t.dtype, most) for port, t in types.items()}
            theirs = self._judged(judge, name, values, tensors)
            ours = self.verdict(name, values, types)
            if isinstance(ours, Exception):
                wrong += 1
                assert theirs is None or getattr(ours, "code", "") == "batch", f"{what}: torch takes it, we say {ours}"
                continue
            assert theirs is not None, f"{what}: torch refuses, we say {ours[1]}"
            right += 1
            self._same(what, name, ours, types, tensors, theirs, same_numbers)
        assert right >= self.draws // 6, "too few of the draws are right to mean anything"
        assert wrong >= wrong_at_least, "too few of the draws are wrong to mean anything"

    def _judged(self, judge, name, values, tensors):
        import torch

        torch.manual_seed(0)
        try:
            outputs, module = judge(name, dict(values), tensors)
        except self.refusals:
            return None
        return (outputs, module) if all(t.numel() for t in outputs) else None

    def _same(self, what, name, ours, types, tensors, theirs, same_numbers):
        """Types, counts and weights as torch has them, and our expression computing what it computes."""
        import torch

        (complete, inferred), (outputs, module) = ours, theirs
        expected = [self.torchs(t) for t in outputs]
        assert [self.ours(t) for t in inferred.outputs.values()] == expected, what
        if module is not None:
            named = tuple((n, tuple(p.shape)) for n, p in module.named_parameters())
            assert inferred.weights == named, what
            assert inferred.buffers == sum(b.numel() for b in module.buffers()), what
        assert inferred.parameters == sum(math.prod(shape) for _, shape in inferred.weights), what
        declared = registry.block_type(name)
        lines = declared.explain(complete, types, inferred)
        shape = str(next(iter(inferred.outputs.values())))
        assert declared.role != "layer" or any(shape in words for _, words in lines), what
        self.arithmetic_is_true(lines)
        torch.manual_seed(0)
        found = self.run(name, complete, types, inferred, tensors)
        assert [self.torchs(t) for t in found] == expected, what
        if same_numbers:
            assert all(torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in zip(found, outputs, strict=True)), what

    def compare_open(self, rng, name, draw):
        """What is inferred with a dimension open, filled in, is what the number gives."""
        opened = 0
        for _ in range(self.draws):
            values, drawn = draw(rng)
            closed = self.verdict(name, values, self.types(drawn))
            sizes = {size for shape, _ in drawn.values() for size in shape}
            if isinstance(closed, Exception) or not sizes:
                continue
            size = rng.choice(sorted(sizes))
            loose = {p: (tuple(symbol("T") if d == size else d for d in dims), k) for p, (dims, k) in drawn.items()}
            ours = self.verdict(name, values, self.types(loose))
            what = f"{name}({values}) of {loose}"
            if isinstance(ours, Exception):
                assert ours.code == "open", f"{what}: {ours}"
                continue
            opened += 1
            for a, b in zip(ours[1].outputs.values(), closed[1].outputs.values(), strict=True):
                assert self.ours(a, T=size) == self.ours(b), f"{what}: {a}"
            macs = self.dims(TensorType((ours[1].macs,)), T=size), self.dims(TensorType((closed[1].macs,)))
            assert macs[0] == macs[1], what
        assert opened


@pytest.fixture
def bench():
    import torch

    torch.manual_seed(0)
    return Bench()


@pytest.fixture
def rng(request):
    return Dice(request.node.name + os.environ.get("NETLOOM_SEED", ""))
