"""`bench`: what both comparisons with torch need: random tensors, types of both sides, our verdict, our expression."""

import math
import random

import pytest

from graph import registry
from graph.block_type import Call, ShapeError
from graph.hyperparameter import HyperparameterError


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

        def build(value):
            if not isinstance(value, Call):
                return value
            return eval(value.function, {"nn": nn})(*map(build, value.args), **value.kwargs)

        module = build(call)
        line = f"{declared.targets({n: n for n in inferred.outputs})} = {declared.forward(Here(complete, inputs))}"
        exec(line, {"torch": torch, "F": F, "module": module, **tensors}, found := {})
        return [found[n] for n in inferred.outputs]


@pytest.fixture
def bench():
    import torch

    torch.manual_seed(0)
    return Bench()


@pytest.fixture
def rng(request):
    return random.Random(request.node.name)
