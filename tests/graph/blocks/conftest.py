"""`infer` runs a block's rule on one input and holds every line of its arithmetic to what it says it equals."""

import math
import re

import pytest

from graph import registry
from graph.block_type import Inferred
from graph.dim import N
from graph.tensor_type import TensorType

OPEN = {"N": 7, "T": 41, "H": 23, "floor": math.floor, "ceil": math.ceil}
SENTENCE = re.compile(r"(?P<left>[^=]+) = (?P<right>[^=]+)\Z")


def arithmetic_is_true(lines) -> int:
    """Evaluate both sides of every line that says `... = ...`; how many did."""
    checked = 0
    for what, words in lines:
        assert what and words, (what, words)
        found = SENTENCE.match(words)
        if found:
            left, right = (eval(re.sub(r"(?<=\d),(?=\d{3})", "", side), OPEN) for side in found.groups())
            assert left == right, f"{what}: {words}"
            checked += 1
    return checked


def infer_one(name, input, dtype="float32", **values) -> Inferred:
    """The rule of a block type; `input` is one sample's dimensions, or the tensor types by port."""
    declared = registry.block_type(name)
    complete = declared.complete({key: declared.hyperparameter(key).coerce(value) for key, value in values.items()})
    inputs = input if isinstance(input, dict) else {"input": TensorType((N, *input), dtype)}
    declared.check(complete)
    inferred = declared.infer(complete, inputs)
    arithmetic_is_true(declared.explain(complete, inputs, inferred))
    return inferred


@pytest.fixture
def infer():
    return infer_one


@pytest.fixture
def explain():
    """The lines of a block by what they explain."""

    def lines(name, input, dtype="float32", **values):
        declared = registry.block_type(name)
        complete = declared.complete({key: declared.hyperparameter(key).coerce(value) for key, value in values.items()})
        inputs = input if isinstance(input, dict) else {"input": TensorType((N, *input), dtype)}
        found = declared.explain(complete, inputs, declared.infer(complete, inputs))
        arithmetic_is_true(found)
        return dict(found)

    return lines
