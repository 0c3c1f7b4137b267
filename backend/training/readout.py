"""Losses and metrics of the steps since the last look: kept on the device, read in one go, averaged by epoch.

Reading waits for the device once; adding never does. Knows no clock and no messages.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch

from backend.training.ranks import Ranks
from backend.training.turn import Values


@dataclass(frozen=True, slots=True)
class Columns:
    """Metrics of consecutive steps, oldest first, with the size of each batch."""

    sizes: list[int]
    metrics: dict[str, list[float]]

    def first_not_finite(self) -> int | None:
        """The place of the first step whose loss is NaN or infinite."""
        return next((i for i, loss in enumerate(self.metrics["loss"]) if not math.isfinite(loss)), None)


class Readout:
    """Keeps what steps gave until somebody reads it."""

    def __init__(self, ranks: Ranks) -> None:
        self._ranks = ranks
        self._rows: list[torch.Tensor] = []
        self._values: list[Values] = []
        self._sums: dict[str, float] = {}
        self._samples = 0

    def add(self, rows: torch.Tensor, values: Values) -> None:
        """Keep one step; the tensors stay where they are."""
        self._rows.append(rows)
        self._values.append({name: value.detach() for name, value in values.items()})

    def __len__(self) -> int:
        return len(self._values)

    def read(self) -> Columns:
        """The steps since the last read; they also enter the epoch's means."""
        sizes = [len(rows) for rows in self._rows]
        names = self._values[0] if self._values else {}
        metrics = self._columns(names, sizes)
        self._rows.clear()
        self._values.clear()
        self._samples += sum(sizes)
        for name, column in metrics.items():
            total = sum(value * size for value, size in zip(column, sizes, strict=True))
            self._sums[name] = self._sums.get(name, 0.0) + total
        return Columns(sizes, metrics)

    def _columns(self, names: Iterable[str], sizes: list[int]) -> dict[str, list[float]]:
        """Every metric's values, those of all processes as one."""
        found = {name: torch.stack([v[name] for v in self._values]) for name in names}
        if found and self._ranks.size > 1:
            together = torch.stack([column.to(torch.get_default_dtype()) for column in found.values()])
            found = dict(zip(found, self._ranks.means(together, sizes), strict=True))
        return {name: column.tolist() for name, column in found.items()}

    def state(self) -> dict[str, object]:
        """The epoch's sums so far, all of it having been read."""
        return {"sums": dict(self._sums), "samples": self._samples}

    def restore(self, state: dict[str, object]) -> None:
        """Go on with the sums that `state` gave."""
        self._sums, self._samples = dict(state["sums"]), state["samples"]

    def end_epoch(self) -> dict[str, float]:
        """Means over the samples of the epoch, all of it having been read; begins the next."""
        means = {name: total / self._samples for name, total in self._sums.items()} if self._samples else {}
        self._sums.clear()
        self._samples = 0
        return means
