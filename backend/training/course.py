"""Where a run stands between two steps: which epoch, which of its batches, and how the rest of it is ordered.

Together with weights, optimizer and random states it decides how the run goes on. Knows no network.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import torch

from backend.training.resident import Batches


class Course:
    """The walk of one run over its samples: `batch` batches of epoch `epoch` (from 1) are done."""

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        self._drawn = self._generator.get_state()  # before the running epoch's order is drawn
        self.epoch = 1
        self.batch = 0

    @property
    def epochs_done(self) -> int:
        return self.epoch - 1

    def rows_left(self, batches: Batches, device: torch.device) -> Iterator[torch.Tensor]:
        """Row numbers of each batch of the running epoch that is not done."""
        self._generator.set_state(self._drawn)
        return islice(batches.shuffled(self._generator, device), self.batch, None)

    def end_epoch(self) -> None:
        """The running epoch is over, its validation included."""
        self._drawn = self._generator.get_state()
        self.epoch, self.batch = self.epoch + 1, 0

    def state(self) -> dict[str, int | torch.Tensor]:
        """What `restore` takes."""
        return {"epoch": self.epoch, "batch": self.batch, "drawn": self._drawn}

    def restore(self, state: dict[str, int | torch.Tensor]) -> None:
        """Stand where `state` was taken."""
        self.epoch, self.batch, self._drawn = state["epoch"], state["batch"], state["drawn"]
        self._generator.set_state(self._drawn)
