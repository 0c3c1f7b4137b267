"""Weights as safetensors bytes, and when a run writes its last and best ones.

Writing is bounded to a share of the time; what is best is kept in memory until its turn. Knows no folder layout.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import safetensors.torch
import torch
from torch import nn

from backend.training import device as devices
from backend.training.ranks import Ranks

FIRST = 1.0  # seconds into the run
SECONDS = 5.0  # between two writes, at least
PRICE = 0.02  # share of the time that writes may take
AMPLE = 20  # a copy stays on a GPU that has so many times its size free

Weights = dict[str, torch.Tensor]


def snapshot(weights: Weights) -> Weights:
    """A copy of a module's state: where it is, if a GPU has ample room, for the way to the host takes its time.

    Otherwise in host memory: the device's is for training.
    """
    gpu = next((tensor.device for tensor in weights.values() if tensor.is_cuda), None)
    size = sum(tensor.nbytes for tensor in weights.values())
    if gpu is not None and size <= devices.free_memory(gpu) // AMPLE:
        return {name: tensor.detach().clone() for name, tensor in weights.items()}
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in weights.items()}


def to_bytes(weights: Weights, **about: int | list[str]) -> bytes:
    """The weights as a safetensors file, with words about them in its metadata.

    Weights that several blocks share are written under each name, so that any of them can be loaded.
    """
    own = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in weights.items()}
    return safetensors.torch.save(own, {"netloom": json.dumps(about)})  # one entry: their order is drawn anew


class Checkpoints:
    """Decides when weights are written, and which are best."""

    def __init__(
        self,
        module: nn.Module,
        write: Callable[[str, bytes], object],
        accuracies: tuple[str, ...] = ("accuracy",),
        monitor: str | None = None,
        keep: int = 1,
        ranks: Ranks | None = None,
    ) -> None:
        """`accuracies` names the metrics of which more is better; they decide what is best, then the loss.

        `monitor` names the one metric that decides instead. Of the `keep` best epochs each has a file, if it is
        more than one.
        """
        self._module, self._ranks = module, ranks or Ranks()
        self._write = write
        self._accuracies = accuracies
        self._monitor, self._keep = monitor, keep
        self._kept: list[tuple[tuple[float, float], int]] = []  # rank and epoch in every slot
        self._not_before = time.perf_counter() + FIRST
        self._best: Weights | None = None
        self._best_is_written = True
        self._best_at: dict[str, int] = {}
        self.waited = 0  # epochs since the best
        self.best_epoch: int | None = None
        self.best: dict[str, float] = {}

    def epoch(self, epoch: int, step: int, metrics: dict[str, float]) -> bool:
        """Take note of a finished epoch; whether it is the best so far."""
        better = not self.best or self.rank(metrics) < self.rank(self.best)
        if better:
            self._best, self._best_at = snapshot(self._weights()), {"epoch": epoch, "step": step}
            self._best_is_written = False
            self.best_epoch, self.best, self.waited = epoch, dict(metrics), 0
        else:
            self.waited += 1
        if self._keep > 1:
            self._keep_if_good(epoch, step, self.rank(metrics))
        return better

    def _keep_if_good(self, epoch: int, step: int, rank: tuple[float, float]) -> None:
        """Write the epoch's weights over those of the worst kept, if it is better."""
        slot = len(self._kept)
        if slot < self._keep:
            self._kept.append((rank, epoch))
        else:
            slot = max(range(self._keep), key=lambda i: self._kept[i])
            if self._kept[slot][0] <= rank:
                return
            self._kept[slot] = (rank, epoch)
        self._put(f"kept-{slot + 1}.safetensors", self._weights(), epoch=epoch, step=step)

    def due(self) -> bool:
        """Whether it is time to write again."""
        return time.perf_counter() >= self._not_before

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Measure what is written inside, so that the next time is not before its price is earned."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            ended = time.perf_counter()
            self._not_before = ended + max(SECONDS, (ended - begun) / PRICE)

    def write(self, epoch: int, step: int) -> None:
        """Write the last weights, and the best when they are new."""
        self._put("last.safetensors", self._weights(), epoch=epoch, step=step)
        if self._best is not None and not self._best_is_written:
            self._put("best.safetensors", self._best, **self._best_at)
            self._best_is_written = True

    def take_best(self) -> None:
        """Let the best weights be the module's."""
        if self._best is not None:
            self._ranks.load(self._module, self._best)

    def _weights(self) -> Weights:
        return self._ranks.whole(self._module.state_dict())

    def _put(self, name: str, weights: Weights, **about: int) -> None:
        if self._ranks.first:
            self._write(name, to_bytes(weights, **about))

    def state(self) -> dict[str, Any]:
        """What `restore` takes."""
        return {
            "epoch": self.best_epoch,
            "best": self.best,
            "waited": self.waited,
            "kept": self._kept,
            "weights": self._best,
            "at": self._best_at,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Remember what was best."""
        self.best_epoch, self.best, self.waited = state["epoch"], state["best"], state["waited"]
        self._kept, self._best, self._best_at = state["kept"], state["weights"], state["at"]
        self._best_is_written = self._best is None  # the file may be of a later epoch, which will be done again

    def rank(self, metrics: dict[str, float]) -> tuple[float, float]:
        """Smaller is better."""
        if self._monitor in metrics:
            value = metrics[self._monitor]
            figure = -value if self._monitor in self._accuracies else value
            return math.inf if math.isnan(figure) else figure, 0.0
        loss = metrics.get("loss", math.inf)
        return -sum(metrics.get(name, 0.0) for name in self._accuracies), math.inf if math.isnan(loss) else loss
