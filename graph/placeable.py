"""What can be placed in a network: the registry's block types, the project's modules, and the ready modules.

A ready module joins the project the first time it is placed; `adoption` gives the edits that do that.
"""

from __future__ import annotations

from functools import cache

from graph import ready_modules, registry
from graph.block_type import BlockType
from graph.module import ModuleType
from graph.module_edits import DefineModule
from graph.network import Network
from graph.tensor_type import TensorType


def modules(network: Network) -> list[ModuleType]:
    """The project's modules that may stand in this network, then the ready ones it does not have yet."""
    own = [module for module in network.modules.values() if not _holds(module, network.module)]
    return own + [module for name, module in _ready().items() if name not in network.modules]


def types(network: Network) -> list[BlockType]:
    """Everything that can be placed, modules last."""
    return [*registry.all_types(), *modules(network)]


def known(network: Network, name: str) -> BlockType:
    """The declaration of this name or alias; raises KeyError with the closest known names."""
    return network.modules.get(name) or _ready().get(name) or registry.known(name)


def is_known(network: Network, name: str) -> bool:
    return name in network.modules or name in _ready() or registry.is_known(name)


def search(network: Network, text: str, among: list[BlockType] | None = None) -> list[BlockType]:
    """What matches what was typed, best first."""
    return registry.search(text, types(network) if among is None else among)


def fitting(network: Network, tensor: TensorType | None) -> list[BlockType]:
    """Types whose first input takes this tensor with their suggested settings; all with an input for None."""
    return registry.fitting(tensor) + [module for module in modules(network) if registry.takes(module, tensor)]


def adoption(network: Network, name: str) -> tuple[DefineModule, ...]:
    """The edits that bring a ready module, and those it is made of, into the project; none for any other type."""
    if name in network.modules or name not in _ready():
        return ()
    own = Network(network.name)
    ready_modules.add(own, name)
    return tuple(DefineModule(module) for needed, module in own.modules.items() if needed not in network.modules)


@cache
def _ready() -> dict[str, ModuleType]:
    """Every ready module, to be looked at; what is placed is a drawing of its own."""
    own = Network("Ready modules")
    for name in ready_modules.READY:
        ready_modules.add(own, name)
    return own.modules


def _holds(module: ModuleType, inner: ModuleType | None) -> bool:
    """Whether the inner module is the other one, or part of it: neither may stand in its own inside."""
    return inner is not None and (module is inner or inner.name in module.uses())
