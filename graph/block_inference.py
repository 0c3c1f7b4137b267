"""What becomes of one block's values and sizes before they count: expressions computed, open sizes told, limits kept.

Pure functions of what they are given; the Analyzer calls them block by block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graph.block_type import BlockType, Inferred, ShapeError
from graph.dim import DimError, N, is_open, is_traced, multiple, names, substitute
from graph.expression import Expression, ExpressionError
from graph.hyperparameter import HyperparameterError
from graph.module import ModuleType
from graph.network import Block, Network
from graph.problem import Problem
from graph.problems.open_sizes import undecided
from graph.undecided import unified

LARGEST_DIM = 2**63 - 1  # what torch can count


def decided(network: Network, block: Block, declared: BlockType, values, inputs, found: list[Problem]) -> Inferred:
    """What the block infers; sizes of which it is open whether they agree are taken to, with a warning in `found`."""
    try:
        inferred = declared.infer(values, inputs)
    except ShapeError as error:
        if error.code != "open":
            raise
        taken, pairs = _unified(declared, values, inputs)
        if not pairs:
            raise
        try:
            inferred = declared.infer(values, taken)
        except ShapeError:
            raise error from None
        found.append(undecided(block, pairs))
    if isinstance(declared, ModuleType):
        found.extend(_undecided_inside(block, declared, values, inputs))
    if declared.role == "input" and network.assumptions:
        known = {name: multiple(name, divisor) for name, divisor in network.assumptions.items()}
        outputs = {
            port: tensor.with_dims(tuple(substitute(dim, known) for dim in tensor.dims))
            for port, tensor in inferred.outputs.items()
        }
        inferred = replace(inferred, outputs=outputs)
    return inferred if isinstance(declared, ModuleType) else _with_steps(inferred, inputs)


def _with_steps(inferred: Inferred, inputs: Mapping[str, Any]) -> Inferred:
    """Multiply-adds count every step of a sample where steps stand among the samples: N*T before the other sizes."""
    if inferred.macs == 0:
        return inferred
    for found in inputs.values():
        tensor = found[0] if isinstance(found, tuple) else found
        if tensor.dims and tensor.dims[0] != N and is_open(tensor.dims[0]) and "N" in names(tensor.dims[0]):
            return replace(inferred, steps=substitute(tensor.dims[0], {"N": 1}))
    return inferred


def joined(declared: BlockType, values, inputs) -> dict[str, Any]:
    """The inputs with the sizes taken to agree that may."""
    return _unified(declared, values, inputs)[0]


def _unified(declared: BlockType, values, inputs):
    return unified(inputs, values.get("dim") if declared.family == "merging" else None)


def computed(block: Block, declared: BlockType, exposed: Mapping[str, Any]) -> dict[str, Any]:
    """All values of a block inside a module; raises ShapeError naming the expression that has no right value."""
    values = declared.complete(block.hyperparameters)
    for name, value in block.hyperparameters.items():
        if isinstance(value, Expression):
            try:
                result = value.value(exposed)
                values[name] = _keeping_traces(declared.hyperparameter(name).coerce(result), result)
            except (ExpressionError, HyperparameterError, DimError) as error:
                raise ShapeError(f"{name} {value}: {error}", hyperparameter=name, code="expression") from None
    return values


def _keeping_traces(canonical: Any, result: Any) -> Any:
    """The checked value, made of the very numbers it came from."""
    if isinstance(canonical, tuple) and isinstance(result, tuple) and len(canonical) == len(result):
        return tuple(map(_keeping_traces, canonical, result))
    return result if is_traced(result) and type(canonical) is int and result == canonical else canonical


def _undecided_inside(block: Block, module: ModuleType, values, inputs) -> list[Problem]:
    """What is open inside a module, told where it stands; its fixes are about the sizes of the whole network."""
    told: dict[str, Problem] = {}
    for one in module.passes(values, inputs):
        for problem in one.analysis.told("undecided"):
            name = module.network.blocks[problem.block].name
            text = f"{name} inside: {problem.text}"
            told.setdefault(text, replace(problem, text=text, block=block.id))
    return list(told.values())


def of_this_world(inferred: Inferred) -> Inferred:
    """What was inferred, unless it holds a size that no machine can: numbers must not grow without end."""
    for tensor in inferred.outputs.values():
        for dim in tensor.dims:
            if isinstance(dim, int) and dim > LARGEST_DIM:
                raise ShapeError(
                    f"a dimension of its output would be about 2**{dim.bit_length() - 1}", code="too_large"
                )
    return inferred
