"""Memory of training: weights, gradients, the optimizer's state, and the activations kept for the backward pass.

What a layer keeps is declared by its block type (`BlockType.kept`); a tensor that several layers keep counts once, as
in torch. Sizes are in bytes. What a device's kernels need besides, for a moment, is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from graph.analysis import Analysis
from graph.dim import Dim, product, substitute
from graph.flatten import Flat, flatten
from graph.network import Network
from graph.optimizers import OPTIMIZERS
from graph.tensor_type import TensorType

BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "uint8": 1, "bool": 1}
STATE = {"SGD": 0, "SGD with momentum": 1} | {name: one.kept for name, one in OPTIMIZERS.items() if name != "SGD"}
PRECISIONS = ("float32", "bfloat16", "float16", "float64")


class UnknownSize(ValueError):
    """A size that stays open; the text names the dimensions that need a number."""


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """Bytes at the end of a forward pass in training, when most is held."""

    weights: int
    buffers: int
    gradients: int
    optimizer: int
    activations: int
    batch_size: int

    @property
    def fixed(self) -> int:
        """What does not depend on the batch."""
        return self.weights + self.buffers + self.gradients + self.optimizer

    @property
    def total(self) -> int:
        return self.fixed + self.activations


def training_memory(
    network: Network,
    analysis: Analysis,
    batch_size: int = 1,
    precision: str = "float32",
    optimizer: str = "Adam",
    sizes: Mapping[str, int] | None = None,
) -> TrainingMemory:
    """What training needs; `sizes` gives open dimensions numbers. Raises UnknownSize where one is missing.

    With a precision of 16 bits, activations are kept in it while weights, gradients and the optimizer's state stay
    float32, as under torch.autocast.
    """
    counts = analysis.total_counts
    parameters = counts.trainable + counts.frozen
    width = 8 if precision == "float64" else 4
    buffers = sum(inferred.buffers for _, inferred in analysis.all_inferred())
    return TrainingMemory(
        weights=parameters * width,
        buffers=buffers * width,
        gradients=counts.trainable * width,
        optimizer=counts.trainable * width * STATE[optimizer],
        activations=kept_activations(flatten(network, analysis), batch_size, precision, sizes),
        batch_size=batch_size,
    )


def largest_batch(
    network: Network,
    analysis: Analysis,
    memory: int,
    precision: str = "float32",
    optimizer: str = "Adam",
    sizes: Mapping[str, int] | None = None,
) -> int:
    """The largest batch whose training fits into so many bytes; 0 where not even one sample does."""
    one = training_memory(network, analysis, 1, precision, optimizer, sizes)
    return max(0, (memory - one.fixed) // max(1, one.activations))


def output_bytes(
    tensor: TensorType, batch_size: int = 1, precision: str = "float32", sizes: Mapping[str, int] | None = None
) -> int:
    """What one tensor takes; raises UnknownSize."""
    return _count(tensor.dims, batch_size, sizes) * _width(tensor, precision)


def kept_activations(flat: Flat, batch_size: int, precision: str, sizes: Mapping[str, int] | None = None) -> int:
    """The bytes of all tensors that the backward pass needs."""
    network, analysis = flat.network, flat.analysis
    learning = _behind_weights(flat)
    kept: dict[tuple[str, str], int] = {}
    extra = 0
    for id, inferred in analysis.all_inferred():
        declared, block = network.type_of(id), network.blocks[id]
        before = any(wire.source in learning for wire in network.wires_into(id))
        trains = inferred.parameters and not block.frozen
        if not (before or trains):
            continue
        values, inputs = analysis.values(id), analysis.inputs(id)
        keep = declared.kept(values, inputs, inferred)
        for wire in network.wires_into(id):
            tensor = analysis.output(wire.source, wire.output)
            if tensor is not None and wire.input in keep.inputs:
                kept[_origin(network, wire.source, wire.output)] = output_bytes(tensor, batch_size, precision, sizes)
        for port in keep.outputs:
            if port in inferred.outputs:
                kept[id, port] = output_bytes(inferred.outputs[port], batch_size, precision, sizes)
        for dims, dtype in keep.extra:
            tensor = TensorType(dims, dtype)
            extra += output_bytes(tensor, batch_size, precision, sizes)
    return sum(kept.values()) + extra


def _origin(network: Network, source: str, output: str) -> tuple[str, str]:
    """The tensor a view looks at: reshaping makes no new one."""
    while network.type_of(source).is_view and network.wires_into(source):
        wire = network.wires_into(source)[0]
        source, output = wire.source, wire.output
    return source, output


def _behind_weights(flat: Flat) -> set[str]:
    """Blocks whose output depends on something that trains."""
    network = flat.network
    found: set[str] = set()
    for id in network.order():
        inferred = flat.analysis.inferred(id)
        trains = inferred is not None and inferred.parameters and not network.blocks[id].frozen
        if trains or any(wire.source in found for wire in network.wires_into(id)):
            found.add(id)
    return found


def _width(tensor: TensorType, precision: str) -> int:
    return BYTES[precision] if tensor.is_float else BYTES[tensor.dtype]


def _count(dims: tuple[Dim, ...], batch_size: int, sizes: Mapping[str, int] | None) -> int:
    known = {"N": batch_size, **(sizes or {})}
    if all(isinstance(dim, int) for dim in dims[1:]) and dims and str(dims[0]) == "N":
        return batch_size * prod(dims[1:])
    count = substitute(product(dims), known)
    if not isinstance(count, int):
        raise UnknownSize(f"{count} is not known; give the open dimensions sizes")
    return count
