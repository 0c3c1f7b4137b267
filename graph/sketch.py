"""Sketch: a network drawn in Python, each block behind the last unless told otherwise."""

from __future__ import annotations

from graph.network import Block, Network


class Sketch:
    """Draws into one network; `last` is the block the next one follows."""

    def __init__(self, network: Network):
        self.network = network
        self.last: Block | None = None

    def add(self, type: str, name: str | None = None, *, after: tuple[Block, ...] | Block | None = None, **values):
        """Place a block behind others, in the order of its ports; `after` is the last block by default."""
        block = self.network.add(type, name, **values)
        sources = (after,) if isinstance(after, Block) else after
        if sources is None:
            sources = (self.last,) if self.last and self.network.type_of(block).inputs else ()
        for source in sources:
            self.network.connect(source, block)
        self.last = block
        return block

    def conv(self, name: str, channels: int | str, kernel_size: int | str, *, relu: str | None = None, **values):
        """A convolution without bias, its normalisation `NAME_norm`, and a ReLU of that name if one is given."""
        norm = values.pop("norm", {})
        self.add("Conv2d", name, out_channels=channels, kernel_size=kernel_size, bias=False, **values)
        block = self.add("BatchNorm2d", f"{name}_norm", **norm)
        return self.add("ReLU", relu) if relu else block
