"""What rules see of a network: neighbours, tensors, values, what is known of the data and of the training.

Reads the network and its analysis, changes neither; what several rules ask of the whole drawing is worked out once.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from graph.network import Block, Network
from graph.tensor_type import TensorType

if TYPE_CHECKING:
    from graph.analysis import Analysis

CONVOLUTIONS = ("Conv1d", "Conv2d", "Conv3d")
TRANSPOSED = ("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")
LINEAR_MAPS = ("Linear", *CONVOLUTIONS, *TRANSPOSED)
POOLINGS = ("MaxPool1d", "MaxPool2d", "MaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d")
BATCH_NORMS = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm")
DROPOUTS = ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")
RECTIFIERS = ("ReLU", "ReLU6")
VALUE_LOSSES = ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")
SILENT = ("Identity", *DROPOUTS)  # pass values on as they are when the network is used
ENDS = ("output", "loss", "metric")


class View:
    """A network and its analysis as rules look at them."""

    def __init__(self, network: Network, analysis: Analysis):
        self.network = network
        self.analysis = analysis
        self.recipe = analysis.recipe
        self.fields = analysis.fields
        self._values: dict[str, dict[str, Any]] = {}
        self.windows: dict[str, Any] = {}  # how a window fits each block, asked by several rules
        self.inside = network.module is not None  # an Output here is the module's, not the network's answer

    def values(self, block: Block) -> dict[str, Any]:
        """All values of a block as they count here; read only, for several rules ask."""
        if block.id not in self._values:
            self._values[block.id] = self.analysis.values(block)
        return self._values[block.id]

    def source(self, block: Block, port: str | None = None) -> Block | None:
        """The block wired to a port, the first wire by default."""
        for wire in self.network.wires_into(block.id):
            if port is None or wire.input == port:
                return self.network.blocks[wire.source]
        return None

    def speaker(self, block: Block, port: str | None = None) -> Block | None:
        """The block whose values arrive at a port when the network is used: past dropout and Identity."""
        found = self.source(block, port)
        while found is not None and found.type in SILENT:
            found = self.source(found)
        return found

    def tensor(self, block: Block, port: str | None = None) -> TensorType | None:
        """What arrives at a port; None where unknown."""
        for wire in self.network.wires_into(block.id):
            if port is None or wire.input == port:
                return self.analysis.outputs(wire.source).get(wire.output)
        return None

    def readers(self, block: Block) -> list[Block]:
        """The blocks that read a block's outputs."""
        return [self.network.blocks[wire.target] for wire in self.network.wires_out(block.id)]

    def only_reader(self, block: Block) -> Block | None:
        """The block that alone reads the only wire that leaves this one."""
        wires = self.network.wires_out(block.id)
        return self.network.blocks[wires[0].target] if len(wires) == 1 else None

    def role(self, block: Block) -> str:
        return self.network.declared(block.type).role

    def family(self, block: Block) -> str:
        return self.network.declared(block.type).family

    @cached_property
    def roles(self) -> dict[str, list[Block]]:
        """All blocks by role."""
        found: dict[str, list[Block]] = {}
        for block in self.network.blocks.values():
            found.setdefault(self.role(block), []).append(block)
        return found

    @cached_property
    def trained(self) -> set[str]:
        """Blocks whose own parameters train."""
        return {id for id, found in self.analysis.all_inferred() if found.parameters and not self._fixed(id)}

    def _fixed(self, id: str) -> bool:
        return self.network.blocks[id].frozen

    @cached_property
    def behind_trained(self) -> set[str]:
        """Blocks that read, directly or not, something that a trained block gave."""
        reached: set[str] = set()
        for id in self.network.order():
            if any(w.source in reached or w.source in self.trained for w in self.network.wires_into(id)):
                reached.add(id)
        return reached

    @cached_property
    def leads_to_end(self) -> set[str]:
        """Blocks from which a path leads to an output, a loss or a metric; these included."""
        reached = {block.id for role in ENDS for block in self.roles.get(role, ())}
        for id in reversed(self.network.order()):
            if any(wire.target in reached for wire in self.network.wires_out(id)):
                reached.add(id)
        return reached


def whole(*dims: Any) -> bool:
    """Whether all dimensions are numbers, none of them open."""
    return all(isinstance(dim, int) for dim in dims)
