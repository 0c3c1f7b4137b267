"""Operations put together at random: what is read computes the same, wherever the batch has been moved on the way."""

import random
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from backend.importing import CannotImport
from backend.importing.onnx_model import read_onnx

pytest.importorskip("onnx")
sys.path.insert(0, str(Path(__file__).parent))
from onnx.reference import ReferenceEvaluator
from onnx_made import answers, compiled, floats, model, node, save, whole

BATCH = 7  # no other size, nor a factor of one


class Chain:
    """A model in the making: each step reads what the one before made."""

    def __init__(self, rng):
        self.rng, self.nodes, self.numbers = rng, [], {}
        self.shape = [BATCH, *(rng.choice((1, 2, 4, 6)) for _ in range(rng.randint(1, 3)))]
        self.first = self.shape[1:]
        for step in (rng.choice(STEPS) for _ in range(rng.randint(2, 7))):
            step(self)

    def then(self, op, shape, *more, **attributes):
        names = [f"c{len(self.numbers) + i}" for i in range(len(more))]
        self.numbers.update(zip(names, more, strict=True))
        count = len(self.nodes)
        self.nodes.append(node(op, " ".join((f"v{count}", *names)), f"v{count + 1}", **attributes))
        self.shape = list(shape)

    def free(self):
        """Dimensions without the batch."""
        return [i for i, size in enumerate(self.shape) if size % BATCH]

    def made(self):
        nodes = [*self.nodes, node("Neg", f"v{len(self.nodes)}", "y")]
        return model(nodes, {"v0": ("batch", *self.first)}, self.numbers)


def transpose(chain):
    order = chain.rng.sample(range(len(chain.shape)), len(chain.shape))
    chain.then("Transpose", [chain.shape[i] for i in order], perm=order)


def reshape(chain):
    """Dimensions cut in two or put together, the batch worked out."""
    cut = []
    for size in chain.shape:
        factor = chain.rng.choice([f for f in range(1, size + 1) if size % f == 0]) if size % BATCH else 1
        cut += [factor, size // factor] if factor > 1 else [size]
    joined = cut[:1]
    for size in cut[1:]:
        if chain.rng.random() < 0.3:
            joined[-1] *= size
        else:
            joined.append(size)
    chain.then("Reshape", joined, whole(*(-1 if size % BATCH == 0 else size for size in joined)))


def add(chain):
    shape = [1 if size % BATCH == 0 or chain.rng.random() < 0.4 else size for size in chain.shape]
    chain.then("Add", chain.shape, floats(*shape[chain.rng.randint(0, len(shape) - 1) :]))


def multiply(chain):
    if chain.shape[-1] % BATCH:
        chain.then("MatMul", [*chain.shape[:-1], 5], floats(chain.shape[-1], 5))


def weigh(chain):
    if chain.free():
        chain.then("Softmax", chain.shape, axis=chain.rng.choice(chain.free()))


def mean(chain):
    if len(chain.free()) > 1:
        gone, keep = chain.rng.choice(chain.free()), chain.rng.randint(0, 1)
        shape = [1 if i == gone else size for i, size in enumerate(chain.shape) if keep or i != gone]
        chain.then("ReduceMean", shape, whole(gone), keepdims=keep)


def pick(chain):
    if len(chain.free()) > 1:
        gone = chain.rng.choice(chain.free())
        chain.then("Gather", [s for i, s in enumerate(chain.shape) if i != gone], np.int64(-1), axis=gone)


def widen(chain):
    at = chain.rng.randint(0, len(chain.shape))
    chain.then("Unsqueeze", [*chain.shape[:at], 1, *chain.shape[at:]], whole(at))


STEPS = (transpose, transpose, reshape, reshape, add, multiply, weigh, mean, pick, widen)


def test_whatever_is_put_together_computes_the_same_or_is_refused(tmp_path):
    rng, read = random.Random(11), 0
    for _ in range(60):
        made = Chain(rng).made()
        try:
            imported = read_onnx(save(made, tmp_path))
        except CannotImport:
            continue
        read += 1
        shape = [d.dim_value or BATCH for d in made.graph.input[0].type.tensor_type.shape.dim]
        x = floats(*shape)
        (wanted,) = ReferenceEvaluator(made).run(None, {"v0": x})
        place = next((int(n.rsplit(" ", 1)[1]) for n in imported.notes if re.match("Output y has the batch", n)), 0)
        (found,) = answers(compiled(imported), x)
        np.testing.assert_allclose(found, np.moveaxis(wanted, place, 0), rtol=1e-3, atol=1e-5)
    assert read > 40
