"""All processes of one run as one of them sees them: its share of every batch, and what they agree on and add up.

Alone, everything here does nothing. Every method that talks to the others must be called by all of them, in the same
order: a run is one program that all follow. Knows neither networks, messages nor how processes are started.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch import nn

from backend.placement import Place
from backend.training import device as devices
from backend.training.device import DeviceError

PATIENCE = timedelta(days=365)  # a paused run waits for its person; of a dead process the connection tells
WORDS = 512  # bytes a process may say in `said`
Tensors = Iterable[torch.Tensor]


class Part(NamedTuple):
    """The samples of a batch that fall to one process, and their share of the batch."""

    start: int
    stop: int
    share: float


class Ranks:
    """One process of a run; `shard` asks for parameters, gradients and optimizer state to be spread over all."""

    def __init__(self, place: Place | None = None, shard: bool = False) -> None:
        place = place or Place()
        self.rank, self.size, self.local_size = place.rank, place.size, place.local_size
        self.shard = shard and place.size > 1
        self.averaged = False  # something else, DDP or FSDP, takes the mean of gradients
        self.wait_for_others: Callable[[], None] = lambda: None  # before they are met; raises when one failed
        self._place = place
        self._factor = 1.0

    @property
    def first(self) -> bool:
        """Whether this is the process that talks, writes and decides."""
        return self.rank == 0

    # ---- the group

    def device(self, asked: str) -> torch.device:
        """This process' own device of the kind a recipe asks for; raises DeviceError."""
        if self.size == 1:
            return devices.pick(asked)
        if asked not in ("auto", "cpu", "cuda"):
            raise DeviceError(f'device "{asked}" is a single one: several devices are "cuda", or "cpu" to try it out')
        there = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if there == 1 and self._place.address is not None and asked != "cpu":
            return torch.device("cuda", 0)  # SLURM shows each task the GPU that is its own
        if asked == "cpu" or (asked == "auto" and not there):
            return torch.device("cpu")
        if there < self.local_size:
            what = f"{there} CUDA device{'' if there == 1 else 's'}"
            raise DeviceError(
                f"{self.local_size} processes need a device each, but this machine has {what}; "
                "--device cpu lets them share the processor"
            )
        return torch.device("cuda", self._place.local_rank)

    def join(self, device: torch.device) -> None:
        """Meet the others, unless they have met already; returns when all have come."""
        if self.size == 1 or dist.is_initialized():
            return
        self.wait_for_others()
        if device.type == "cuda":
            torch.cuda.set_device(device)
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        more: dict[str, Any] = {"rank": self.rank, "world_size": self.size}
        if self._place.store is not None:
            _stay_on_this_machine()
            more["store"] = dist.FileStore(self._place.store, self.size)
        elif self._place.address is not None:
            more["init_method"] = self._place.address
        else:
            more = {}  # torchrun's own variables
        dist.init_process_group(backend, timeout=PATIENCE, **more)

    def leave(self) -> None:
        """The run is over."""
        if self.size > 1 and dist.is_initialized():
            with contextlib.suppress(RuntimeError):
                dist.destroy_process_group()

    def abort(self) -> None:
        """Break off what a GPU waits for, for another process is gone; may be called from any thread.

        Processors learn it from the connection.
        """
        if dist.is_initialized() and "nccl" in str(dist.get_backend_config()):
            with contextlib.suppress(AttributeError, RuntimeError):
                dist.group.WORLD.abort()

    # ---- what each computes

    def part(self, count: int) -> Part:
        """This process' samples among `count`: equal parts in the order of processes, as far as it goes.

        Where there are too few for all, some compute the first sample along and count it nothing, for all must
        take part in what they do together.
        """
        start, stop = self.rank * count // self.size, (self.rank + 1) * count // self.size
        return Part(start, stop, (stop - start) / count) if stop > start else Part(0, 1, 0.0)

    def share(self, rows: torch.Tensor) -> torch.Tensor:
        """This process' rows of a batch; `weighed` and `means` go by them."""
        if self.size == 1:
            return rows
        start, stop, share = self.part(len(rows))
        self._factor = share * self.size
        return rows[start:stop]

    def weighed(self, loss: torch.Tensor) -> torch.Tensor:
        """The loss of the rows shared last such that the mean over processes is that of the whole batch."""
        return loss if self._factor == 1.0 else loss * self._factor

    def average(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its mean over all processes, where nothing else does it."""
        if self.size == 1 or self.averaged:
            return
        by_type: dict[torch.dtype, list[torch.Tensor]] = {}
        for parameter in parameters:
            if parameter.grad is not None:
                by_type.setdefault(parameter.grad.dtype, []).append(parameter.grad)
        for gradients in by_type.values():
            flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
            dist.all_reduce(flat)
            flat /= self.size
            parts = flat.split([gradient.numel() for gradient in gradients])
            for gradient, part in zip(gradients, parts, strict=True):
                gradient.copy_(part.view_as(gradient))

    def whole(self, state: Any) -> Any:
        """A state with every tensor put together that is spread over processes."""
        if not self.shard:
            return state
        from backend.training.sharding import whole

        return whole(state)

    def load(self, module: nn.Module, weights: dict[str, torch.Tensor]) -> None:
        """Load whole weights, which every process has."""
        if self.shard:
            from backend.training.sharding import load

            load(module, weights)
        else:
            module.load_state_dict(weights)

    # ---- what they tell each other

    def means(self, columns: torch.Tensor, sizes: list[int]) -> torch.Tensor:
        """Metrics of whole batches from those of every process' rows; the last axis is steps of `sizes` samples."""
        if self.size == 1:
            return columns
        shares = torch.tensor([self.part(size).share for size in sizes], dtype=columns.dtype)
        return self.total(columns * shares.to(columns.device))

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """The sum over all processes."""
        if self.size > 1:
            dist.all_reduce(values)
        return values

    def follow_first(self, tensors: Tensors) -> None:
        """Let tensors be what they are in the first process."""
        if self.size > 1:
            for tensor in tensors:
                dist.broadcast(tensor.detach(), 0)

    def gather(self, tensor: torch.Tensor) -> list[torch.Tensor]:
        """Everybody's tensor of the same shape, in host memory and in the order of processes."""
        own = tensor.cpu()
        if self.size == 1:
            return [own]
        found = [torch.empty_like(own) for _ in range(self.size)]
        dist.all_gather(found, own)
        return found

    def from_first(self, words: bytes) -> bytes:
        """What the first process says; the others' words are not heard."""
        if self.size == 1:
            return words
        length = torch.tensor([len(words)])
        dist.broadcast(length, 0)
        buffer = torch.zeros(int(length), dtype=torch.uint8)
        if self.first and words:
            buffer = torch.frombuffer(bytearray(words), dtype=torch.uint8)
        if len(buffer):
            dist.broadcast(buffer, 0)
        return buffer.numpy().tobytes()

    def said(self, words: str) -> list[str]:
        """What all processes say, in their order, each cut to WORDS bytes; silence is left out."""
        own = words.encode()[:WORDS]
        buffer = torch.zeros(WORDS, dtype=torch.uint8)
        if own:
            buffer[: len(own)] = torch.frombuffer(bytearray(own), dtype=torch.uint8)
        said = (one.numpy().tobytes().rstrip(b"\0").decode("utf-8", "ignore") for one in self.gather(buffer))
        return [one for one in said if one]

    def everywhere(self, holds: bool) -> bool:
        """Whether something holds in every process."""
        return all(bool(one) for one in self.gather(torch.tensor([holds])))


def _stay_on_this_machine() -> None:
    """Let the processes of one machine talk over its loopback only: nobody outside can reach them."""
    name = {"linux": "lo", "darwin": "lo0"}.get(sys.platform)
    if name is not None:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", name)
        os.environ.setdefault("NCCL_SOCKET_IFNAME", name)
