"""Training mode that holds what is frozen: normalisation none of whose weights train keeps its statistics too.

So a frozen backbone stays as it was, to the bit. Knows no job.
"""

from __future__ import annotations

from torch import nn

BATCH_NORM = nn.modules.batchnorm._BatchNorm  # the public classes share no public base


def begin_learning(module: nn.Module) -> None:
    """Put the module into training mode, all but frozen normalisation."""
    module.train()
    for part in module.modules():
        if isinstance(part, BATCH_NORM):
            weights = list(part.parameters(recurse=False))
            if weights and not any(weight.requires_grad for weight in weights):
                part.eval()
