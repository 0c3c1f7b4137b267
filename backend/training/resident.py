"""A data set as tensors that live on the device, and the order in which a run walks over them.

No loader, no worker processes, no copies inside a step: a batch is one index into resident memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

from backend.training import device as devices
from backend.training.device import NoRoom
from backend.training.layout import pick
from graph.quantities import binary

PIECE = 64 * 1024**2  # bytes moved, or changed, at once
Tensors = tuple[torch.Tensor, ...]


@dataclass(frozen=True, slots=True)
class Resident:
    """Samples on the device: `inputs` in the order of the module's arguments, `targets` of the objective's.

    The tensors at the places `redrawn`, counted over inputs and targets together, are one field of noise: every batch
    gets other standard normal numbers, the same at all of these places. What stands `beside`, by field, the network
    does not read: augmentation needs it.
    """

    inputs: Tensors
    targets: Tensors
    count: int
    redrawn: tuple[int, ...] = ()
    beside: Mapping[str, torch.Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.count

    def take(self, rows: torch.Tensor | slice) -> tuple[Tensors, Tensors]:
        """One batch: (inputs, targets)."""
        inputs, targets = tuple([pick(x, rows) for x in self.inputs]), tuple([pick(y, rows) for y in self.targets])
        if not self.redrawn:
            return inputs, targets
        both = [*inputs, *targets]
        noise = torch.randn_like(both[self.redrawn[0]])
        for place in self.redrawn:
            both[place] = noise
        return tuple(both[: len(inputs)]), tuple(both[len(inputs) :])

    def along(self, rows: torch.Tensor | slice) -> Tensors:
        """What stands beside a batch."""
        return tuple([pick(x, rows) for x in self.beside.values()]) if self.beside else ()


def to_device(
    arrays: Mapping[str, np.ndarray],
    input_fields: tuple[str, ...],
    target_fields: tuple[str, ...],
    device: torch.device,
    channels_last: bool = False,
    redrawn: tuple[str, ...] = (),
    beside: tuple[str, ...] = (),
) -> Resident:
    """The named fields of a data set on the device, their first axis being the samples.

    A field of `redrawn` is noise, other for every batch. With `channels_last` pictures lie there with their channels
    innermost, as some kernels want them.
    """
    moved = {
        name: placed(torch.from_numpy(np.ascontiguousarray(arrays[name])), device, channels_last)
        for name in dict.fromkeys((*input_fields, *target_fields, *beside))
    }
    count = len(next(iter(moved.values()))) if moved else 0
    places = tuple(place for place, name in enumerate((*input_fields, *target_fields)) if name in redrawn)
    inputs, targets = tuple(moved[name] for name in input_fields), tuple(moved[name] for name in target_fields)
    return Resident(inputs, targets, count, places, {name: moved[name] for name in beside})


def check_room(arrays: Mapping[str, np.ndarray], names: Iterable[str], rows: int, device: torch.device) -> None:
    """Raise NoRoom where so many rows of these fields are more than a GPU has free: the data live there."""
    if device.type != "cuda":
        return
    each = {name: arrays[name].nbytes / max(1, len(arrays[name])) for name in names}
    needed, free = int(sum(each.values()) * rows), devices.free_memory(device)
    if needed > free:
        largest = max(each, key=each.__getitem__)
        raise NoRoom(
            f'{rows:,} samples take {binary(needed)}, most of it "{largest}", and {device} has {binary(free)} free: '
            "take fewer samples or smaller ones, or train on the processor (--device cpu)"
        )


def placed(samples: torch.Tensor, device: torch.device, channels_last: bool = False) -> torch.Tensor:
    """The samples on the device, lying there as asked; a GPU never holds them twice."""
    innermost = channels_last and samples.ndim == 4
    layout = torch.channels_last if innermost else torch.contiguous_format
    if samples.device == device:
        return samples.contiguous(memory_format=layout)
    on_device = torch.empty_like(samples, device=device, memory_format=layout)
    for start, stop in pieces(samples):
        on_device[start:stop].copy_(samples[start:stop])
    return on_device


def pieces(samples: torch.Tensor) -> Iterator[tuple[int, int]]:
    """(start, stop) of rows that take PIECE bytes together."""
    rows = max(1, PIECE // max(1, samples.nbytes // max(1, len(samples))))
    return ((start, min(start + rows, len(samples))) for start in range(0, len(samples), rows))


@dataclass(frozen=True, slots=True)
class Batches:
    """How `count` samples are cut into batches of `size`.

    The last, partial batch is kept. A single left-over sample joins the batch before it when `join_single` is
    set, for batch normalization cannot train on one sample; nor can it where each process has but one.
    """

    count: int
    size: int
    join_single: bool = False
    processes: int = 1  # that compute a batch together; `size` counts the samples of all

    def bounds(self) -> list[tuple[int, int]]:
        """(start, stop) of every batch of an epoch."""
        starts = list(range(0, self.count, self.size))
        if self.join_single and len(starts) > 1 and self.count - starts[-1] < 2 * self.processes:
            starts.pop()
        stops = [*starts[1:], self.count][: len(starts)]
        return list(zip(starts, stops, strict=True))

    def shuffled(self, generator: torch.Generator, device: torch.device) -> Iterator[torch.Tensor]:
        """Row numbers of each batch of one epoch, in an order drawn from `generator` (a CPU one)."""
        order = torch.randperm(self.count, generator=generator).to(device)
        return (order[start:stop] for start, stop in self.bounds())

    def in_order(self) -> Iterator[slice]:
        """The batches as slices, unshuffled."""
        return (slice(start, stop) for start, stop in self.bounds())

    def __len__(self) -> int:
        return len(self.bounds())
