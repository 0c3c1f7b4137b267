"""`infer` runs a block's rule on one input and holds every line of its arithmetic to what it says it equals."""

import pytest

from graph import registry
from graph.dim import N
from graph.tensor_type import TensorType


def _inferred(name, input, dtype, values):
    """(declaration, complete values, inputs, Inferred); `input` is one sample's dimensions, or types by port."""
    declared = registry.block_type(name)
    complete = declared.complete({key: declared.hyperparameter(key).coerce(value) for key, value in values.items()})
    inputs = input if isinstance(input, dict) else {"input": TensorType((N, *input), dtype)}
    declared.check(complete)
    return declared, complete, inputs, declared.infer(complete, inputs)


@pytest.fixture
def infer(bench):
    """The rule of a block type."""

    def rule(name, input, dtype="float32", **values):
        declared, complete, inputs, inferred = _inferred(name, input, dtype, values)
        bench.arithmetic_is_true(declared.explain(complete, inputs, inferred))
        return inferred

    return rule


@pytest.fixture
def explain(bench):
    """The lines of a block by what they explain."""

    def lines(name, input, dtype="float32", **values):
        declared, complete, inputs, inferred = _inferred(name, input, dtype, values)
        found = declared.explain(complete, inputs, inferred)
        bench.arithmetic_is_true(found)
        return dict(found)

    return lines
