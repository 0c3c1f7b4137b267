"""Start weights of the recipe, put into a compiled network before anything is built on it.

Asks for consent like data does; what matched is told. Knows no optimizer, device or run folder.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from backend.compile import Program
from backend.data import leaves_folder
from backend.messages import Start
from backend.training.failures import Unfit
from backend.transfer import put_in
from backend.weight_files import WeightFileError, located
from graph import Network, Recipe
from graph.aside import owner_of
from graph.transfer import StartWeights


def begin_from(recipe: Recipe, program: Program, network: Network, start: Start, tell: Callable[[str], None]) -> None:
    """Load the recipe's start weights in their order; raises Unfit where one cannot be read or nothing of it fits."""
    for one in recipe.start_weights:
        try:
            _check_place(one, start)
            table = put_in(program.module, one, start.base, _submodules(one, program, network))
        except WeightFileError as error:
            raise Unfit("weights", f"The weights to begin from cannot be loaded: {error}") from error
        tell(f"weights of {Path(one.path).name}: {table.sentence()}")


def _check_place(one: StartWeights, start: Start) -> None:
    """Raise Unfit where the weights, or the file a run's folder leads to, lie outside and nobody agreed to that."""
    if not start.base or start.outside or one.path in start.agreed:
        return
    if leaves_folder(one, start.base) or leaves_folder(StartWeights(path=str(located(one, start.base))), start.base):
        raise Unfit(
            "weights",
            f"the project begins from {one.path!r}, which lies outside its folder {start.base}: agree to that first"
            " (netloom train --outside), or put the weights into the project's folder",
        )


def _submodules(one: StartWeights, program: Program, network: Network) -> list[str] | None:
    """The submodules of the chosen blocks, where they use another's weights that one's; None for all."""
    if not one.blocks:
        return None
    chosen = [network.blocks[id] for id in one.blocks if id in network.blocks]
    ids = {owner_of(network, block) or block.id for block in chosen} | {block.id for block in chosen}
    layers = dict(program.module.named_children())
    found = [name for name, id in program.blocks.items() if id in ids and layers[name].state_dict()]
    if not found:
        raise Unfit("weights", f"{one.path!r} is for blocks that are gone or hold no weights: choose others")
    return found
