"""Feature maps: what blocks answer to one sample, and what the network makes of it.

One forward pass in evaluation mode on a copy of the sample, with the random state put back: the run never knows.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from backend.probes.expressions import catching
from backend.probes.filters import LARGEST, as_array
from backend.training import device as devices
from backend.training.evaluation import evaluating
from backend.training.job import Job
from backend.training.resident import Tensors


@dataclass(frozen=True, slots=True)
class Look:
    """Arrays of one sample, without the batch: maps by block id, its first input, the outputs, the targets."""

    maps: dict[str, np.ndarray]
    image: np.ndarray
    outputs: tuple[np.ndarray, ...]
    targets: tuple[np.ndarray, ...]


def look(job: Job, blocks: Collection[str], row: int) -> Look:
    """What the blocks, and the network, give for one row of the validation set.

    Blocks that gave no tensor are left out of the maps; of a block used several times the first use counts.
    """
    maps: dict[str, np.ndarray] = {}

    def keep(block: str, value: Any) -> None:
        while isinstance(value, tuple) and value:  # recurrent blocks answer (output, state)
            value = value[0]
        if isinstance(value, torch.Tensor) and value.dim() and block not in maps:
            maps[block] = as_array(_within_reason(value[0]))

    random = devices.random_state(job.device)
    try:
        inputs, targets = _sample(job, row)
        with ExitStack() as stack:
            hooked = {id: name for name, id in job.program.blocks.items() if id in blocks}
            for block, name in hooked.items():
                part = getattr(job.module, name)
                hook = part.register_forward_hook(lambda _, __, output, block=block: keep(block, output))
                stack.callback(hook.remove)
            stack.enter_context(catching(job.program, set(blocks) - set(hooked), keep))
            stack.enter_context(evaluating(job.module))
            outputs = job.compute(*inputs)
    finally:
        devices.set_random_state(job.device, random)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    return Look(
        maps,
        as_array(inputs[0][0]),
        tuple(as_array(output[0]) for output in outputs),
        tuple(as_array(target[0]) for target in targets),
    )


def _sample(job: Job, row: int) -> tuple[Tensors, Tensors]:
    """A copy of one row as the network sees it; noise among it is drawn."""
    data = job.validation if len(job.validation) else job.train
    inputs, targets = data.take(slice(row, row + 1))
    if data is job.train and job.augment is not None:
        inputs = job.augment.plain(inputs)
    return tuple(tensor.clone() for tensor in inputs), targets


def _within_reason(sample: torch.Tensor) -> torch.Tensor:
    """The sample's maps, of too many the first."""
    return sample[: max(1, LARGEST // max(1, sample[0].numel()))] if sample.dim() and len(sample) else sample
