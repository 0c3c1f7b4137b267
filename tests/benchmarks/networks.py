"""Networks of the benchmarks: the 1,000-block chain with skips that the published canvas figures were taken on."""

from graph import Network


def chain_with_skips(blocks: int = 1000, skips: int | None = None) -> Network:
    """Input, then rounds of Conv2d, BatchNorm2d and Add; every Add has a skip: 1,000 blocks, 1,332 wires."""
    net = Network("Chain")
    last = net.add("Input", name="image", shape=(8, 16, 16), position=(0.0, 0.0))
    start = last
    kinds = ("Conv2d", "BatchNorm2d", "Add")
    for index in range(1, blocks):
        kind = kinds[(index - 1) % 3]
        values = {"out_channels": 8, "kernel_size": 3, "padding": 1} if kind == "Conv2d" else {}
        block = net.add(kind, name=f"{kind.lower()}_{index}", position=(0.0, 120.0 * index), **values)
        net.connect(last, block)
        if kind == "Conv2d":
            start = last
        if kind == "Add":
            net.connect(start, block)
        last = block
    return net
