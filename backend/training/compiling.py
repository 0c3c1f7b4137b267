"""What torch.compile is told of a run, and doing without it where somebody looks into single blocks.

Knows no objectives and no data; torch's compiler is imported only by runs that ask for it.
"""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from typing import Any

import torch

from graph.recipe import Recipe

PLANS = 4  # of one turn: full and last batches, with and without gradients


def is_compiled(recipe: Recipe) -> bool:
    """Whether the recipe has the network compiled."""
    return recipe.compile or recipe.cuda_graphs


def compiled(compute: Any, recipe: Recipe) -> Any:
    """What computes the network, compiled where the recipe says so.

    Every size of batch is compiled for itself. Left to itself torch would meet an epoch's last, smaller batch with
    code for any size and use that for all batches from then on: slower, and other than what a run that goes on
    begins with.
    """
    if not is_compiled(recipe):
        return compute
    import torch._dynamo

    forget(recipe)
    config = torch._dynamo.config  # each turn holds other weights still, which is another plan
    config.recompile_limit = max(config.recompile_limit, PLANS * (1 + len(recipe.objectives)))
    config.optimize_ddp = False  # the first step is done without DDP, and must be computed as all others are
    options: dict[str, bool] = {"triton.cudagraphs": True} if recipe.cuda_graphs else {}
    if recipe.deterministic and hasattr(_inductor(), "deterministic"):
        options["deterministic"] = True  # kernels are chosen without measuring them, for then they may differ
    return torch.compile(compute, dynamic=False, options=options or None)


def forget(recipe: Recipe) -> None:
    """Let go of all plans and CUDA graphs, and so of the memory they hold."""
    if is_compiled(recipe):
        import torch._dynamo

        torch._dynamo.reset()


def begin_step() -> None:
    """With CUDA graphs: what the last step gave may be written over."""
    torch.compiler.cudagraph_mark_step_begin()


def block_by_block(recipe: Recipe) -> AbstractContextManager[Any]:
    """Within, the network is computed as it is written: compiled code calls no hooks of blocks."""
    return torch.compiler.set_stance("force_eager") if is_compiled(recipe) else contextlib.nullcontext()


def _inductor() -> Any:
    import torch._inductor.config

    return torch._inductor.config
