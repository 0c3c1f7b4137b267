"""Commands about what a module offers where it stands: expose a value inside, rename, change and withdraw it.

Each returns one edit for the project's document; inner values and every place follow, so that nothing computes
anything else than before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from graph.edits import UNSET, Compound, Edit, SetHyperparameter
from graph.expression import Expression, ExpressionError, expression
from graph.module import FIRST, Exposed, ModuleError, ModuleType
from graph.module_edits import Inside, SetExposed, expose, places_of
from graph.network import Block, BlockId, Network
from graph.overrides import renamed

KINDS = (bool, int, float, str)


def expose_value(root: Network, module: ModuleType, id: BlockId, hyperparameter: str, name: str = "") -> Compound:
    """Offer what a block inside is set to as a hyperparameter of the module, under its own name unless one is given.

    The value so far becomes the default. Raises ModuleError for values that a module cannot offer.
    """
    block = module.network.blocks[id]
    value = module.network.values(block)[hyperparameter]
    if isinstance(value, Expression):
        raise ModuleError(f"{hyperparameter} of {block.name} is computed already: {value}")
    if isinstance(value, tuple) and value and len(set(value)) == 1:
        value = value[0]  # 3 x 3 is offered as 3
    if not isinstance(value, KINDS):
        raise ModuleError(
            f"{hyperparameter} of {block.name} is {value!r}: only a number, a word or a switch is offered"
        )
    name = name or _free_name(module, hyperparameter)
    help = module.network.declared(block.type).hyperparameter(hyperparameter).help
    edits = (
        SetExposed(module.name, (*module.exposed, Exposed(name, value, help))),
        Inside(module.name, SetHyperparameter(id, hyperparameter, expression(name))),
    )
    return Compound(f"Expose {hyperparameter} of {block.name}", edits)


def set_exposed(root: Network, module: ModuleType, index: int, **changes: Any) -> Compound:
    """Change the name, default or help of one offered hyperparameter, wherever it is used; raises ModuleError."""
    old = module.exposed[index]
    new = replace(old, **changes)
    new.declaration()
    exposed = tuple(new if i == index else one for i, one in enumerate(module.exposed))
    if new.name == old.name:
        return Compound(f"Change {old.name} of {module.name}", (SetExposed(module.name, exposed),))
    if new.name in (one.name for one in module.exposed):
        raise ModuleError(f"{module.name} exposes {new.name} already; names are unique in a module")
    both = SetExposed(module.name, (*module.exposed, new))
    edits = [both, *_inner_renamed(module, old.name, new.name), *_places_renamed(root, module, old.name, new.name)]
    return Compound(f"Rename {old.name} to {new.name}", (*edits, SetExposed(module.name, exposed)))


def withdraw(root: Network, module: ModuleType, index: int) -> Compound:
    """Offer one hyperparameter less: inner values that ask for it get what its default gives; raises ModuleError."""
    gone = module.exposed[index]
    edits: list[Edit] = []
    for block, name, value in _asking(module, gone.name):
        edits.append(Inside(module.name, SetHyperparameter(block.id, name, _without(value, gone, block, name))))
    kept = tuple(one for one in module.exposed if one is not gone)
    return Compound(f"Withdraw {gone.name} of {module.name}", (*edits, *expose(root, module.name, kept).edits))


def _without(value: Expression, gone: Exposed, block: Block, name: str) -> Any:
    if value.names != {gone.name}:
        others = ", ".join(sorted(value.names - {gone.name}))
        raise ModuleError(f"{name} of {block.name} is {value}, which needs {others} too: change it first")
    try:
        return value.value({gone.name: gone.default})
    except ExpressionError as error:
        raise ModuleError(f"{name} of {block.name}: {error}") from None


def _asking(module: ModuleType, name: str):
    """(block, hyperparameter, expression) for every inner value that asks for an offered one."""
    for block in module.network.blocks.values():
        for hyperparameter, value in block.hyperparameters.items():
            if isinstance(value, Expression) and name in value.names:
                yield block, hyperparameter, value


def _inner_renamed(module: ModuleType, old: str, new: str) -> list[Edit]:
    edits: list[Edit] = []
    for block, name, value in _asking(module, old):
        edits.append(Inside(module.name, SetHyperparameter(block.id, name, value.renamed({old: new}))))
    return edits


def _places_renamed(root: Network, module: ModuleType, old: str, new: str) -> list[Edit]:
    """At every place, what was set under the old name under the new one."""
    edits: list[Edit] = []
    for network, block in places_of(root, module.name):
        changed: dict[str, Any] = {}
        if old in block.hyperparameters:
            changed = {new: block.hyperparameters[old], old: UNSET}
        if first := block.hyperparameters.get(FIRST):
            changed[FIRST] = renamed(first, {old: new})
        for name, value in changed.items():
            edit = SetHyperparameter(block.id, name, value)
            edits.append(edit if network is root else Inside(network.name, edit))
    return edits


def _free_name(module: ModuleType, hyperparameter: str) -> str:
    taken = {one.name for one in module.exposed}
    name, number = hyperparameter, 1
    while name in taken:
        number += 1
        name = f"{hyperparameter}{number}"
    return name
