"""Modules ready to place: the building blocks of well-known networks, drawn as anybody could draw them.

`add(network, "Bottleneck")` puts one, and those it is made of, among the modules of a project, to be changed freely.
"""

from __future__ import annotations

from graph.module import ModuleError, ModuleType
from graph.network import Network
from graph.ready_modules import convnext, dense, highway, inception, mobile, residual, transformer, unet
from graph.ready_modules.ready_module import Ready

READY: dict[str, Ready] = {
    ready.name: ready
    for file in (residual, inception, dense, mobile, unet, transformer, convnext, highway)
    for ready in file.READY
}


def add(network: Network, name: str) -> ModuleType:
    """The ready module of this name, put into the network's project unless it is there; raises ModuleError."""
    if name in network.modules:
        return network.modules[name]
    if name not in READY:
        raise ModuleError(f"there is no ready module {name!r}; there are {', '.join(READY)}")
    ready = READY[name]
    for needed in ready.needs:
        add(network, needed)
    return ready.define(network)
