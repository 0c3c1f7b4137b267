"""Going back to the last good moment of a run, to find where numbers first stopped being finite.

While a run goes well it keeps a copy of weights, optimizer and random states every so often, at a bounded price.
When a loss is not finite, the steps since are done again with hooks in every block: the first block that gives
or passes back something that is not finite is named, and the weights are left at their last finite values.
"""

from __future__ import annotations

import copy
import json
import time
import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from backend.training import device as devices
from backend.training.compiling import block_by_block
from backend.training.holding import begin_learning
from backend.training.job import Job

LARGEST = 512 * 1024**2  # bytes of weights and optimizer state beyond which no copy is kept
BROKEN = "has weights that stopped being finite in this step of the optimizer"
PRICE = 0.001  # share of the time that copies may take
MOST = 4096  # batches remembered since a copy; then it is time for another, whatever it costs
LONGEST = 1000  # steps that are kept to be done again because of weights that are broken and do not matter


@dataclass(frozen=True, slots=True)
class Origin:
    """Where values stopped being finite: an identifier of the generated code (None: outside the blocks)."""

    identifier: str | None
    what: str  # "gives values that are not finite"


class Rewind:
    """The last good moment of one job, and the batches since."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._since: list[torch.Tensor] = []
        self._kept: dict[str, Any] | None = None
        self._not_before = 0.0
        size = 3 * sum(tensor.nbytes for tensor in job.module.state_dict().values())  # Adam keeps two more
        fits = size <= min(LARGEST, devices.free_memory(job.device) // 10)
        self._enabled = job.ranks.everywhere(fits and not job.ranks.shard)
        self.keep(force=True)
        self._not_before = 0.0  # the first copy of a process takes long, and tells nothing of the next

    def note(self, rows: torch.Tensor) -> None:
        """Remember the batch of one step."""
        if not self._enabled:
            self._since.clear()
        self._since.append(rows)

    @property
    def due(self) -> bool:
        """Whether the last copy has earned its price, or too much has happened since."""
        return time.perf_counter() >= self._not_before or len(self._since) >= MOST

    def keep(self, force: bool = False) -> None:
        """Copy the present moment unless the last copy was too recent for its price, or weights just broke."""
        begun = time.perf_counter()
        averaging = self._job.learner.averaging
        if averaging is not None and averaging.shown:
            return  # the module has other weights for a while
        if not self._enabled or not (force or self.due):
            return
        if self._kept is not None and len(self._since) < LONGEST and not healthy(self._job.module):
            return  # the loss was finite, the step after it was not: the moment before is the good one
        self._kept = {
            "module": {name: tensor.clone() for name, tensor in self._job.module.state_dict().items()},
            "learner": copy.deepcopy(self._job.learner.state()),
            "random": devices.random_state(self._job.device),
        }
        self._since.clear()
        ended = time.perf_counter()
        self._not_before = ended + (ended - begun) / PRICE

    def restore(self) -> bool:
        """Put weights, optimizer and random states back to the moment kept; False when none was."""
        if self._kept is None:
            return False
        with torch.no_grad():
            self._job.module.load_state_dict(self._kept["module"])
        self._job.learner.restore(copy.deepcopy(self._kept["learner"]))
        devices.set_random_state(self._job.device, self._kept["random"])
        return True

    def trace(self) -> Origin | None:
        """Do the steps since again, watching every block; None when this time all stayed finite.

        Leaves the weights as they were before the step that went wrong. Of a network too large to keep copies
        of, one step is done with the weights as they are.
        """
        if self._job.ranks.shard:
            return None
        self.restore()
        averaging = self._job.learner.averaging
        begin_learning(self._job.module)
        for rows in self._since:
            before = {name: tensor.clone() for name, tensor in self._job.module.state_dict().items()}
            mean = copy.deepcopy(averaging.state()) if averaging is not None else None
            origin = _of_all(self._job, _watched_step(self._job, rows))
            if origin is not None:
                self._job.module.load_state_dict(before)
                if averaging is not None:
                    averaging.restore(mean)
                return origin
        return None


def healthy(module: nn.Module) -> bool:
    """Whether all weights are finite."""
    ends = [torch.aminmax(p.detach()) for p in module.parameters() if p.numel() and p.is_floating_point()]
    return not ends or bool(torch.isfinite(torch.stack([end.float() for both in ends for end in both])).all())


def _of_all(job: Job, origin: Origin | None) -> Origin | None:
    """What any process found: each goes through samples of its own, and broken weights are soon everywhere."""
    if job.ranks.size == 1:
        return origin
    said = job.ranks.said("" if origin is None else json.dumps([origin.identifier, origin.what]))
    found = [Origin(*json.loads(one)) for one in said]
    return min(found, key=lambda one: one.what == BROKEN, default=None)


def _watched_step(job: Job, rows: torch.Tensor) -> Origin | None:
    """One training step; where in it something was not finite."""
    inputs, targets = job.batch(rows)
    found: list[Origin] = []
    scaled = any(turn.rules.scaler is not None for turn in job.learner.turns)  # then gradients may well overflow
    hooks = [hook for name, part in job.module.named_children() for hook in _hooks(name, part, found, not scaled)]
    try:
        with block_by_block(job.recipe), warnings.catch_warnings(action="ignore"):  # inputs need no gradients: well
            loss = job.learner(inputs, targets)["loss"]
        if not found and not _finite(loss):
            found.append(Origin(None, "the loss is not finite though every block's output is"))
    finally:
        for hook in hooks:
            hook.remove()
    if found:
        return found[0]
    for name, part in job.module.named_children():
        if not _finite(list(part.parameters())):
            return Origin(name, BROKEN)
    return None


def _hooks(name: str, part: nn.Module, found: list[Origin], gradients: bool) -> list[Any]:
    def forwards(_: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        if found:
            return
        if not _finite(inputs):
            found.append(Origin(name, "is given values that are not finite"))
        elif not _finite(output):
            found.append(Origin(name, "gives values that are not finite, though it is given finite ones"))

    def backwards(_: nn.Module, inwards: Any, outwards: Any) -> None:
        if not found and _finite(outwards) and not _finite(inwards):
            found.append(Origin(name, "passes back gradients that are not finite"))

    hooks = [part.register_forward_hook(forwards)]
    return [*hooks, part.register_full_backward_hook(backwards)] if gradients else hooks


def _finite(values: Any) -> bool:
    if isinstance(values, torch.Tensor):
        return not values.is_floating_point() or bool(torch.isfinite(values).all())
    if isinstance(values, tuple | list):
        return all(_finite(value) for value in values)
    return True
