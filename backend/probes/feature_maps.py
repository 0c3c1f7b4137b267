"""Feature maps: what blocks answer to one sample, and what the network makes of it.

One forward pass in evaluation mode on a copy of the sample, with the random state put back: the run never knows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from backend.probes.filters import LARGEST, as_array
from backend.training import device as devices
from backend.training.evaluation import evaluating
from backend.training.job import Job


@dataclass(frozen=True, slots=True)
class Look:
    """Arrays of one sample, without the batch: maps by identifier, its first input, the outputs, the targets."""

    maps: dict[str, np.ndarray]
    image: np.ndarray
    outputs: tuple[np.ndarray, ...]
    targets: tuple[np.ndarray, ...]


def look(job: Job, identifiers: Collection[str], row: int) -> Look:
    """What the named submodules, and the network, give for one row of the validation set."""
    data = job.validation if len(job.validation) else job.train
    inputs, targets = data.take(slice(row, row + 1))
    inputs = tuple(tensor.clone() for tensor in inputs)
    maps: dict[str, np.ndarray] = {}
    hooks = [getattr(job.module, name).register_forward_hook(_keep(maps, name)) for name in set(identifiers)]
    random = devices.random_state(job.device)
    try:
        with evaluating(job.module):
            outputs = job.compute(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
        devices.set_random_state(job.device, random)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    return Look(
        maps,
        as_array(inputs[0][0]),
        tuple(as_array(output[0]) for output in outputs),
        tuple(as_array(target[0]) for target in targets),
    )


def _keep(maps: dict[str, np.ndarray], name: str):
    def hook(_: nn.Module, __: object, output: object) -> None:
        while isinstance(output, tuple):  # recurrent blocks answer (output, state)
            output = output[0]
        if isinstance(output, torch.Tensor) and name not in maps:
            first = output[0]
            channels = max(1, LARGEST // max(1, first[0].numel())) if first.dim() else 1
            maps[name] = as_array(first[:channels] if first.dim() else first)

    return hook
